// The optimum over a grid: dynamic programming over all boxes whose faces lie on it, a level at a time.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/index/neural_builder/optimize.hpp"

namespace coppice::neural_builder {

namespace {

/// An interval of planes [low, high) as one number, and back.
class Intervals {
 public:
  explicit Intervals(int cells) : cells_(cells), index_(static_cast<std::size_t>((cells + 1) * (cells + 1))) {
    for (int low = 0; low < cells; ++low)
      for (int high = low + 1; high <= cells; ++high) {
        index_[static_cast<std::size_t>(low * (cells + 1) + high)] = low_.size();
        low_.push_back(low);
        high_.push_back(high);
      }
  }
  [[nodiscard]] std::size_t size() const noexcept { return low_.size(); }
  [[nodiscard]] int low(std::size_t i) const noexcept { return low_[i]; }
  [[nodiscard]] int high(std::size_t i) const noexcept { return high_[i]; }
  [[nodiscard]] std::size_t of(int low, int high) const noexcept {
    return index_[static_cast<std::size_t>(low * (cells_ + 1) + high)];
  }

 private:
  int cells_;
  std::vector<std::size_t> index_;
  std::vector<int> low_, high_;
};

class Grid {
 public:
  Grid(const CostModel& cost, const Box3& root, std::span<const Vec3> points, int cells)
      : cost_(cost), root_(root), intervals_(cells), cells_(cells) {
    place_planes(points);
    count(points);
  }

  void solve(TopTree& tree) {
    const std::size_t m = intervals_.size();
    const auto levels = static_cast<std::size_t>(tree.levels);
    std::vector<float> weight(m * m * m);
    std::vector<float> previous(m * m * m);
    std::vector<std::vector<std::uint8_t>> choice(levels, std::vector<std::uint8_t>(m * m * m));
    for_each_box([&](std::size_t box, const std::array<std::size_t, 3>& at) {
      weight[box] = cost_.measure(box_at(at));
      previous[box] = weight[box] * static_cast<float>(cost_.leaf(points_in(at)));
    });
    const std::vector<float> leaf = previous;
    for (std::size_t level = 0; level < levels; ++level) {
      std::vector<float> next(m * m * m);
      for_each_box([&](std::size_t box, std::array<std::size_t, 3> at) {
        float least = std::numeric_limits<float>::infinity();
        int chosen = none;
        for (std::size_t a = 0; a < 3; ++a) {
          const std::size_t whole = at[a];
          const int low = intervals_.low(whole);
          const int high = intervals_.high(whole);
          for (int plane = low + 1; plane < high; ++plane) {
            at[a] = intervals_.of(low, plane);
            float c = previous[index(at)];
            at[a] = intervals_.of(plane, high);
            c += previous[index(at)];
            if (c < least) {
              least = c;
              chosen = static_cast<int>(a) * planes_apart + plane;
            }
          }
          at[a] = whole;
        }
        next[box] = chosen == none ? leaf[box] : least + cost_.traversal * weight[box];
        choice[level][box] = static_cast<std::uint8_t>(chosen);
      });
      previous = std::move(next);
    }
    const std::size_t whole = intervals_.of(0, cells_);
    read(tree, choice, 0, levels, {whole, whole, whole});
  }

 private:
  static constexpr int none = 255;
  static constexpr int planes_apart = 64;  // of a choice: axis · 64 + plane

  void place_planes(std::span<const Vec3> points) {
    const int quantiles = (cells_ - 1) / 2;
    const int even = cells_ - 1 - quantiles;
    for (std::size_t a = 0; a < 3; ++a) {
      std::vector<float> column;
      for (const Vec3& p : points) column.push_back(p[a]);
      std::sort(column.begin(), column.end());
      std::vector<float>& planes = planes_[a];
      for (int i = 1; i <= quantiles && !column.empty(); ++i)
        planes.push_back(column[column.size() * static_cast<std::size_t>(i) / static_cast<std::size_t>(quantiles + 1)]);
      while (static_cast<int>(planes.size()) < quantiles) planes.push_back(root_.lower[a]);
      for (int i = 1; i <= even; ++i)
        planes.push_back(root_.lower[a] + extent(root_, a) * static_cast<float>(i) / static_cast<float>(even + 1));
      planes.push_back(root_.lower[a]);
      planes.push_back(root_.upper[a]);
      std::sort(planes.begin(), planes.end());
    }
  }

