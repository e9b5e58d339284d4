// The k best of every point of one leaf while other leaves are compared with it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "coppice/index/neighbor_graph/adjacency_search.hpp"
#include "leaf_columns.hpp"

namespace coppice::neighbor_graph {

/// What a search of the k nearest comes down to, in keys.
template <class Scalar>
struct NearestRule {
  std::size_t k = 1;
  Scalar limit{};   ///< only keys up to this one
  Scalar shrink{};  ///< by which a bound may fall short of the k-th key: 1, or less with ε
  bool self = false;
};

/// Errors: invalid_input, unsupported.
template <class Scalar>
NearestRule<Scalar> nearest_rule(const AllNearest<Scalar>& query) {
  if (query.k == 0) throw invalid_input("k is 0, expected at least 1");
  check_radius(query.radius);
  if (!(query.epsilon >= 0))
    throw invalid_input("epsilon is " + std::to_string(query.epsilon) + ", expected at least 0");
  with_metric(query.metric, [](auto) {});
  const Metric<Scalar> metric{query.metric, {}};
  return {query.k, metric.key_of(query.radius), 1 / metric.key_of(1 + query.epsilon), query.self};
}

template <class Scalar>
class LeafNearest {
 public:
  LeafNearest(const LeafColumns<Scalar>& columns, const PartitionTopology& tree, const NearestRule<Scalar>& rule,
              AdjacencySearchCounts& counts)
      : columns_(columns), tree_(tree), rule_(rule), counts_(counts), point_(columns.dimension()) {}

  /// Takes another leaf to answer for.
  void begin(std::uint32_t leaf) {
    leaf_ = leaf;
    const std::size_t mass = tree_.nodes()[leaf].mass();
    best_.resize(mass * rule_.k);
    found_.assign(mass, 0);
    furthest_ = rule_.limit;
  }
  /// What a bound must not exceed for a box to be worth a look.
  [[nodiscard]] Scalar reach() const noexcept { return furthest_; }

  /// Compares all points of the leaf with all of another, or with themselves.
  template <class Metric>
  void compare(Metric, std::uint32_t other) {
    const PartitionNode& own = tree_.nodes()[leaf_];
    const PartitionNode& leaf = tree_.nodes()[other];
    const std::size_t mass = leaf.mass();
    keys_.resize(std::max(keys_.size(), mass));
    partial_.resize(std::max(partial_.size(), mass * key_lanes));
    ++counts_.leaves;
    furthest_ = 0;
    const Scalar* block = columns_.block(own);
    for (std::size_t i = 0; i < own.mass(); ++i) {
      for (std::size_t a = 0; a < point_.size(); ++a) point_[a] = block[a * own.mass() + i];
      if (other == leaf_ || !(columns_.template least_key<Metric>(point_.data(), other) > reach_of(i))) {
        Scalar worst = worst_of(i);
        counts_.pairs += mass;
        columns_.template keys<Metric>(point_.data(), leaf, keys_.data(), partial_.data());
        for (std::size_t j = 0; j < mass; ++j) {
          if (keys_[j] > worst || (other == leaf_ && i == j && !rule_.self)) continue;
          add(i, {keys_[j], tree_.order()[leaf.begin + j]});
          worst = worst_of(i);
        }
      }
      furthest_ = std::max(furthest_, reach_of(i));
    }
  }

  /// Writes the rows of the leaf's points.
  void write(const coppice::Metric<Scalar>& metric, DenseGraph<Scalar>& graph) const {
    const PartitionNode& own = tree_.nodes()[leaf_];
    for (std::size_t i = 0; i < own.mass(); ++i) {
      const std::size_t row = tree_.order()[own.begin + i] * rule_.k;
      for (std::size_t j = 0; j < found_[i]; ++j) {
        graph.ids[row + j] = best_[i * rule_.k + j].id;
        graph.distances[row + j] = metric.distance_of(best_[i * rule_.k + j].key);
      }
    }
  }

 private:
  struct Candidate {
    Scalar key;
    std::uint32_t id;
    [[nodiscard]] bool before(const Candidate& other) const {
      return key != other.key ? key < other.key : id < other.id;
    }
  };

  [[nodiscard]] Scalar worst_of(std::size_t i) const {
    return found_[i] < rule_.k ? rule_.limit : best_[(i + 1) * rule_.k - 1].key;
  }
  [[nodiscard]] Scalar reach_of(std::size_t i) const {
    return found_[i] < rule_.k ? rule_.limit : worst_of(i) * rule_.shrink;
  }
  void add(std::size_t i, Candidate candidate) {
    Candidate* row = best_.data() + i * rule_.k;
    std::size_t place = found_[i];
    if (place == rule_.k) {
      if (!candidate.before(row[place - 1])) return;
      --place;
    } else {
      ++found_[i];
    }
    for (; place > 0 && candidate.before(row[place - 1]); --place) row[place] = row[place - 1];
    row[place] = candidate;
  }

  const LeafColumns<Scalar>& columns_;
  const PartitionTopology& tree_;
  NearestRule<Scalar> rule_;
  AdjacencySearchCounts& counts_;
  std::uint32_t leaf_ = 0;
  Scalar furthest_{};
  std::vector<Candidate> best_;
  std::vector<std::size_t> found_;
  std::vector<Scalar> point_, keys_, partial_;
};

/// Rows that hold nothing yet.
template <class Scalar>
DenseGraph<Scalar> empty_rows(std::size_t rows, std::size_t k) {
  return {k, std::vector<point_id>(rows * k, no_point),
          std::vector<Scalar>(rows * k, std::numeric_limits<Scalar>::infinity())};
}

constexpr std::size_t leaf_grain = 32;

/// Runs body(first, last, counts) over chunks of leaf_grain leaves and adds up what they counted.
template <class Body>
void for_leaves(const Executor& executor, std::size_t leaves, AdjacencySearchCounts* counts, const Body& body) {
  std::vector<AdjacencySearchCounts> each((leaves + leaf_grain - 1) / leaf_grain);
  executor.for_each_chunk(leaves, leaf_grain,
                          [&](std::size_t first, std::size_t last) { body(first, last, each[first / leaf_grain]); });
  if (counts == nullptr) return;
  *counts = {};
  for (const AdjacencySearchCounts& part : each) {
    counts->pairs += part.pairs;
    counts->bounds += part.bounds;
    counts->leaves += part.leaves;
    counts->rings += part.rings;
  }
}

}  // namespace coppice::neighbor_graph
