// One tuple in or out of a KdMap. An insert hangs a node below; an erase puts the predecessor or successor along the
// node's axis in its place, from the taller side, and goes on with the hole that this one leaves. On the way back up,
// the first nodes out of balance are built anew, until a subtree has the height that it had before.
#pragma once

#include "coppice/index/kd_map/map.hpp"

namespace coppice {

template <class Key, int Dim, class Value>
void KdMap<Key, Dim, Value>::check_key(std::span<const Key> key, std::size_t row) const {
  if (key.size() != static_cast<std::size_t>(dimension()))
    throw invalid_input(
        row, "the key has " + std::to_string(key.size()) + " numbers; expected " + std::to_string(dimension()));
  if constexpr (std::is_floating_point_v<Key>)
    for (std::size_t a = 0; a < key.size(); ++a)
      if (std::isnan(key[a])) throw invalid_input(row, "number " + std::to_string(a) + " is NaN; expected a number");
}

template <class Key, int Dim, class Value>
void KdMap<Key, Dim, Value>::clear() {
  nodes_->clear();
  values_.clear();
  extents_.clear();
  root_ = kd_map::nil;
  size_ = 0;
}

/// The box of all tuples grows and never shrinks: good enough to bound rounding, and a few comparisons an insert.
template <class Key, int Dim, class Value>
void KdMap<Key, Dim, Value>::widen_extents(const Key* key) {
  const int d = dimension();
  if (extents_.empty()) {
    extents_.reserve(2 * static_cast<std::size_t>(d));
    extents_.assign(key, key + d);
    extents_.insert(extents_.end(), key, key + d);
  }
  Key* lowest = extents_.data();
  Key* highest = lowest + d;
  for (int a = 0; a < d; ++a) {
    lowest[a] = std::min(lowest[a], key[a]);
    highest[a] = std::max(highest[a], key[a]);
  }
}

template <class Key, int Dim, class Value>
Handle KdMap<Key, Dim, Value>::new_node(const Key* key) {
  widen_extents(key);
  const Handle h = nodes_->allocate();
  nodes_->links(h) = {};
  std::copy_n(key, dimension(), nodes_->key(h));
  if constexpr (is_map)
    if (h >= values_.size()) values_.resize(std::size_t{h} + 1);
  return h;
}

/// The link to a node whose own links are right.
template <class Key, int Dim, class Value>
kd_map::Link KdMap<Key, Dim, Value>::joined(Handle h) const {
  const kd_map::Links& links = nodes_->links(h);
  return kd_map::link_to(h, std::max(kd_map::height_of(links.child[0]), kd_map::height_of(links.child[1])) + 1);
}

/// Hangs `below` where the first `depth` nodes of a path lead.
template <class Key, int Dim, class Value>
void KdMap<Key, Dim, Value>::set_link(const Path& path, int depth, Link below) {
  if (depth == 0)
    root_ = below;
  else
    nodes_->links(path.node[static_cast<std::size_t>(depth - 1)])
        .child[path.side[static_cast<std::size_t>(depth - 1)]] = below;
}

/// Hangs `below` under the first `depth` nodes of a path and brings heights and balance above it up to date.
template <class Key, int Dim, class Value>
void KdMap<Key, Dim, Value>::repair_upwards(Path& path, int depth, Link below) {
  while (depth > 0) {
    const Handle h = path.node[static_cast<std::size_t>(--depth)];
    kd_map::Links& links = nodes_->links(h);
    Link& child = links.child[path.side[static_cast<std::size_t>(depth)]];
    if (child == below) return;  // what was here before was as high, and all above is right
    child = below;
    below = joined(h);
    const std::uint32_t left = kd_map::height_of(links.child[0]);
    const std::uint32_t right = kd_map::height_of(links.child[1]);
    constexpr std::uint32_t highest = 60;  // heights have six bits
    if (!config_.balance.holds({left, 0}, {right, 0}) || std::max(left, right) >= highest)
      below = rebuilt(below, depth % dimension());
  }
  root_ = below;
}

template <class Key, int Dim, class Value>
Handle KdMap<Key, Dim, Value>::locate(const Key* key) const {
  int axis = 0;
  for (Handle h = kd_map::handle_of(root_); h != kd_map::nil; axis = next(axis)) {
    prefetch_children(h);
    const int order = compare(key, nodes_->key(h), axis);
    if (order == 0) return h;
    h = kd_map::handle_of(nodes_->links(h).child[order > 0]);
  }
  return kd_map::nil;
}

/// The node of a key, and whether it is a new one, which `fill` has been called for.
template <class Key, int Dim, class Value>
template <class Fill>
std::pair<Handle, bool> KdMap<Key, Dim, Value>::place(std::span<const Key> key, Fill fill) {
  check_key(key, 0);
  Path path;
  int axis = 0;
  for (Handle h = kd_map::handle_of(root_); h != kd_map::nil; axis = next(axis)) {
    prefetch_children(h);
    const int order = compare(key.data(), nodes_->key(h), axis);
    if (order == 0) return {h, false};
    path.side[static_cast<std::size_t>(path.depth)] = order > 0;
    path.push(h);
    h = kd_map::handle_of(nodes_->links(h).child[order > 0]);
  }
  if (size_ == kd_map::most_nodes) throw unsupported("a KdMap holds at most 2^26 - 1 tuples");
  const Handle fresh = new_node(key.data());
  try {
    fill(fresh);
  } catch (...) {  // copying a value may fail
    nodes_->release(fresh);
    throw;
  }
  ++size_;
  repair_upwards(path, path.depth, kd_map::link_to(fresh, 1));
  return {fresh, true};
}

/// The first (side 0) or last (side 1) tuple below a link in the order of `axis`; the link's node lies on
/// `axis_of_node`. Where a node splits that very axis, one of its sides is out of the question.
template <class Key, int Dim, class Value>
Handle KdMap<Key, Dim, Value>::extreme(Link below, int axis_of_node, int axis, int side) const {
  const Handle h = kd_map::handle_of(below);
  const kd_map::Links& links = nodes_->links(h);
  Handle best = h;
  const auto offer = [&](Link child) {
    if (kd_map::handle_of(child) == kd_map::nil) return;
    const Handle found = extreme(child, next(axis_of_node), axis, side);
    const int order = compare(nodes_->key(found), nodes_->key(best), axis);
    if (side == 0 ? order < 0 : order > 0) best = found;
  };
  if (axis_of_node == axis) {
    offer(links.child[side]);
    return best;
  }
  prefetch_children(h);
  offer(links.child[0]);
  offer(links.child[1]);
  return best;
}

template <class Key, int Dim, class Value>
bool KdMap<Key, Dim, Value>::erase(std::span<const Key> key) {
  check_key(key, 0);
  Path path;
  int axis = 0;
  Link at = root_;
  for (;; axis = next(axis)) {
    const Handle h = kd_map::handle_of(at);
    if (h == kd_map::nil) return false;
    prefetch_children(h);
    const int order = compare(key.data(), nodes_->key(h), axis);
    if (order == 0) break;
    path.side[static_cast<std::size_t>(path.depth)] = order > 0;
    path.push(h);
    at = nodes_->links(h).child[order > 0];
  }
  // The node to go, x, sinks until what is below it is small.
  const Handle x = kd_map::handle_of(at);
  constexpr std::uint32_t small = 2;  // heights: three nodes at most
  Link below = kd_map::nil;
  while (kd_map::height_of(at) > 1) {
    kd_map::Links& links = nodes_->links(x);
    if (kd_map::height_of(at) <= small) {
      scratch_.clear();
      gather(links.child[0], scratch_);
      gather(links.child[1], scratch_);
      below = balanced(Existing{*this, scratch_}, axis);
      break;
    }
    const int side = kd_map::height_of(links.child[1]) > kd_map::height_of(links.child[0]) ? 1 : 0;
    const Handle heir = extreme(links.child[side], next(axis), axis, 1 - side);
    // The heir takes the place of x, and x that of the heir.
    set_link(path, path.depth, kd_map::link_to(heir, kd_map::height_of(at)));
    Link hole = links.child[side];
    const int top = path.depth;
    path.side[static_cast<std::size_t>(path.depth)] = static_cast<std::uint8_t>(side);
    path.push(heir);
    for (axis = next(axis); kd_map::handle_of(hole) != heir; axis = next(axis)) {
      const Handle h = kd_map::handle_of(hole);
      const int order = compare(nodes_->key(heir), nodes_->key(h), axis);
      path.side[static_cast<std::size_t>(path.depth)] = order > 0;
      path.push(h);
      hole = nodes_->links(h).child[order > 0];
    }
    std::swap(links, nodes_->links(heir));
    at = kd_map::link_to(x, kd_map::height_of(hole));
    if (path.depth == top + 1)
      nodes_->links(heir).child[side] = at;
    else
      set_link(path, path.depth, at);
  }
  nodes_->release(x);
  if constexpr (is_map) values_[x] = {};
  --size_;
  repair_upwards(path, path.depth, below);
  return true;
}

}  // namespace coppice