  /// Sums over all cells below: counts of any box in eight look-ups.
  void count(std::span<const Vec3> points) {
    const auto side = static_cast<std::size_t>(cells_ + 1);
    sums_.assign(side * side * side, 0);
    for (const Vec3& p : points) {
      std::array<std::size_t, 3> cell;
      for (std::size_t a = 0; a < 3; ++a) {
        const auto found = std::lower_bound(planes_[a].begin() + 1, planes_[a].end() - 1, p[a]) - planes_[a].begin();
        cell[a] = static_cast<std::size_t>(found);
      }
      ++sums_[(cell[0] * side + cell[1]) * side + cell[2]];
    }
    const std::array<std::size_t, 3> step{side * side, side, 1};
    for (std::size_t a = 0; a < 3; ++a)
      for (std::size_t i = 0; i < sums_.size(); ++i)
        if (i / step[a] % side != 0) sums_[i] += sums_[i - step[a]];
  }

  [[nodiscard]] std::size_t points_in(const std::array<std::size_t, 3>& at) const {
    const auto side = static_cast<std::size_t>(cells_ + 1);
    std::int64_t sum = 0;
    for (unsigned corner = 0; corner < 8; ++corner) {
      std::size_t i = 0;
      int sign = 1;
      for (std::size_t a = 0; a < 3; ++a) {
        const bool high = (corner >> a & 1) != 0;
        i = i * side + static_cast<std::size_t>(high ? intervals_.high(at[a]) : intervals_.low(at[a]));
        if (!high) sign = -sign;
      }
      sum += sign * static_cast<std::int64_t>(sums_[i]);
    }
    return static_cast<std::size_t>(sum);
  }

  [[nodiscard]] Box3 box_at(const std::array<std::size_t, 3>& at) const {
    Box3 box;
    for (std::size_t a = 0; a < 3; ++a) {
      box.lower[a] = planes_[a][static_cast<std::size_t>(intervals_.low(at[a]))];
      box.upper[a] = planes_[a][static_cast<std::size_t>(intervals_.high(at[a]))];
    }
    return box;
  }
  [[nodiscard]] std::size_t index(const std::array<std::size_t, 3>& at) const noexcept {
    return (at[0] * intervals_.size() + at[1]) * intervals_.size() + at[2];
  }
  template <class Visit>
  void for_each_box(const Visit& visit) const {
    const std::size_t m = intervals_.size();
    std::size_t box = 0;
    for (std::size_t x = 0; x < m; ++x)
      for (std::size_t y = 0; y < m; ++y)
        for (std::size_t z = 0; z < m; ++z) visit(box++, {x, y, z});
  }

  void read(TopTree& tree, const std::vector<std::vector<std::uint8_t>>& choice, std::size_t node, std::size_t levels,
            std::array<std::size_t, 3> at) const {
    if (levels == 0) return;
    const int chosen = choice[levels - 1][index(at)];
    if (chosen == none) return;
    const auto axis = static_cast<std::size_t>(chosen / planes_apart);
    const int plane = chosen % planes_apart;
    tree.splits[node] = {static_cast<int>(axis), planes_[axis][static_cast<std::size_t>(plane)]};
    const std::size_t whole = at[axis];
    at[axis] = intervals_.of(intervals_.low(whole), plane);
    read(tree, choice, 2 * node + 1, levels - 1, at);
    at[axis] = intervals_.of(plane, intervals_.high(whole));
    read(tree, choice, 2 * node + 2, levels - 1, at);
  }

  const CostModel& cost_;
  const Box3& root_;
  Intervals intervals_;
  int cells_;
  std::vector<float> planes_[3];
  std::vector<std::uint32_t> sums_;
};

}  // namespace

TopTree grid_optimum(int levels, const CostModel& cost, const Box3& root, std::span<const Vec3> points, int cells) {
  constexpr int most = 16;
  if (cells < 2 || cells > most)
    throw invalid_input("cells is " + std::to_string(cells) + "; expected 2 to " + std::to_string(most));
  TopTree tree(levels);
  Grid(cost, root, points, cells).solve(tree);
  return tree;
}

}  // namespace coppice::neural_builder
