// The k nearest of all points, from leaf to touching leaf and up the hierarchy.
#include "coppice/index/neighbor_graph/adjacency_search.hpp"

#include <algorithm>
#include <limits>
#include <queue>
#include <utility>

#include "adjacency_reach.hpp"
#include "leaf_columns.hpp"
#include "leaf_nearest.hpp"

namespace coppice {
namespace {

using neighbor_graph::LeafColumns;
using neighbor_graph::LeafNearest;
using neighbor_graph::NearestRule;

/// Leaves and how far they are at least.
template <class Scalar>
using Bounded = std::pair<Scalar, std::uint32_t>;

/// One leaf's search.
template <class Scalar, class Metric>
class LevelWalk {
 public:
  LevelWalk(const LeafColumns<Scalar>& columns, const PartitionTree<Scalar>& tree, const NearestRule<Scalar>& rule,
            AdjacencySearchCounts& counts)
      : columns_(columns), tree_(tree), counts_(counts), nearest_(columns, tree, rule, counts) {}

  [[nodiscard]] const LeafNearest<Scalar>& nearest() const { return nearest_; }

  /// From vertex v of the last graph outward.
  void outward(const AdjacencyHierarchy& hierarchy, const std::vector<std::vector<std::uint32_t>>& kids,
               MetricKind kind, std::uint32_t vertex) {
    const int last = hierarchy.levels() - 1;
    leaf_ = hierarchy.last().nodes[vertex];
    nearest_.begin(leaf_);
    nearest_.compare(Metric{}, leaf_);
    for (const std::uint32_t w : hierarchy.last().row(vertex)) gather(hierarchy.last().nodes[w]);
    visit();
    for (int level = last; level > 0; --level) {
      // All points of boxes that touch this leaf's box at `level` have had their turn.
      if (neighbor_graph::key_beyond(tree_, level, kind) > nearest_.reach()) break;
      ++counts_.rings;
      const AdjacencyGraph& graph = hierarchy.level(level);
      const AdjacencyGraph& above = hierarchy.level(level - 1);
      const std::vector<std::uint32_t>& children = kids[static_cast<std::size_t>(level) - 1];
      const auto row = graph.row(vertex);
      auto near = row.begin();
      for (const std::uint32_t touched : above.row(graph.parents[vertex]))
        for (std::uint32_t other = children[touched]; other < children[touched + 1]; ++other) {
          while (near != row.end() && *near < other) ++near;
          if (near == row.end() || *near != other) gather(graph.nodes[other]);
        }
      visit();
      vertex = graph.parents[vertex];
    }
  }

  /// From the root down, nearest box first.
  void inward(std::uint32_t leaf) {
    leaf_ = leaf;
    nearest_.begin(leaf);
    nearest_.compare(Metric{}, leaf);
    std::priority_queue<Bounded<Scalar>, std::vector<Bounded<Scalar>>, std::greater<>> open;
    open.emplace(Scalar{0}, 0u);
    while (!open.empty() && !(open.top().first > nearest_.reach())) {
      const std::uint32_t number = open.top().second;
      open.pop();
      const PartitionNode& node = tree_.nodes()[number];
      if (node.is_leaf() && number != leaf_) nearest_.compare(Metric{}, number);
      for (std::uint32_t child = node.first_child; child < node.first_child + node.children; ++child) {
        const Scalar bound = columns_.template least_key<Metric>(leaf_, child);
        ++counts_.bounds;
        if (!(bound > nearest_.reach())) open.emplace(bound, child);
      }
    }
  }

 private:
  /// Notes the leaves under a node that are near enough by now.
  void gather(std::uint32_t node) {
    stack_.assign(1, node);
    while (!stack_.empty()) {
      const std::uint32_t top = stack_.back();
      stack_.pop_back();
      const Scalar bound = columns_.template least_key<Metric>(leaf_, top);
      ++counts_.bounds;
      if (bound > nearest_.reach()) continue;
      const PartitionNode& found = tree_.nodes()[top];
      if (found.is_leaf()) leaves_.emplace_back(bound, top);
      for (std::uint32_t child = 0; child < found.children; ++child) stack_.push_back(found.first_child + child);
    }
  }
  /// Compares with the leaves that were noted, nearest first.
  void visit() {
    std::sort(leaves_.begin(), leaves_.end());
    for (const auto& [bound, leaf] : leaves_) {
      if (bound > nearest_.reach()) break;
      nearest_.compare(Metric{}, leaf);
    }
    leaves_.clear();
  }

