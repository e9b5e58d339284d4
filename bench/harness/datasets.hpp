// The points that the benches run on: uniform, clustered with varying density, and real ones where they are at hand.
// All are doubles of one dimension, chosen when a bench is compiled, and depend on nothing but their name and n.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "harness/options.hpp"
#include "harness/real.hpp"

namespace coppice::bench {

/// Random numbers that are the same on every platform.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// In [0, 1).
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  /// In [−1, 1).
  double symmetric() { return 2 * uniform() - 1; }
  /// In [0, limit).
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
  std::mt19937_64& engine() { return engine_; }

 private:
  std::mt19937_64 engine_;
};

struct Dataset {
  std::string name;
  Points<Real> points;
  Points<Real> queries;  ///< from the same distribution, not among the points
};

/// The datasets of a run for one n: uniform, clustered, and the real ones that are found; these are thinned evenly to n
/// and keep the order of their files. Only where they are asked for by name: spiral and corner, whose points arrive in
/// an order that unbalances trees.
[[nodiscard]] std::vector<std::string> dataset_names(const Options& options);
[[nodiscard]] Dataset make_dataset(const std::string& name, std::size_t n, std::size_t queries, const Options& options);

/// For every row, a place beside it: part of the way to one of the rows that follow it, which lie near it in clusters
/// and in files. Keeps the distribution of the points whatever their density.
[[nodiscard]] Points<Real> places_beside(PointView<Real> points, std::span<const point_id> rows, Random& random);

/// A random permutation of 0 … n − 1.
[[nodiscard]] std::vector<point_id> shuffled_ids(std::size_t n, std::uint64_t seed);

}  // namespace coppice::bench
