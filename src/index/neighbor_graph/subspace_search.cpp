// The class: trees in subspaces, searches over all of them, product-adjacency neighbourhoods.
#include "coppice/index/neighbor_graph/subspace_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "adjacency_reach.hpp"
#include "coppice/errors.hpp"
#include "subspace_rounds.hpp"

namespace coppice {

template <class Scalar>
class SubspaceSearch<Scalar>::Body {
 public:
  Body(PointView<Scalar> given, const Config& how)
      : config(how), points(given, how.metric == MetricKind::l2, how.executor) {
    if (given.empty()) return;
    subspace::Coordinates made = subspace::make_coordinates(points, config);
    bound = made.bound;
    rows = subspace::SubspaceRows(made);
    trees.reserve(made.subspaces.size());
    for (Points<double>& part : made.subspaces) {
      trees.emplace_back(part.view(), config);
      part.coordinates = {};
    }
  }

  Config config;
  high::Store<Scalar> points;
  subspace::Bound bound;
  subspace::SubspaceRows rows;
  std::vector<subspace::SubspaceTree> trees;
};

template <class Scalar>
SubspaceSearch<Scalar>::SubspaceSearch(PointView<Scalar> points, const Config& config) {
  constexpr std::size_t most_points = std::size_t{1} << 31;
  subspace::check_config(config, points.dimension());
  if (points.size() >= most_points)
    throw unsupported("subspace searches hold fewer than 2^31 points, found " + std::to_string(points.size()));
  check_points(points, points.dimension());
  body_ = std::make_unique<const Body>(points, config);
}
template <class Scalar>
SubspaceSearch<Scalar>::SubspaceSearch(SubspaceSearch&&) noexcept = default;
template <class Scalar>
SubspaceSearch<Scalar>& SubspaceSearch<Scalar>::operator=(SubspaceSearch&&) noexcept = default;
template <class Scalar>
SubspaceSearch<Scalar>::~SubspaceSearch() = default;

template <class Scalar>
std::size_t SubspaceSearch<Scalar>::size() const noexcept {
  return body_->points.size();
}
template <class Scalar>
int SubspaceSearch<Scalar>::dimension() const noexcept {
  return static_cast<int>(body_->points.dimension());
}
template <class Scalar>
std::size_t SubspaceSearch<Scalar>::subspaces() const noexcept {
  return body_->config.subspaces;
}
template <class Scalar>
int SubspaceSearch<Scalar>::levels() const noexcept {
  int most = 0;
  for (const auto& tree : body_->trees) most = std::max(most, tree.tree().levels());
  return most;
}
template <class Scalar>
std::size_t SubspaceSearch<Scalar>::leaves() const noexcept {
  std::size_t sum = 0;
  for (const auto& tree : body_->trees) sum += tree.leaves();
  return sum;
}
template <class Scalar>
std::uint64_t SubspaceSearch<Scalar>::edges() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& tree : body_->trees) sum += tree.hierarchy().last().edges();
  return sum;
}
template <class Scalar>
double SubspaceSearch<Scalar>::confidence() const noexcept {
  double least = 1;
  for (const auto& tree : body_->trees) least = std::min(least, tree.hierarchy().statistics().back().confidence());
  return least;
}
template <class Scalar>
std::size_t SubspaceSearch<Scalar>::bytes() const noexcept {
  std::size_t sum = body_->points.memory() + body_->rows.values.size() * sizeof(double);
  for (const auto& tree : body_->trees) sum += tree.bytes();
  return sum;
}

template <class Scalar>
DenseGraph<Scalar> SubspaceSearch<Scalar>::nearest(const SubspaceNearest& query, SubspaceStatistics* statistics) const {
  if (query.k == 0) throw invalid_input("k is 0, expected at least 1");
  if (query.most_evaluated != 0 && query.partial_distances == PartialDistances::none)
    throw invalid_input("most_evaluated is " + std::to_string(query.most_evaluated) +
                        ", which needs partial distances to rank candidates");
  if (query.refinements < 0)
    throw invalid_input("refinements is " + std::to_string(query.refinements) + ", expected at least 0");
  if (body_->config.most_neighbors != 0 && query.most_boxes == 0 && query.most_points == 0)
    throw invalid_input("most_boxes and most_points are 0, for exact rows, but the hierarchies were limited to " +
                        std::to_string(body_->config.most_neighbors) + " neighbours a box");
  subspace::Rows<Scalar> rows(size(), query.k);
  SubspaceStatistics done;
  const MetricKind kind = body_->config.metric;
  if (size() > 0)
    neighbor_graph::with_metric(kind, [&](auto terms) {
      using Rounds = subspace::Rounds<Scalar, decltype(terms)>;
      done = Rounds({body_->points, body_->rows, body_->trees, body_->bound, kind}, query, rows).run();
    });
  for (int round = 0; round < query.refinements; ++round) {
    const std::uint64_t pairs = subspace::refine(body_->points, kind, query.self, rows, query.executor);
    done.refined += pairs;
    done.pairs += pairs;
  }
  if (statistics != nullptr) *statistics = done;
  return rows.graph(Metric<Scalar>{kind, {}});
}

template <class Scalar>
std::vector<point_id> SubspaceSearch<Scalar>::product_neighborhood(std::size_t row, int level) const {
  std::vector<point_id> common;
  for (const auto& tree : body_->trees) {
    const int own = std::min(level, tree.hierarchy().levels() - 1);
    const AdjacencyGraph& graph = tree.hierarchy().level(own);
    const std::uint32_t vertex = tree.vertex_of(row, own);
    std::vector<point_id> found;
    const auto take = [&](std::uint32_t box) {
      const PartitionNode& node = tree.tree().nodes()[graph.nodes[box]];
      for (std::uint32_t at = node.begin; at < node.end; ++at)
        if (&tree == &body_->trees.front() ||
            std::binary_search(common.begin(), common.end(), point_id{tree.tree().order()[at]}))
          found.push_back(tree.tree().order()[at]);
    };
    take(vertex);
    for (const std::uint32_t touching : graph.row(vertex)) take(touching);
    std::sort(found.begin(), found.end());
    common = std::move(found);
  }
  return common;
}

template <class Scalar>
Scalar SubspaceSearch<Scalar>::product_gap(int level) const {
  const subspace::Bound& bound = body_->bound;
  double least = std::numeric_limits<double>::infinity();
  for (const auto& tree : body_->trees) {
    const int own = std::min(level, tree.hierarchy().levels() - 1);
    if (own == 0) continue;  // all touch at the root
    double gap = tree.is_complete() ? neighbor_graph::gap_of(tree.tree(), own) : 0;
    if (bound.rotated) gap = std::max(0.0, gap - 2 * bound.error) / bound.stretch;
    least = std::min(least, gap);
  }
  return static_cast<Scalar>(least * (1 - bound.relative));
}

template class SubspaceSearch<float>;
template class SubspaceSearch<double>;

}  // namespace coppice
