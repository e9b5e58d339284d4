// What "equals the model" means, for every kind of query at once: ids, keys and order, bit for bit, on every
// instruction set this machine has, for every strategy and thread count drawn. Used by all files of the suite.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <sstream>
#include <string>

#include "conformance/datasets.hpp"
#include "conformance/model.hpp"
#include "conformance/random.hpp"
#include "coppice/geometry/instruction_set.hpp"
#include "coppice/query/strategy.hpp"

namespace coppice::test {

/// Uses one instruction set while it lives.
class ForcedInstructionSet {
 public:
  explicit ForcedInstructionSet(InstructionSet set) : before_(instruction_set()) { force_instruction_set(set); }
  ~ForcedInstructionSet() { force_instruction_set(before_); }
  ForcedInstructionSet(const ForcedInstructionSet&) = delete;
  ForcedInstructionSet& operator=(const ForcedInstructionSet&) = delete;

 private:
  InstructionSet before_;
};

template <class Scalar>
bool same_bits(Scalar a, Scalar b) {
  if constexpr (sizeof(Scalar) == 4) {
    return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
  } else {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
  }
}

/// Bit for bit; the failure names the first row and entry that differ.
template <class Scalar>
::testing::AssertionResult same_neighbors(const Neighbors<Scalar>& got, const Neighbors<Scalar>& expected) {
  std::ostringstream out;
  out.precision(17);
  if (got.offsets != expected.offsets) {
    if (got.offsets.size() != expected.offsets.size())
      return ::testing::AssertionFailure() << got.size() << " rows; expected " << expected.size();
    for (std::size_t i = 0; i + 1 < got.offsets.size(); ++i) {
      const auto count = got.offsets[i + 1] - got.offsets[i];
      const auto wanted = expected.offsets[i + 1] - expected.offsets[i];
      if (count != wanted)
        return ::testing::AssertionFailure() << "row " << i << " has " << count << " hits; expected " << wanted;
    }
    return ::testing::AssertionFailure() << "offsets do not start at 0";
  }
  if (got.ids.size() != expected.ids.size() || got.distances.size() != expected.distances.size())
    return ::testing::AssertionFailure() << got.ids.size() << " ids and " << got.distances.size()
                                         << " distances; expected " << expected.ids.size() << " and "
                                         << expected.distances.size();
  for (std::size_t row = 0; row < got.size(); ++row) {
    for (auto j = static_cast<std::size_t>(got.offsets[row]); j < static_cast<std::size_t>(got.offsets[row + 1]); ++j) {
      const bool has_distance = !expected.distances.empty();
      if (got.ids[j] == expected.ids[j] && (!has_distance || same_bits(got.distances[j], expected.distances[j])))
        continue;
      out << "row " << row << ", hit " << j - static_cast<std::size_t>(got.offsets[row]) << ": id " << got.ids[j];
      if (has_distance) out << " at " << got.distances[j];
      out << "; expected id " << expected.ids[j];
      if (has_distance) out << " at " << expected.distances[j];
      return ::testing::AssertionFailure() << out.str();
    }
  }
  return ::testing::AssertionSuccess();
}

/// A row of hits as CSR, for the expected side.
template <class Scalar>
void append_row(Neighbors<Scalar>& all, std::span<const Hit<Scalar>> hits, const Metric<Scalar>& metric,
                std::size_t pad_to = 0) {
  for (const Hit<Scalar>& hit : hits) {
    all.ids.push_back(hit.id);
    all.distances.push_back(reference_distance(metric, hit.distance_squared));
  }
  for (std::size_t i = hits.size(); i < pad_to; ++i) {
    all.ids.push_back(no_point);
    all.distances.push_back(std::numeric_limits<Scalar>::infinity());
  }
  all.offsets.push_back(static_cast<std::int64_t>(all.ids.size()));
}

/// Range results in storage order, brought into the order of ids.
template <class Scalar>
Neighbors<Scalar> sorted_by_id(Neighbors<Scalar> all) {
  for (std::size_t row = 0; row < all.size(); ++row) {
    const auto first = static_cast<std::size_t>(all.offsets[row]);
    const auto last = static_cast<std::size_t>(all.offsets[row + 1]);
    std::vector<std::pair<point_id, Scalar>> hits;
    for (std::size_t j = first; j < last; ++j)
      hits.emplace_back(all.ids[j], all.distances.empty() ? Scalar{0} : all.distances[j]);
    std::sort(hits.begin(), hits.end());
    for (std::size_t j = first; j < last; ++j) {
      all.ids[j] = hits[j - first].first;
      if (!all.distances.empty()) all.distances[j] = hits[j - first].second;
    }
  }
  return all;
}

inline std::string strategy_name(Strategy strategy) {
  return name_of(strategy);
}

/// `automatic`, and every fixed one.
inline std::vector<Strategy> all_strategies() {
  std::vector<Strategy> strategies{Strategy{}};
  strategies.insert(strategies.end(), fixed_strategies().begin(), fixed_strategies().end());
  return strategies;
}

template <class Scalar>
Metric<Scalar> random_metric(int dimension, Rng& rng) {
  switch (rng.below(5)) {
    case 0:
      return Metric<Scalar>::l1();
    case 1:
      return Metric<Scalar>::linf();
    case 2: {
      std::vector<Scalar> weights;
      for (int axis = 0; axis < dimension; ++axis) weights.push_back(static_cast<Scalar>(rng.uniform(0.01, 2)));
      return Metric<Scalar>::weighted_l2(weights);
    }
    default:
      return Metric<Scalar>::l2();
  }
}

inline IdFilter random_filter(Rng& rng) {
  switch (rng.below(6)) {
    case 0:
      return [](point_id id) { return id % 2 == 0; };
    case 1:
      return [](point_id id) { return id % 17 == 3; };
    case 2:
      return rng.chance(0.2) ? IdFilter([](point_id) { return false; }) : IdFilter{};
    default:
      return {};
  }
}

/// How many of what to try; the k are capped at a little above the number of points.
struct CheckOptions {
  std::size_t queries = 6;
  int rounds = 1;  ///< metrics and filters drawn
  Shape shape = Shape::uniform;
};

/// The k that the collectors treat differently, and random ones.
inline std::size_t random_k(std::size_t size, Rng& rng) {
  static const std::vector<std::size_t> ks = {1, 1, 2, 5, 8, 10, 15, 16, 17, 24, 31, 32, 33, 48, 64, 65, 100};
  if (rng.chance(0.1)) return size + rng.below(20) + 1;
  return std::min(rng.pick(ks), size + 3);
}

/// A radius that lands on, just below or just above a point's distance, or a special one.
template <class Scalar>
Scalar random_radius(const std::vector<Hit<Scalar>>& ranked, const Metric<Scalar>& metric, Rng& rng) {
  const std::size_t kind = rng.below(12);
  if (kind == 0) return 0;
  if (kind == 1) return std::numeric_limits<Scalar>::infinity();
  if (ranked.empty()) return 1;
  const std::size_t most = rng.chance(0.3) ? ranked.size() : std::min<std::size_t>(ranked.size(), 60);
  const Scalar distance = reference_distance(metric, ranked[rng.below(most)].distance_squared);
  if (kind == 2) return std::nextafter(distance, Scalar{0});
  if (kind == 3) return std::nextafter(distance, std::numeric_limits<Scalar>::infinity());
  return distance;
}

}  // namespace coppice::test
