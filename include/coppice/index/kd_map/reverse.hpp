// Reverse nearest neighbours in a KdMap: the tuples that have a point among their k nearest others. Nothing is kept for
// them in the tree. For one point, cells are met nearest first, and a cell is dropped once k tuples met before are
// certainly nearer than the point to whatever is in it; the tuples that are left are counted out exactly.
// Source of the filter: Tao, Papadias, Lian, "Reverse kNN Search in Arbitrary Dimensionality" (VLDB 2004), where
// half-spaces trim the boxes of an R-tree; here a whole cell is tested at its corners. Cost: docs/design/kd_map.md.
#pragma once

#include <limits>
#include <numeric>

#include "coppice/index/kd_map/map.hpp"

namespace coppice {

/// One search under way: the cells still to be looked at, the tuples met, and the nearest of these, the witnesses.
template <class Key, int Dim, class Value>
class KdMap<Key, Dim, Value>::ReverseSearch {
 public:
  ReverseSearch(const KdMap& map, const Key* point, std::size_t k, const std::vector<bool>& enabled)
      : map_(map), point_(point), k_(k), enabled_(enabled), most_witnesses_(16 * (k + 1)) {
    for (std::size_t a = 0; a < enabled.size(); ++a)
      if (enabled[a]) axes_.push_back(a);
    // Every distance and every sum in `is_taken` is off by less than (axes + 2) half units in the last place of the
    // farthest one, and by half the least number an axis where squares underflow. Four such errors have to fit.
    const auto axes = static_cast<Distance>(axes_.size());
    relative_margin_ = 4 * (axes + 2) * std::numeric_limits<Distance>::epsilon();
    absolute_margin_ = 4 * axes * std::numeric_limits<Distance>::denorm_min();
  }

  [[nodiscard]] std::vector<Neighbor> run() {
    meet_tuples();
    std::vector<Neighbor> found;
    for (const Handle h : met_)
      if (!is_refuted(h) && !is_counted_out(h)) found.push_back({distance(map_.nodes_->key(h), point_), map_.tuple(h)});
    std::sort(found.begin(), found.end(), [&](const Neighbor& a, const Neighbor& b) {
      if (a.distance_squared != b.distance_squared) return a.distance_squared < b.distance_squared;
      return map_.compare(a.key.data(), b.key.data(), 0) < 0;
    });
    return found;
  }

 private:
  struct Cell {
    Distance bound;  ///< no tuple in it is nearer to the point
    Handle node;
    int axis;
    std::size_t slot;  ///< where its corners lie: the lowest number of every axis, then the highest
  };
  struct Witness {
    Distance distance_squared;  ///< to the point
    Handle node;
  };
  /// How many tuples precede the point in the order of a tuple `of`, as a count under way.
  struct Count {
    Handle of;
    Distance limit;
    std::size_t preceding;
    std::vector<Distance> offsets;
  };

  [[nodiscard]] Distance distance(const Key* a, const Key* b) const {
    Distance squared = 0;
    for (const std::size_t axis : axes_) squared += map_.term(a[axis], b[axis]);
    return squared;
  }
  /// Whether tuple `h` precedes the point in the order of a tuple that is `limit` from the point.
  [[nodiscard]] bool precedes(Handle h, const Key* of, Distance limit) const {
    const Key* key = map_.nodes_->key(h);
    const Distance squared = distance(key, of);
    return squared < limit || (squared == limit && map_.compare(key, point_, 0) < 0);
  }

  [[nodiscard]] static bool farther(const Cell& a, const Cell& b) { return a.bound > b.bound; }
  [[nodiscard]] std::size_t width() const { return enabled_.size(); }
  [[nodiscard]] Key* lowest(std::size_t slot) { return corners_.data() + slot * 2 * width(); }
  [[nodiscard]] Key* highest(std::size_t slot) { return lowest(slot) + width(); }

  /// Every tuple but the point itself that no dropped cell holds goes to `met_`.
  void meet_tuples() {
    if (map_.size_ == 0) return;
    corners_ = map_.extents_;
    std::vector<Cell> cells{{0, kd_map::handle_of(map_.root_), 0, 0}};
    while (!cells.empty()) {
      std::pop_heap(cells.begin(), cells.end(), farther);
      const Cell cell = cells.back();
      cells.pop_back();
      if (is_taken(cell.slot)) {
        free_slots_.push_back(cell.slot);
        continue;
      }
      const Key* key = map_.nodes_->key(cell.node);
      if (map_.compare(key, point_, 0) != 0) {
        met_.push_back(cell.node);
        add_witness({distance(key, point_), cell.node});
      }
      for (int side = 0; side < 2; ++side) {
        const Handle child = kd_map::handle_of(map_.nodes_->links(cell.node).child[side]);
        if (child == kd_map::nil) continue;
        const std::size_t slot = child_slot(cell, side, key[cell.axis]);
        cells.push_back({bound(slot), child, map_.next(cell.axis), slot});
        std::push_heap(cells.begin(), cells.end(), farther);
      }
      free_slots_.push_back(cell.slot);
    }
  }

