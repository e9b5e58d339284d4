// The kernel that finds the k nearest of all points of some tiles, for one instruction set. For every tile the points
// within a guessed reach are gathered once; every query then gets a bound from the least values of 16 or more lanes,
// keeps what lies within it, sorts that in float and decides in the coordinates as given. Queries whose k-th neighbour
// is farther than the reach go on, with a tile of their own and a longer reach. In more than three dimensions every
// query goes down by itself instead, where k is not too large. Only the kernel units in src/ instantiate this.
#pragma once

#include "coppice/index/neighbor_graph/lone_row.hpp"
#include "coppice/index/neighbor_graph/nearest_output.hpp"

namespace coppice::neighbor_graph {

template <class Target, class S, int Axes, MetricKind Kind>
class NearestRows : NearestOutput<Target, S, Axes, Kind> {
  using Tiles = NearestOutput<Target, S, Axes, Kind>;
  using Exact = ExactRows<Target, S, Axes, Kind>;

 public:
  NearestRows(const NearestTask<S>& t, RowScratch& memory, RowCounts& c) : Tiles(t, memory, c) {
    // The k-th least of the lanes' least values is a bound; with 0.72 of the lanes drawn it is a tight one.
    while (bins < most_bins && 25 * wanted > 18 * bins) bins *= 2;
    filtered = 25 * wanted <= 18 * bins;
    if (Axes > 0) crowd = 512 + wanted;
  }

  void groups(std::size_t first, std::size_t last) {
    for (std::size_t g = first; g < last; ++g) {
      group_reach = -1;
      for (std::size_t leaf = g * group_leaves; leaf < this->group_end(g); ++leaf) one_tile(g, leaf);
    }
  }

 private:
  using Tiles::active;
  using Tiles::active_count;
  using Tiles::axes;
  using Tiles::block;
  using Tiles::counts;
  using Tiles::points;
  using Tiles::queries;
  using Tiles::scratch;
  using Tiles::set;
  using Tiles::square_at;
  using Tiles::task;
  using Tiles::wanted;
  using Tiles::width;
  using typename Tiles::F;
  using typename Tiles::L;
  using typename Tiles::T;

  static constexpr std::size_t most_bins = 256;
  static constexpr std::size_t most_kept = 2 * most_bins;

  std::size_t bins = 16;
  bool filtered = true;
  static constexpr std::size_t no_group = ~std::size_t{0};
  static constexpr float sparse = 4;      ///< a leaf this many times wider than the reach is searched query by query
  std::size_t crowd = Tiles::any_number;  ///< leaves that are too many for a tile
  float guess = 0;                        ///< how far the tiles before had to look
  bool several = true;                    ///< of the tile's queries have to look farther
  float done[leaf_capacity];              ///< how far the tile's queries had to look
  std::size_t done_count = 0;
  float group_reach = -1;
  std::size_t group_found = 0;

  // Of the round at work:
  bool everything = false;  ///< there is nothing beyond the reach
  float error = 0;          ///< of a value near the reach
  float reach_value = 0;
  float most_bound = 0;  ///< what bounds the k-th value of the queries that go on
  float bounds[block];
  static constexpr std::size_t unknown = ~std::size_t{0};
  std::size_t kept[block];  ///< how many values lie within the limit of a query; the first of them are at hand
  float within[block];      ///< that limit
  alignas(64) float kept_value[block][most_kept + slack];
  alignas(64) std::int32_t kept_slot[block][most_kept + slack];
  alignas(64) std::uint32_t packed[most_kept + 16];
  alignas(64) S keys[most_kept + 16];
  alignas(64) std::int32_t ids[most_kept + 16];

  void one_tile(std::size_t group, std::size_t leaf) {
    if (this->find_active(leaf) == 0 || this->equal_points(leaf)) return;
    this->join_equal();
    TileBox box;
    this->box_of_leaf(leaf, box);
    if (!(guess > 0)) guess = first_guess(box);
    done_count = 0;
    if constexpr (Axes == 0)
      if (filtered && each_descends(leaf)) return;
    if (widest_of(box) <= sparse * guess || active_count == 1) {
      search(box, group);
    } else {  // far apart: what lies near one of them is not near the others
      std::uint32_t all[leaf_capacity];
      const std::size_t count = active_count;
      for (std::size_t q = 0; q < count; ++q) all[q] = active[q];
      for (std::size_t q = 0; q < count; ++q) {
        active[0] = all[q];
        active_count = 1;
        this->box_of_active(box);
        search(box, no_group);
      }
      follow();
    }
  }

