#include "row_memory.hpp"

#include <algorithm>
#include <cstddef>
#include <type_traits>

namespace coppice::neighbor_graph {
namespace {

constexpr std::size_t queries_a_block = 8;

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
    : axes_(static_cast<std::size_t>(axes)), exact_bytes_(exact_bytes) {
  scratch_.reserve_near = [](RowScratch& s, int which, std::size_t count) { of(s).make_near(which, count); };
  scratch_.reserve_leaves = [](RowScratch& s, std::size_t count) { of(s).make_leaves(count); };
  scratch_.reserve_points = [](RowScratch& s, std::size_t count) { of(s).make_points(count); };
  exact_.make(exact_bytes / sizeof(double) + slack);
  scratch_.exact = exact_.get();
}

RowMemory& RowMemory::of(RowScratch& scratch) noexcept {
  static_assert(std::is_standard_layout_v<RowScratch>);
  return *reinterpret_cast<RowMemory*>(&scratch);
}

void RowMemory::make_near(int which, std::size_t count) {
  NearLeaves& near = scratch_.near[which];
  const std::size_t room = count + slack;
  widen(near_center_[which], axes_, near.room, room);
  widen(near_half_[which], axes_, near.room, room);
  near_extent_[which].resize(room);
  near_leaf_[which].resize(room);
  near = {near_center_[which].data(), near_half_[which].data(), near_extent_[which].data(), near_leaf_[which].data(),
          room};
}

void RowMemory::make_leaves(std::size_t count) {
  scratch_.leaf_room = count + slack;
  offset_.assign(axes_ * scratch_.leaf_room, 0);
  leaf_.assign(scratch_.leaf_room, 0);
  scratch_.offset = offset_.data();
  scratch_.leaf = leaf_.data();
  extent_.assign(scratch_.leaf_room, 0);
  scratch_.extent = extent_.data();
  leaf_half_.assign(axes_ * scratch_.leaf_room, 0);
  scratch_.leaf_half = leaf_half_.data();
  lower_.assign(scratch_.leaf_room, 0);
  scratch_.lower = lower_.data();
  chosen_.assign(scratch_.leaf_room, 0);
  scratch_.chosen = chosen_.data();
}

void RowMemory::make_points(std::size_t count) {
  const std::size_t room = (count + slack + 15) / 16 * 16;
  scratch_.point_room = room;
  x_.make(axes_ * room);
  square_.make(room);
  value_.make(queries_a_block * room);
  slot_.assign(room, 0);
  row_.assign((queries_a_block + 1) * room, 0);
  exact_.make(std::max(exact_bytes_ / sizeof(double), room) + slack);
  scratch_.x = x_.get();
  scratch_.square = square_.get();
  scratch_.slot = slot_.data();
  scratch_.value = value_.get();
  scratch_.row = row_.data();
  scratch_.exact = exact_.get();
}

}  // namespace coppice::neighbor_graph
