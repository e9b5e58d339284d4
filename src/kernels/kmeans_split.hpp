// The k-d tree that k-means filters points through, as far as it moves points: rows become columns, apart by a pivot,
// and nodes are split in place. One pass over the points also yields the boxes and sums of both sides.
#pragma once

#include "kmeans_lanes.hpp"

namespace coppice::kmeans {

template <class Target, int D>
class TreeSplit {
  using L = KMeansLanes<Target>;
  using Pack = typename L::Pack;
  using Integers = typename L::Integers;
  using Rows = typename L::Rows;
  static constexpr double infinity = __builtin_inf();

 public:
  static void bounds(Planting<D>& part, double limit) { Staged(part).bounds(limit); }
  static std::uint32_t count_left(const Planting<D>& part) {
    return part.is_float ? count_left_of<float>(part) : count_left_of<double>(part);
  }
  static void plant(Planting<D>& part, Tree<D>& tree, const Grid& grid) { Staged(part).plant(tree, grid); }

  /// Requires: a node of at least 16 points.
  static void split(Tree<D>& tree, std::uint32_t me, const Grid& grid) {
    if (tree.used + 2 > tree.capacity) tree.grow(tree);
    const std::uint32_t child = tree.used;
    tree.used += 2;
    Node<D>& node = tree.nodes[me];
    int axis = 0;
    for (int a = 1; a < D; ++a)
      if (node.upper[a] - node.lower[a] > node.upper[axis] - node.lower[axis]) axis = a;
    const std::uint32_t first = node.begin, last = node.begin + node.count;
    Sides sides(tree, grid, axis, first, last,
                pivot(tree.coordinates + static_cast<std::size_t>(axis) * tree.stride + first, node.count,
                      node.lower[axis], node.upper[axis]));
    // Both ends wait in registers; then each step reads from the side with less room, so that both always have enough.
    Eight waiting[3], next;
    std::uint32_t left = first + 8, right = last - 8;
    waiting[1].read(tree, first);
    waiting[2].read(tree, right);
    while (right - left >= 8) {
      if (left - sides.left <= sides.right - right) {
        next.read(tree, left);
        left += 8;
      } else {
        right -= 8;
        next.read(tree, right);
      }
      sides.put(0xff, next);
    }
    waiting[0].read(tree, left);
    for (int i = 0; i < 3; ++i) sides.put(i == 0 ? first_lanes(right - left) : 0xff, waiting[i]);
    Node<D>& l = tree.nodes[child];
    Node<D>& r = tree.nodes[child + 1];
    sides.finish(l, r);
    l.begin = first;
    l.count = sides.left - first;
    r.begin = sides.left;
    r.count = last - sides.left;
    for (int a = 0; a < D; ++a)
      r.sum[a] =
          static_cast<std::int64_t>(static_cast<std::uint64_t>(node.sum[a]) - static_cast<std::uint64_t>(l.sum[a]));
    if (tree.weights != nullptr) {
      tree.node_weights[child] = sides.left_weight();
      tree.node_weights[child + 1] = tree.node_weights[me] - tree.node_weights[child];
    }
    seal(tree, l);
    seal(tree, r);
    node.child = child;
    node.children = 2;
  }

  /// Small nodes and nodes of equal points are leaves.
  static void seal(const Tree<D>& tree, Node<D>& node) {
    bool flat = true;
    for (int a = 0; a < D; ++a) flat &= !(node.upper[a] > node.lower[a]);
    node.child = node.count <= tree.leaf_points || flat ? leaf_node : unsplit_node;
    node.children = 0;
  }

 private:
  static Mask first_lanes(std::uint32_t n) { return n >= 8 ? 0xffu : (1u << n) - 1; }

  struct Eight {
    Pack x[D];
    Pack weight;
    Rows rows;
    void read(const Tree<D>& tree, std::uint32_t at) {
      for (int a = 0; a < D; ++a) x[a] = Pack::load(tree.coordinates + static_cast<std::size_t>(a) * tree.stride + at);
      rows = L::rows(tree.rows + at);
      weight = tree.weights != nullptr ? Pack::load(tree.weights + at) : Pack::broadcast(0);
    }
  };

  /// Where points go, and what is known of both sides.
  struct Sides {
    Tree<D>& tree;
    const int axis;
    std::uint32_t left, right;  ///< behind the last left point; the first right point
    const Pack pivot;
    Pack lower[2][D], upper[2][D], origin[D], scale[D];
    Integers sum[D], weight;

