#include "coppice/storage/memory.hpp"

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <new>
#include <vector>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace coppice::storage {
namespace {

// A sanitizer has to see every allocation and every release.
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr bool own_pages = true;

/// Whole huge pages from the system. (The allocator would carve them out of the heap of each thread, which it gives
/// back and grows again all the time.)
void* map_pages(std::size_t bytes) {
  const std::size_t mapped = bytes + huge_page;
  void* memory = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  auto* const begin = static_cast<std::byte*>(memory);
  auto* const aligned = begin + (huge_page - reinterpret_cast<std::uintptr_t>(begin) % huge_page) % huge_page;
  if (aligned != begin) ::munmap(begin, static_cast<std::size_t>(aligned - begin));
  if (aligned + bytes != begin + mapped)
    ::munmap(aligned + bytes, static_cast<std::size_t>(begin + mapped - (aligned + bytes)));
  return aligned;
}
void unmap_pages(void* memory, std::size_t bytes) noexcept {
  ::munmap(memory, bytes);
}
std::size_t physical_bytes() noexcept {
  const long pages = ::sysconf(_SC_PHYS_PAGES), bytes = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && bytes > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(bytes) : 0;
}
#else
constexpr bool own_pages = false;

void* map_pages(std::size_t bytes) {
  return ::operator new (bytes, std::align_val_t{huge_page});
}
void unmap_pages(void* memory, std::size_t) noexcept {
  ::operator delete (memory, std::align_val_t{huge_page});
}
std::size_t physical_bytes() noexcept {
  return 0;
}
#endif

#if defined(__linux__)
/// Of the whole huge pages in it only: the rest belongs to others. A refusal costs speed or memory, nothing else.
void advise_whole_pages(void* memory, std::size_t bytes, int advice) noexcept {
  const auto begin = (reinterpret_cast<std::uintptr_t>(memory) + huge_page - 1) / huge_page * huge_page;
  const auto end = (reinterpret_cast<std::uintptr_t>(memory) + bytes) / huge_page * huge_page;
  if (begin < end) (void)::madvise(reinterpret_cast<void*>(begin), end - begin, advice);
}
#endif

std::size_t whole_pages(std::size_t bytes) {
  return (bytes + huge_page - 1) / huge_page * huge_page;
}

/// Huge blocks that nobody uses at the moment, the youngest last.
class SpareBlocks {
 public:
  /// A block of exactly that size; null where there is none.
  void* take(std::size_t bytes) noexcept {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(blocks_.rbegin(), blocks_.rend(), [&](const Block& block) { return block.bytes == bytes; });
    if (found == blocks_.rend()) return nullptr;
    void* memory = found->memory;
    total_ -= bytes;
    blocks_.erase(std::prev(found.base()));
    return memory;
  }
  [[nodiscard]] std::size_t most_bytes() const noexcept { return most_; }
  /// Keeps a block, in the place of the oldest where there are enough; false where it is too large.
  bool keep(void* memory, std::size_t bytes) noexcept {
    if (bytes > most_) return false;
    const std::lock_guard lock(mutex_);
    while (total_ + bytes > most_) {
      unmap_pages(blocks_.front().memory, blocks_.front().bytes);
      total_ -= blocks_.front().bytes;
      blocks_.erase(blocks_.begin());
    }
    blocks_.push_back({memory, bytes});  // all fit: none has less than a huge page
    total_ += bytes;
    return true;
  }

 private:
  struct Block {
    void* memory;
    std::size_t bytes;
  };
  // What a construction of five million points needs fits, or an answer of ten million ids and more.
  static constexpr std::size_t most = 128 * huge_page;

  const std::size_t most_ = own_pages ? std::clamp(physical_bytes() / 32, most / 4, most) : 0;
  std::mutex mutex_;
  std::size_t total_ = 0;
  std::vector<Block> blocks_ = [] {
    std::vector<Block> none;
    none.reserve(most / huge_page);
    return none;
  }();
};

/// Never destroyed: indexes that live as long as the program release theirs after everything else has gone.
SpareBlocks& spare_blocks() {
  static SpareBlocks& blocks = *new SpareBlocks;
  return blocks;
}

}  // namespace

void* allocate(std::size_t bytes, PageSize pages) {
  switch (pages) {
    case PageSize::small:
      break;
    case PageSize::huge_later: {
      void* memory = ::operator new (bytes, std::align_val_t{huge_page});
      if (huge_page < bytes) prefer_huge_pages(static_cast<std::byte*>(memory) + huge_page, bytes - huge_page);
      return memory;
    }
    case PageSize::huge: {
      if (void* spare = spare_blocks().take(whole_pages(bytes))) return spare;
      void* memory = map_pages(whole_pages(bytes));
      prefer_huge_pages(memory, whole_pages(bytes));
      return memory;
    }
  }
  return ::operator new (bytes, std::align_val_t{cache_line});
}

void prefer_huge_pages(void* memory, std::size_t bytes) noexcept {
#if defined(__linux__)
  advise_whole_pages(memory, bytes, MADV_HUGEPAGE);
#else
  (void)memory;
  (void)bytes;
#endif
}

std::size_t most_spare_bytes() noexcept {
  return spare_blocks().most_bytes();
}

void discard(void* memory, std::size_t bytes) noexcept {
#if defined(__linux__)
  if (own_pages) advise_whole_pages(memory, bytes, MADV_DONTNEED);
#else
  (void)memory;
  (void)bytes;
#endif
}

void release(void* memory, std::size_t bytes, PageSize pages) noexcept {
  if (memory == nullptr) return;
  if (pages == PageSize::huge) {
    if (!spare_blocks().keep(memory, whole_pages(bytes))) unmap_pages(memory, whole_pages(bytes));
    return;
  }
  ::operator delete (memory, std::align_val_t{pages == PageSize::small ? cache_line : huge_page});
}

}  // namespace coppice::storage
