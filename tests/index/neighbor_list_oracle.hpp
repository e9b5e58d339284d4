// Neighbour lists by definition: every pair in every image that could be near enough, in the order of evaluation that
// NeighborList promises. What the tests of neighbour lists compare with.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <random>
#include <tuple>
#include <vector>

#include "coppice/geometry/instruction_set.hpp"
#include "coppice/index/octree/neighbor_list.hpp"

namespace coppice::test {

struct Pair {
  std::int64_t i = 0, j = 0;
  std::array<std::int32_t, 3> s{};
  double distance = 0;
  std::array<double, 3> d{};

  friend bool operator==(const Pair& a, const Pair& b) {
    bool same = a.i == b.i && a.j == b.j && a.s == b.s &&
                std::bit_cast<std::uint64_t>(a.distance) == std::bit_cast<std::uint64_t>(b.distance);
    for (std::size_t k = 0; k < 3; ++k)
      same &= std::bit_cast<std::uint64_t>(a.d[k]) == std::bit_cast<std::uint64_t>(b.d[k]);
    return same;
  }
  friend bool operator<(const Pair& a, const Pair& b) { return std::tie(a.i, a.j, a.s) < std::tie(b.i, b.j, b.s); }
};

/// How far pair (i, j) reaches; negative: never.
using Reach = std::function<double(std::size_t, std::size_t)>;

template <class Scalar>
std::vector<Pair> brute_force_pairs(const Points<Scalar>& points, double longest, bool full, const SimulationCell& cell,
                                    const Reach& reach) {
  std::vector<Pair> pairs;
  const std::size_t n = points.size();
  SimulationCell straight = cell;
  for (std::size_t k = 0; k < 3; ++k)
    if (!cell.periodic[k]) straight.vectors[k] = {};
  std::array<SimulationCell::Vector, 3> inverse{};
  int span[3] = {0, 0, 0};
  if (cell.is_periodic()) {
    straight = straight.completed();
    inverse = straight.inverse();
    for (std::size_t k = 0; k < 3; ++k)
      if (cell.periodic[k]) span[k] = static_cast<int>(longest / straight.height(static_cast<int>(k)) + 0.5 + 1e-6);
  }
  const auto& c = cell.vectors;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      const double r = reach(i, j);
      if (r < 0) continue;
      std::array<double, 3> apart;
      for (std::size_t a = 0; a < 3; ++a)
        apart[a] =
            static_cast<double>(points.coordinates[3 * j + a]) - static_cast<double>(points.coordinates[3 * i + a]);
      int middle[3] = {0, 0, 0};
      for (std::size_t k = 0; k < 3; ++k)
        if (cell.periodic[k])
          middle[k] = -static_cast<int>(
              std::lround(inverse[k][0] * apart[0] + inverse[k][1] * apart[1] + inverse[k][2] * apart[2]));
      for (int s0 = middle[0] - span[0]; s0 <= middle[0] + span[0]; ++s0)
        for (int s1 = middle[1] - span[1]; s1 <= middle[1] + span[1]; ++s1)
          for (int s2 = middle[2] - span[2]; s2 <= middle[2] + span[2]; ++s2) {
            const std::array<std::int32_t, 3> s{s0, s1, s2}, none{};
            if (s == none && (full ? i == j : i >= j)) continue;
            if (!full && s < none) continue;
            std::array<double, 3> d = apart;
            if (cell.is_periodic())
              for (std::size_t a = 0; a < 3; ++a) d[a] += (s0 * c[0][a] + s1 * c[1][a]) + s2 * c[2][a];
            const double squared = (d[0] * d[0] + d[1] * d[1]) + d[2] * d[2];
            if (squared <= r * r)
              pairs.push_back({static_cast<std::int64_t>(i), static_cast<std::int64_t>(j), s, std::sqrt(squared), d});
          }
    }
  std::sort(pairs.begin(), pairs.end());
  return pairs;
}

template <class Scalar>
std::vector<Pair> brute_force_pairs(const Points<Scalar>& points, const NeighborListConfig& config) {
  const auto excluded = [&](std::size_t i, std::size_t j) {
    for (const auto& [a, b] : config.exclusions)
      if ((static_cast<std::size_t>(a) == i && static_cast<std::size_t>(b) == j) ||
          (static_cast<std::size_t>(a) == j && static_cast<std::size_t>(b) == i))
        return true;
    return false;
  };
  double longest = config.cutoff;
  for (double r : config.radii) longest = std::max(longest, 2 * r);
  for (double r : config.type_cutoffs) longest = std::max(longest, r);
  const auto types = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(config.type_cutoffs.size()))));
  return brute_force_pairs(points, longest, config.kind == PairKind::full, config.cell,
                           [&](std::size_t i, std::size_t j) {
                             if (excluded(i, j)) return -1.0;
                             if (!config.radii.empty()) return config.radii[i] + config.radii[j];
                             if (!config.types.empty()) {
                               const double r = config.type_cutoffs[static_cast<std::size_t>(config.types[i]) * types +
                                                                    static_cast<std::size_t>(config.types[j])];
                               return r > 0 ? r : -1.0;
                             }
                             return config.cutoff;
                           });
}