    [[gnu::always_inline]] Sides(Tree<D>& to, const Grid& grid, int by, std::uint32_t first, std::uint32_t last,
                                 double at)
        : tree(to), axis(by), left(first), right(last), pivot(Pack::broadcast(at)) {
      for (int a = 0; a < D; ++a) {
        for (int side = 0; side < 2; ++side) {
          lower[side][a] = Pack::broadcast(infinity);
          upper[side][a] = Pack::broadcast(-infinity);
        }
        origin[a] = Pack::broadcast(grid.origin[a]);
        scale[a] = Pack::broadcast(grid.scale[a]);
        sum[a] = L::zero();
      }
      weight = L::zero();
    }

    [[gnu::always_inline]] void put(Mask valid, const Eight& from) {
      const Mask l = less(from.x[axis], pivot) & valid, r = valid & ~l;
      const unsigned gone_left = L::count(l);
      right -= L::count(r);
      for (int a = 0; a < D; ++a) {
        double* const column = tree.coordinates + static_cast<std::size_t>(a) * tree.stride;
        compress_store_exactly(column + left, l, from.x[a]);
        compress_store_exactly(column + right, r, from.x[a]);
        lower[0][a] = select(l, lower[0][a], min(lower[0][a], from.x[a]));
        upper[0][a] = select(l, upper[0][a], max(upper[0][a], from.x[a]));
        lower[1][a] = select(r, lower[1][a], min(lower[1][a], from.x[a]));
        upper[1][a] = select(r, upper[1][a], max(upper[1][a], from.x[a]));
        Pack place = (from.x[a] - origin[a]) * scale[a];
        if (tree.weights != nullptr) place = place * from.weight;
        sum[a] = L::add_where(l, sum[a], L::rounded(place));
      }
      L::compress_exactly(tree.rows + left, l, from.rows);
      L::compress_exactly(tree.rows + right, r, from.rows);
      if (tree.weights != nullptr) {
        compress_store_exactly(tree.weights + left, l, from.weight);
        compress_store_exactly(tree.weights + right, r, from.weight);
        weight = L::add_where(l, weight, L::rounded(from.weight));
      }
      left += gone_left;
    }
    void finish(Node<D>& l, Node<D>& r) const {
      for (int a = 0; a < D; ++a) {
        l.lower[a] = L::least(lower[0][a]);
        l.upper[a] = L::most(upper[0][a]);
        r.lower[a] = L::least(lower[1][a]);
        r.upper[a] = L::most(upper[1][a]);
        l.sum[a] = L::total(sum[a]);
      }
    }
    [[nodiscard]] std::int64_t left_weight() const { return L::total(weight); }
  };

  /// The caller's rows, a few at a time as columns.
  struct Staged {
    static constexpr std::uint32_t step = 64;
    Planting<D>& part;
    alignas(64) double columns[D][step];
    alignas(64) double weights[step];

    explicit Staged(Planting<D>& from) : part(from) {
      for (int a = from.dimension; a < D; ++a)
        for (double& x : columns[a]) x = 0;
    }
    std::uint32_t fill(std::size_t first) { return part.is_float ? fill_from<float>(first) : fill_from<double>(first); }
    template <class S>
    std::uint32_t fill_from(std::size_t first) {
      const auto count = static_cast<std::uint32_t>(part.last - first < step ? part.last - first : step);
      const S* row = static_cast<const S*>(part.rows) + static_cast<std::ptrdiff_t>(first) * part.stride;
      if (part.dimension == D)
        for (std::uint32_t i = 0; i < count; ++i, row += part.stride)
          for (int a = 0; a < D; ++a) columns[a][i] = static_cast<double>(row[a]);
      else
        for (std::uint32_t i = 0; i < count; ++i, row += part.stride)
          for (int a = 0; a < part.dimension; ++a) columns[a][i] = static_cast<double>(row[a]);
      // What stands behind the last row must be a number.
      for (std::uint32_t i = count; i < step; ++i)
        for (int a = 0; a < D; ++a) columns[a][i] = columns[a][0];
      return count;
    }

