// The kernel that finds everything within a radius of all points of some tiles, for one instruction set: counted first,
// then written where each row belongs. What lies within rounding of the radius is decided in the coordinates as given.
// Only the kernel units in src/ instantiate this.
#pragma once

#include "coppice/index/neighbor_graph/exact_rows.hpp"
#include "coppice/index/neighbor_graph/row_tiles.hpp"

namespace coppice::neighbor_graph {

template <class Target, class S, int Axes, MetricKind Kind>
class WithinRows : RowTiles<Target, S, Axes, Kind> {
  using Tiles = RowTiles<Target, S, Axes, Kind>;
  using Exact = ExactRows<Target, S, Axes, Kind>;

 public:
  WithinRows(const WithinTask<S>& t, RowScratch& memory, RowCounts& c)
      : Tiles(t.set, t.queries, t.first, t.count, memory, c), task(t), output{t.ids32, t.ids64, t.distances} {}

  void groups(std::size_t first, std::size_t last) {
    float lower[Tiles::most_axes] = {}, upper[Tiles::most_axes] = {};
    TileBox box;
    for (std::size_t g = first; g < last; ++g) {
      this->box_of_group(g, lower, upper);
      const std::size_t found = this->near_leaves(0, lower, upper, task.reach, ~std::size_t{0});
      for (std::size_t leaf = g * group_leaves; leaf < this->group_end(g); ++leaf) {
        if (this->find_active(leaf) == 0) continue;
        this->box_of_leaf(leaf, box);
        this->gather(0, found, box, task.reach);
        one_tile(box);
      }
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
  using Tiles::row_of;
  using Tiles::scratch;
  using Tiles::set;
  using Tiles::square_at;
  using Tiles::width;
  using typename Tiles::F;
  using typename Tiles::L;
  using typename Tiles::T;

  static constexpr std::size_t most_packed = 1024;

  const WithinTask<S>& task;
  RowOutput<S> output;
  float error = 0;
  alignas(64) std::uint32_t packed[most_packed];

  void one_tile(const TileBox& box) {
    error = this->value_error(task.reach) + task.underflow;
    for (std::size_t first = 0; first < active_count; first += block) {
      const std::size_t count = active_count - first < block ? active_count - first : block;
      this->place_queries(first, count, box);
      this->values_of(count);
      for (std::size_t q = 0; q < count; ++q) {
        const std::uint32_t slot = active[first + q];
        const std::size_t row = row_of(first + q);
        if (task.degrees != nullptr)
          task.degrees[row] = this->count(q, slot);
        else
          fill(q, slot, row);
      }
    }
  }

  /// Calls each(mask, p) for the gathered points p, p + 1, … that may be neighbours; true: some lie near the radius.
  template <class Each>
  [[gnu::always_inline]] bool scan(std::size_t q, std::uint32_t slot, Each&& each) {
    const float* value = scratch.value + q * scratch.point_room;
    const float radius = T::value_of(task.reach);
    const bool rough = !(radius + error < this->largest_value);
    const F high = L::broadcast(radius + error - square_at[q]), low = L::broadcast(radius - 2 * error - square_at[q]);
    const auto own = L::broadcast_id(task.same && !task.self ? static_cast<std::int32_t>(slot) : -1);
    typename L::Close close = L::none_close();
    for (std::size_t p = 0; p < points; p += width) {
      const typename L::Mask others = ~L::equal(L::load(scratch.slot + p), own);
      if (rough)
        each(L::first(static_cast<std::uint32_t>(points - p)) & others, p);
      else
        each(L::near(L::load(value + p), high, low, close) & others, p);
    }
    return rough || L::any(close, low);
  }

  [[nodiscard]] S key(std::int32_t other, std::uint32_t slot) const {
    return Exact::key(set.rows + static_cast<std::ptrdiff_t>(other) * set.stride,
                      queries.rows + static_cast<std::ptrdiff_t>(slot) * queries.stride, axes());
  }

  std::int64_t count(std::size_t q, std::uint32_t slot) {
    std::size_t n = 0;
    if (!scan(q, slot, [&](auto near, std::size_t) { n += L::count(near); })) return static_cast<std::int64_t>(n);
    ++counts.exact_rows;
    n = 0;
    scan(q, slot, [&](auto near, std::size_t p) {
      for (auto m = static_cast<std::uint32_t>(near); m != 0; m &= m - 1)
        n += key(scratch.slot[p + static_cast<std::size_t>(__builtin_ctz(m))], slot) <= task.limit;
    });
    return static_cast<std::int64_t>(n);
  }

  void fill(std::size_t q, std::uint32_t slot, std::size_t row) {
    // The row's slots take the place of its values: a register is written behind the one that was read.
    float* const value = scratch.value + q * scratch.point_room;
    std::int32_t* const slots = scratch.row;
    std::size_t n = 0;
    const bool close = scan(q, slot, [&](auto near, std::size_t p) {
      const typename L::Packer pack(near);
      pack(slots + n, L::load(scratch.slot + p));
      pack(value + n, L::load(value + p));
      n += L::count(near);
    });
    const bool keyed = task.sorted || task.distances != nullptr;
    S* const keys = static_cast<S*>(scratch.exact);
    if (close || keyed) {
      counts.exact_rows += close;
      std::size_t kept = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const S k = key(slots[i], slot);
        if (close && !(k <= task.limit)) continue;
        keys[kept] = k;
        value[kept] = value[i];
        slots[kept++] = slots[i];
      }
      n = kept;
    }
    const auto begin = static_cast<std::size_t>(task.offsets[row]);
    if (task.sorted) {
      sort(q, n, slots, keys);
    } else {
      for (std::size_t i = 0; i < n; ++i) slots[i] = set.ids[slots[i]];
    }
    output.template put<Exact>(begin, keys, slots, n);
  }

  /// Brings a row into order: nearly, by values in float, and then quite, by keys; slots become ids.
  void sort(std::size_t q, std::size_t n, std::int32_t* slots, S* keys) {
    if (n > most_packed) {
      for (std::size_t i = 0; i < n; ++i) slots[i] = set.ids[slots[i]];
      return Exact::sort(keys, slots, n);
    }
    const float* const value = scratch.value + q * scratch.point_room;
    std::size_t length = 16;
    while (length < n) length *= 2;
    const F own = L::broadcast(square_at[q]), zero = L::broadcast(0);
    for (std::size_t i = 0; i < n; i += width)
      L::pack(packed + i, L::max(L::add(L::load(value + i), own), zero), static_cast<std::uint32_t>(i),
              static_cast<std::uint32_t>(length - 1));
    for (std::size_t i = n; i < length; ++i) packed[i] = ~0u;
    L::sort(packed, length);
    S* const sorted_keys = keys + scratch.point_room;
    std::int32_t* const sorted_ids = slots + scratch.point_room;
    bool ordered = true;
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint32_t from = packed[i] & static_cast<std::uint32_t>(length - 1);
      sorted_keys[i] = keys[from];
      sorted_ids[i] = set.ids[slots[from]];
    }
    for (std::size_t i = 1; i < n; ++i) ordered &= sorted_keys[i - 1] < sorted_keys[i];
    if (!ordered) Exact::insertion_sort(sorted_keys, sorted_ids, n);
    for (std::size_t i = 0; i < n; ++i) {
      keys[i] = sorted_keys[i];
      slots[i] = sorted_ids[i];
    }
  }
};

}  // namespace coppice::neighbor_graph
