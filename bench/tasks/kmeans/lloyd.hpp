// Brute force with the same grid of integers for its sums as KMeans, so that answers can be compared to the bit. It is
// compiled twice, with and without fused multiplication and addition.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "tasks/kmeans/contestants.hpp"

namespace coppice::bench {
namespace {

/// As Frame in src/apps/kmeans_problem.cpp, for points without weights.
struct LloydGrid {
  double origin[dimension], scale[dimension], inverse[dimension];

  explicit LloydGrid(PointView<Real> points) {
    double lower[dimension], upper[dimension];
    std::fill_n(lower, dimension, std::numeric_limits<double>::infinity());
    std::fill_n(upper, dimension, -std::numeric_limits<double>::infinity());
    for (std::size_t i = 0; i < points.size(); ++i)
      for (int a = 0; a < dimension; ++a) {
        const double x = points.row(i)[a];
        lower[a] = std::min(lower[a], x);
        upper[a] = std::max(upper[a], x);
      }
    const auto ceiling = [](double x) {
      int exponent;
      return std::frexp(x, &exponent) == 0.5 ? exponent - 1 : exponent;
    };
    const int bits = std::min(61 - ceiling(static_cast<double>(points.size())), 50);
    for (int a = 0; a < dimension; ++a) {
      origin[a] = lower[a] / 2 + upper[a] / 2;
      const int exponent = bits - ceiling(std::max(upper[a] - origin[a], origin[a] - lower[a]));
      scale[a] = std::ldexp(1.0, exponent);
      inverse[a] = std::ldexp(1.0, -exponent);
    }
  }
};

/// The rows as columns, and what a pass over them fills.
struct LloydState {
  std::size_t n, k;
  LloydGrid grid;
  std::vector<double> columns[dimension], centers[dimension];
  std::vector<std::int64_t> sums, counts;
  std::vector<std::int32_t> labels;

  explicit LloydState(const KMeansTask& task)
      : n(task.points.size()), k(task.centers.size()), grid(task.points), sums(k * dimension), counts(k), labels(n) {
    for (int a = 0; a < dimension; ++a) {
      columns[a].resize(n + 64);
      centers[a].resize(k);
      for (std::size_t j = 0; j < k; ++j) centers[a][j] = task.centers.view().row(j)[a];
    }
    for (std::size_t i = 0; i < n; ++i)
      for (int a = 0; a < dimension; ++a) columns[a][i] = task.points.row(i)[a];
  }
  void begin() {
    std::fill(sums.begin(), sums.end(), 0);
    std::fill(counts.begin(), counts.end(), 0);
  }
  void give(std::size_t i, std::size_t j) {
    labels[i] = static_cast<std::int32_t>(j);
    add(i, j, 1);
  }
  void add(std::size_t i, std::size_t j, int sign) {
    counts[j] += sign;
    for (std::size_t a = 0; a < dimension; ++a) {
      const double place = (columns[a][i] - grid.origin[a]) * grid.scale[a] + 0x1.8p52;
      std::int64_t bits;
      std::memcpy(&bits, &place, sizeof bits);
      sums[j * dimension + a] += sign * (bits - 0x4338000000000000);
    }
  }
  [[nodiscard]] double squared(std::size_t i) const {
    double z = 0;
    for (int a = 0; a < dimension; ++a) {
      const double t = columns[a][i] - centers[a][static_cast<std::size_t>(labels[i])];
      z += t * t;
    }
    return z;
  }
  /// Empty clusters get the points that are farthest from their centers.
  void fill_empty() {
    const auto empty = static_cast<std::ptrdiff_t>(std::count(counts.begin(), counts.end(), 0));
    if (empty == 0) return;
    std::vector<std::pair<double, std::size_t>> farthest;
    for (std::size_t i = 0; i < n; ++i) farthest.push_back({-squared(i), i});
    std::partial_sort(farthest.begin(), farthest.begin() + empty, farthest.end());
    std::size_t next = 0;
    std::vector<std::size_t> names;
    for (std::size_t j = 0; j < k; ++j)
      if (counts[j] == 0) names.push_back(j);
    for (const std::size_t j : names) {
      const auto [key, i] = farthest[next++];
      if (key == 0) return;
      add(i, static_cast<std::size_t>(labels[i]), -1);
      add(i, j, 1);
    }
  }
  void move() {
    fill_empty();
    for (std::size_t j = 0; j < k; ++j)
      if (counts[j] != 0)
        for (std::size_t a = 0; a < dimension; ++a)
          centers[a][j] = grid.origin[a] + static_cast<double>(sums[j * dimension + a]) /
                                               static_cast<double>(counts[j]) * grid.inverse[a];
  }
  KMeansAnswer answer() {
    KMeansAnswer found;
    for (std::size_t j = 0; j < k; ++j)
      for (int a = 0; a < dimension; ++a) found.centers.push_back(static_cast<Real>(centers[a][j]));
    for (std::size_t i = 0; i < n; ++i) found.sse += squared(i);
    found.labels = std::move(labels);
    return found;
  }
};

typedef double Eight __attribute__((vector_size(64)));
typedef std::int64_t EightBits __attribute__((vector_size(64)));

/// One pass: 32 points in registers, one center after the other.
[[maybe_unused]] void lloyd_pass(LloydState& state) {
  constexpr std::size_t groups = 4;
  state.begin();
  for (std::size_t i = 0; i < state.n; i += 8 * groups) {
    Eight points[groups][dimension], best[groups];
    EightBits names[groups];
    for (std::size_t g = 0; g < groups; ++g) {
      for (std::size_t a = 0; a < dimension; ++a)
        std::memcpy(&points[g][a], state.columns[a].data() + i + 8 * g, sizeof(Eight));
      best[g] = Eight{} + std::numeric_limits<double>::infinity();
      names[g] = EightBits{};
    }
    for (std::size_t j = 0; j < state.k; ++j) {
      Eight center[dimension];
      for (std::size_t a = 0; a < dimension; ++a) center[a] = Eight{} + state.centers[a][j];
      const EightBits name = EightBits{} + static_cast<std::int64_t>(j);
      for (std::size_t g = 0; g < groups; ++g) {
        Eight t = points[g][0] - center[0], z = t * t;
        for (std::size_t a = 1; a < dimension; ++a) {
          t = points[g][a] - center[a];
          z = z + t * t;
        }
        names[g] = z < best[g] ? name : names[g];
        best[g] = z < best[g] ? z : best[g];
      }
    }
    for (std::size_t g = 0; g < groups; ++g)
      for (std::size_t u = 0; u < 8 && i + 8 * g + u < state.n; ++u)
        state.give(i + 8 * g + u, static_cast<std::size_t>(names[g][u]));
  }
}

template <class Pass>
KMeansAnswer lloyd(const KMeansTask& task, Pass&& pass) {
  LloydState state(task);
  for (int i = 0; i < task.iterations; ++i) {
    pass(state);
    state.move();
  }
  pass(state);
  return state.answer();
}

}  // namespace
}  // namespace coppice::bench
