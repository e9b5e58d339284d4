// Many points at once. An insert sieves the whole batch down node by node, so that each node and each leaf is touched
// once; what finds its leaf full is inserted singly afterwards, in the order of the tree, so its path is warm. A batch
// that rivals the tree in size is cheaper to build in one go with it. Erases run one after the other with the memory of
// those to come on its way.
#pragma once

#include <algorithm>
#include <cstring>
#include <numeric>

#include "coppice/index/kd_tree/update.hpp"

namespace coppice::kd_tree {

template <class S, int Width>
void Tree<S, Width>::insert(PointView<S> points, std::span<const point_id> ids) {
  const std::size_t n = points.size();
  constexpr std::size_t worth_sieving = 16;
  // Building costs about a third of inserting, a point; it must do so for the points that are there already, too.
  if (n > 2 * leaf_capacity && n >= size_ / 2) {
    Points<S> all{{}, dimension_};
    std::vector<point_id> all_ids;
    copy_points(all_ids, all);
    for (std::size_t i = 0; i < n; ++i)
      all.coordinates.insert(all.coordinates.end(), points.row(i), points.row(i) + dimension_);
    all_ids.insert(all_ids.end(), ids.begin(), ids.end());
    build(all, all_ids);
    if (size_ != n) rebuilder_.record(size_);
    return;
  }
  begin_write();
  routing_ = &routing_kernels<S, Width>();
  if (n < worth_sieving) {
    for (std::size_t i = 0; i < n; ++i) insert_one(points.row(i), ids[i]);
  } else {
    rows_.resize(n);
    sorted_rows_.resize(n);
    slots_.resize(n);
    std::iota(rows_.begin(), rows_.end(), 0u);
    keys_.clear();
    for (std::size_t i = 0; i < n; ++i) keys_.emplace_back(points.row(i), dimension_, ids[i]);
    // The ids enter the map in their own order, which is kind to its pages; from then on threads may set locations.
    for (const point_id id : ids) locations_.assign(id, 0);
    std::vector<std::uint32_t> overflow;
    root_ = own_node(root_);
    sieve(root_, points, ids, 0, n, overflow);
    size_ += n - overflow.size();
    for (const std::uint32_t row : overflow) insert_one(points.row(row), ids[row]);
  }
  end_write();
}

/// Sends rows_[first, first + count) into the children of node x, which the writer owns; rows whose leaf is full end up
/// in `overflow`, in the order of the tree. Large groups go down on different threads.
template <class S, int Width>
void Tree<S, Width>::sieve(Handle x, PointView<S> points, std::span<const point_id> ids, std::size_t first,
                           std::size_t count, std::vector<std::uint32_t>& overflow) {
  Node& n = node(x);
  std::uint32_t* rows = rows_.data() + first;
  std::uint32_t begin[fan_out + 1] = {};
  routing_->route_rows(n, keys_.data(), rows, count, slots_.data() + first, begin + 1);
  for (int s = 0; s < n.children; ++s) {
    if (begin[s + 1] != 0) prefetch_child(n, s);
    begin[s + 1] += begin[s];
  }
  std::uint32_t next[fan_out];
  std::copy_n(begin, fan_out, next);
  for (std::size_t i = 0; i < count; ++i) sorted_rows_[first + next[slots_[first + i]]++] = rows[i];
  std::copy_n(sorted_rows_.data() + first, count, rows);

  constexpr std::size_t worth_sharing = 4096;
  if (count >= worth_sharing && !sharing_ && options_.executor.is_parallel()) {
    std::vector<std::uint32_t> overflows[fan_out];
    options_.executor.for_each_chunk(static_cast<std::size_t>(n.children), 1, [&](std::size_t s, std::size_t) {
      sieve_child(x, static_cast<int>(s), points, ids, first + begin[s], begin[s + 1] - begin[s], overflows[s]);
    });
    for (const std::vector<std::uint32_t>& o : overflows) overflow.insert(overflow.end(), o.begin(), o.end());
    return;
  }
  for (int s = 0; s < n.children; ++s)
    sieve_child(x, s, points, ids, first + begin[s], begin[s + 1] - begin[s], overflow);
}

/// One child's share of a sieve: into the leaf as far as there is room, or further down.
template <class S, int Width>
void Tree<S, Width>::sieve_child(Handle x, int s, PointView<S> points, std::span<const point_id> ids, std::size_t first,
                                 std::size_t count, std::vector<std::uint32_t>& overflow) {
  Node& n = node(x);
  const std::uint32_t* group = rows_.data() + first;
  if (n.is_leaf(s)) {
    const std::size_t room = leaf_capacity - n.count[s];
    for (std::size_t i = room; i < count; ++i) overflow.push_back(group[i]);
    count = std::min(count, room);
  }
  if (count == 0) return;
  AxisArray<S, Width> low, high;
  for (int a = 0; a < axes(); ++a) {
    const auto axis = static_cast<std::size_t>(a);
    low[axis] = high[axis] = a < dimension_ ? points.row(group[0])[a] : S(0);
  }
  for (std::size_t i = 1; i < count; ++i)
    for (int a = 0; a < dimension_; ++a) {
      const auto axis = static_cast<std::size_t>(a);
      low[axis] = std::min(low[axis], points.row(group[i])[a]);
      high[axis] = std::max(high[axis], points.row(group[i])[a]);
    }
  AxisArray<float, Width> lower, upper;
  for (int a = 0; a < axes(); ++a) {
    const auto axis = static_cast<std::size_t>(a);
    lower[axis] = encode_lower(low[axis], origin_data()[a]);
    upper[axis] = encode_upper(high[axis], origin_data()[a]);
  }
  grow_box(n, s, lower.data(), upper.data());
  if (!n.is_leaf(s)) {
    sieve(own_node(n.child[s]), points, ids, first, count, overflow);
    return;
  }
  const Handle h = own_leaf(n.child[s] & ~leaf_bit);
  for (std::size_t i = 0; i < count; ++i) {
    write_point(h, n.count[s], points.row(group[i]), ids[group[i]]);
    locations_.relocate(ids[group[i]], location_of(h, n.count[s]));
    ++n.count[s];
  }
}

/// A child that a sieve is about to write: all of a node, and of a leaf the lines where the next point goes.
template <class S, int Width>
void Tree<S, Width>::prefetch_child(const Node& n, int s) const {
  if (n.is_leaf(s)) {
    fetch_slot(leaf(n.child[s] & ~leaf_bit), n.count[s] & (leaf_capacity - 1));
    return;
  }
  const std::byte* record = records_->nodes.hot(n.child[s]);
  constexpr std::size_t most = 8 * storage::cache_line;
  for (std::size_t b = 0; b < std::min(Node::bytes_for(axes()), most); b += storage::cache_line)
    __builtin_prefetch(record + b);
}

template <class S, int Width>
void Tree<S, Width>::fetch_slot(const Leaf<S>& l, std::size_t slot) const {
  constexpr int most_axes = 8;  // of a point in many dimensions the hardware fetches the rest
  for (int a = 0; a < std::min(axes(), most_axes); ++a) __builtin_prefetch(l.axis(a) + slot);
  __builtin_prefetch(l.ids + slot);
}

template <class S, int Width>
void Tree<S, Width>::erase(std::span<const point_id> ids) {
  begin_write();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    prepare_erase(ids, i);
    erase_at(locations_.find(ids[i]), ids[i]);
  }
  end_write();
}

