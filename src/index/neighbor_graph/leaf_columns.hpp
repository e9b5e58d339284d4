// The points of a partition leaf by leaf, tight boxes around all of its nodes, and the distances between them, every
// one evaluated as geometry/metric.hpp evaluates a key: so a bound is never above what it bounds.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/geometry/metric.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/partition_tree.hpp"

namespace coppice::neighbor_graph {

template <MetricKind kind>
struct Terms {
  template <class Scalar>
  static Scalar term(Scalar difference) {
    return kind == MetricKind::l2 ? difference * difference : difference;
  }
  template <class Scalar>
  static Scalar combine(Scalar a, Scalar b) {
    return kind == MetricKind::linf ? std::max(a, b) : a + b;
  }
};

constexpr std::size_t key_lanes = 16;

/// A key from the absolute difference along each axis, in the contract's order.
template <class Metric, class Scalar, class Difference>
Scalar key_of(std::size_t dimension, const Difference& difference) {
  Scalar partial[key_lanes] = {};
  if (dimension <= key_lanes) {
    for (std::size_t a = 0; a < dimension; ++a) partial[0] = Metric::combine(partial[0], Metric::term(difference(a)));
    return partial[0];
  }
  for (std::size_t a = 0; a < dimension; ++a)
    partial[a % key_lanes] = Metric::combine(partial[a % key_lanes], Metric::term(difference(a)));
  for (std::size_t half = key_lanes / 2; half > 0; half /= 2)
    for (std::size_t lane = 0; lane < half; ++lane)
      partial[lane] = Metric::combine(partial[lane], partial[lane + half]);
  return partial[0];
}

template <class Scalar>
class LeafColumns {
 public:
  LeafColumns(PointView<Scalar> points, const PartitionTopology& tree)
      : dimension_(static_cast<std::size_t>(tree.dimension())),
        coordinates_(tree.size() * dimension_),
        boxes_(tree.nodes().size() * 2 * dimension_) {
    const auto nodes = tree.nodes();
    for (std::size_t number = nodes.size(); number-- > 0;) {  // children before their parents
      const PartitionNode& node = nodes[number];
      Scalar* lower = boxes_.data() + number * 2 * dimension_;
      Scalar* upper = lower + dimension_;
      if (node.is_leaf()) {
        const std::size_t mass = node.mass();
        Scalar* block = coordinates_.data() + node.begin * dimension_;
        for (std::size_t i = 0; i < mass; ++i) {
          const Scalar* x = points.row(tree.order()[node.begin + i]);
          for (std::size_t a = 0; a < dimension_; ++a) {
            block[a * mass + i] = x[a];
            lower[a] = i == 0 ? x[a] : std::min(lower[a], x[a]);
            upper[a] = i == 0 ? x[a] : std::max(upper[a], x[a]);
          }
        }
        continue;
      }
      for (std::uint32_t child = 0; child < node.children; ++child)
        for (std::size_t a = 0; a < dimension_; ++a) {
          const Scalar low = this->lower(node.first_child + child)[a];
          const Scalar high = this->upper(node.first_child + child)[a];
          lower[a] = child == 0 ? low : std::min(lower[a], low);
          upper[a] = child == 0 ? high : std::max(upper[a], high);
        }
    }
  }

  [[nodiscard]] std::size_t dimension() const noexcept { return dimension_; }
  /// A leaf's points, an axis after the other.
  [[nodiscard]] const Scalar* block(const PartitionNode& leaf) const noexcept {
    return coordinates_.data() + leaf.begin * dimension_;
  }
  [[nodiscard]] const Scalar* lower(std::uint32_t node) const noexcept { return boxes_.data() + node * 2 * dimension_; }
  [[nodiscard]] const Scalar* upper(std::uint32_t node) const noexcept { return lower(node) + dimension_; }

  /// At most the key of any point of one node and any of the other.
  template <class Metric>
  [[nodiscard]] Scalar least_key(std::uint32_t a, std::uint32_t b) const {
    const Scalar *low_a = lower(a), *high_a = upper(a), *low_b = lower(b), *high_b = upper(b);
    return key_of<Metric, Scalar>(dimension_, [&](std::size_t i) {
      return std::max(Scalar{0}, std::max(low_b[i] - high_a[i], low_a[i] - high_b[i]));
    });
  }
  /// At least the key of any of them.
  template <class Metric>
  [[nodiscard]] Scalar most_key(std::uint32_t a, std::uint32_t b) const {
    const Scalar *low_a = lower(a), *high_a = upper(a), *low_b = lower(b), *high_b = upper(b);
    return key_of<Metric, Scalar>(dimension_,
                                  [&](std::size_t i) { return std::max(high_b[i] - low_a[i], high_a[i] - low_b[i]); });
  }
  /// At most the key of this point and any of the node.
  template <class Metric>
  [[nodiscard]] Scalar least_key(const Scalar* x, std::uint32_t node) const {
    const Scalar *low = lower(node), *high = upper(node);
    return key_of<Metric, Scalar>(
        dimension_, [&](std::size_t i) { return std::max(Scalar{0}, std::max(low[i] - x[i], x[i] - high[i])); });
  }
  /// The keys of this point and all of a leaf; `partial` is room for 16 a point.
  template <class Metric>
  void keys(const Scalar* x, const PartitionNode& leaf, Scalar* __restrict keys, Scalar* __restrict partial) const {
    const std::size_t mass = leaf.mass();
    const Scalar* block = this->block(leaf);
    const auto add = [&](Scalar* __restrict sums, std::size_t a) {
      const Scalar* column = block + a * mass;
      const Scalar at = x[a];
      for (std::size_t i = 0; i < mass; ++i) sums[i] = Metric::combine(sums[i], Metric::term(std::abs(at - column[i])));
    };
    if (dimension_ <= key_lanes) {
      std::fill(keys, keys + mass, Scalar{0});
      for (std::size_t a = 0; a < dimension_; ++a) add(keys, a);
      return;
    }
    std::fill(partial, partial + key_lanes * mass, Scalar{0});
    for (std::size_t a = 0; a < dimension_; ++a) add(partial + a % key_lanes * mass, a);
    for (std::size_t half = key_lanes / 2; half > 0; half /= 2)
      for (std::size_t i = 0; i < half * mass; ++i) partial[i] = Metric::combine(partial[i], partial[half * mass + i]);
    std::copy(partial, partial + mass, keys);
  }

 private:
  std::size_t dimension_;
  std::vector<Scalar> coordinates_;
  std::vector<Scalar> boxes_;  // lower, then upper corner, a node
};

/// Calls body(Terms<kind>{}). Errors: unsupported for weighted_l2.
template <class Body>
auto with_metric(MetricKind kind, Body&& body) {
  switch (kind) {
    case MetricKind::l2:
      return body(Terms<MetricKind::l2>{});
    case MetricKind::l1:
      return body(Terms<MetricKind::l1>{});
    case MetricKind::linf:
      return body(Terms<MetricKind::linf>{});
    case MetricKind::weighted_l2:
      break;
  }
  throw unsupported("adjacency searches know the metrics l2, l1 and linf");
}

/// Errors: invalid_input.
template <class Scalar>
void check_radius(Scalar radius) {
  if (!(radius >= 0)) throw invalid_input("radius is " + std::to_string(radius) + ", expected at least 0");
}

}  // namespace coppice::neighbor_graph
