// Radius and boxes are sized with our own index; the answers to them are what every contestant has to agree on.
#include "harness/workload.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include "coppice/geometry/morton.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"

namespace coppice::bench {
namespace {

constexpr std::size_t box_points = 1000;
constexpr double radius_points = 100;

/// The radius at which the sampled queries have `radius_points` points on average, or a little more: no point may lie
/// so near to it that contestants who round differently disagree.
Real find_radius(const KdTree<Real>& tree, PointView<Real> sample) {
  const auto answers = tree.nearest(sample, {.k = std::min<std::size_t>(100, tree.size())});
  double lower = 0, upper = *std::max_element(answers.distances.begin(), answers.distances.end());
  for (int step = 0; step < 30; ++step) {
    const double middle = (lower + upper) / 2;
    const auto counts = tree.count(sample, Within<Real>{.radius = static_cast<Real>(middle)});
    const double mean = std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
    (mean < radius_points ? lower : upper) = middle;
  }
  constexpr Real margin = 8 * std::numeric_limits<Real>::epsilon();
  auto radius = static_cast<Real>(upper);
  constexpr int attempts = 1000;
  for (int i = 0; i < attempts; ++i, radius *= 1 + 4 * margin)
    if (tree.count(sample, Within<Real>{.radius = radius * (1 - margin)}) ==
        tree.count(sample, Within<Real>{.radius = radius * (1 + margin)}))
      break;
  return radius;
}

void add_boxes(const KdTree<Real>& tree, std::size_t count, Queries& queries) {
  queries.lower.dimension = queries.upper.dimension = dimension;
  const std::size_t k = std::min(box_points, tree.size());
  std::vector<Hit<Real>> hits(k);
  const Nearest<Real> cube{.k = k, .metric = Metric<Real>::linf()};
  for (std::size_t i = 0; i < count; ++i) {
    const Real* q = queries.points.view().row(i);
    tree.nearest({q, dimension}, cube, hits);
    const Real half = hits[k - 1].distance_squared * static_cast<Real>(1 + 1e-6);
    for (int axis = 0; axis < dimension; ++axis) {
      queries.lower.coordinates.push_back(q[axis] - half);
      queries.upper.coordinates.push_back(q[axis] + half);
    }
  }
}

}  // namespace

std::string name_of(Search search) {
  constexpr std::array names{"knn1", "knn10", "knn100", "radius", "box", "lookup"};
  return names[static_cast<std::size_t>(search)];
}

std::size_t k_of(Search search) {
  constexpr std::array<std::size_t, 6> ks{1, 10, 100, 0, 0, 0};
  return ks[static_cast<std::size_t>(search)];
}

std::size_t query_count(std::size_t n) {
  return std::clamp<std::size_t>(n / 5, 500, 200'000);
}

std::size_t Workload::limit(Search search) const {
  constexpr std::array<std::size_t, 6> share{1, 2, 10, 10, 20, 1};
  return std::max<std::size_t>(shuffled.points.size() / share[static_cast<std::size_t>(search)], 1);
}

Points<Real> rows_in_order(PointView<Real> points, const std::vector<std::uint32_t>& order) {
  Points<Real> ordered{{}, points.dimension()};
  ordered.coordinates.reserve(order.size() * static_cast<std::size_t>(points.dimension()));
  for (const std::uint32_t row : order)
    ordered.coordinates.insert(ordered.coordinates.end(), points.row(row), points.row(row) + points.dimension());
  return ordered;
}

Workload make_workload(const Dataset& dataset) {
  KdTree<Real> tree(dimension);
  tree.build(dataset.points);
  Workload work;
  Queries& queries = work.shuffled;
  queries.points = dataset.queries;
  work.checked = std::min<std::size_t>(queries.points.size(), 500);
  work.radius = find_radius(tree, queries.points.view().slice(0, work.checked));
  add_boxes(tree, std::max(work.limit(Search::box), work.checked), queries);
  queries.sought.dimension = dimension;
  Random random(6);
  for (std::size_t i = 0; i < queries.points.size(); ++i) {
    const Real* row = dataset.points.view().row(random.below(dataset.points.size()));
    queries.sought.coordinates.insert(queries.sought.coordinates.end(), row, row + dimension);
  }

  work.sorted.points = rows_in_order(queries.points, morton_order(queries.points.view()));
  const auto boxes = morton_order(queries.lower.view());
  work.sorted.lower = rows_in_order(queries.lower, boxes);
  work.sorted.upper = rows_in_order(queries.upper, boxes);
  work.sorted.sought = rows_in_order(queries.sought, morton_order(queries.sought.view()));
  return work;
}

}  // namespace coppice::bench
