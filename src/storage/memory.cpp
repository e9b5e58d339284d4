#include "coppice/storage/memory.hpp"

#include <new>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace coppice::storage {

void* allocate(std::size_t bytes, PageSize pages) {
  if (pages == PageSize::small) return ::operator new (bytes, std::align_val_t{cache_line});
  void* memory = ::operator new (bytes, std::align_val_t{huge_page});
#if defined(__linux__)
  // Whole huge pages only: the rest of the last one belongs to others. A refusal costs speed, nothing else.
  (void)::madvise(memory, bytes / huge_page * huge_page, MADV_HUGEPAGE);
#endif
  return memory;
}

void release(void* memory, PageSize pages) noexcept {
  ::operator delete (memory, std::align_val_t{pages == PageSize::small ? cache_line : huge_page});
}

}  // namespace coppice::storage
