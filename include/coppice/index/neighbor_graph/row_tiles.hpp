// The queries of a tile, for one instruction set: which of them are at work, where they lie, and their values to the
// points that were gathered. Only the kernel units in src/ instantiate this.
#pragma once

#include "coppice/index/neighbor_graph/row_gather.hpp"

namespace coppice::neighbor_graph {

template <class Target, class S, int Axes, MetricKind Kind>
class RowTiles : protected RowGather<Target, S, Axes, Kind> {
 protected:
  using Gather = RowGather<Target, S, Axes, Kind>;
  using Gather::axes;
  using Gather::points;
  using Gather::scratch;
  using Gather::set;
  using Gather::width;
  using typename Gather::F;
  using typename Gather::L;
  using typename Gather::T;

  static constexpr std::size_t block = 8;  ///< the most queries whose values are held at a time
  static constexpr std::size_t most_axes = Axes > 0 ? Axes : max_dimension;

  RowTiles(const LeafSetView<S>& candidates, const LeafSetView<S>& asking, std::size_t first, std::size_t count,
           RowScratch& memory, RowCounts& c)
      : Gather(candidates, memory), queries(asking), counts(c), first_row(first), row_count(count) {}

  const LeafSetView<S>& queries;
  RowCounts& counts;
  std::size_t first_row, row_count;
  std::uint32_t active[leaf_capacity];  ///< slots of the queries that are not done
  std::size_t active_count = 0;
  float at[block * most_axes];  ///< of the queries of a block, relative to the middle of the tile
  float square_at[block];

  [[nodiscard]] std::size_t group_end(std::size_t g) const {
    const std::size_t end = (g + 1) * group_leaves;
    return end < queries.leaves ? end : queries.leaves;
  }
  [[nodiscard]] std::size_t row_of(std::size_t q) const {
    return static_cast<std::size_t>(queries.id_of(active[q])) - first_row;
  }

  /// The queries of a leaf that are asked for.
  std::size_t find_active(std::size_t leaf) {
    active_count = 0;
    for (std::uint32_t slot = queries.begin[leaf]; slot < queries.begin[leaf + 1]; ++slot)
      if (static_cast<std::size_t>(queries.id_of(slot)) - first_row < row_count) active[active_count++] = slot;
    return active_count;
  }

  void box_of_leaf(std::size_t leaf, TileBox& box) const {
    for (int a = 0; a < axes(); ++a) {
      box.center[a] = queries.center_of(leaf, a);
      box.half[a] = queries.half_of(leaf, a);
    }
  }
  void box_of_active(TileBox& box) const {
    for (int a = 0; a < axes(); ++a) {
      double least = 0, most = 0;
      for (std::size_t q = 0; q < active_count; ++q) {
        const auto x = static_cast<double>(queries.rows[static_cast<std::ptrdiff_t>(active[q]) * queries.stride + a]);
        least = q == 0 || x < least ? x : least;
        most = q == 0 || x > most ? x : most;
      }
      box.center[a] = 0.5 * least + 0.5 * most;
      const double above = most - box.center[a], below = box.center[a] - least;
      box.half[a] = static_cast<float>((above > below ? above : below) * set.inverse_unit) * (1 + 2e-6f) + 1e-30f;
    }
  }
  /// A box in the frame of the set, rounded outward.
  void bounds_of(const TileBox& box, float* lower, float* upper) const {
    for (int a = 0; a < axes(); ++a) {
      const auto middle = static_cast<float>((box.center[a] - set.origin[a]) * set.inverse_unit);
      const float size = (middle < 0 ? -middle : middle) + box.half[a];
      lower[a] = middle - box.half[a] - 3e-7f * size;
      upper[a] = middle + box.half[a] + 3e-7f * size;
    }
  }
  void box_of_group(std::size_t group, float* lower, float* upper) const {
    float from[most_axes], to[most_axes];
    TileBox box;
    for (int a = 0; a < axes(); ++a) {
      lower[a] = 3e38f;
      upper[a] = -3e38f;
    }
    for (std::size_t leaf = group * group_leaves; leaf < group_end(group); ++leaf) {
      box_of_leaf(leaf, box);
      bounds_of(box, from, to);
      for (int a = 0; a < axes(); ++a) {
        lower[a] = from[a] < lower[a] ? from[a] : lower[a];
        upper[a] = to[a] > upper[a] ? to[a] : upper[a];
      }
    }
  }
  /// No point of the set is farther than this from any point of the box.
  [[nodiscard]] float farthest(const TileBox& box) const {
    float lower[most_axes], upper[most_axes];
    bounds_of(box, lower, upper);
    const BoxColumns& top = set.levels[set.level_count - 1];
    float sum = 0;
    for (int a = 0; a < axes(); ++a) {
      float most = 0;
      for (std::size_t i = 0; i < top.count; ++i) {
        const float above = top.upper[a][top.place_of(i)] - lower[a], below = upper[a] - top.lower[a][top.place_of(i)];
        most = above > most ? above : most;
        most = below > most ? below : most;
      }
      if constexpr (T::squared)
        sum += most * most;
      else if constexpr (Kind == MetricKind::l1)
        sum += most;
      else
        sum = sum < most ? most : sum;
    }
    return (T::squared ? __builtin_sqrtf(sum) : sum) * (1 + 1e-4f);
  }