    void bounds(double limit) {
      Pack lower[D], upper[D];
      Mask good = 0xff;
      for (int a = 0; a < D; ++a) {
        lower[a] = Pack::broadcast(infinity);
        upper[a] = Pack::broadcast(-infinity);
      }
      for (std::size_t first = part.first; first < part.last; first += step) {
        fill(first);
        for (std::uint32_t i = 0; i < step; i += 8)
          for (int a = 0; a < D; ++a) {
            const Pack x = Pack::load(columns[a] + i);
            good &= less_equal(abs(x), Pack::broadcast(limit));
            lower[a] = min(lower[a], x);
            upper[a] = max(upper[a], x);
          }
      }
      part.finite = good == 0xff;
      for (int a = 0; a < D; ++a) {
        part.sides[0].lower[a] = L::least(lower[a]);
        part.sides[0].upper[a] = L::most(upper[a]);
      }
    }
    void plant(Tree<D>& tree, const Grid& grid) {
      Sides sides(tree, grid, part.axis, part.left, part.right, part.pivot);
      Integers all[D], all_weight = L::zero();
      for (int a = 0; a < D; ++a) all[a] = L::zero();
      Eight eight;
      eight.weight = Pack::broadcast(0);
      for (std::size_t first = part.first; first < part.last; first += step) {
        const std::uint32_t count = fill(first);
        if (part.weights != nullptr)
          for (std::uint32_t i = 0; i < step; ++i) weights[i] = i < count ? part.weights[first + i] : 0;
        for (std::uint32_t i = 0; i < count; i += 8) {
          const Mask valid = first_lanes(count - i);
          if (part.weights != nullptr) {
            eight.weight = Pack::load(weights + i);
            all_weight = L::add_where(valid, all_weight, L::rounded(eight.weight));
          }
          for (int a = 0; a < D; ++a) {
            eight.x[a] = Pack::load(columns[a] + i);
            Pack place = (eight.x[a] - sides.origin[a]) * sides.scale[a];
            if (part.weights != nullptr) place = place * eight.weight;
            all[a] = L::add_where(valid, all[a], L::rounded(place));
          }
          eight.rows = L::rows_from(static_cast<std::uint32_t>(first) + i);
          sides.put(valid, eight);
        }
      }
      sides.finish(part.sides[0], part.sides[1]);
      part.side_weights[0] = sides.left_weight();
      part.side_weights[1] = L::total(all_weight) - part.side_weights[0];
      for (int a = 0; a < D; ++a) part.sides[1].sum[a] = L::total(all[a]) - part.sides[0].sum[a];
      part.left = sides.left;
      part.right = sides.right;
    }
  };

  template <class S>
  static std::uint32_t count_left_of(const Planting<D>& part) {
    const S* row = static_cast<const S*>(part.rows) + static_cast<std::ptrdiff_t>(part.first) * part.stride + part.axis;
    std::uint32_t found = 0;
    for (std::size_t i = part.first; i < part.last; ++i, row += part.stride)
      found += static_cast<double>(*row) < part.pivot ? 1 : 0;
    return found;
  }

  /// About the median: that of a sample. In small nodes a far tail which the sample does not reach is cut off first.
  static double pivot(const double* x, std::uint32_t count, double lower, double upper) {
    double sample[127];
    std::uint32_t many = count > 20000 ? 127 : count > 1000 ? 31 : 15;
    if (many > count) many = count;
    const std::uint32_t step = count / many;
    sample[0] = x[0];
    for (std::uint32_t i = 1; i < many; ++i) {  // an insertion sort, by halving
      const double value = x[i * step];
      std::uint32_t at = 0, end = i;
      while (at < end) {
        const std::uint32_t middle = (at + end) / 2;
        if (value < sample[middle])
          end = middle;
        else
          at = middle + 1;
      }
      for (std::uint32_t j = i; j > at; --j) sample[j] = sample[j - 1];
      sample[at] = value;
    }
    const double least = sample[0], most = sample[many - 1], gap = 3 * (most - least);
    double cut = sample[many / 2];
    if (count <= 65536 && upper - most > gap && upper - most >= least - lower)
      cut = most + (upper - most) / 4;
    else if (count <= 65536 && least - lower > gap)
      cut = least - (least - lower) / 4;
    if (!(cut > lower)) cut = lower + (upper - lower) / 2;  // many equal values
    return cut > lower ? cut : upper;
  }
};

}  // namespace coppice::kmeans
