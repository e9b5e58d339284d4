// Many points at once. Inserts are sieved down together (sieve.hpp); a batch that rivals the tree in size is built in
// one go with it. Erases and moves take two passes: the first changes leaves and nothing else, on several threads where
// the batch is large, and the second, in the order of the batch, lets the shape follow. So the tree is the same for any
// number of threads.
#pragma once

#include <array>

#include "coppice/index/octree/sieve.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::octree {

template <class S, int Dim>
void Tree<S, Dim>::insert(PointView<S> points, std::span<const point_id> ids) {
  const std::size_t n = points.size();
  constexpr std::size_t worth_sieving = 16;
  // Building costs about a third of inserting, a point; it must do so for the points that are there already, too.
  if (n > 64 && n >= size_ / 2) {
    Points<S> all{{}, Dim};
    std::vector<point_id> all_ids;
    copy_points(all_ids, all);
    for (std::size_t i = 0; i < n; ++i)
      all.coordinates.insert(all.coordinates.end(), points.row(i), points.row(i) + Dim);
    all_ids.insert(all_ids.end(), ids.begin(), ids.end());
    build(all, all_ids);
    return;
  }
  admit(ids);
  begin_write();
  if (n < worth_sieving)
    for (std::size_t i = 0; i < n; ++i) insert_below(anchor_, 0, points.row(i), ids[i]);
  else
    Sieve<S, Dim>(*this, points, ids).run();
  size_ += n;
  end_write();
}

/// An update waits for memory three times in a row: the id's location, its leaf, the leaf's parent. Each wait of one to
/// come is begun while an earlier one is at work.
template <class S, int Dim>
[[gnu::always_inline]] inline void Tree<S, Dim>::prepare(std::span<const point_id> ids, std::size_t i) const {
  constexpr std::size_t to_location = 32, to_leaf = 20, to_parent = 8;
  if (i + to_location < ids.size()) locations_.prefetch(ids[i + to_location]);
  if (i + to_leaf < ids.size()) {
    const std::uint32_t location = locations_.find(ids[i + to_leaf]);
    if (location != IdMap::absent) {
      storage::prefetch(&unit_cold(location / storage::unit_points));
      const Leaf l = leaf(location / storage::unit_points);
      for (int a = 0; a < Dim; ++a) storage::prefetch(&l.at(0, a));
    }
  }
  if (i + to_parent < ids.size()) {
    const std::uint32_t location = locations_.find(ids[i + to_parent]);
    if (location != IdMap::absent) {
      const std::uint32_t link = unit_cold(location / storage::unit_points).parent;
      const Node& n = node(link >> 3);
      storage::prefetch(&n.cell);
      for (int a = 0; a < Dim; ++a) storage::prefetch(n.box[a]);
    }
  }
}

/// Calls visit(row) for every row of a batch whose ids are present, on the executor's threads where that pays: rows in
/// order for the points of one node, which all come to the same thread.
template <class S, int Dim>
template <class Visit>
void Tree<S, Dim>::each_row(std::span<const point_id> ids, const Visit& visit) {
  constexpr std::size_t worth_sharing = 1000, decks = 32;
  const std::size_t n = ids.size();
  if (n < worth_sharing || !config.executor.is_parallel() || sharing_) {
    for (std::size_t i = 0; i < n; ++i) {
      prepare(ids, i);
      visit(i);
    }
    return;
  }
  std::vector<std::uint8_t> deck_of(n);
  constexpr std::size_t grain = 4096;
  config.executor.for_each_chunk(n, grain, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      prepare(ids.first(last), i);
      const Handle node = unit_cold(locations_.find(ids[i]) / storage::unit_points).parent >> 3;
      deck_of[i] = static_cast<std::uint8_t>(node / 16 % decks);
    }
  });
  std::array<std::vector<std::uint32_t>, decks> rows;
  for (std::size_t i = 0; i < n; ++i) rows[deck_of[i]].push_back(static_cast<std::uint32_t>(i));
  config.executor.for_each_chunk(decks, 1, [&](std::size_t deck, std::size_t) {
    for (const std::uint32_t row : rows[deck]) visit(row);
  });
}

template <class S, int Dim>
void Tree<S, Dim>::erase(std::span<const point_id> ids) {
  begin_write();
  std::vector<std::uint32_t> sparse(ids.size(), none);  // the links of leaves that may have become too small
  each_row(ids, [&](std::size_t i) {
    const std::uint32_t location = locations_.find(ids[i]);
    const std::uint32_t link = unit_cold(location / storage::unit_points).parent;
    const Handle x = own_path(link >> 3);
    const auto s = static_cast<int>(link & 7);
    take(x, s, location);
    if (node(x).count[s] <= least_) sparse[i] = link_of(x, s);
  });
  for (const point_id id : ids) locations_.erase(id);
  size_ -= ids.size();
  for (const std::uint32_t link : sparse)
    if (link != none && (link >> 3 == anchor_ || cold(link >> 3).parent != none))  // else the node is gone already
      settle(link >> 3, node(link >> 3).slot[link & 7]);
  end_write();
}

template <class S, int Dim>
void Tree<S, Dim>::move(std::span<const point_id> ids, PointView<S> points) {
  begin_write();
  // Threads that share a batch have their nodes to themselves, but not those above: these are widened afterwards.
  const bool alone = !config.executor.is_parallel() || sharing_;
  constexpr std::uint32_t leaves = none - 1;
  std::vector<std::uint32_t> later(ids.size(), none);  // links of boxes that grew; `leaves` where a point goes
  each_row(ids, [&](std::size_t i) {
    const std::uint32_t location = locations_.find(ids[i]);
    const S* point = points.row(i);
    if (!stays(location, point)) {
      later[i] = leaves;
      return;
    }
    const std::uint32_t link = write_inside(location, point);
    if (alone)
      grow_path(link, point);
    else if (grow_box(node(link >> 3), static_cast<int>(link & 7), point, point))
      later[i] = link;
  });
  for (const std::uint32_t link : later)
    if (link < leaves) grow_box_above(link >> 3, box_of(node(link >> 3), static_cast<int>(link & 7)));
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (later[i] == leaves) move_out(locations_.find(ids[i]), ids[i], points.row(i));
  end_write();
}

template <class S, int Dim>
void Tree<S, Dim>::copy_point(point_id id, S* to) const {
  const std::uint32_t location = locations_.find(id);
  leaf(location / storage::unit_points).get(location % storage::unit_points, to);
}

template <class S, int Dim>
template <class Visit>
void Tree<S, Dim>::each_leaf(Handle x, Visit visit) const {
  const Node& n = node(x);
  for (int o = 0; o < fan_out; ++o) {
    if (!n.is_leaf(o))
      each_leaf(n.child[o], visit);
    else if (n.count[o] != 0)
      visit(leaf(n, o), n.count[o]);
  }
}

template <class S, int Dim>
void Tree<S, Dim>::copy_points(std::vector<point_id>& ids, Points<S>& points) const {
  ids.clear();
  points = {{}, Dim};
  ids.reserve(size_);
  points.coordinates.reserve(size_ * Dim);
  each_leaf(anchor_, [&](const Leaf& l, std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      ids.push_back(l.ids[i]);
      for (int a = 0; a < Dim; ++a) points.coordinates.push_back(l.at(i, a));
    }
  });
}

}  // namespace coppice::octree
