// From a point's id to where it is stored. Ids that lie close together (the library's own, a sliding window's) go into
// pages of a direct table that are freed as they empty; ids scattered over 64 bits go into a hash table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "coppice/geometry/point_view.hpp"

namespace coppice {

/// id → 32-bit location. One writer; const calls may run beside each other.
class IdMap {
 public:
  static constexpr std::uint32_t absent = 0xffffffffu;

  /// The location of `id`, or `absent`. O(1).
  [[nodiscard]] std::uint32_t find(point_id id) const noexcept;
  /// Sets the location of a present or a new id. O(1) amortised.
  void assign(point_id id, std::uint32_t location);
  /// Changes the location of a present id. Different ids may be relocated from several threads at once.
  void relocate(point_id id, std::uint32_t location) noexcept;
  /// Forgets `id`; nothing happens when it is absent. O(1) amortised.
  void erase(point_id id) noexcept;
  void clear() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t bytes() const noexcept;
  /// Hints that `find(id)` will follow soon.
  void prefetch(point_id id) const noexcept;

 private:
  static constexpr int page_bits = 10;
  static constexpr std::size_t page_size = std::size_t{1} << page_bits;
  struct Page {
    std::array<std::uint32_t, page_size> location;
    std::uint32_t live = 0;
  };

  [[nodiscard]] bool admit(std::int64_t page);  // makes room in the directory, or says that it would grow too sparse
  void spill(std::size_t directory_slot);       // moves a sparse page into the hash table

  std::vector<std::unique_ptr<Page>> directory_;  // page number − first_page_ → page or null
  std::int64_t first_page_ = 0;
  std::size_t live_pages_ = 0;
  std::unordered_map<point_id, std::uint32_t> scattered_;
  std::size_t size_ = 0;
};

}  // namespace coppice
