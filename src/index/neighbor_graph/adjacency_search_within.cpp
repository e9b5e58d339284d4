// All points within a radius: boxes that touch at the level of the radius, refined by tight boxes below it.
#include <algorithm>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "adjacency_reach.hpp"
#include "coppice/index/neighbor_graph/adjacency_search.hpp"
#include "leaf_columns.hpp"
#include "leaf_nearest.hpp"

namespace coppice {
namespace {

using neighbor_graph::LeafColumns;

/// A leaf that may hold neighbours, and whether all of its points are.
struct Partner {
  std::uint32_t leaf;
  bool whole;
};

/// Rows of consecutive places of the tree's order.
template <class Scalar>
struct Rows {
  std::vector<std::uint32_t> ids;
  std::vector<Scalar> keys;
  std::vector<std::uint32_t> lengths;
};

template <class Scalar, class Metric>
class RadiusWalk {
 public:
  RadiusWalk(const LeafColumns<Scalar>& columns, const PartitionTree<Scalar>& tree, const AllWithin<Scalar>& query,
             Scalar limit, AdjacencySearchCounts& counts)
      : columns_(columns),
        tree_(tree),
        query_(query),
        needs_keys_(query.distances || query.order == Order::by_distance),
        limit_(limit),
        counts_(counts),
        point_(columns.dimension()) {}

  void begin(std::uint32_t leaf) {
    leaf_ = leaf;
    partners_.clear();
  }
  /// Notes the leaves under a node that may hold neighbours.
  void gather(std::uint32_t node) {
    stack_.assign(1, {node, false});
    while (!stack_.empty()) {
      auto [top, whole] = stack_.back();
      stack_.pop_back();
      if (!whole) {
        ++counts_.bounds;
        if (columns_.template least_key<Metric>(leaf_, top) > limit_) continue;
        whole = columns_.template most_key<Metric>(leaf_, top) <= limit_;
      }
      const PartitionNode& found = tree_.nodes()[top];
      if (found.is_leaf()) partners_.push_back({top, whole});
      for (std::uint32_t child = 0; child < found.children; ++child)
        stack_.push_back({found.first_child + child, whole});
    }
  }
  /// The rows of the leaf's points; with `counting` their lengths alone.
  void write(Rows<Scalar>& rows, bool counting) {
    const PartitionNode& own = tree_.nodes()[leaf_];
    const Scalar* block = columns_.block(own);
    counts_.leaves += partners_.size();
    for (std::size_t i = 0; i < own.mass(); ++i) {
      for (std::size_t a = 0; a < point_.size(); ++a) point_[a] = block[a * own.mass() + i];
      const std::size_t before = rows.ids.size();
      std::uint32_t length = 0;
      for (const Partner& partner : partners_) {
        const PartitionNode& leaf = tree_.nodes()[partner.leaf];
        const bool is_own = partner.leaf == leaf_;
        if (partner.whole && (counting || !needs_keys_)) {
          length += leaf.mass() - (is_own && !query_.self ? 1 : 0);
          for (std::uint32_t j = 0; !counting && j < leaf.mass(); ++j)
            if (query_.self || !is_own || j != i) rows.ids.push_back(tree_.order()[leaf.begin + j]);
          rows.keys.resize(rows.ids.size());
          continue;
        }
        if (!partner.whole && columns_.template least_key<Metric>(point_.data(), partner.leaf) > limit_) continue;
        counts_.pairs += leaf.mass();
        keys_.resize(std::max<std::size_t>(keys_.size(), leaf.mass()));
        partial_.resize(std::max(partial_.size(), leaf.mass() * neighbor_graph::key_lanes));
        columns_.template keys<Metric>(point_.data(), leaf, keys_.data(), partial_.data());
        for (std::uint32_t j = 0; j < leaf.mass(); ++j) {
          if ((!partner.whole && !(keys_[j] <= limit_)) || (is_own && j == i && !query_.self)) continue;
          ++length;
          if (counting) continue;
          rows.ids.push_back(tree_.order()[leaf.begin + j]);
          rows.keys.push_back(keys_[j]);
        }
      }
      rows.lengths.push_back(length);
      if (!counting && query_.order != Order::none) sort_row(rows, before);
    }
  }

