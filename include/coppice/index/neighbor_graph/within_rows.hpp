// The kernel that finds everything within a radius of all points of some tiles, for one instruction set: counted first,
// then written where each row belongs. What lies within rounding of the radius is decided in the coordinates as given.
// Only the kernel units in src/ instantiate this.
#pragma once

#include "coppice/index/neighbor_graph/exact_rows.hpp"
#include "coppice/index/neighbor_graph/row_tiles.hpp"
#include "coppice/storage/prefetch.hpp"

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
      const std::size_t leaves = this->near_leaves(0, lower, upper, task.reach, ~std::size_t{0});
      for (std::size_t leaf = g * group_leaves; leaf < this->group_end(g); ++leaf) {
        if (this->find_active(leaf) == 0) continue;
        for (std::size_t q = 0; q < active_count; ++q) {
          if (task.offsets != nullptr) storage::prefetch(task.offsets + row_of(q));
          if (task.degrees != nullptr) storage::prefetch_to_write(task.degrees + row_of(q));
        }
        this->box_of_leaf(leaf, box);
        this->gather(0, leaves, box, task.reach);
        if (task.degrees == nullptr)
          for (std::size_t q = 0; q < active_count; ++q) {
            const std::int64_t* const row = task.offsets + row_of(q);
            output.fetch(static_cast<std::size_t>(row[0]), static_cast<std::size_t>(row[1] - row[0]));
          }
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
  bool rough = false;        ///< values overflow: every row is decided point by point
  bool close[block];         ///< some of the row lie near the radius
  std::size_t found[block];  ///< entries of each row
  alignas(64) std::uint32_t packed[most_packed + 16];

  /// Rows of ids in any order: keys are wanted where a row is close only.
  [[nodiscard]] bool only_ids() const { return !task.sorted && task.distances == nullptr; }
  /// Room for a number of every gathered point: one a query, and two more.
  [[nodiscard]] std::int32_t* room(std::size_t i) const { return scratch.row + i * scratch.point_room; }

  void one_tile(const TileBox& box) {
    if (task.degrees == nullptr && only_ids()) {
      std::int32_t* const ids = room(scratch.queries + 1);
      for (std::size_t p = 0; p < points; ++p) ids[p] = set.id_of(static_cast<std::size_t>(scratch.slot[p]));
    }
    error = this->value_error(task.reach) + task.underflow;
    rough = !(T::value_of(task.reach) + error < this->largest_value);
    const std::size_t held = scratch.queries;
    for (std::size_t first = 0; first < active_count; first += held) {
      const std::size_t count = active_count - first < held ? active_count - first : held;
      this->place_queries(first, count, box);
      if (task.degrees != nullptr) {
        std::size_t q = 0;
        for (; q + 4 <= count; q += 4) count_rows<4>(q, first);
        for (; q < count; ++q) count_rows<1>(q, first);
      } else {
        this->values_of(count);
        // Read only after the others of the block: what was written in overlapping registers is slow to read at once.
        for (std::size_t q = 0; q < count; ++q) collect(q, active[first + q]);
        for (std::size_t q = 0; q < count; ++q) fill(q, active[first + q], row_of(first + q));
      }
    }
  }

  [[nodiscard]] F high_of(std::size_t q) const { return L::broadcast(T::value_of(task.reach) + error - square_at[q]); }
  [[nodiscard]] F low_of(std::size_t q) const {
    return L::broadcast(T::value_of(task.reach) - 2 * error - square_at[q]);
  }

  /// How long rows are, without keeping a value.
  template <int B>
  void count_rows(std::size_t q, std::size_t first) {
    std::size_t n[B] = {};
    F high[B], low[B];
    typename L::Close near[B];
    for (int r = 0; r < B; ++r) {
      high[r] = high_of(q + static_cast<std::size_t>(r));
      low[r] = low_of(q + static_cast<std::size_t>(r));
      near[r] = L::none_close();
    }
    this->template each_value<B>(
        q, [&](int r, std::size_t, F value) { n[r] += L::count(L::near(value, high[r], low[r], near[r])); });
    const std::size_t own = task.same && !task.self ? 1 : 0;  // which is always among them
    for (int r = 0; r < B; ++r) {
      const std::size_t in_block = q + static_cast<std::size_t>(r);
      const bool doubtful = rough || L::any(near[r], low[r]);
      if (doubtful) n[r] = count_exactly(in_block, active[first + in_block]);
      task.degrees[row_of(first + in_block)] = static_cast<std::int64_t>(n[r] - own);
    }
  }

  /// Keys decide what lies near the radius.
  [[gnu::noinline]] std::size_t count_exactly(std::size_t q, std::uint32_t slot) {
    ++counts.exact_rows;
    const F high = high_of(q), low = low_of(q);
    std::size_t n = 0;
    this->template each_value<1>(q, [&](int, std::size_t p, F value) {
      auto doubtful = static_cast<std::uint32_t>(L::first(static_cast<std::uint32_t>(points - p)));
      if (!rough) {
        doubtful &= static_cast<std::uint32_t>(L::less(value, high) & ~L::less(value, low));
        n += L::count(L::less(value, low));
      }
      for (; doubtful != 0; doubtful &= doubtful - 1)
        n += key(scratch.slot[p + static_cast<std::size_t>(__builtin_ctz(doubtful))], slot) <= task.limit;
    });
    return n;
  }

  /// Calls each(mask, p) for the gathered points p, p + 1, … that may be neighbours; true: some lie near the radius.
  template <class Each>
  [[gnu::always_inline]] bool scan(std::size_t q, std::uint32_t slot, Each&& each) {
    const float* value = scratch.value + q * scratch.point_room;
    const F high = high_of(q), low = low_of(q);
    const auto own = L::broadcast_id(task.same && !task.self ? static_cast<std::int32_t>(slot) : -1);
    typename L::Close doubtful = L::none_close();
    for (std::size_t p = 0; p < points; p += width) {
      const typename L::Mask others = ~L::equal(L::load(scratch.slot + p), own);
      if (rough)
        each(L::first(static_cast<std::uint32_t>(points - p)) & others, p);
      else
        each(L::near(L::load(value + p), high, low, doubtful) & others, p);
    }
    return rough || L::any(doubtful, low);
  }

  [[nodiscard]] S key(std::int32_t other, std::uint32_t slot) const {
    return Exact::key(set.rows + static_cast<std::ptrdiff_t>(other) * set.stride,
                      queries.rows + static_cast<std::ptrdiff_t>(slot) * queries.stride, axes());
  }

  /// The ids of a row where that is enough. Otherwise its slots, and their values in the place of all values: a
  /// register is written behind the one that was read.
  void collect(std::size_t q, std::uint32_t slot) {
    std::int32_t* const to = room(q);
    std::size_t n = 0;
    if (only_ids()) {
      const std::int32_t* const ids = room(scratch.queries + 1);
      close[q] = scan(q, slot, [&](auto near, std::size_t p) {
        const typename L::Packer pack(near);
        pack(to + n, L::load(ids + p));
        n += L::count(near);
      });
      found[q] = n;
      if (!close[q]) return;
      n = 0;
    }
    float* const value = scratch.value + q * scratch.point_room;
    close[q] = scan(q, slot, [&](auto near, std::size_t p) {
      const typename L::Packer pack(near);
      pack(to + n, L::load(scratch.slot + p));
      pack(value + n, L::load(value + p));
      n += L::count(near);
    });
    found[q] = n;
  }

  void fill(std::size_t q, std::uint32_t slot, std::size_t row) {
    const auto begin = static_cast<std::size_t>(task.offsets[row]);
    std::size_t n = found[q];
    if (!close[q] && only_ids()) {
      const std::int32_t* const ids = room(q);
      if (task.ids32 != nullptr)
        for (std::size_t i = 0; i < n; ++i) task.ids32[begin + i] = ids[i];
      else
        for (std::size_t i = 0; i < n; ++i) task.ids64[begin + i] = ids[i];
      return;
    }
    counts.exact_rows += close[q];
    S* const keys = static_cast<S*>(scratch.exact);
    std::int32_t* const ids = room(scratch.queries);
    const bool ascending = keys_of(q, slot, n, keys, ids);
    if (task.sorted) {
      if (n > most_packed)
        Exact::sort(keys, ids, n);
      else if (!ascending)
        Exact::insertion_sort(keys, ids, n);
      while (n > 0 && !(keys[n - 1] <= task.limit)) --n;
    } else if (close[q]) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < n; ++i) {
        if (!(keys[i] <= task.limit)) continue;
        keys[kept] = keys[i];
        ids[kept++] = ids[i];
      }
      n = kept;
    }
    output.template put<Exact>(begin, keys, ids, n);
  }

  /// Keys and ids of a row, ordered by value in float where the order is asked for; true: the keys ascend.
  bool keys_of(std::size_t q, std::uint32_t slot, std::size_t n, S* keys, std::int32_t* ids) {
    using Block = KeyBlock<Target, S, Axes, Kind>;
    const float* const value = scratch.value + q * scratch.point_room;
    const std::int32_t* const slots = room(q);
    const S* const x = queries.rows + static_cast<std::ptrdiff_t>(slot) * queries.stride;
    const bool ordering = task.sorted && n <= most_packed;
    bool ascending = true;
    for (std::size_t first = 0; first < n; first += most_packed) {
      const std::size_t count = n - first < most_packed ? n - first : most_packed;
      std::size_t length = 16;
      while (length < count) length *= 2;
      const auto mask = static_cast<std::uint32_t>(length - 1);
      const F own = L::broadcast(square_at[q]), zero = L::broadcast(0);
      for (std::size_t i = 0; i < count; i += width) {
        const F v = ordering ? L::max(L::add(L::load(value + i), own), zero) : zero;
        const F last = L::zero_unless(~L::first(static_cast<std::uint32_t>(count - i)), L::broadcast(3e37f));
        L::pack(packed + i, L::max(v, last), static_cast<std::uint32_t>(i), mask);
      }
      for (std::size_t i = (count + width - 1) / width * width; i < length; ++i) packed[i] = ~0u;
      if (ordering) L::sort(packed, length);
      for (std::size_t i = 0; i < count; i += Block::size) {
        const std::size_t some = count - i < Block::size ? count - i : Block::size;
        ascending &= Block::keys(set, slots + first, packed + i, mask, some, x, keys + first + i, ids + first + i);
        ascending &= i == 0 || keys[first + i - 1] < keys[first + i];
      }
    }
    return ascending;
  }
};

}  // namespace coppice::neighbor_graph