  const LeafColumns<Scalar>& columns_;
  const PartitionTree<Scalar>& tree_;
  AdjacencySearchCounts& counts_;
  LeafNearest<Scalar> nearest_;
  std::uint32_t leaf_ = 0;
  std::vector<Bounded<Scalar>> leaves_;
  std::vector<std::uint32_t> stack_;
};

}  // namespace

template <class Scalar>
AdjacencySearch<Scalar>::AdjacencySearch(PointView<Scalar> points, const Config& config)
    : tree_(points, {.levels = config.levels, .mass = config.mass, .executor = config.executor}),
      hierarchy_(tree_, {.vertices = AdjacencyVertices::canopy,
                         .last_level = config.hierarchy ? std::numeric_limits<int>::max() : 0,
                         .keep_faces = false,
                         .most_edges = config.most_edges,
                         .executor = config.executor}),
      columns_(std::make_unique<LeafColumns<Scalar>>(points, tree_)) {
  for (int level = 1; level < hierarchy_.levels(); ++level)
    kids_.push_back(children_of(hierarchy_.level(level - 1), hierarchy_.level(level)));
}

template <class Scalar>
AdjacencySearch<Scalar>::AdjacencySearch(AdjacencySearch&&) noexcept = default;
template <class Scalar>
AdjacencySearch<Scalar>& AdjacencySearch<Scalar>::operator=(AdjacencySearch&&) noexcept = default;
template <class Scalar>
AdjacencySearch<Scalar>::~AdjacencySearch() = default;

template <class Scalar>
DenseGraph<Scalar> AdjacencySearch<Scalar>::nearest(const AllNearest<Scalar>& query,
                                                    AdjacencySearchCounts* counts) const {
  const NearestRule<Scalar> rule = neighbor_graph::nearest_rule(query);
  auto graph = neighbor_graph::empty_rows<Scalar>(tree_.size(), query.k);
  const bool outward = hierarchy_.levels() == tree_.levels();
  const std::vector<std::uint32_t> leaves =
      tree_.levels() == 0 ? std::vector<std::uint32_t>{} : tree_.canopy(tree_.levels());
  const Metric<Scalar> metric{query.metric, {}};
  neighbor_graph::with_metric(query.metric, [&](auto terms) {
    neighbor_graph::for_leaves(query.executor, leaves.size(), counts,
                               [&](std::size_t first, std::size_t last, AdjacencySearchCounts& part) {
                                 LevelWalk<Scalar, decltype(terms)> walk(*columns_, tree_, rule, part);
                                 for (std::size_t v = first; v < last; ++v) {
                                   if (outward)
                                     walk.outward(hierarchy_, kids_, query.metric, static_cast<std::uint32_t>(v));
                                   else
                                     walk.inward(leaves[v]);
                                   walk.nearest().write(metric, graph);
                                 }
                               });
  });
  return graph;
}

template <class Scalar>
DenseGraph<Scalar> nearest_in_touching_leaves(PointView<Scalar> points, const PartitionTopology& tree,
                                              const AdjacencyGraph& leaves, const AllNearest<Scalar>& query,
                                              std::size_t most_leaves, AdjacencySearchCounts* counts) {
  const NearestRule<Scalar> rule = neighbor_graph::nearest_rule(query);
  const LeafColumns<Scalar> columns(points, tree);
  auto graph = neighbor_graph::empty_rows<Scalar>(points.size(), query.k);
  const Metric<Scalar> metric{query.metric, {}};
  neighbor_graph::with_metric(query.metric, [&](auto terms) {
    using Terms = decltype(terms);
    neighbor_graph::for_leaves(
        query.executor, leaves.size(), counts, [&](std::size_t first, std::size_t last, AdjacencySearchCounts& part) {
          LeafNearest<Scalar> nearest(columns, tree, rule, part);
          std::vector<Bounded<Scalar>> others;
          for (std::size_t v = first; v < last; ++v) {
            const std::uint32_t leaf = leaves.nodes[v];
            nearest.begin(leaf);
            nearest.compare(terms, leaf);
            others.clear();
            for (const std::uint32_t w : leaves.row(v))
              others.emplace_back(columns.template least_key<Terms>(leaf, leaves.nodes[w]), leaves.nodes[w]);
            part.bounds += others.size();
            const std::size_t kept = std::min(most_leaves, others.size());
            std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(kept), others.end());
            others.resize(kept);
            for (const auto& [bound, other] : others) {
              if (bound > nearest.reach()) break;
              nearest.compare(terms, other);
            }
            nearest.write(metric, graph);
          }
        });
  });
  return graph;
}

template class AdjacencySearch<float>;
template class AdjacencySearch<double>;
template DenseGraph<float> nearest_in_touching_leaves<float>(PointView<float>, const PartitionTopology&,
                                                             const AdjacencyGraph&, const AllNearest<float>&,
                                                             std::size_t, AdjacencySearchCounts*);
template DenseGraph<double> nearest_in_touching_leaves<double>(PointView<double>, const PartitionTopology&,
                                                               const AdjacencyGraph&, const AllNearest<double>&,
                                                               std::size_t, AdjacencySearchCounts*);

}  // namespace coppice
