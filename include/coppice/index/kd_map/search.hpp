// What a KdMap is asked: many lookups at once, boxes, nearest tuples, and its tuples in order.
#pragma once

#include "coppice/geometry/rounded.hpp"
#include "coppice/index/kd_map/map.hpp"

namespace coppice {

/// Every enabled axis, as a flag an axis; all of them where no mask is given.
template <class Key, int Dim, class Value>
std::vector<bool> KdMap<Key, Dim, Value>::check_mask(std::span<const bool> mask) const {
  if (mask.empty()) return std::vector<bool>(static_cast<std::size_t>(dimension()), true);
  if (mask.size() != static_cast<std::size_t>(dimension()))
    throw invalid_input("the mask has " + std::to_string(mask.size()) + " axes; expected " +
                        std::to_string(dimension()));
  if (std::none_of(mask.begin(), mask.end(), [](bool enabled) { return enabled; }))
    throw invalid_input("the mask enables no axis; expected at least one");
  return {mask.begin(), mask.end()};
}

template <class Key, int Dim, class Value>
std::vector<std::uint8_t> KdMap<Key, Dim, Value>::contains(PointView<Key> keys) const {
  for (std::size_t row = 0; row < keys.size(); ++row) check_key(keys[row], row);
  std::vector<std::uint8_t> found(keys.size(), 0);
  struct Lookup {
    std::size_t row;
    Handle at;
    int axis;
  };
  constexpr std::size_t lanes = 16;
  std::array<Lookup, lanes> lookups;
  std::size_t active = 0;
  std::size_t next_row = 0;
  const auto start = [&](Lookup& lookup) { lookup = {next_row++, kd_map::handle_of(root_), 0}; };
  while (active < lanes && next_row < keys.size()) start(lookups[active++]);
  while (active > 0) {
    for (std::size_t i = 0; i < active;) {
      Lookup& lookup = lookups[i];
      bool done = lookup.at == kd_map::nil;
      if (!done) {
        const int order = compare(keys.row(lookup.row), nodes_->key(lookup.at), lookup.axis);
        if (order == 0) {
          found[lookup.row] = 1;
          done = true;
        } else {
          lookup.at = kd_map::handle_of(nodes_->links(lookup.at).child[order > 0]);
          lookup.axis = next(lookup.axis);
          if (lookup.at != kd_map::nil) nodes_->prefetch(lookup.at);
        }
      }
      if (!done) {
        ++i;
      } else if (next_row < keys.size()) {
        start(lookup);
        ++i;
      } else {
        lookup = lookups[--active];
      }
    }
  }
  return found;
}

template <class Key, int Dim, class Value>
template <class Visit>
void KdMap<Key, Dim, Value>::in_box(std::span<const Key> lower, std::span<const Key> upper, Visit visit,
                                    std::span<const bool> mask) const {
  check_key(lower, 0);
  check_key(upper, 0);
  const std::vector<bool> enabled = check_mask(mask);
  for (std::size_t i = 0; i < enabled.size(); ++i)
    if (enabled[i] && lower[i] > upper[i])
      throw invalid_input("lower is greater than upper on axis " + std::to_string(i) + " (" + std::to_string(lower[i]) +
                          " > " + std::to_string(upper[i]) + ")");
  const auto go = [&](const auto& self, Link link, int axis) -> void {
    const Handle h = kd_map::handle_of(link);
    if (h == kd_map::nil) return;
    const Key* key = nodes_->key(h);
    const auto a = static_cast<std::size_t>(axis);
    // A tuple that ties with this one along the axis may lie on either side.
    if (!enabled[a] || lower[a] <= key[a]) self(self, nodes_->links(h).child[0], next(axis));
    bool inside = true;
    for (std::size_t i = 0; i < enabled.size(); ++i)
      inside = inside && (!enabled[i] || (lower[i] <= key[i] && key[i] <= upper[i]));
    if (inside) hand_over(h, visit);
    if (!enabled[a] || key[a] <= upper[a]) self(self, nodes_->links(h).child[1], next(axis));
  };
  go(go, root_, 0);
}

/// A nearest-neighbour search under way: the best so far as a heap whose top is the worst, and how far the present cell
/// lies from the point along every axis, as terms of a squared distance.
template <class Key, int Dim, class Value>
struct KdMap<Key, Dim, Value>::Search {
  const KdMap& map;
  const Key* point;
  std::size_t k;
  std::vector<bool> enabled;
  std::vector<Neighbor> best{};
  std::vector<Distance> offsets{};

