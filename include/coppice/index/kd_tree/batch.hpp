// Many points at once. Inserts are sieved down together (sieve.hpp); a batch that rivals the tree in size is built in
// one go with it. Erases run one after the other with the memory of those to come on its way; threads share them by
// leaves, and what became sparse is put right at the end.
#pragma once

#include <algorithm>
#include <array>

#include "coppice/index/kd_tree/sieve.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::kd_tree {

template <class S, int Width>
void Tree<S, Width>::insert(PointView<S> points, std::span<const point_id> ids) {
  const std::size_t n = points.size();
  constexpr std::size_t worth_sieving = 16;
  if (this->rivals(n)) {
    this->build_with(points, ids);
    if (size_ != n) rebuilder_.record(size_);
    return;
  }
  admit(ids);
  begin_write();
  routing_ = &routing_kernels<S, Width>();
  if (n < worth_sieving) {
    for (std::size_t i = 0; i < n; ++i) (void)insert_one(points.row(i), ids[i]);
  } else {
    for (const std::uint32_t row : Sieve<S, Width>(*this, points, ids).run())
      (void)insert_one(points.row(row), ids[row]);
  }
  end_write();
}

template <class S, int Width>
void Tree<S, Width>::fetch_slot(const Leaf<S>& l, std::size_t slot) const {
  constexpr int most_axes = 8;  // of a point in many dimensions the hardware fetches the rest
  for (int a = 0; a < std::min(axes(), most_axes); ++a) storage::prefetch(l.axis(a) + slot);
  l.ids.prefetch(slot);
}

template <class S, int Width>
void Tree<S, Width>::erase(std::span<const point_id> ids) {
  constexpr std::size_t worth_sharing = 1000;
  begin_write();
  if (ids.size() >= worth_sharing && config_.executor.is_parallel() && !sharing_) {
    erase_together(ids);
  } else {
    for (std::size_t i = 0; i < ids.size(); ++i) {
      prepare_erase(ids.size(), i, [&](std::size_t j) { return ids[j]; });
      (void)erase_at(locations_.find(ids[i]), ids[i]);
    }
  }
  end_write();
}

/// Deals the leaves out to threads: a leaf and the places of its points are one thread's alone until all points are
/// out. Then the ids leave the map, and sparse leaves merge.
template <class S, int Width>
void Tree<S, Width>::erase_together(std::span<const point_id> ids) {
  constexpr std::size_t decks = 32;
  const std::size_t n = ids.size();
  scratch_.rows.resize(n);
  scratch_.slots.resize(n);
  constexpr std::size_t grain = 4096;
  config_.executor.for_each_chunk(n, grain, [&](std::size_t first, std::size_t last) {
    constexpr std::size_t ahead = 16;
    for (std::size_t i = first; i < last; ++i) {
      if (i + ahead < last) locations_.prefetch(ids[i + ahead]);
      scratch_.slots[i] = static_cast<std::uint8_t>(locations_.find(ids[i]) / (16 * leaf_capacity) % decks);
    }
  });
  std::array<std::size_t, decks + 1> begin{};
  for (std::size_t i = 0; i < n; ++i) ++begin[scratch_.slots[i] + std::size_t{1}];
  for (std::size_t deck = 0; deck < decks; ++deck) begin[deck + 1] += begin[deck];
  std::array<std::size_t, decks + 1> next = begin;
  for (std::size_t i = 0; i < n; ++i) scratch_.rows[next[scratch_.slots[i]]++] = static_cast<std::uint32_t>(i);

  std::array<std::vector<Handle>, decks> sparse;
  config_.executor.for_each_chunk(decks, 1, [&](std::size_t deck, std::size_t) {
    const std::uint32_t* rows = scratch_.rows.data() + begin[deck];
    const std::size_t count = begin[deck + 1] - begin[deck];
    const auto id_at = [&](std::size_t i) { return ids[rows[i]]; };
    for (std::size_t i = 0; i < count; ++i) {
      prepare_erase(count, i, id_at);
      const std::uint32_t location = locations_.find(id_at(i));
      const Handle h = location / leaf_capacity;
      const int left = leave_hole(h, static_cast<int>(location % leaf_capacity)).left;
      if (left == sparse_leaf || left == 0) sparse[deck].push_back(h);
    }
  });
  for (const point_id id : ids) locations_.erase(id);
  size_ -= n;
  for (const std::vector<Handle>& leaves : sparse)
    for (const Handle h : leaves) {
      const std::uint32_t link = leaf_cold(h).parent;
      if (link != none) leaf_shrunk(link >> 3, static_cast<int>(link & 7));  // else it has been merged into another
    }
}

/// An erase waits for memory a few times in a row: the id's location, its leaf's link upward, and the word about the
/// leaf in its parent; and for the leaf where its holes are about to be closed. Each wait of an erase to come is begun
/// while an earlier one is at work.
template <class S, int Width>
template <class IdAt>
void Tree<S, Width>::prepare_erase(std::size_t count, std::size_t i, IdAt id_at) const {
  constexpr std::size_t to_location = 24, to_leaf = 16, to_parent = 9, to_places = 3;
  const auto leaf_of = [&](std::size_t j) { return locations_.find(id_at(j)) / leaf_capacity; };
  if (i + to_location < count) locations_.prefetch(id_at(i + to_location));
  if (i + to_leaf < count) storage::prefetch(&leaf_cold(leaf_of(i + to_leaf)));
  if (i + to_parent < count) storage::prefetch(&taken_of(leaf_of(i + to_parent)));
  if (i + to_places >= count) return;
  const Handle h = leaf_of(i + to_places);
  if (plane_tree::eights(std::popcount(taken_of(h)) - 1) < plane_tree::eights(std::popcount(taken_of(h))))
    storage::prefetch_lines(records_->leaves.hot(h), Leaf<S>::bytes_for(axes(), records_->wide_ids));
}

template <class S, int Width>
void Tree<S, Width>::move(std::span<const point_id> ids, PointView<S> points) {
  routing_ = &routing_kernels<S, Width>();
  this->move_batch(ids, points);
}

}  // namespace coppice::kd_tree
