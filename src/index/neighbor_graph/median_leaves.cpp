// Leaves in more than three dimensions: halves at medians of the axis that spreads most, down to leaves of 16 that are
// all full but the last. The left half of a range is a power of two of leaves, so sixteen leaves in a row are a cell.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "leaf_set.hpp"

namespace coppice::neighbor_graph {
namespace {

constexpr std::size_t points_a_leaf = 16;
constexpr std::size_t points_a_task = 8192;
constexpr std::size_t sampled = 128;  // to see which axis spreads most

template <class S>
class Halving {
 public:
  Halving(PointView<S> p, std::int32_t* o, const Executor& e) : points(p), order(o), executor(e) {}

  void halve(std::size_t first, std::size_t last) const {
    const std::size_t leaves = (last - first + points_a_leaf - 1) / points_a_leaf;
    if (leaves <= 1) return std::sort(order + first, order + last);
    std::size_t left = 1;
    while (2 * left < leaves) left *= 2;
    const std::size_t middle = first + left * points_a_leaf;
    const int axis = widest_axis(first, last);
    std::vector<std::pair<S, std::int32_t>> keys(last - first);
    for (std::size_t i = first; i < last; ++i)
      keys[i - first] = {points.row(static_cast<std::size_t>(order[i]))[axis], order[i]};
    std::nth_element(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(middle - first), keys.end());
    for (std::size_t i = first; i < last; ++i) order[i] = keys[i - first].second;
    keys = {};
    if (last - first > points_a_task)
      executor.invoke([&] { halve(first, middle); }, [&] { halve(middle, last); });
    else {
      halve(first, middle);
      halve(middle, last);
    }
  }

 private:
  PointView<S> points;
  std::int32_t* order;
  const Executor& executor;

