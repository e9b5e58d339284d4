// Asking for memory before it is read or written.
//
// GCC takes a function that does nothing else for one without effect, and drops whole calls of it, in silence. The
// empty assembler statement is an effect that it must keep, and costs nothing. So nothing else asks for memory
// directly.
#pragma once

#include <cstddef>

#include "coppice/storage/memory.hpp"

namespace coppice::storage {

/// One line, into the first cache.
[[gnu::always_inline]] inline void prefetch(const void* p) {
  __builtin_prefetch(p);
  asm volatile("");
}
/// One line that will be written.
[[gnu::always_inline]] inline void prefetch_to_write(const void* p) {
  __builtin_prefetch(p, 1);
  asm volatile("");
}
/// One of many lines, into the second cache. Of lines on their way to the first one a processor keeps track of some two
/// dozen, and everything waits when there are more; of those on their way to the second of several times as many.
[[gnu::always_inline]] inline void prefetch_far(const void* p) {
  __builtin_prefetch(p, 0, 2);
  asm volatile("");
}
/// All lines of a record, but not more than the hardware needs to see where this goes.
[[gnu::always_inline]] inline void prefetch_lines(const void* first, std::size_t bytes) {
  constexpr std::size_t most = 16 * cache_line;
  for (std::size_t b = 0; b < bytes && b < most; b += cache_line)
    prefetch_far(static_cast<const std::byte*>(first) + b);
}

}  // namespace coppice::storage
