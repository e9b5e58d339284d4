// Which algorithm builds the subtrees of a KdMap, and the names of the three.
#pragma once

#include <string>
#include <string_view>

#include "coppice/errors.hpp"

namespace coppice::kd_map {

/// How the medians of n tuples of k numbers are found. All three make the same tree, node for node, on any number of
/// threads; they differ in time and memory. Below 65 tuples every one of them selects.
enum class Builder {
  /// O(n log n) expected: the median of every range by selection with sampled pivots, without branches (select.hpp).
  /// Brown's O(n log n) builder takes medians of medians, whose worst case is better and whose usual case is not.
  selection,
  /// O(k n log n): one sort an axis, then every range is split in each of these orders, which stay what they are.
  /// Brown, "Building a Balanced k-d Tree in O(kn log n) Time" (JCGT 2015).
  presort,
  /// O(k n log n): the same sorts, but nothing is moved afterwards; level by level, the order along the level's axis is
  /// walked once, and counters tell on which side of its subtree's median a tuple lies. Cao, Wang, Zhao, Duan and
  /// Zhang,
  /// "A New Method to Construct the KD Tree Based on Presorted Results" (Complexity, 2020).
  yu_cao
};

/// `selection`, `presort` or `yu-cao`.
[[nodiscard]] inline std::string builder_name(Builder builder) {
  switch (builder) {
    case Builder::presort:
      return "presort";
    case Builder::yu_cao:
      return "yu-cao";
    case Builder::selection:
      break;
  }
  return "selection";
}

/// The builder of that name. Errors: invalid_input that names all of them.
[[nodiscard]] inline Builder builder_from_name(std::string_view name) {
  for (const Builder builder : {Builder::selection, Builder::presort, Builder::yu_cao})
    if (name == builder_name(builder)) return builder;
  throw invalid_input("unknown builder '" + std::string(name) + "'; expected selection, presort or yu-cao");
}

}  // namespace coppice::kd_map
