// Which K serves a workload: a model of what queries and updates cost, with constants fitted to the octree bench.
#include <cmath>
#include <limits>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/index/octree/octree.hpp"

namespace coppice {
namespace {

/// Microseconds of one query and its share of updates.
double cost(double capacity, const Workload& workload) {
  constexpr double leaf_visit = 0.05, point = 0.0006;  // of a query
  constexpr double repair = 0.8;                       // of an update, shared among the points of a leaf
  const double points_a_leaf = 0.6 * capacity;         // leaves between K/2 and K, as divisions leave them
  // A ball of as many neighbours touches the leaves within a leaf's edge of it.
  const double leaves = std::pow(1 + std::cbrt(workload.neighbors_per_query / points_a_leaf), 3);
  return leaves * (leaf_visit + point * points_a_leaf) + workload.updates_per_query * repair / capacity;
}

}  // namespace

template <class Scalar, int Dim>
int Octree<Scalar, Dim>::capacity_for(const Workload& workload) {
  for (const double amount : {workload.updates_per_query, workload.neighbors_per_query})
    if (!(amount >= 0) || std::isinf(amount))
      throw invalid_input("a workload of " + std::to_string(amount) + "; expected 0 or more, finite");
  int best = 0;
  double least = std::numeric_limits<double>::infinity();
  for (const int capacity : {8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512})
    if (const double price = cost(capacity, workload); price < least) {
      least = price;
      best = capacity;
    }
  return best;
}

template int Octree<float, 2>::capacity_for(const Workload&);
template int Octree<float, 3>::capacity_for(const Workload&);
template int Octree<double, 2>::capacity_for(const Workload&);
template int Octree<double, 3>::capacity_for(const Workload&);

}  // namespace coppice
