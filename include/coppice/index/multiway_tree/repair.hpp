// Runs of siblings that are built anew, together with newcomers on their way to them: how one is put in the place of
// the old, and which one restores balance. Everything beside the run stays as it is.
// Source: Ji et al., "Updatable Balanced Index for Fast On-device Search with Auto-selection Model", section V-A, as
// corrected in docs/design/multiway_tree.md.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>

#include "coppice/balance/sibling_window.hpp"
#include "coppice/index/multiway_tree/skeleton.hpp"

namespace coppice::multiway_tree {

/// Points below every child, with those that are to come.
template <class S, int Width>
typename Tree<S, Width>::Sizes Tree<S, Width>::sizes(Handle x, const Arrivals& arrivals) const {
  Sizes sizes{};
  const Node& n = node(x);
  for (int s = 0; s < n.children; ++s)
    sizes[static_cast<std::size_t>(s)] = points_below(n, s) + arrivals[static_cast<std::size_t>(s)].count;
  return sizes;
}

/// Brings all points of a run and its newcomers into buffer 0, and gives its records back; returns how many there are.
template <class S, int Width>
std::size_t Tree<S, Width>::collect(Handle x, int first, int last, const Arrivals& arrivals, Buffers& buffers) {
  const Node& n = node(x);
  std::size_t total = 0;
  for (int s = first; s <= last; ++s) total += points_below(n, s) + arrivals[static_cast<std::size_t>(s)].count;
  buffers.make(total);
  std::size_t at = 0;
  for (int s = first; s <= last; ++s) {
    const Newcomers& newcomers = arrivals[static_cast<std::size_t>(s)];
    gather(n.child[s], buffers[0], at);
    if (newcomers.count > 0) buffers[0].copy_all(at, newcomers.rows, newcomers.first, newcomers.count);
    at += newcomers.count;
    release_subtree(n.child[s]);
  }
  record_repair(total);
  return total;
}

/// Divides the points of children first … last anew into up to `wanted` parts along the node's axis, newcomers
/// included; returns how many parts there are. Requires: x is the writer's own, and the run holds points.
template <class S, int Width>
int Tree<S, Width>::rebuild(Handle x, int first, int last, int wanted, Arrivals& arrivals) {
  const int axis = node(x).axis[0];
  const Sizes before = sizes(x, arrivals);
  Buffers buffers(dimension_);
  const std::size_t total = collect(x, first, last, arrivals, buffers);
  Builder<S, Width> builder(*this, buffers);
  Slabs<S> slabs;
  if (wanted <= 1) {
    slabs.add(builder.subtree({0, total, 0}, axis + 1 < axes() ? axis + 1 : 0), S(0));
  } else {
    double lower = 0, all = 0;
    for (int s = 0; s < node(x).children; ++s) {
      const auto points = static_cast<double>(before[static_cast<std::size_t>(s)]);
      all += points;
      if (s < first) lower += points;
    }
    CdfSums sums = recalled(x);
    slabs =
        builder.divide({0, total, 0}, axis, wanted, sums, {lower / all, (lower + static_cast<double>(total)) / all});
  }
  slabs.axis = axis;
  replace(x, first, last, slabs);
  // The newcomers of the children that are left move with them.
  const auto begin = arrivals.begin();
  if (slabs.count <= last - first + 1)
    std::move(begin + last + 1, arrivals.end(), begin + first + slabs.count);
  else
    std::move_backward(begin + last + 1, begin + (fan_out - (slabs.count - (last - first + 1))), arrivals.end());
  for (int s = first; s < first + slabs.count; ++s) arrivals[static_cast<std::size_t>(s)].count = 0;
  for (int s = node(x).children; s < fan_out; ++s) arrivals[static_cast<std::size_t>(s)].count = 0;
  return slabs.count;
}

/// Builds everything below a node anew. Requires: x is the writer's own, and there are points.
template <class S, int Width>
void Tree<S, Width>::rebuild_all(Handle x, Arrivals& arrivals) {
  const int axis = node(x).axis[0];
  Buffers buffers(dimension_);
  const std::size_t total = collect(x, 0, node(x).children - 1, arrivals, buffers);
  const Part part = Builder<S, Width>(*this, buffers).subtree({0, total, 0}, axis < axes() ? axis : 0);
  if (part.height == 0) {
    set_slabs(node(x), 0, static_cast<const S*>(nullptr), 1);
    attach(x, 0, part);
  } else {
    adopt(x, part.child);
  }
  for (Newcomers& newcomers : arrivals) newcomers.count = 0;
  measure(x);
  cold(x).settled = 0;
  cold(x).built = cold(x).points;
}

/// Gives a node the planes and children of another, which goes.
template <class S, int Width>
void Tree<S, Width>::adopt(Handle x, Handle from) {
  std::memcpy(records_->nodes.hot(x), records_->nodes.hot(from), Node::bytes_for(axes()));
  const Node& n = node(x);
  for (int s = 0; s < n.children; ++s) parent_of(n.child[s]) = link_of(x, s);
  remember(x, recalled(from));
  release_node(from);
}

/// Puts slabs in the place of children first … last; no slab: the neighbour's slab reaches as far. The old ones have
/// been released; the sums of the node are left to the caller.
template <class S, int Width>
void Tree<S, Width>::replace(Handle x, int first, int last, const Slabs<S>& slabs) {
  Node& n = node(x);
  const int before = n.children;
  const int after = before - (last - first + 1) + slabs.count;
  std::array<S, 2 * fan_out> pivots;
  auto end = pivots.begin();
  const int left = slabs.count == 0 ? first - 1 : first;
  for (int j = 0; j < left; ++j) *end++ = n.split[j];
  for (int j = 0; j + 1 < slabs.count; ++j) *end++ = slabs.pivots[static_cast<std::size_t>(j)];
  for (int j = slabs.count == 0 && first == 0 ? last + 1 : last; j + 1 < before; ++j) *end++ = n.split[j];
  if (after < before)
    for (int s = last + 1; s < before; ++s) move_slot(x, s, s + after - before);
  else if (after > before)
    for (int s = before - 1; s > last; --s) move_slot(x, s, s + after - before);
  set_slabs(n, n.axis[0], pivots.data(), after);
  for (int s = 0; s < slabs.count; ++s) attach(x, first + s, slabs.parts[static_cast<std::size_t>(s)]);
  for (int s = after; s < fan_out; ++s) {
    n.child[s] = 0;
    n.taken[s] = 0;
    clear_box(n, s);
  }
}

/// Whether too heavy children of a node are to be mended when it holds so many points. Leaves are small enough by their
/// room. Patience: an uneven division matters most where it adds height, so a node that is low enough is left as it is.
template <class S, int Width>
bool Tree<S, Width>::watches(Handle x, std::uint64_t points) const {
  constexpr std::uint32_t spare_levels = 4;  // of which a build from samples takes up to two itself
  const std::uint32_t height = cold(x).height;
  return height > 1 && (config_.repair != RepairRule::patient || height > shape(points).height + spare_levels);
}

/// Repairs a node as long as one of its children holds too many of its points: by the smallest balanced run, or as a
/// whole where the configuration says so. Equal coordinates can make that impossible; then it waits until the node has
/// changed by an eighth.
template <class S, int Width>
void Tree<S, Width>::balance(Handle x, Arrivals& arrivals) {
  for (int repairs = 0;; ++repairs) {
    const Sizes all_sizes = sizes(x, arrivals);
    const std::span<const std::uint64_t> points(all_sizes.data(), node(x).children);
    std::uint64_t total = 0;
    for (const std::uint64_t p : points) total += p;
    if (!watches(x, total)) return;
    const std::uint64_t settled = cold(x).settled;
    if (settled != 0 && 8 * total < 9 * settled && 8 * total > 7 * settled) return;
    const balance::SiblingBalance criterion(points, config_.omega);
    const int heaviest = criterion.heaviest_unbalanced();
    if (heaviest < 0 || repairs == fan_out) {
      cold(x).settled = heaviest < 0 ? 0 : static_cast<std::uint32_t>(total);
      return;
    }
    const balance::SiblingWindow window = criterion.smallest_window(heaviest);
    if (config_.repair == RepairRule::subtree || window.width() == static_cast<int>(points.size()))
      rebuild_all(x, arrivals);
    else
      (void)rebuild(x, window.first, window.last, window.width(), arrivals);
  }
}

/// Brings points and height of a node up to date with its children.
template <class S, int Width>
void Tree<S, Width>::measure(Handle x) const {
  const Node& n = node(x);
  NodeCold& c = cold(x);
  c.points = 0;
  c.height = 1;
  for (int s = 0; s < n.children; ++s) {
    c.points += points_below(n, s);
    c.height = std::max(c.height, height_of(n, s) + 1);
  }
}

/// A node of a single child gives way to it.
template <class S, int Width>
void Tree<S, Width>::lift_only_child(Handle x, int s) {
  const Handle child = node(x).child[s];
  const Node& below = node(child);
  if (below.children > 1) return;
  attach(x, s, {below.child[0], points_below(below, 0), height_of(below, 0)});
  release_node(child);
}

template <class S, int Width>
void Tree<S, Width>::record_repair(std::size_t points) {
  const std::lock_guard lock(mutex_);
  repairs_.record(points);
}

template <class S, int Width>
void Tree<S, Width>::remember(Handle x, const CdfSums& sums) {
  if (config_.pivots != PivotRule::learned) return;
  const std::lock_guard lock(mutex_);
  models_[x] = sums;
}

/// The sums of a node's model; none where it has no model.
template <class S, int Width>
CdfSums Tree<S, Width>::recalled(Handle x) {
  if (config_.pivots != PivotRule::learned) return {};
  const std::lock_guard lock(mutex_);
  const auto found = models_.find(x);
  return found != models_.end() ? found->second : CdfSums{};
}

}  // namespace coppice::multiway_tree
