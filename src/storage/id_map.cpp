#include "coppice/storage/id_map.hpp"

#include <algorithm>

namespace coppice {

std::uint32_t IdMap::find(point_id id) const noexcept {
  const auto slot = static_cast<std::uint64_t>((id >> page_bits) - first_page_);
  if (slot < directory_.size() && directory_[slot]) {
    const std::uint32_t location = directory_[slot]->location[static_cast<std::size_t>(id) & (page_size - 1)];
    if (location != absent || scattered_.empty()) return location;
  }
  if (scattered_.empty()) return absent;
  const auto found = scattered_.find(id);
  return found == scattered_.end() ? absent : found->second;
}

void IdMap::prefetch(point_id id) const noexcept {
  const auto slot = static_cast<std::uint64_t>((id >> page_bits) - first_page_);
  if (slot < directory_.size() && directory_[slot])
    __builtin_prefetch(&directory_[slot]->location[static_cast<std::size_t>(id) & (page_size - 1)]);
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
    if (page > last && static_cast<std::uint64_t>(page - last) <= 64 && directory_.front() &&
        directory_.front()->live <= page_size / 8) {
      spill(0);
      return admit(page);
    }
    return false;
  }
  if (page > last) {
    directory_.resize(static_cast<std::size_t>(span));
  } else {
    const auto missing = static_cast<std::size_t>(first_page_ - page);
    std::vector<std::unique_ptr<Page>> wider(directory_.size() + missing);
    std::move(directory_.begin(), directory_.end(), wider.begin() + static_cast<std::ptrdiff_t>(missing));
    directory_ = std::move(wider);
    first_page_ = page;
  }
  return true;
}

void IdMap::spill(std::size_t directory_slot) {
  const Page& page = *directory_[directory_slot];
  const point_id base = (first_page_ + static_cast<std::int64_t>(directory_slot)) << page_bits;
  for (std::size_t i = 0; i < page_size; ++i)
    if (page.location[i] != absent) scattered_.emplace(base + static_cast<point_id>(i), page.location[i]);
  directory_[directory_slot].reset();
  --live_pages_;
  const auto used = std::find_if(directory_.begin(), directory_.end(), [](const auto& p) { return p != nullptr; });
  first_page_ += used - directory_.begin();
  directory_.erase(directory_.begin(), used);
}

void IdMap::assign(point_id id, std::uint32_t location) {
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
  std::unique_ptr<Page>& page = directory_[static_cast<std::size_t>(page_number - first_page_)];
  if (!page) {
    page = std::make_unique<Page>();
    page->location.fill(absent);
    ++live_pages_;
  }
  std::uint32_t& entry = page->location[static_cast<std::size_t>(id) & (page_size - 1)];
  if (entry == absent) {
    ++page->live;
    ++size_;
  }
  entry = location;
}

void IdMap::relocate(point_id id, std::uint32_t location) noexcept {
  if (!scattered_.empty()) {
    const auto found = scattered_.find(id);
    if (found != scattered_.end()) {
      found->second = location;
      return;
    }
  }
  Page& page = *directory_[static_cast<std::size_t>((id >> page_bits) - first_page_)];
  page.location[static_cast<std::size_t>(id) & (page_size - 1)] = location;
}

void IdMap::erase(point_id id) noexcept {
  if (!scattered_.empty() && scattered_.erase(id) != 0) {
    --size_;
    return;
  }
  const auto slot = static_cast<std::uint64_t>((id >> page_bits) - first_page_);
  if (slot >= directory_.size() || !directory_[slot]) return;
  Page& page = *directory_[slot];
  std::uint32_t& entry = page.location[static_cast<std::size_t>(id) & (page_size - 1)];
  if (entry == absent) return;
  entry = absent;
  --size_;
  if (--page.live != 0) return;
  directory_[slot].reset();
  --live_pages_;
  if (live_pages_ == 0) {
    directory_.clear();
    return;
  }
  while (!directory_.back()) directory_.pop_back();
  // Trimming the front moves every entry, so it waits until at least half of the directory is gone.
  std::size_t empty = 0;
  while (!directory_[empty]) ++empty;
  if (empty * 2 <= directory_.size()) return;
  directory_.erase(directory_.begin(), directory_.begin() + static_cast<std::ptrdiff_t>(empty));
  first_page_ += static_cast<std::int64_t>(empty);
}

void IdMap::clear() noexcept {
  directory_.clear();
  first_page_ = 0;
  live_pages_ = 0;
  scattered_.clear();
  size_ = 0;
}

std::size_t IdMap::bytes() const noexcept {
  // A node of the standard hash table: link, cached hash apart, key and value padded, and the allocator's header.
  constexpr std::size_t scattered_node = sizeof(void*) + sizeof(std::pair<const point_id, std::uint32_t>) + 16;
  return live_pages_ * sizeof(Page) + directory_.capacity() * sizeof(void*) + scattered_.size() * scattered_node +
         scattered_.bucket_count() * sizeof(void*);
}

}  // namespace coppice
