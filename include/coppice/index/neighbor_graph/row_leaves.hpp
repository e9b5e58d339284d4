// In more than three dimensions the points near a tile are many and most of them are far from any one query, so every
// query chooses among the leaves near the tile: nearer ones first, by a bound that tightens as it goes. Only the kernel
// units in src/ instantiate this.
#pragma once

#include "coppice/index/neighbor_graph/row_tiles.hpp"

namespace coppice::neighbor_graph {

template <class Target, class S, int Axes, MetricKind Kind>
class RowLeaves : protected RowTiles<Target, S, Axes, Kind> {
 protected:
  using Tiles = RowTiles<Target, S, Axes, Kind>;
  using Tiles::at;
  using Tiles::axes;
  using Tiles::counts;
  using Tiles::met;
  using Tiles::points;
  using Tiles::scratch;
  using Tiles::set;
  using Tiles::width;
  using typename Tiles::F;
  using typename Tiles::L;
  using typename Tiles::T;

  using Tiles::Tiles;

  /// Calls each(slot) for every point that may be within the reach of the round.
  template <class Each>
  void each_met(Each&& each) const {
    if constexpr (Axes > 0)
      for (std::size_t p = 0; p < points; ++p) each(static_cast<std::uint32_t>(scratch.slot[p]));
    else
      for (std::size_t e = 0; e < met; ++e)
        for (std::uint32_t slot = set.begin[scratch.leaf[e]]; slot < set.begin[scratch.leaf[e] + 1]; ++slot) each(slot);
  }

  /// The values of query 0 of the block to the points of the leaves that may hold its neighbours, with their slots;
  /// returns a bound of the value of the last that is wanted.
  float scan_leaves(const TileBox& box, float reach_value, float error, std::size_t bins, std::size_t wanted) {
    const std::size_t most = met * capacity;
    if (most + query::slack > scratch.point_room) scratch.reserve_points(scratch, most + most / 4 + 512);
    this->square_at[0] = 0;
    points = 0;
    fresh = 0;
    for (std::size_t b = 0; b < bins; b += width) L::store(lane_least + b, L::broadcast(3 * this->largest_value));
    lower_bounds();
    float bound = 3 * this->largest_value, from = -1;
    constexpr float shares[] = {T::squared ? 0.0625f : 0.25f, T::squared ? 0.25f : 0.5f, 1};
    for (const float share : shares) {
      const float tight = bound + 2 * error, to = share * reach_value + (share < 1 ? 0 : error);
      const std::size_t count = choose(from, tight < to ? tight : to);
      for (std::size_t i = 0; i < count; ++i) {
        const auto e = static_cast<std::size_t>(scratch.chosen[i]);
        if (scratch.lower[e] > bound + 2 * error) continue;
        values_of_leaf(e, box, bins);
        if (++fresh < 4 && i + 1 < count) continue;
        fresh = 0;
        bound = bound_of(bins, wanted);
      }
      from = to;
    }
    counts.pairs += static_cast<std::int64_t>(points);
    return bound_of(bins, wanted);
  }

 private:
  static constexpr std::size_t capacity = query::leaf_capacity;
  std::size_t fresh = 0;  ///< leaves since the bound was taken
  alignas(64) float lane_least[256];
  alignas(64) std::uint32_t sorted[256];

  float bound_of(std::size_t bins, std::size_t wanted) {
    for (std::size_t b = 0; b < bins; b += width) L::pack(sorted + b, L::load(lane_least + b), 0, 0);
    L::sort(sorted, bins);
    return L::unpacked(sorted[wanted - 1]);
  }

  void lower_bounds() {
    const F zero = L::broadcast(0);
    for (std::size_t e = 0; e < met; e += width) {
      F value = zero;
      for (int a = 0; a < axes(); ++a) {
        const std::size_t column = static_cast<std::size_t>(a) * scratch.leaf_room + e;
        const F apart = L::sub(L::abs(L::sub(L::load(scratch.offset + column), L::broadcast(at[a]))),
                               L::load(scratch.leaf_half + column));
        value = T::add(value, L::max(apart, zero));
      }
      L::store(scratch.lower + e, value);
    }
  }

  /// The leaves whose bound lies above `from`, up to `to`.
  std::size_t choose(float from, float to) {
    const F above = L::broadcast(from), most = L::broadcast(to);
    std::size_t n = 0;
    for (std::size_t e = 0; e < met; e += width) {
      const F value = L::load(scratch.lower + e);
      const typename L::Mask in =
          L::not_greater(value, most) & ~L::not_greater(value, above) & L::first(static_cast<std::uint32_t>(met - e));
      const typename L::Packer pack(in);
      pack(scratch.chosen + n, L::add_id(L::lane_ids(), static_cast<std::int32_t>(e)));
      n += L::count(in);
    }
    return n;
  }

  void values_of_leaf(std::size_t e, const TileBox& box, std::size_t bins) {
    const auto leaf = static_cast<std::size_t>(scratch.leaf[e]);
    const std::uint32_t end = set.begin[leaf + 1];
    const bool rough = scratch.extent[e] > this->coarse;
    float place[Tiles::most_axes];
    for (int a = 0; a < axes(); ++a)
      place[a] = scratch.offset[static_cast<std::size_t>(a) * scratch.leaf_room + e] - at[a];
    for (std::uint32_t b = set.begin[leaf]; b < end; b += width) {
      F value = L::broadcast(0);
      if (!rough) {
        const std::size_t from = set.place_of(b);
        for (int a = 0; a < axes(); ++a)
          value = T::add(value, L::add(L::load(set.relative[a] + from), L::broadcast(place[a])));
      } else {
        for (int a = 0; a < axes(); ++a) {
          float x[width] = {};
          for (std::uint32_t i = 0; i < width && b + i < end; ++i) {
            const S* row = set.rows + static_cast<std::ptrdiff_t>(b + i) * set.stride;
            x[i] = static_cast<float>((static_cast<double>(row[a]) - box.center[a]) * set.inverse_unit) - at[a];
          }
          value = T::add(value, L::load(x));
        }
      }
      if (end - b < width)
        value = L::max(value, L::zero_unless(~L::first(end - b), L::broadcast(3 * this->largest_value)));
      L::store(scratch.value + points, value);
      L::store(scratch.slot + points, L::add_id(L::lane_ids(), static_cast<std::int32_t>(b)));
      float* const of = lane_least + (points & (bins - 1));
      L::store(of, L::min(L::load(of), value));
      points += width;
    }
  }
};

}  // namespace coppice::neighbor_graph
