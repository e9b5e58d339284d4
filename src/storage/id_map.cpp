#include "coppice/storage/id_map.hpp"

#include <algorithm>

namespace coppice {

std::uint32_t IdMap::find_scattered(point_id id) const noexcept {
  const auto found = scattered_.find(id);
  return found == scattered_.end() ? absent : found->second;
}

std::uint32_t IdMap::take_scattered(point_id id) noexcept {
  const auto found = scattered_.find(id);
  if (found == scattered_.end()) return absent;
  const std::uint32_t location = found->second;
  scattered_.erase(found);
  --size_;
  return location;
}

std::uint32_t* IdMap::scattered_entry(point_id id) noexcept {
  return &scattered_.find(id)->second;
}

IdMap::Pages& IdMap::pages() {
  if (!pages_) pages_ = std::make_unique<Pages>(page_bytes);
  return *pages_;
}

void IdMap::expect(std::size_t ids) {
  pages().expect(ids / page_size + 1);
}

void IdMap::release_page(Entry& entry) noexcept {
  pages_->release(entry.handle);
  entry = {};
  --live_pages_;
}

bool IdMap::admit(std::int64_t page) {
  // The directory may name a few empty pages for every page in use; beyond that, ids count as scattered. A window of
  // ids that moves on leaves sparse pages behind: those are emptied into the hash table so that the window stays
  // direct.
  const auto bound = static_cast<std::uint64_t>(8 * live_pages_ + 64);
  if (directory_.empty()) {
    first_page_ = page;
    directory_.resize(1);
    return true;
  }
  const std::int64_t last = first_page_ + static_cast<std::int64_t>(directory_.size()) - 1;
  if (page >= first_page_ && page <= last) return true;
  const auto span = page > last ? static_cast<std::uint64_t>(page) - static_cast<std::uint64_t>(first_page_) + 1
                                : static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(page) + 1;
  if (span > bound) {
    if (page > last && static_cast<std::uint64_t>(page - last) <= 64 && directory_.front().locations != nullptr &&
        directory_.front().live <= page_size / 8) {
      spill(0);
      return admit(page);
    }
    return false;
  }
  if (page > last) {
    directory_.resize(static_cast<std::size_t>(span));
  } else {
    const auto missing = static_cast<std::size_t>(first_page_ - page);
    directory_.insert(directory_.begin(), missing, Entry{});
    first_page_ = page;
  }
  return true;
}

void IdMap::spill(std::size_t directory_slot) {
  const std::uint32_t* locations = directory_[directory_slot].locations;
  const point_id base = (first_page_ + static_cast<std::int64_t>(directory_slot)) << page_bits;
  for (std::size_t i = 0; i < page_size; ++i)
    if (locations[i] != absent) scattered_.emplace(base + static_cast<point_id>(i), locations[i]);
  release_page(directory_[directory_slot]);
  const auto used =
      std::find_if(directory_.begin(), directory_.end(), [](const Entry& e) { return e.locations != nullptr; });
  first_page_ += used - directory_.begin();
  directory_.erase(directory_.begin(), used);
}

void IdMap::assign_elsewhere(point_id id, std::uint32_t location) {
  if (!scattered_.empty()) {
    const auto found = scattered_.find(id);
    if (found != scattered_.end()) {
      found->second = location;
      return;
    }
  }
  const std::int64_t page_number = id >> page_bits;
  const auto slot = static_cast<std::uint64_t>(page_number - first_page_);
  if ((slot >= directory_.size() || directory_.empty()) && !admit(page_number)) {
    scattered_.emplace(id, location);
    ++size_;
    return;
  }
  Entry& page = directory_[static_cast<std::size_t>(page_number - first_page_)];
  if (page.locations == nullptr) {
    page.handle = pages().allocate();
    page.locations = reinterpret_cast<std::uint32_t*>(pages_->hot(page.handle));
    std::fill_n(page.locations, page_size, absent);
    ++live_pages_;
  }
  page.locations[static_cast<std::size_t>(id) & (page_size - 1)] = location;
  ++page.live;
  ++size_;
}

void IdMap::assign(std::span<const point_id> ids, std::uint32_t location) {
  for (std::size_t i = 0; i < ids.size();) {
    assign(ids[i], location);
    const point_id page = ids[i++] >> page_bits;
    if (!scattered_.empty()) continue;
    // As long as ids stay on a page, only its entries are looked at.
    const std::size_t first = i;
    Entry& entry = directory_[static_cast<std::size_t>(page - first_page_)];
    std::uint32_t fresh = 0;
    for (; i < ids.size() && ids[i] >> page_bits == page; ++i) {
      std::uint32_t& at = entry.locations[static_cast<std::size_t>(ids[i]) & (page_size - 1)];
      fresh += at == absent;
      at = location;
    }
    if (i == first) continue;
    entry.live += fresh;
    size_ += fresh;
  }
}

void IdMap::drop_page(std::size_t slot) noexcept {
  release_page(directory_[slot]);
  if (live_pages_ == 0) {
    directory_.clear();
    return;
  }
  while (directory_.back().locations == nullptr) directory_.pop_back();
  // Trimming the front moves every entry, so it waits until at least half of the directory is gone.
  std::size_t empty = 0;
  while (directory_[empty].locations == nullptr) ++empty;
  if (empty * 2 <= directory_.size()) return;
  directory_.erase(directory_.begin(), directory_.begin() + static_cast<std::ptrdiff_t>(empty));
  first_page_ += static_cast<std::int64_t>(empty);
}

void IdMap::clear() noexcept {
  directory_.clear();
  if (pages_) pages_->clear();
  first_page_ = 0;
  live_pages_ = 0;
  scattered_.clear();
  size_ = 0;
}

std::size_t IdMap::bytes() const noexcept {
  // A node of the standard hash table: link, cached hash apart, key and value padded, and the allocator's header.
  constexpr std::size_t scattered_node = sizeof(void*) + sizeof(std::pair<const point_id, std::uint32_t>) + 16;
  return (pages_ ? pages_->bytes() : 0) + directory_.capacity() * sizeof(Entry) + scattered_.size() * scattered_node +
         scattered_.bucket_count() * sizeof(void*);
}

}  // namespace coppice