/// An erase waits for memory four times in a row: the id's location, its leaf, the leaf's parent, the leaf's last point
/// with the location of that. Each wait of an erase to come is begun while an earlier one is at work.
template <class S, int Width>
void Tree<S, Width>::prepare_erase(std::span<const point_id> ids, std::size_t i) const {
  constexpr std::size_t to_location = 32, to_leaf = 20, to_parent = 12, to_last = 6, to_moved = 2;
  const auto upcoming = [&](std::size_t distance, auto prepare) {
    if (i + distance >= ids.size()) return;
    const std::uint32_t location = locations_.find(ids[i + distance]);
    prepare(location / leaf_capacity, location % leaf_capacity);
  };
  const auto count_of = [&](Handle h) -> const std::uint8_t& {
    const std::uint32_t parent = leaf_cold(h).parent;
    return node(parent >> 3).count[parent & 7];
  };
  if (i + to_location < ids.size()) locations_.prefetch(ids[i + to_location]);
  upcoming(to_leaf, [&](Handle h, std::size_t slot) {
    fetch_slot(leaf(h), slot);
    __builtin_prefetch(&leaf_cold(h));
  });
  upcoming(to_parent, [&](Handle h, std::size_t) { __builtin_prefetch(&count_of(h)); });
  upcoming(to_last, [&](Handle h, std::size_t) { fetch_slot(leaf(h), std::size_t{count_of(h)} - 1); });
  upcoming(to_moved, [&](Handle h, std::size_t) { locations_.prefetch(leaf(h).ids[count_of(h) - 1]); });
}

template <class S, int Width>
void Tree<S, Width>::move(std::span<const point_id> ids, PointView<S> points) {
  begin_write();
  routing_ = &routing_kernels<S, Width>();
  std::vector<point_id> leaving;
  Points<S> targets{{}, dimension_};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i + 16 < ids.size()) locations_.prefetch(ids[i + 16]);
    if (move_inside_leaf(ids[i], points.row(i))) continue;
    leaving.push_back(ids[i]);
    targets.coordinates.insert(targets.coordinates.end(), points.row(i), points.row(i) + dimension_);
  }
  end_write();
  erase(leaving);
  insert(targets, leaving);
}

template <class S, int Width>
void Tree<S, Width>::copy_points(std::vector<point_id>& ids, Points<S>& points) const {
  ids.clear();
  points = {{}, dimension_};
  ids.reserve(size_);
  points.coordinates.reserve(size_ * static_cast<std::size_t>(dimension_));
  each_leaf(root_, [&](Handle h, int count) {
    const Leaf<S> l = leaf(h);
    for (int i = 0; i < count; ++i) {
      ids.push_back(l.ids[i]);
      for (int a = 0; a < dimension_; ++a) points.coordinates.push_back(l.axis(a)[i]);
    }
  });
}

}  // namespace coppice::kd_tree