  /// Places queries first … first + count − 1 of the active ones relative to the tile's middle.
  void place_queries(std::size_t first, std::size_t count, const TileBox& box) {
    for (std::size_t q = 0; q < count; ++q) {
      const S* x = queries.rows + static_cast<std::ptrdiff_t>(active[first + q]) * queries.stride;
      float sum = 0;
      for (int a = 0; a < axes(); ++a) {
        const auto p = static_cast<float>((static_cast<double>(x[a]) - box.center[a]) * set.inverse_unit);
        at[q * most_axes + static_cast<std::size_t>(a)] = p;
        sum += p * p;
      }
      square_at[q] = T::squared ? sum : 0;
    }
  }

  /// Calls each(r, p, values) for query first + r of the block and the gathered points p, p + 1, …: how far they are,
  /// less the query's own square for l2. `B` queries share what is loaded.
  template <int B, class Each>
  [[gnu::always_inline]] void each_value(std::size_t first, Each&& each) {
    const std::size_t room = scratch.point_room;
    const float* const x = scratch.x;
    const float* const square = scratch.square;
    const float* from[B];
    for (int r = 0; r < B; ++r) from[r] = at + (first + static_cast<std::size_t>(r)) * most_axes;
    if constexpr (Axes > 0) {
      F place[B][Axes];
      for (int r = 0; r < B; ++r)
        for (int a = 0; a < Axes; ++a) place[r][a] = L::broadcast((T::squared ? -2.0f : 1.0f) * from[r][a]);
      for (std::size_t p = 0; p < points; p += width) {
        F sum[B];
        for (int r = 0; r < B; ++r) sum[r] = L::load(square + p);
        for (int a = 0; a < Axes; ++a) {
          const F j = L::load(x + static_cast<std::size_t>(a) * room + p);
          for (int r = 0; r < B; ++r) sum[r] = term(sum[r], j, place[r][a]);
        }
        for (int r = 0; r < B; ++r) each(r, p, sum[r]);
      }
    } else {
      for (std::size_t p = 0; p < points; p += width) {
        F sum[B];
        for (int r = 0; r < B; ++r) sum[r] = L::load(square + p);
        for (int a = 0; a < axes(); ++a) {
          F j = L::load(x + static_cast<std::size_t>(a) * room + p);
          if constexpr (T::squared) j = L::mul(j, L::broadcast(-2));
          for (int r = 0; r < B; ++r) sum[r] = term(sum[r], j, L::broadcast(from[r][a]));
        }
        for (int r = 0; r < B; ++r) each(r, p, sum[r]);
      }
    }
    counts.pairs += static_cast<std::int64_t>(B * points);
  }

  /// All of them for the first `count` queries of the block, into scratch.value.
  void values_of(std::size_t count) {
    std::size_t q = 0;
    for (; q + 4 <= count; q += 4) values<4>(q);
    for (; q < count; ++q) values<1>(q);
  }

 private:
  template <int B>
  void values(std::size_t first) {
    float* to[B];
    for (int r = 0; r < B; ++r) to[r] = scratch.value + (first + static_cast<std::size_t>(r)) * scratch.point_room;
    each_value<B>(first, [&](int r, std::size_t p, F value) { L::store(to[r] + p, value); });
  }
  [[gnu::always_inline]] static F term(F sum, F j, F place) {
    if constexpr (T::squared)
      return L::mul_add(place, j, sum);
    else
      return T::add(sum, L::sub(j, place));
  }
};

}  // namespace coppice::neighbor_graph