  /// Every query by a descent of its own; false: some are left, because there is no bound or too much within it.
  bool each_descends(std::size_t leaf) {
    everything = true;
    reach_value = T::value_of(task.reach);
    const auto share = static_cast<float>(1 / task.tolerance);
    std::size_t left = 0;
    for (std::size_t q = 0; q < active_count; ++q) {
      const std::uint32_t slot = active[q];
      const typename Tiles::Found found =
          this->descend(queries.rows + static_cast<std::ptrdiff_t>(slot) * queries.stride,
                        {bins, wanted, reach_value, share, task.underflow, guess}, task.same ? leaf : set.leaves);
      bounds[0] = found.bound;
      error = found.error;
      kept[0] = unknown;
      if (found.all) keep(0, slot);
      if (kept[0] == unknown) {
        active[left++] = slot;
        continue;
      }
      answer(0, slot);
      guess = 0.9f * guess + 0.1f * distance_of(found.bound);
    }
    active_count = left;
    return left == 0;
  }

  /// Answers the active queries, which lie in the box, however far they have to look.
  void search(TileBox& box, std::size_t group) {
    float lower[Tiles::most_axes] = {}, upper[Tiles::most_axes] = {};
    float reach = guess;
    for (bool first = group != no_group;; first = false) {
      reach = reach < task.reach ? reach : task.reach;
      everything = reach >= task.reach || reach >= this->farthest(box);
      if (first && reach > group_reach) {
        this->box_of_group(group, lower, upper);
        group_reach = 1.15f * reach;
        group_found = this->near_leaves(0, lower, upper, group_reach, wanted, crowd);
      }
      std::size_t found = group_found;
      if (!first || group_found > crowd) {
        first = false;
        this->bounds_of(box, lower, upper);
        found = this->near_leaves(1, lower, upper, reach, wanted, crowd);
        if constexpr (Axes > 0)
          if (found > crowd) return each_alone();
      }
      this->gather(first ? 0 : 1, found, box, reach);
      const std::size_t before = active_count;
      round(box, reach);
      if (active_count == 0) {
        if (first) relax();
        if (!first && group != no_group) follow();
        return;
      }
      if (first) several = 8 * active_count > before;
      const float sure = most_bound < 1e30f ? distance_of(most_bound) * (1 + 1e-4f) : 1e30f;
      reach *= sure > 1.05f * reach && sure < 2 * reach ? sure / reach : 1.6f;
      this->box_of_active(box);
    }
  }

  /// What lies within reach of the tile is too much for it.
  void each_alone() {
    float farthest = 0;
    for (std::size_t q = 0; q < active_count; ++q) {
      const S* x = queries.rows + static_cast<std::ptrdiff_t>(active[q]) * queries.stride;
      auto smallest = this->empty_row(active[q]);
      LoneRow<Target, S, Axes, Kind>(set, x, this->left_out(active[q]), task.limit, wanted, task.underflow, smallest);
      const float distance =
          smallest.size == smallest.k ? distance_of(static_cast<float>(in_units(smallest.keys[0]))) : guess;
      farthest = distance > farthest ? distance : farthest;
      this->write(active[q], smallest);
    }
    active_count = 0;
    if (farthest < guess) guess = farthest;
  }

  static float distance_of(float value) { return T::squared ? __builtin_sqrtf(value) : value; }

  float widest_of(const TileBox& box) const {
    float widest = 1e-30f;
    for (int a = 0; a < axes(); ++a) widest = box.half[a] > widest ? box.half[a] : widest;
    return widest;
  }
  float first_guess(const TileBox& box) const {
    float widest = widest_of(box);
    for (std::size_t n = leaf_capacity; n < wanted; n *= 2) widest *= Axes > 0 ? 1.26f : 1.1f;
    return widest;
  }

