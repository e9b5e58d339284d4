#include "coppice/storage/relocation.hpp"

namespace coppice::storage {

bool Relocation::pays(const IdMap& map) noexcept {
  constexpr std::size_t cached = std::size_t{1} << 19;  // a map of two megabytes
  return map.size() >= cached && map.scattered_.empty();
}

Relocation::Relocation(IdMap& map, std::span<std::byte> scratch) : map_(map) {
  const std::size_t pages = map.directory_.size();
  int pages_shift = smallest_block;
  while ((pages - 1) >> pages_shift >= blocks) ++pages_shift;
  shift_ = pages_shift + IdMap::page_bits;
  first_id_ = map.first_page_ << IdMap::page_bits;
  for (std::size_t page = 0; page < pages; ++page) begin_[(page >> pages_shift) + 1] += map.directory_[page].live;
  for (std::size_t block = 0; block < blocks; ++block) {
    begin_[block + 1] += begin_[block];
    next_[block].store(begin_[block], std::memory_order_relaxed);
  }
  if (scratch.size() >= map.size() * sizeof(Entry)) {
    entries_ = reinterpret_cast<Entry*>(scratch.data());
  } else {
    own_ = RawArray<Entry>(map.size());
    entries_ = own_.get();
  }
}

void Relocation::write(std::size_t first, std::size_t last) const {
  for (std::size_t block = first; block < last; ++block) {
    const std::size_t end = next_[block].load(std::memory_order_relaxed);
    if (end == begin_[block]) continue;
    const IdMap::Entry* const pages = map_.directory_.data() + (block << (shift_ - IdMap::page_bits));
    for (std::size_t i = begin_[block]; i < end; ++i) {
      const std::size_t id = entries_[i].id;
      pages[id >> IdMap::page_bits].locations[id & (IdMap::page_size - 1)] = entries_[i].location;
    }
  }
}

}  // namespace coppice::storage