/// What the list says, through list() and all its fields.
template <class Scalar>
std::vector<Pair> pairs_of(const NeighborList<Scalar>& neighbors) {
  const PairList<std::int64_t> list = neighbors.template list<std::int64_t>({true, true, true});
  std::vector<Pair> pairs(list.i.size());
  for (std::size_t k = 0; k < pairs.size(); ++k) {
    pairs[k] = {list.i[k], list.j[k], {}, list.distances[k], {}};
    for (std::size_t a = 0; a < 3; ++a) {
      pairs[k].s[a] = list.shifts[3 * k + a];
      pairs[k].d[a] = list.vectors[3 * k + a];
    }
  }
  return pairs;
}

/// The first difference, if any.
inline void expect_same(const std::vector<Pair>& found, const std::vector<Pair>& expected) {
  EXPECT_EQ(found.size(), expected.size());
  for (std::size_t k = 0; k < std::min(found.size(), expected.size()); ++k) {
    const Pair &a = found[k], &b = expected[k];
    if (a == b) continue;
    ADD_FAILURE() << "pair " << k << ": found (" << a.i << ", " << a.j << ", " << a.s[0] << ' ' << a.s[1] << ' '
                  << a.s[2] << ") at " << a.distance << ", expected (" << b.i << ", " << b.j << ", " << b.s[0] << ' '
                  << b.s[1] << ' ' << b.s[2] << ") at " << b.distance;
    return;
  }
}

/// The rows without a copy hold the same pairs, each once.
template <class Scalar>
void expect_rows_agree(const NeighborList<Scalar>& neighbors, const std::vector<Pair>& expected) {
  ASSERT_EQ(neighbors.pairs(), static_cast<std::int64_t>(expected.size()));
  const bool full = neighbors.config().kind == PairKind::full;
  std::vector<Pair> found;
  for (std::size_t i = 0; i < neighbors.size(); ++i)
    for (std::size_t k = 0; k < neighbors[i].size(); ++k) {
      Pair pair{static_cast<std::int64_t>(i), neighbors[i][k], neighbors.shift(i, k), 0, {}};
      if (!full &&
          (pair.s < std::array<std::int32_t, 3>{} || (pair.s == std::array<std::int32_t, 3>{} && pair.j < pair.i))) {
        std::swap(pair.i, pair.j);
        for (std::int32_t& s : pair.s) s = -s;
      }
      found.push_back(pair);
    }
  std::sort(found.begin(), found.end());
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t k = 0; k < found.size(); ++k)
    ASSERT_TRUE(found[k].i == expected[k].i && found[k].j == expected[k].j && found[k].s == expected[k].s)
        << "pair " << k;
}

template <class Scalar>
void expect_exact(const Points<Scalar>& points, const NeighborListConfig& config) {
  NeighborList<Scalar> neighbors(config);
  neighbors.update(points);
  const std::vector<Pair> expected = brute_force_pairs(points, config);
  expect_same(pairs_of(neighbors), expected);
  expect_rows_agree(neighbors, expected);
}

/// Both kinds of list, one thread and three, every instruction set.
template <class Scalar>
void expect_exact_everywhere(const Points<Scalar>& points, NeighborListConfig config) {
  const InstructionSet before = instruction_set();
  for (const PairKind kind : {PairKind::half, PairKind::full}) {
    config.kind = kind;
    const std::vector<Pair> expected = brute_force_pairs(points, config);
    std::vector<std::vector<std::int32_t>> first_rows;
    for (const InstructionSet set : available_instruction_sets())
      for (const int threads : {1, 3}) {
        SCOPED_TRACE(std::string(instruction_set_name(set)) + (kind == PairKind::full ? ", full, " : ", half, ") +
                     std::to_string(threads) + " threads");
        force_instruction_set(set);
        config.executor = Executor(threads);
        NeighborList<Scalar> neighbors(config);
        neighbors.update(points);
        expect_same(pairs_of(neighbors), expected);
        std::vector<std::vector<std::int32_t>> rows;
        for (std::size_t i = 0; i < neighbors.size(); ++i) rows.emplace_back(neighbors[i].begin(), neighbors[i].end());
        if (first_rows.empty()) first_rows = rows;
        EXPECT_TRUE(rows == first_rows) << "rows in another order";
      }
  }
  force_instruction_set(before);
}

template <class Scalar>
Points<Scalar> uniform_points(std::size_t n, double low, double high, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> x(low, high);
  Points<Scalar> points{{}, 3};
  for (std::size_t k = 0; k < 3 * n; ++k) points.coordinates.push_back(static_cast<Scalar>(x(random)));
  return points;
}

template <class Scalar>
Points<Scalar> clustered_points(std::size_t n, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> center(0, 1);
  double c[4][3];
  for (auto& row : c)
    for (double& x : row) x = center(random);
  Points<Scalar> points{{}, 3};
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t a = 0; a < 3; ++a)
      points.coordinates.push_back(
          static_cast<Scalar>(c[i % 4][a] + 0.01 * static_cast<double>(1 + i % 4) * normal(random)));
  return points;
}

}  // namespace coppice::test
