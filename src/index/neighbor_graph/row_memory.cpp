#include "row_memory.hpp"

#include <algorithm>
#include <cstddef>

namespace coppice::neighbor_graph {
namespace {

/// Values of so many queries are held at a time; of one where a tile meets so many points that they leave the cache.
constexpr std::size_t queries_a_block = 8;
constexpr std::size_t many_points = 32768;

/// Columns `from` apart become columns `to` apart.
template <class T>
void widen(std::vector<T>& columns, std::size_t count, std::size_t from, std::size_t to) {
  std::vector<T> wider(count * to);
  for (std::size_t c = 0; c < count && from > 0; ++c)
    std::copy_n(columns.begin() + static_cast<std::ptrdiff_t>(c * from), from,
                wider.begin() + static_cast<std::ptrdiff_t>(c * to));
  columns = std::move(wider);
}

}  // namespace

RowMemory::RowMemory(int axes, std::size_t exact_bytes)
    : RowScratch{}, axes_(static_cast<std::size_t>(axes)), exact_bytes_(exact_bytes) {
  reserve_near = [](RowScratch& s, int which, std::size_t count) { of(s).make_near(which, count); };
  reserve_leaves = [](RowScratch& s, std::size_t count) { of(s).make_leaves(count); };
  reserve_points = [](RowScratch& s, std::size_t count) { of(s).make_points(count); };
  exact_.make(exact_bytes / sizeof(double) + slack);
  exact = exact_.get();
  queries = queries_a_block;
}

RowMemory& RowMemory::of(RowScratch& scratch) noexcept {
  return static_cast<RowMemory&>(scratch);
}

void RowMemory::make_near(int which, std::size_t count) {
  NearLeaves& list = near[which];
  const std::size_t room = count + slack;
  widen(near_center_[which], axes_, list.room, room);
  widen(near_half_[which], axes_, list.room, room);
  near_extent_[which].resize(room);
  near_leaf_[which].resize(room);
  list = {near_center_[which].data(), near_half_[which].data(), near_extent_[which].data(), near_leaf_[which].data(),
          room};
}

void RowMemory::make_leaves(std::size_t count) {
  leaf_room = count + slack;
  offset_.assign(axes_ * leaf_room, 0);
  leaf_.assign(leaf_room, 0);
  offset = offset_.data();
  leaf = leaf_.data();
  extent_.assign(leaf_room, 0);
  extent = extent_.data();
}

void RowMemory::make_points(std::size_t count) {
  const std::size_t room = (count + slack + 15) / 16 * 16;
  point_room = room;
  queries = room < many_points ? queries_a_block : 1;
  x_.make(axes_ * room);
  square_.make(room);
  value_.make(queries * room);
  slot_.make(room);
  row_.make((queries + 2) * room);
  exact_.make(std::max(exact_bytes_ / sizeof(double), room) + slack);
  x = x_.get();
  square = square_.get();
  slot = slot_.get();
  value = value_.get();
  row = row_.get();
  exact = exact_.get();
}

}  // namespace coppice::neighbor_graph
