#include "coppice/index/multiway_tree/partition_number.hpp"

namespace coppice::multiway_tree {
namespace {

template <class Cost>
int cheapest(int most, const Cost& cost) {
  int best = 2;
  for (int t = 3; t <= most; ++t)
    if (cost(t) < cost(best)) best = t;
  return best;
}

}  // namespace

int levels(std::size_t n, std::size_t c, int t) {
  const std::size_t leaves = (n + c - 1) / c;
  int h = 1;
  for (std::size_t reach = static_cast<std::size_t>(t); reach < leaves; reach *= static_cast<std::size_t>(t)) ++h;
  return h;
}

double average_path_length(std::size_t n, std::size_t c, int t) {
  // Child i of t is found after i comparisons, the last after t − 1: (t² + t − 2) ÷ 2 in all.
  return levels(n, c, t) * (t - 1.0) * (t + 2.0) / (2.0 * t);
}

double cache_cost(std::size_t n, std::size_t c, int t, double compare) {
  return levels(n, c, t) * (1 + compare * ((t + 7) / 8));
}

int partitions_by_path_length(std::size_t n, std::size_t c, int most) {
  return cheapest(most, [&](int t) { return average_path_length(n, c, t); });
}

int partitions_by_cache_cost(std::size_t n, std::size_t c, int most, double compare) {
  return cheapest(most, [&](int t) { return cache_cost(n, c, t, compare); });
}

}  // namespace coppice::multiway_tree