 private:
  void sort_row(Rows<Scalar>& rows, std::size_t first) {
    sorted_.clear();
    for (std::size_t e = first; e < rows.ids.size(); ++e) sorted_.emplace_back(rows.keys[e], rows.ids[e]);
    if (query_.order == Order::by_distance)
      std::sort(sorted_.begin(), sorted_.end());
    else
      std::sort(sorted_.begin(), sorted_.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    for (std::size_t e = first; e < rows.ids.size(); ++e) std::tie(rows.keys[e], rows.ids[e]) = sorted_[e - first];
  }

  const LeafColumns<Scalar>& columns_;
  const PartitionTree<Scalar>& tree_;
  const AllWithin<Scalar>& query_;
  bool needs_keys_;
  Scalar limit_;
  AdjacencySearchCounts& counts_;
  std::uint32_t leaf_ = 0;
  std::vector<Partner> partners_;
  std::vector<std::pair<std::uint32_t, bool>> stack_;
  std::vector<Scalar> point_, keys_, partial_;
  std::vector<std::pair<Scalar, std::uint32_t>> sorted_;
};

}  // namespace

template <class Scalar>
SparseGraph<Scalar> AdjacencySearch<Scalar>::within(const AllWithin<Scalar>& query,
                                                    AdjacencySearchCounts* counts) const {
  neighbor_graph::check_radius(query.radius);
  const Metric<Scalar> metric{query.metric, {}};
  const Scalar limit = metric.key_of(query.radius);
  SparseGraph<Scalar> graph;
  graph.offsets.assign(tree_.size() + 1, 0);
  if (tree_.size() == 0) {
    neighbor_graph::with_metric(query.metric, [](auto) {});
    return graph;
  }
  const std::vector<std::uint32_t> leaves = tree_.canopy(tree_.levels());
  const bool outward = hierarchy_.levels() == tree_.levels();
  const int level = outward ? neighbor_graph::level_of_radius(tree_, limit, query.metric) : 0;
  const AdjacencyGraph& touching = hierarchy_.level(level);
  std::vector<std::uint32_t> boxes(leaves.size(), 0);  // the vertex of that level around each leaf
  if (outward)
    for (std::uint32_t v = 0; v < boxes.size(); ++v) {
      boxes[v] = v;
      for (int up = hierarchy_.levels() - 1; up > level; --up) boxes[v] = hierarchy_.level(up).parents[boxes[v]];
    }

  std::vector<Rows<Scalar>> rows((leaves.size() + neighbor_graph::leaf_grain - 1) / neighbor_graph::leaf_grain);
  const auto search = [&](bool counting) {
    neighbor_graph::with_metric(query.metric, [&](auto terms) {
      neighbor_graph::for_leaves(query.executor, leaves.size(), counts,
                                 [&](std::size_t first, std::size_t last, AdjacencySearchCounts& part) {
                                   RadiusWalk<Scalar, decltype(terms)> walk(*columns_, tree_, query, limit, part);
                                   Rows<Scalar>& own = rows[first / neighbor_graph::leaf_grain];
                                   own = {};
                                   for (std::size_t v = first; v < last; ++v) {
                                     walk.begin(leaves[v]);
                                     walk.gather(touching.nodes[boxes[v]]);
                                     for (const std::uint32_t w : touching.row(boxes[v]))
                                       walk.gather(touching.nodes[w]);
                                     walk.write(own, counting);
                                   }
                                 });
    });
  };
  constexpr auto any = std::numeric_limits<std::int64_t>::max();
  if (query.most_edges != any) {
    search(true);
    std::int64_t edges = 0;
    for (const Rows<Scalar>& part : rows)
      for (const std::uint32_t length : part.lengths) edges += length;
    if (edges > query.most_edges)
      throw invalid_input("the graph has " + std::to_string(edges) + " edges, more than the " +
                          std::to_string(query.most_edges) + " allowed");
  }
  search(false);

  // Rows are in the tree's order; they go where the caller's rows are.
  std::size_t place = 0;
  for (const Rows<Scalar>& part : rows)
    for (const std::uint32_t length : part.lengths) graph.offsets[tree_.order()[place++] + 1] = length;
  for (std::size_t i = 0; i < tree_.size(); ++i) graph.offsets[i + 1] += graph.offsets[i];
  graph.ids.resize(static_cast<std::size_t>(graph.offsets.back()));
  if (query.distances) graph.distances.resize(graph.ids.size());
  place = 0;
  for (Rows<Scalar>& part : rows) {
    std::size_t entry = 0;
    for (const std::uint32_t length : part.lengths) {
      auto to = static_cast<std::size_t>(graph.offsets[tree_.order()[place++]]);
      for (std::uint32_t j = 0; j < length; ++j, ++to, ++entry) {
        graph.ids[to] = part.ids[entry];
        if (query.distances) graph.distances[to] = metric.distance_of(part.keys[entry]);
      }
    }
    part = {};
  }
  return graph;
}

template SparseGraph<float> AdjacencySearch<float>::within(const AllWithin<float>&, AdjacencySearchCounts*) const;
template SparseGraph<double> AdjacencySearch<double>::within(const AllWithin<double>&, AdjacencySearchCounts*) const;

}  // namespace coppice
