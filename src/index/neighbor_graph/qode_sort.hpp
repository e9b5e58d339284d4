// Stable sorting of points by words that are not longer than they need to be: what orders a partition.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coppice/parallel/executor.hpp"

namespace coppice::neighbor_graph {

/// Words and the rows that they belong to.
struct WordRows {
  std::uint64_t* words = nullptr;
  std::uint32_t* rows = nullptr;
};

/// Sorts `count` pairs by the low `bits` of their words, equal words in the order that they came in, and leaves them in
/// `at`. `spare` is as large. Complexity: O(count · bits / 8), less the digits in which all words agree; the same for
/// any number of threads.
void sort_words(WordRows at, WordRows spare, std::size_t count, int bits, const Executor& executor);

}  // namespace coppice::neighbor_graph