  /// The guess follows what the tiles along the curve need, so that few of them have to look twice: slowly down …
  void relax() {
    float needed = 0;
    for (std::size_t q = 0; q < done_count; ++q) needed = done[q] > needed ? done[q] : needed;
    if (needed > 0 && needed < guess) guess = 0.85f * guess + 0.15f * needed;
  }
  /// … and up to what nearly all queries of a tile would have been served by: not to what a single one far away needs.
  void follow() {
    for (std::size_t i = 1; i < done_count; ++i) {
      const float d = done[i];
      std::size_t to = i;
      for (; to > 0 && done[to - 1] > d; --to) done[to] = done[to - 1];
      done[to] = d;
    }
    const float needed = done_count > 0 ? done[done_count - 1 - done_count / 8] : 0;
    const float grown = 1.05f * guess;
    guess = several && needed > grown ? needed : grown;
  }

  /// One reach: the queries that it serves are answered, the others stay active.
  void round(const TileBox& box, float reach) {
    error = this->value_error(reach) + task.underflow;
    reach_value = T::value_of(reach);
    most_bound = 0;
    std::size_t left = 0;
    const std::size_t held = scratch.queries;
    for (std::size_t first = 0; first < active_count; first += held) {
      const std::size_t count = active_count - first < held ? active_count - first : held;
      if (filtered && Axes > 0) {
        this->place_queries(first, count, box);
        this->values_of(count);
        for (std::size_t q = 0; q < count; ++q) bound(q);
        for (std::size_t q = 0; q < count; ++q) keep(q, active[first + q]);
      }
      if (Axes == 0)
        for (std::size_t q = 0; q < count; ++q) kept[q] = unknown;
      for (std::size_t q = 0; q < count; ++q) {
        const std::uint32_t slot = active[first + q];
        if (!answer(q, slot)) active[left++] = slot;
      }
    }
    active_count = left;
  }

  /// At least `wanted` points are no farther than this value, if so many were gathered.
  void bound(std::size_t q) {
    const float* value = scratch.value + q * scratch.point_room;
    const F own = L::broadcast(square_at[q]), zero = L::broadcast(0);
    for (std::size_t b = 0; b < bins; b += width) {
      F least = L::broadcast(3e37f);
      for (std::size_t p = b; p < points; p += bins) least = L::min(least, L::load(value + p));
      L::pack(packed + b, L::max(L::add(least, own), zero), 0, 0);
    }
    L::sort(packed, bins);
    bounds[q] = L::unpacked(packed[wanted - 1]);
  }

  /// What may be among the k nearest: everything within the bound, as far as it was gathered.
  void keep(std::size_t q, std::uint32_t slot) {
    const float* value = scratch.value + q * scratch.point_room;
    float most = bounds[q] + 2 * error;
    if (most > reach_value + error) most = reach_value + error;
    const std::size_t room = 2 * bins;
    kept[q] = unknown;
    if (!(most < this->largest_value)) return;  // or the lanes behind the last point would count
    within[q] = most - square_at[q];
    const F limit = L::broadcast(within[q]);
    const auto own = L::broadcast_id(static_cast<std::int32_t>(this->left_out(slot)));
    float* to = kept_value[q];
    std::int32_t* to_slot = kept_slot[q];
    std::size_t n = 0, all = 0;
    for (std::size_t p = 0; p < points; p += width) {
      const F v = L::load(value + p);
      const auto slots = L::load(scratch.slot + p);
      const typename L::Mask near = L::not_greater(v, limit) & ~L::equal(slots, own);
      const typename L::Packer pack(near);
      pack(to + n, v);
      pack(to_slot + n, slots);
      all += L::count(near);
      n = all < room ? all : room;
    }
    kept[q] = all;
    if (all > room) return;
    // Whole registers are sorted. What is written here is read only after the other queries of the block.
    for (std::size_t i = n; i < power_of_two(n); i += width) L::store(to + i, L::broadcast(3 * this->largest_value));
  }

  /// Packs the slots of all that is within the limit of a query.
  std::size_t all_kept(std::size_t q) const {
    const float* value = scratch.value + q * scratch.point_room;
    const F limit = L::broadcast(within[q]);
    std::size_t n = 0;
    for (std::size_t p = 0; p < points; p += width) {
      const typename L::Mask near = L::not_greater(L::load(value + p), limit);
      const typename L::Packer pack(near);
      pack(scratch.row + n, L::load(scratch.slot + p));
      n += L::count(near);
    }
    return n;
  }

