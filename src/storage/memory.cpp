#include "coppice/storage/memory.hpp"

#include <cstdint>
#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace coppice::storage {

void* allocate(std::size_t bytes, PageSize pages) {
  if (pages == PageSize::small) return ::operator new (bytes, std::align_val_t{cache_line});
  void* memory = ::operator new (bytes, std::align_val_t{huge_page});
  const std::size_t small = pages == PageSize::huge_later ? huge_page : 0;
  if (small < bytes) prefer_huge_pages(static_cast<std::byte*>(memory) + small, bytes - small);
  return memory;
}

void prefer_huge_pages(void* memory, std::size_t bytes) noexcept {
#if defined(__linux__)
  // Whole pages only: the rest belongs to others. A refusal costs speed, nothing else.
  const auto begin = (reinterpret_cast<std::uintptr_t>(memory) + huge_page - 1) / huge_page * huge_page;
  const auto end = (reinterpret_cast<std::uintptr_t>(memory) + bytes) / huge_page * huge_page;
  if (begin < end) (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#else
  (void)memory;
  (void)bytes;
#endif
}

void release(void* memory, PageSize pages) noexcept {
  ::operator delete (memory, std::align_val_t{pages == PageSize::small ? cache_line : huge_page});
}

}  // namespace coppice::storage
