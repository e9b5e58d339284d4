// From a point's id to where it is stored. Ids that lie close together (the library's own, a sliding window's) go into
// pages of a direct table that are freed as they empty; ids scattered over 64 bits go into a hash table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/storage/arena.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice {

namespace storage {
class Relocation;
}

/// id → 32-bit location. One writer; const calls may run beside each other.
class IdMap {
 public:
  static constexpr std::uint32_t absent = 0xffffffffu;

  /// The location of `id`, or `absent`. O(1).
  [[nodiscard, gnu::always_inline]] std::uint32_t find(point_id id) const noexcept {
    const std::uint32_t* entry = direct(id);
    if (entry != nullptr && *entry != absent) return *entry;
    return scattered_.empty() ? absent : find_scattered(id);
  }
  /// Sets the location of a present or a new id. O(1) amortised.
  [[gnu::always_inline]] void assign(point_id id, std::uint32_t location) {
    std::uint32_t* entry = direct(id);
    if (entry == nullptr || (*entry == absent && !scattered_.empty())) {
      assign_elsewhere(id, location);
      return;
    }
    if (*entry == absent) count_in(id);
    *entry = location;
  }
  /// The same location for many ids. Ids in runs of neighbours take the shortest way.
  void assign(std::span<const point_id> ids, std::uint32_t location);
  /// Changes the location of a present id. Different ids may be relocated from several threads at once.
  [[gnu::always_inline]] void relocate(point_id id, std::uint32_t location) noexcept {
    std::uint32_t* entry = direct(id);
    // The entry itself is looked at only where that can matter: a store does not wait for memory, a load does.
    if (!scattered_.empty() && (entry == nullptr || *entry == absent)) entry = scattered_entry(id);
    *entry = location;
  }
  /// Forgets `id`; nothing happens when it is absent. O(1) amortised.
  void erase(point_id id) noexcept { (void)take(id); }
  /// The location of `id`, which is forgotten with it; `absent` when it is not there. O(1) amortised.
  [[nodiscard, gnu::always_inline]] std::uint32_t take(point_id id) noexcept {
    const std::size_t slot = slot_of(id);
    if (slot >= directory_.size() || directory_[slot].locations == nullptr) return take_scattered(id);
    Entry& page = directory_[slot];
    std::uint32_t& entry = page.locations[static_cast<std::size_t>(id) & (page_size - 1)];
    const std::uint32_t location = entry;
    if (location == absent) return take_scattered(id);
    entry = absent;
    --size_;
    if (--page.live == 0) drop_page(slot);
    return location;
  }
  void clear() noexcept;
  /// About this many ids will be assigned. Only a hint.
  void expect(std::size_t ids);
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept;
  /// Hints that `find(id)` will follow soon.
  void prefetch(point_id id) const noexcept {
    if (const std::uint32_t* entry = direct(id)) storage::prefetch(entry);
  }

 private:
  friend class storage::Relocation;
  static constexpr int page_bits = 10;
  static constexpr std::size_t page_size = std::size_t{1} << page_bits;
  static constexpr std::size_t page_bytes = page_size * sizeof(std::uint32_t);
  struct Nothing {};
  using Pages = storage::Arena<Nothing, page_bytes>;
  /// A page of the direct table: null where no id of it is present.
  struct Entry {
    std::uint32_t* locations = nullptr;
    Handle handle = 0;
    std::uint32_t live = 0;  ///< ids present
  };

  [[nodiscard, gnu::always_inline]] std::uint32_t* direct(point_id id) const noexcept {
    const auto slot = static_cast<std::uint64_t>((id >> page_bits) - first_page_);
    if (slot >= directory_.size() || directory_[slot].locations == nullptr) return nullptr;
    return directory_[slot].locations + (static_cast<std::size_t>(id) & (page_size - 1));
  }
  /// The directory's slot of an id with a page.
  [[nodiscard]] std::size_t slot_of(point_id id) const noexcept {
    return static_cast<std::size_t>((id >> page_bits) - first_page_);
  }
  /// An id with a page is new to it.
  void count_in(point_id id) noexcept {
    ++size_;
    ++directory_[slot_of(id)].live;
  }
  void assign_elsewhere(point_id id, std::uint32_t location);  // to a new page, or in the hash table
  [[nodiscard]] std::uint32_t find_scattered(point_id id) const noexcept;
  std::uint32_t take_scattered(point_id id) noexcept;
  [[nodiscard]] std::uint32_t* scattered_entry(point_id id) noexcept;
  [[nodiscard]] bool admit(std::int64_t page);  // makes room in the directory, or says that it would grow too sparse
  void spill(std::size_t directory_slot);       // moves a sparse page into the hash table
  void drop_page(std::size_t directory_slot) noexcept;
  void release_page(Entry& entry) noexcept;
  [[nodiscard]] Pages& pages();

  std::vector<Entry> directory_;  // page number − first_page_ → page
  std::int64_t first_page_ = 0;
  std::size_t live_pages_ = 0;
  std::unique_ptr<Pages> pages_;
  std::unordered_map<point_id, std::uint32_t> scattered_;
  std::size_t size_ = 0;
};

}  // namespace coppice