  [[nodiscard]] bool nearer(const Neighbor& a, const Neighbor& b) const {
    if (a.distance_squared != b.distance_squared) return a.distance_squared < b.distance_squared;
    return map.compare(a.key.data(), b.key.data(), 0) < 0;
  }
  [[nodiscard]] bool may_hold_nearer() const {
    if (best.size() < k) return true;
    Distance bound = 0;
    for (const Distance offset : offsets) bound += offset;
    return bound <= best.front().distance_squared;
  }
  void offer(Neighbor candidate) {
    const auto order = [&](const Neighbor& a, const Neighbor& b) { return nearer(a, b); };
    if (best.size() == k) {
      if (!nearer(candidate, best.front())) return;
      std::pop_heap(best.begin(), best.end(), order);
      best.pop_back();
    }
    best.push_back(candidate);
    std::push_heap(best.begin(), best.end(), order);
  }
};

/// The square of a difference. That of two integers is taken exactly, as an unsigned number, before it is rounded.
template <class Key, int Dim, class Value>
typename KdMap<Key, Dim, Value>::Distance KdMap<Key, Dim, Value>::term(Key a, Key b) const {
  if constexpr (std::is_floating_point_v<Key>) {
    const auto difference = static_cast<Distance>(a == b ? Key(0) : a - b);  // infinities may be equal, too
    return rounded(difference * difference);
  } else {
    using Unsigned = std::make_unsigned_t<Key>;
    const Key high = std::max(a, b);
    const Key low = std::min(a, b);
    const auto difference =
        static_cast<Distance>(static_cast<Unsigned>(static_cast<Unsigned>(high) - static_cast<Unsigned>(low)));
    return rounded(difference * difference);
  }
}

template <class Key, int Dim, class Value>
void KdMap<Key, Dim, Value>::search_nearest(Link link, int axis, Search& search) const {
  const Handle h = kd_map::handle_of(link);
  if (h == kd_map::nil) return;
  const Key* key = nodes_->key(h);
  const auto a = static_cast<std::size_t>(axis);
  const int near = search.point[a] < key[a] ? 0 : 1;
  search_nearest(nodes_->links(h).child[near], next(axis), search);
  Distance squared = 0;
  for (std::size_t i = 0; i < search.enabled.size(); ++i)
    if (search.enabled[i]) squared += term(search.point[i], key[i]);
  search.offer({squared, tuple(h)});
  const Distance before = search.offsets[a];
  if (search.enabled[a]) search.offsets[a] = std::max(before, term(search.point[a], key[a]));
  if (search.may_hold_nearer()) search_nearest(nodes_->links(h).child[1 - near], next(axis), search);
  search.offsets[a] = before;
}

template <class Key, int Dim, class Value>
std::vector<typename KdMap<Key, Dim, Value>::Neighbor> KdMap<Key, Dim, Value>::nearest(
    std::span<const Key> point, std::size_t k, std::span<const bool> mask) const {
  check_key(point, 0);
  if (k == 0) throw invalid_input("k is 0; expected at least 1");
  Search search{*this, point.data(), std::min(k, size_), check_mask(mask)};
  search.offsets.assign(static_cast<std::size_t>(dimension()), Distance(0));
  if (size_ != 0) search_nearest(root_, 0, search);
  std::sort(search.best.begin(), search.best.end(),
            [&](const Neighbor& a, const Neighbor& b) { return search.nearer(a, b); });
  return std::move(search.best);
}

template <class Key, int Dim, class Value>
template <class Visit>
void KdMap<Key, Dim, Value>::each_in_order(Visit visit, int axis) const {
  if (axis < 0 || axis >= dimension())
    throw invalid_input("axis is " + std::to_string(axis) + "; expected 0 to " + std::to_string(dimension() - 1));
  std::vector<Handle> nodes;
  nodes.reserve(size_);
  gather(root_, nodes);
  std::sort(nodes.begin(), nodes.end(),
            [&](Handle a, Handle b) { return compare(nodes_->key(a), nodes_->key(b), axis) < 0; });
  for (const Handle h : nodes) hand_over(h, visit);
}

}  // namespace coppice