  /// A slot with the corners of one side of a cell. Ties along the axis lie on both sides, so both keep the split.
  [[nodiscard]] std::size_t child_slot(const Cell& cell, int side, Key split) {
    std::size_t slot;
    if (free_slots_.empty()) {
      slot = corners_.size() / (2 * width());
      corners_.resize(corners_.size() + 2 * width());
    } else {
      slot = free_slots_.back();
      free_slots_.pop_back();
    }
    std::copy_n(lowest(cell.slot), 2 * width(), lowest(slot));
    (side == 0 ? highest(slot) : lowest(slot))[cell.axis] = split;
    return slot;
  }

  [[nodiscard]] Distance bound(std::size_t slot) {
    Distance squared = 0;
    for (const std::size_t a : axes_)
      squared += map_.term(point_[a], std::clamp(point_[a], lowest(slot)[a], highest(slot)[a]));
    return squared;
  }

  void add_witness(Witness witness) {
    if (witnesses_.size() == most_witnesses_) {
      if (witness.distance_squared >= witnesses_.back().distance_squared) return;
      witnesses_.pop_back();
    }
    const auto nearer = [](const Witness& a, const Witness& b) { return a.distance_squared < b.distance_squared; };
    witnesses_.insert(std::upper_bound(witnesses_.begin(), witnesses_.end(), witness, nearer), witness);
  }

  /// Whether k witnesses are nearer than the point to everything in a cell, whatever rounding does. For x in the cell,
  /// |x − point|² − |x − witness|² is a sum over axes of functions linear in x, so it is least at a corner. A witness
  /// has left the tree before the cell is looked at, so it never counts against itself. Infinities fail the comparison.
  [[nodiscard]] bool is_taken(std::size_t slot) {
    if (witnesses_.size() < k_) return false;
    const Key* low = lowest(slot);
    const Key* high = highest(slot);
    Distance farthest = 0;
    for (const std::size_t a : axes_) farthest += std::max(map_.term(low[a], point_[a]), map_.term(high[a], point_[a]));
    const Distance margin = farthest * relative_margin_ + absolute_margin_;
    std::size_t nearer = 0;
    for (const Witness& witness : witnesses_) {
      const Key* key = map_.nodes_->key(witness.node);
      Distance to_point = 0;
      Distance to_witness = 0;
      for (const std::size_t a : axes_) {
        const Key corner = key[a] < point_[a] ? high[a] : low[a];
        to_point += map_.term(corner, point_[a]);
        to_witness += map_.term(corner, key[a]);
      }
      if (to_point - to_witness > margin && ++nearer == k_) return true;
    }
    return false;
  }

  /// Whether k witnesses alone precede the point in the order of a tuple: cheap, and true for most that are met.
  [[nodiscard]] bool is_refuted(Handle h) const {
    const Key* key = map_.nodes_->key(h);
    const Distance limit = distance(key, point_);
    std::size_t preceding = 0;
    for (const Witness& witness : witnesses_)
      if (witness.node != h && precedes(witness.node, key, limit) && ++preceding == k_) return true;
    return false;
  }
  [[nodiscard]] bool is_counted_out(Handle h) const {
    if (k_ >= map_.size_) return false;
    Count count{h, distance(map_.nodes_->key(h), point_), 0, std::vector<Distance>(width(), 0)};
    count_preceding(map_.root_, 0, count);
    return count.preceding == k_;
  }
  /// Counts up to k. As in `search_nearest`, offsets an axis are summed in order, so a bound never exceeds a distance.
  void count_preceding(Link link, int axis, Count& count) const {
    const Handle h = kd_map::handle_of(link);
    if (h == kd_map::nil) return;
    const Key* key = map_.nodes_->key(h);
    const Key* of = map_.nodes_->key(count.of);
    const auto a = static_cast<std::size_t>(axis);
    const int near = of[a] < key[a] ? 0 : 1;
    count_preceding(map_.nodes_->links(h).child[near], map_.next(axis), count);
    if (count.preceding == k_) return;
    if (h != count.of && precedes(h, of, count.limit) && map_.compare(key, point_, 0) != 0 && ++count.preceding == k_)
      return;
    const Distance before = count.offsets[a];
    if (enabled_[a]) count.offsets[a] = std::max(before, map_.term(of[a], key[a]));
    if (std::accumulate(count.offsets.begin(), count.offsets.end(), Distance(0)) <= count.limit)
      count_preceding(map_.nodes_->links(h).child[1 - near], map_.next(axis), count);
    count.offsets[a] = before;
  }

