// The median of a range of tuples, by partitioning without branches: which side a tuple belongs to is a coin toss that
// no processor can guess. Pivots come from samples and lie a little beyond the median, so that one pass halves the
// range and the next leaves little of it.
// Source: Floyd and Rivest, "Expected Time Bounds for Selection" (CACM 1975), for where to put the pivots.
// Cost: O(n) expected, 1.6 passes over a large range.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

namespace coppice::kd_map {

/// Moves what precedes `*first` (which stays) to the front of the others; returns how many that are.
/// `number(entry)` decides nearly always, `precedes(a, b)` where two are equal.
template <class Entry, class Number, class Precedes>
std::size_t partition_by_first(Entry* first, Entry* last, const Number& number, const Precedes& precedes) {
  const Entry pivot = *first;
  const auto at = number(pivot);
  Entry* end = first + 1;  // of those that precede
  for (Entry* each = first + 1; each != last; ++each) {
    const Entry entry = *each;
    const auto x = number(entry);
    bool before = x < at;
    if (x == at) [[unlikely]]
      before = precedes(entry, pivot);
    *each = *end;
    *end = entry;
    end += before;
  }
  return static_cast<std::size_t>(end - first) - 1;
}

/// Puts the entry that belongs there to `nth`, what precedes it before and the others behind. Requires: all differ.
template <class Entry, class Number, class Precedes>
void select(Entry* first, Entry* nth, Entry* last, const Number& number, const Precedes& precedes) {
  constexpr std::ptrdiff_t few = 8;
  while (last - first > few) {
    const auto n = static_cast<std::size_t>(last - first);
    const auto rank = static_cast<double>(nth - first) / static_cast<double>(n);
    // A sample at equal distances; its element a little on the far side of the wanted rank is the pivot.
    constexpr std::size_t largest = 127;
    std::array<Entry*, largest> sample;
    const std::size_t size = n < 32 ? 3 : n < 256 ? 9 : n < 4096 ? 31 : largest;
    const std::size_t step = n / size;
    for (std::size_t i = 0; i < size; ++i) sample[i] = first + i * step + step / 2;
    const double beyond = size < 31 ? 0 : 0.7 / std::sqrt(static_cast<double>(size));
    const double wanted = (rank < 0.5 ? rank + beyond : rank - beyond) * static_cast<double>(size);
    const auto at = static_cast<std::ptrdiff_t>(std::clamp(wanted, 0.0, static_cast<double>(size - 1)));
    const auto lower = [&](const Entry* a, const Entry* b) { return number(*a) < number(*b); };
    std::nth_element(sample.begin(), sample.begin() + at, sample.begin() + static_cast<std::ptrdiff_t>(size), lower);
    std::swap(*first, *sample[static_cast<std::size_t>(at)]);
    Entry* const pivot = first + partition_by_first(first, last, number, precedes);
    std::swap(*first, *pivot);
    if (pivot == nth) return;
    (pivot < nth ? first : last) = pivot < nth ? pivot + 1 : pivot;
  }
  for (Entry* end = first + 1; end < last; ++end)
    for (Entry* each = end; each != first && precedes(*each, *(each - 1)); --each) std::swap(*each, *(each - 1));
}

}  // namespace coppice::kd_map
