// Radix sort, a byte after the other from the last. Chunks of fixed length count for themselves, so that every chunk
// knows where its pairs go whatever thread moves them.
#include "qode_sort.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>
#include <vector>

namespace coppice::neighbor_graph {
namespace {

constexpr std::size_t digits = 256;
constexpr std::size_t chunk = std::size_t{1} << 16;
constexpr std::size_t few = 256;  // fewer are sorted by comparing

void sort_few(WordRows at, std::size_t count, std::uint64_t mask) {
  std::array<std::pair<std::uint64_t, std::uint32_t>, few> pairs;
  std::array<std::uint8_t, few> rank{};
  for (std::size_t i = 0; i < count; ++i) {
    pairs[i] = {at.words[i], at.rows[i]};
    rank[i] = static_cast<std::uint8_t>(i);
  }
  std::sort(rank.begin(), rank.begin() + static_cast<std::ptrdiff_t>(count), [&](std::uint8_t a, std::uint8_t b) {
    const std::uint64_t x = pairs[a].first & mask;
    const std::uint64_t y = pairs[b].first & mask;
    return x != y ? x < y : a < b;
  });
  for (std::size_t i = 0; i < count; ++i) std::tie(at.words[i], at.rows[i]) = pairs[rank[i]];
}

}  // namespace

void sort_words(WordRows at, WordRows spare, std::size_t count, int bits, const Executor& executor) {
  if (count <= few) return sort_few(at, count, bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1);
  const std::size_t chunks = (count + chunk - 1) / chunk;
  std::vector<std::array<std::size_t, digits>> counts(chunks);
  WordRows from = at;
  WordRows to = spare;
  for (int shift = 0; shift < bits; shift += 8) {
    const std::uint64_t mask = bits - shift >= 8 ? digits - 1 : (std::uint64_t{1} << (bits - shift)) - 1;
    const auto digit = [&](std::uint64_t word) { return static_cast<std::size_t>((word >> shift) & mask); };
    executor.for_each_chunk(count, chunk, [&](std::size_t first, std::size_t last) {
      auto& own = counts[first / chunk];
      own.fill(0);
      for (std::size_t i = first; i < last; ++i) ++own[digit(from.words[i])];
    });
    std::size_t sum = 0;
    bool all_agree = false;
    for (std::size_t value = 0; value < digits; ++value) {
      const std::size_t before = sum;
      for (auto& own : counts) sum += std::exchange(own[value], sum);
      all_agree |= sum - before == count;
    }
    if (all_agree) continue;
    executor.for_each_chunk(count, chunk, [&](std::size_t first, std::size_t last) {
      auto& own = counts[first / chunk];
      for (std::size_t i = first; i < last; ++i) {
        const std::size_t place = own[digit(from.words[i])]++;
        to.words[place] = from.words[i];
        to.rows[place] = from.rows[i];
      }
    });
    std::swap(from, to);
  }
  if (from.words == at.words) return;
  executor.for_each_chunk(count, chunk, [&](std::size_t first, std::size_t last) {
    std::copy(from.words + first, from.words + last, at.words + first);
    std::copy(from.rows + first, from.rows + last, at.rows + first);
  });
}

}  // namespace coppice::neighbor_graph