  const KdMap& map_;
  const Key* point_;
  std::size_t k_;
  const std::vector<bool>& enabled_;
  std::size_t most_witnesses_;  // they bound the work on a cell; any number gives the same answer
  std::vector<std::size_t> axes_;
  Distance relative_margin_;
  Distance absolute_margin_;
  std::vector<Key> corners_;
  std::vector<std::size_t> free_slots_;
  std::vector<Handle> met_;
  std::vector<Witness> witnesses_;  // nearest first
};

template <class Key, int Dim, class Value>
std::vector<typename KdMap<Key, Dim, Value>::Neighbor> KdMap<Key, Dim, Value>::reverse_nearest(
    std::span<const Key> point, std::size_t k, std::span<const bool> mask) const {
  check_key(point, 0);
  if (k == 0) throw invalid_input("k is 0; expected at least 1");
  const std::vector<bool> enabled = check_mask(mask);
  return ReverseSearch(*this, point.data(), std::min(k, size_), enabled).run();
}

template <class Key, int Dim, class Value>
typename KdMap<Key, Dim, Value>::ReverseGraph KdMap<Key, Dim, Value>::all_reverse_nearest(
    std::size_t k, std::span<const bool> mask) const {
  if (k == 0) throw invalid_input("k is 0; expected at least 1");
  (void)check_mask(mask);
  ReverseGraph graph;
  graph.keys.reserve(size_);
  each_in_order([&](std::span<const Key> key, const auto&...) { graph.keys.push_back(key); });
  graph.offsets.assign(size_ + 1, 0);
  if (size_ < 2) return graph;
  const auto row_of = [&](const Key* key) {
    const auto precedes = [&](std::span<const Key> a, const Key* b) { return compare(a.data(), b, 0) < 0; };
    return static_cast<std::size_t>(std::lower_bound(graph.keys.begin(), graph.keys.end(), key, precedes) -
                                    graph.keys.begin());
  };

  // The k nearest others of every row; in the order of the tree, so that one search finds warm what the last one used.
  struct Entry {
    Distance distance_squared;
    std::uint32_t row;
  };
  const std::size_t others = std::min(k, size_ - 1);
  std::vector<Entry> nearest_of(size_ * others);
  std::vector<Handle> nodes;
  nodes.reserve(size_);
  gather(root_, nodes);
  constexpr std::size_t grain = 256;
  config_.executor.for_each_chunk(size_, grain, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const std::span<const Key> self = tuple(nodes[i]);
      Entry* entry = nearest_of.data() + row_of(self.data()) * others;
      std::size_t taken = 0;
      for (const Neighbor& neighbor : nearest(self, others + 1, mask)) {  // one more: itself, wherever it stands
        if (neighbor.key.data() == self.data() || taken == others) continue;
        entry[taken++] = {neighbor.distance_squared, static_cast<std::uint32_t>(row_of(neighbor.key.data()))};
      }
    }
  });

  for (const Entry& entry : nearest_of) ++graph.offsets[entry.row + 1];
  std::partial_sum(graph.offsets.begin(), graph.offsets.end(), graph.offsets.begin());
  std::vector<Entry> reversed(nearest_of.size());
  std::vector<std::size_t> next_entry(graph.offsets.begin(), graph.offsets.end() - 1);
  for (std::size_t i = 0; i < nearest_of.size(); ++i)
    reversed[next_entry[nearest_of[i].row]++] = {nearest_of[i].distance_squared,
                                                 static_cast<std::uint32_t>(i / others)};
  config_.executor.for_each_chunk(size_, grain, [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row)
      std::sort(
          reversed.begin() + static_cast<std::ptrdiff_t>(graph.offsets[row]),
          reversed.begin() + static_cast<std::ptrdiff_t>(graph.offsets[row + 1]), [](const Entry& a, const Entry& b) {
            return a.distance_squared != b.distance_squared ? a.distance_squared < b.distance_squared : a.row < b.row;
          });
  });
  graph.rows.reserve(reversed.size());
  graph.distances_squared.reserve(reversed.size());
  for (const Entry& entry : reversed) {
    graph.rows.push_back(entry.row);
    graph.distances_squared.push_back(entry.distance_squared);
  }
  return graph;
}

}  // namespace coppice