  /// Decides a row; false: the reach was too short for it.
  bool answer(std::size_t q, std::uint32_t slot) {
    const S* x = queries.rows + static_cast<std::ptrdiff_t>(slot) * queries.stride;
    const std::size_t room = 2 * bins, needed = this->needed(slot);
    std::size_t n = 0;
    if (!filtered || kept[q] > room) return answer_exactly(q, x, slot);
    const std::size_t found = kept[q];
    if (found < needed && !everything) return go_on(q);
    const std::size_t length = power_of_two(found);
    const std::uint32_t mask = static_cast<std::uint32_t>(room - 1);
    const F own = L::broadcast(square_at[q]), zero = L::broadcast(0);
    for (std::size_t i = 0; i < length; i += width)
      L::pack(packed + i, L::max(L::add(L::load(kept_value[q] + i), own), zero), static_cast<std::uint32_t>(i), mask);
    L::sort(packed, length);

    // The first of them in the coordinates as given; if that leaves doubt, all of them.
    n = found < bins ? found : bins;
    decide(q, x, 0, n, mask);
    if (n < found) {
      const float next = L::unpacked(packed[n] & ~mask);
      const double last = in_units(keys[needed - 1 < n ? needed - 1 : n - 1]);
      if (needed > n || !(last < static_cast<double>(next) - static_cast<double>(error))) {
        decide(q, x, n, found, mask);
        n = found;
      }
    }
    if (n >= needed && !everything) {
      const double last = in_units(keys[needed - 1]);
      if (!(last + static_cast<double>(error) <= static_cast<double>(reach_value) * task.tolerance)) return go_on(q);
    }
    this->write(slot, keys, ids, n < needed ? n : needed);
    if (n >= needed) done[done_count++] = distance_of(static_cast<float>(in_units(keys[needed - 1])));
    return true;
  }

  bool go_on(std::size_t q) {
    const float sure = bounds[q] + 2 * error;
    most_bound = sure > most_bound ? sure : most_bound;
    return false;
  }

  [[nodiscard]] double in_units(S key) const {
    const double k = static_cast<double>(key) * set.inverse_unit;
    return T::squared ? k * set.inverse_unit : k;
  }
  static std::size_t power_of_two(std::size_t least) {
    std::size_t n = 16;
    while (n < least) n *= 2;
    return n;
  }

  /// Keys of the packed ones first … last − 1, in order with those before.
  void decide(std::size_t q, const S* x, std::size_t first, std::size_t last, std::uint32_t mask) {
    using Block = KeyBlock<Target, S, Axes, Kind>;
    bool ordered = true;
    for (std::size_t i = first; i < last; i += Block::size) {
      const std::size_t count = last - i < Block::size ? last - i : Block::size;
      ordered &= Block::keys(set, kept_slot[q], packed + i, mask, count, x, keys + i, ids + i);
      ordered &= i == 0 || keys[i - 1] < keys[i];
    }
    if (!ordered) Exact::insertion_sort(keys, ids, last);
  }

  /// In the coordinates as given, every gathered point that the filter does not rule out: where it keeps too much, or k
  /// is large.
  [[gnu::noinline]] bool answer_exactly(std::size_t q, const S* x, std::uint32_t slot) {
    ++counts.exact_rows;
    auto smallest = this->empty_row(slot);
    const std::uint32_t own = this->left_out(slot);
    const auto offer = [&](std::uint32_t other) {
      if (other == own) return;
      const S key = Exact::key(set.rows + static_cast<std::ptrdiff_t>(other) * set.stride, x, axes());
      if (key <= task.limit) smallest.offer(key, set.id_of(other));
    };
    if (filtered && kept[q] != unknown) {
      const std::size_t count = all_kept(q);
      for (std::size_t i = 0; i < count; ++i) offer(static_cast<std::uint32_t>(scratch.row[i]));
    } else {
      for (std::size_t p = 0; p < points; ++p) offer(static_cast<std::uint32_t>(scratch.slot[p]));
    }
    const bool full = smallest.size == smallest.k;
    const double last = full ? in_units(smallest.keys[0]) : 0;
    if (!everything &&
        !(full && last + static_cast<double>(error) <= static_cast<double>(reach_value) * task.tolerance)) {
      const auto sure = full ? static_cast<float>(last) * (1 + 1e-6f) + 2 * error : 3e37f;
      most_bound = sure > most_bound ? sure : most_bound;
      return false;
    }
    this->write(slot, smallest);
    if (full) done[done_count++] = distance_of(static_cast<float>(last));
    return true;
  }
};

}  // namespace coppice::neighbor_graph