  /// By variance in a sample; where the sample shows nothing, by the extent of all.
  int widest_axis(std::size_t first, std::size_t last) const {
    const std::size_t step = std::max<std::size_t>(1, (last - first) / sampled);
    int widest = 0;
    double most = 0;
    for (const std::size_t stride : {step, std::size_t{1}}) {
      for (int axis = 0; axis < points.dimension(); ++axis) {
        const auto x = [&](std::size_t i) {
          return static_cast<double>(points.row(static_cast<std::size_t>(order[i]))[axis]);
        };
        const double origin = x(first);
        double sum = 0, squares = 0, count = 0;
        for (std::size_t i = first; i < last; i += stride) {
          const double d = (x(i) - origin) * 1e-4;  // so that squares of 2e150 stay finite
          sum += d;
          squares += d * d;
          ++count;
        }
        const double variance = squares - sum * sum / count;
        if (variance > most) {
          most = variance;
          widest = axis;
        }
      }
      if (most > 0 || step == 1) break;
    }
    return widest;
  }
};

/// Equal rows have equal hashes, ±0 included.
template <class S>
std::uint64_t hash_of(const S* row, int dimension) {
  std::uint64_t hash = 0x9e3779b97f4a7c15u;
  for (int axis = 0; axis < dimension; ++axis) {
    const S x = row[axis] + S{0};  // −0 + 0 is +0
    std::uint64_t bits = 0;
    std::memcpy(&bits, &x, sizeof x);
    hash = (hash ^ bits) * 0xff51afd7ed558ccdu;
    hash ^= hash >> 32;
  }
  return hash;
}

}  // namespace

/// Points that are equal to more than four leaves of others come first, in leaves of their own and in the order of
/// their ids. Returns how many points that are.
template <class S>
std::size_t LeafSet<S>::take_heavy_duplicates(PointView<S> points, std::vector<std::int32_t>& order) {
  constexpr std::size_t heavy = 4 * points_a_leaf;
  const std::size_t step = std::max<std::size_t>(1, size_ / 4096);
  std::vector<std::pair<std::uint64_t, std::int32_t>> hashes;
  const auto hash_every = [&](std::size_t stride) {
    hashes.clear();
    for (std::size_t i = 0; i < size_; i += stride)
      hashes.emplace_back(hash_of(points.row(i), points.dimension()), static_cast<std::int32_t>(i));
    std::sort(hashes.begin(), hashes.end());
  };
  // A look at a sample first: in most sets no two points are equal.
  hash_every(step);
  bool suspicious = step == 1;
  for (std::size_t i = 1; i < hashes.size(); ++i) suspicious |= hashes[i].first == hashes[i - 1].first;
  if (!suspicious) return 0;
  if (step > 1) hash_every(1);
  std::vector<bool> taken(size_, false);
  std::vector<std::int32_t> first;
  for (std::size_t i = 0, end = 0; i < hashes.size(); i = end) {
    for (end = i + 1; end < hashes.size() && hashes[end].first == hashes[i].first; ++end) {
    }
    if (end - i <= heavy) continue;
    const S* row = points.row(static_cast<std::size_t>(hashes[i].second));
    bool equal = true;
    for (std::size_t j = i + 1; j < end && equal; ++j)
      equal = std::equal(row, row + axes_, points.row(static_cast<std::size_t>(hashes[j].second)));
    if (!equal) continue;  // a collision of hashes: slower, not wrong
    const std::size_t whole = (end - i) / points_a_leaf * points_a_leaf;
    for (std::size_t j = i; j < i + whole; ++j) {
      first.push_back(hashes[j].second);
      taken[static_cast<std::size_t>(hashes[j].second)] = true;
    }
  }
  if (first.empty()) return 0;
  const std::size_t count = first.size();
  for (const std::int32_t id : order)
    if (!taken[static_cast<std::size_t>(id)]) first.push_back(id);
  order = std::move(first);
  return count;
}

/// Returns how many leaves at the front hold equal points alone.
template <class S>
std::size_t LeafSet<S>::by_medians(PointView<S> points, const Executor& executor) {
  std::vector<std::int32_t> order(size_);
  for (std::size_t i = 0; i < size_; ++i) order[i] = static_cast<std::int32_t>(i);
  const std::size_t heavy = take_heavy_duplicates(points, order);
  Halving<S>(points, order.data(), executor).halve(heavy, size_);
  leaves_ = (size_ + points_a_leaf - 1) / points_a_leaf;
  begin_.resize(leaves_ + 1 + slack);
  for (std::size_t leaf = 0; leaf < begin_.size(); ++leaf)
    begin_[leaf] = static_cast<std::uint32_t>(std::min(size_, leaf * points_a_leaf));
  ids_ = std::move(order);
  ids_.resize(size_ + slack, 0);
  if (size_ > 0) settle(points, executor);
  return heavy / points_a_leaf;
}

/// Coordinates by slot, columns of steps from the middle of each leaf, and boxes.
template <class S>
void LeafSet<S>::settle(PointView<S> points, const Executor& executor) {
  const auto axes = static_cast<std::size_t>(axes_);
  rows_ = storage::RawArray<S>(size_ * axes);
  block_stride_ = points_a_leaf * axes;  // a leaf's values lie together: queries meet leaves in no order
  steps_ = storage::RawArray<std::int16_t>(leaves_ * block_stride_ + slack);
  leaf_stride_ = axes;
  center_.resize(leaves_ * axes);
  half_.resize(leaves_ * axes);
  const double scale = 1 / unit_;
  const S* middle = points.row(static_cast<std::size_t>(ids_[size_ / 2]));
  for (std::size_t a = 0; a < axes; ++a) origin_.push_back(static_cast<double>(middle[a]));

  std::size_t count = leaves_;
  for (;;) {
    const std::size_t padded = (count + group_leaves - 1) / group_leaves * group_leaves;
    std::vector<float>& boxes = bounds_.emplace_back(2 * axes * padded);
    for (std::size_t i = 0; i < boxes.size(); ++i) boxes[i] = i / group_leaves % (2 * axes) < axes ? 1e30f : -1e30f;
    if (count <= group_leaves) break;
    count = padded / group_leaves;
  }
  lower_columns_.reserve(axes * bounds_.size());
  upper_columns_.reserve(axes * bounds_.size());
  for (std::size_t level = 0, n = leaves_; level < bounds_.size(); ++level, n = (n + group_leaves - 1) / group_leaves) {
    for (std::size_t a = 0; a < axes; ++a) lower_columns_.push_back(bounds_[level].data() + a * group_leaves);
    for (std::size_t a = 0; a < axes; ++a) upper_columns_.push_back(bounds_[level].data() + (axes + a) * group_leaves);
    levels_.push_back(
        {lower_columns_.data() + axes * level, upper_columns_.data() + axes * level, n, 2 * axes * group_leaves});
  }
  executor.for_each_chunk(leaves_, 512, [&](std::size_t first, std::size_t last) {
    for (std::size_t leaf = first; leaf < last; ++leaf) {
      const std::size_t begin = begin_[leaf], end = begin_[leaf + 1];
      for (std::size_t s = begin; s < end; ++s)
        std::copy_n(points.row(static_cast<std::size_t>(ids_[s])), axes, rows_.get() + s * axes);
      for (std::size_t a = 0; a < axes; ++a) {
        auto least = static_cast<double>(rows_.get()[begin * axes + a]), most = least;
        for (std::size_t s = begin + 1; s < end; ++s) {
          const auto x = static_cast<double>(rows_.get()[s * axes + a]);
          least = std::min(least, x);
          most = std::max(most, x);
        }
        const double center = 0.5 * least + 0.5 * most;
        center_[leaf * axes + a] = center;
        half_[leaf * axes + a] =
            static_cast<float>(std::max(most - center, center - least) * scale) * (1 + 2e-6f) + 1e-30f;
        const auto lower = static_cast<float>((least - origin_[a]) * scale);
        const auto upper = static_cast<float>((most - origin_[a]) * scale);
        const std::size_t place = levels_[0].place_of(leaf) + a * group_leaves;
        bounds_[0][place] = lower - std::fabs(lower) * 2.4e-7f;
        bounds_[0][place + axes * group_leaves] = upper + std::fabs(upper) * 2.4e-7f;
      }
      const float widest = *std::max_element(&half_[leaf * axes], &half_[leaf * axes] + axes);
      const double steps_a_unit = 1 / static_cast<double>(query::step_of(widest));
      for (std::size_t a = 0; a < axes; ++a) {
        std::int16_t* const steps = steps_.get() + leaf * block_stride_ + a * points_a_leaf;
        for (std::size_t s = begin; s < end; ++s) {
          const double relative = (static_cast<double>(rows_.get()[s * axes + a]) - center_[leaf * axes + a]) * scale;
          steps[s - begin] = query::steps_of(relative, steps_a_unit);
        }
      }
    }
  });
  // The last leaf may be short, and kernels read whole registers.
  if (const std::size_t last = size_ % points_a_leaf; last > 0)
    for (std::size_t a = 0; a < axes; ++a)
      std::fill_n(steps_.get() + (leaves_ - 1) * block_stride_ + a * points_a_leaf + last, points_a_leaf - last, 0);
  std::fill_n(steps_.get() + leaves_ * block_stride_, slack, 0);
  raise();
  for (std::size_t a = 0; a < axes; ++a) {
    steps_columns_.push_back(steps_.get() + a * points_a_leaf);
    center_columns_.push_back(center_.data() + a);
    half_columns_.push_back(half_.data() + a);
  }
}

/// The boxes of every level from those below.
template <class S>
void LeafSet<S>::raise() {
  const std::size_t columns = 2 * static_cast<std::size_t>(axes_);
  for (std::size_t level = 1; level < bounds_.size(); ++level) {
    const std::size_t nodes = bounds_[level - 1].size() / columns / group_leaves;
    for (std::size_t node = 0; node < nodes; ++node)
      for (std::size_t c = 0; c < columns; ++c) {
        const float* from = bounds_[level - 1].data() + (node * columns + c) * group_leaves;
        bounds_[level][levels_[level].place_of(node) + c * group_leaves] =
            2 * c < columns ? *std::min_element(from, from + group_leaves)
                            : *std::max_element(from, from + group_leaves);
      }
  }
}

#define COPPICE_INSTANTIATE(S)                                                                      \
  template std::size_t LeafSet<S>::take_heavy_duplicates(PointView<S>, std::vector<std::int32_t>&); \
  template std::size_t LeafSet<S>::by_medians(PointView<S>, const Executor&);                       \
  template void LeafSet<S>::settle(PointView<S>, const Executor&);                                  \
  template void LeafSet<S>::raise();
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice::neighbor_graph
