#include "coppice/query/statistics.hpp"

#include <algorithm>
#include <bit>

namespace coppice {

void SizeHistogram::record(std::uint64_t size) noexcept {
  const auto bucket = static_cast<std::size_t>(size == 0 ? 0 : std::bit_width(size) - 1);
  ++buckets[std::min(bucket, buckets.size() - 1)];
  ++events;
  total += size;
  largest = std::max(largest, size);
}

}  // namespace coppice
