// Many points: not all pairs of sketches are compared, but leaves of points with leaves. First those whose centers are
// near, then, round by round, those to which the neighbours of a leaf's neighbours belong (they vote), until the
// neighbours of the sample are found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "high_packed.hpp"

namespace coppice::high {

class LeafPairs {
 public:
  static constexpr std::size_t leaf_groups = 4;
  static constexpr std::size_t leaf_points = leaf_groups * group;

  /// Requires: points of a leaf are near each other (tree_order).
  explicit LeafPairs(const PackedPoints<std::int32_t>& points);

  /// Compares until `enough` says so, which is asked after every round; in the end all pairs. Returns how many pairs of
  /// points were compared. Deterministic.
  std::int64_t search(CandidateLists<std::int32_t>& lists, const std::function<bool()>& enough,
                      const Executor& executor);
  /// Compares all pairs. Near ones come first: few others then enter lists.
  void search_all(CandidateLists<std::int32_t>& lists, const Executor& executor);

 private:
  using Pair = std::pair<std::uint32_t, std::uint32_t>;  ///< of leaves, the smaller first

  [[nodiscard]] std::vector<Pair> near(std::size_t each, const Executor& executor);
  [[nodiscard]] std::vector<Pair> voted(const CandidateLists<std::int32_t>& lists, std::size_t each,
                                        const Executor& executor);
  [[nodiscard]] std::vector<Pair> others() const;
  void compare(std::vector<Pair> pairs, CandidateLists<std::int32_t>& lists, const Executor& executor);
  /// Marks a pair; false if it was.
  bool take(std::uint32_t a, std::uint32_t b, std::vector<Pair>& to);

  const PackedPoints<std::int32_t>* points_;
  std::size_t leaves_;
  std::vector<bool> done_;  ///< leaves × leaves, the smaller first
  std::int64_t compared_ = 0;
};

}  // namespace coppice::high
