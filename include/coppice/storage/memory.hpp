// Memory for large arrays. Random access over many megabytes misses the address translation cache as often as the data
// cache, so large blocks can be had as huge pages where the system offers them.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace coppice::storage {

inline constexpr std::size_t cache_line = 64;
inline constexpr std::size_t huge_page = std::size_t{2} << 20;

/// `huge_later`: the first 2 MiB are small pages, the rest huge ones.
enum class PageSize { small, huge_later, huge };

/// Uninitialised memory, aligned to the cache line or the huge page. Pages that are never touched cost nothing; a huge
/// page costs 2 MiB at the first touch, so ask for those only where the block will be filled. Errors: std::bad_alloc.
/// Thread safe, as is release.
[[nodiscard]] void* allocate(std::size_t bytes, PageSize pages);
/// Requires: `memory` came from allocate(bytes, pages). A few huge blocks are kept for the next to ask: the system
/// clears every page that it hands out, which can cost more than the work on it. It may take their pages back at any
/// time.
void release(void* memory, std::size_t bytes, PageSize pages) noexcept;

/// The most memory that blocks take which are kept.
[[nodiscard]] std::size_t most_spare_bytes() noexcept;
/// Gives the system the whole pages of a part of a huge block whose content nobody needs any more; the block stays.
/// The next to touch it waits for new pages.
void discard(void* memory, std::size_t bytes) noexcept;

/// Asks for huge pages for the whole ones inside a block of memory that will be filled; costs nothing where it is
/// small.
void prefer_huge_pages(void* memory, std::size_t bytes) noexcept;

/// An uninitialised array of trivial values.
template <class T>
class RawArray {
 public:
  RawArray() = default;
  explicit RawArray(std::size_t size)
      : data_(static_cast<T*>(allocate(size * sizeof(T), pages_for(size))),
              Release{size * sizeof(T), pages_for(size)}) {}
  [[nodiscard]] T* get() const noexcept { return data_.get(); }

 private:
  static PageSize pages_for(std::size_t size) {
    return size * sizeof(T) >= huge_page ? PageSize::huge : PageSize::small;
  }
  struct Release {
    std::size_t bytes = 0;
    PageSize pages = PageSize::small;
    void operator()(T* p) const noexcept { release(p, bytes, pages); }
  };
  std::unique_ptr<T[], Release> data_;
};

/// For vectors of values that are all written before they are read: resizing clears nothing, so that the threads that
/// write them are also the first to touch their pages.
template <class T>
struct RawAllocator {
  using value_type = T;
  RawAllocator() = default;
  template <class U>
  RawAllocator(const RawAllocator<U>&) noexcept {}
  [[nodiscard]] T* allocate(std::size_t size) {
    return static_cast<T*>(storage::allocate(size * sizeof(T), pages(size)));
  }
  void deallocate(T* p, std::size_t size) noexcept { release(p, size * sizeof(T), pages(size)); }
  template <class U>
  void construct(U*) noexcept {}
  template <class U, class... Arguments>
  void construct(U* p, Arguments&&... arguments) {
    ::new (static_cast<void*>(p)) U(std::forward<Arguments>(arguments)...);
  }
  friend bool operator==(RawAllocator, RawAllocator) noexcept { return true; }

 private:
  static PageSize pages(std::size_t size) { return size * sizeof(T) >= huge_page ? PageSize::huge : PageSize::small; }
};
template <class T>
using RawVector = std::vector<T, RawAllocator<T>>;

/// Memory that is made longer without keeping what was in it.
template <class T>
class Buffer {
 public:
  T* get() const noexcept { return array_.get(); }
  T& operator[](std::size_t i) const noexcept { return array_.get()[i]; }
  /// True: the memory is new, and holds nothing yet.
  bool make(std::size_t size) {
    if (size <= capacity_) return false;
    const std::size_t room = capacity_ == 0 ? size : size + size / 8;  // what grew once may grow again
    clear();
    array_ = RawArray<T>(room);
    capacity_ = room;
    return true;
  }
  /// Gives the memory back.
  void clear() noexcept {
    array_ = {};
    capacity_ = 0;
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return capacity_ * sizeof(T); }

 private:
  RawArray<T> array_;
  std::size_t capacity_ = 0;
};

}  // namespace coppice::storage
