// In more than three dimensions what lies near a tile is near few of its queries, so every query goes down the boxes by
// itself, nearer ones first, within a bound that tightens as it goes. Only the kernel units in src/ instantiate this.
#pragma once

#include "coppice/index/neighbor_graph/row_tiles.hpp"

namespace coppice::neighbor_graph {

template <class Target, class S, int Axes, MetricKind Kind>
class RowDescent : protected RowTiles<Target, S, Axes, Kind> {
 protected:
  using Tiles = RowTiles<Target, S, Axes, Kind>;
  using Tiles::axes;
  using Tiles::coarse;
  using Tiles::counts;
  using Tiles::place_error;
  using Tiles::points;
  using Tiles::scratch;
  using Tiles::set;
  using Tiles::span;
  using Tiles::width;
  using typename Tiles::F;
  using typename Tiles::L;
  using typename Tiles::T;

  using Tiles::Tiles;

  /// What a descent looks for.
  struct Descent {
    std::size_t bins;    ///< lanes whose least values are kept …
    std::size_t wanted;  ///< … and as many of which are a bound
    float reach_value;   ///< how far to look at most
    float share;         ///< of its bound, how far to look
    float underflow;     ///< what keys may be off by
    float usual;         ///< how far neighbours are elsewhere; 0: not known
  };
  struct Found {
    float bound;  ///< of the value of the last point that is wanted; more than largest_value: not known
    float error;  ///< of values up to that
    bool all;     ///< false: more points lie that near than there is room for
  };

  /// The values of a query at x to the points of the leaves that may hold its neighbours, with their slots, into
  /// scratch.value and scratch.slot. `first`: a leaf to begin with, or none.
  Found descend(const S* x, const Descent& descent, std::size_t first) {
    rules = &descent;
    query = x;
    first_leaf = first;
    complete = true;
    points = 0;
    fresh = 0;
    extent = 0;
    bound_value = unknown;
    coarse = descent.usual > 0 ? 256 * descent.usual : unknown;
    if (scratch.point_room < least_room) scratch.reserve_points(scratch, least_room);
    this->square_at[0] = 0;  // values are whole, not less the query's own square
    for (std::size_t b = 0; b < descent.bins; b += width) L::store(lane_least + b, L::broadcast(unknown));
    limit_by_bound();
    for (int a = 0; a < axes(); ++a) {
      const auto place = static_cast<float>((static_cast<double>(x[a]) - set.origin[a]) * set.inverse_unit);
      const float rounded = 1.3e-7f * (place < 0 ? -place : place);
      above[a] = place + rounded;
      below[a] = place - rounded;
    }
    if (first < set.leaves) look_into(first);
    const int top = set.level_count - 1;
    for (std::size_t base = 0; base < set.levels[top].count; base += group_leaves) visit(top, base);
    tighten();
    counts.pairs += static_cast<std::int64_t>(points);
    return {bound_value, error_of_bound(), complete};
  }

 private:
  static constexpr std::size_t least_room = 4096;
  static constexpr float unknown = 3 * Tiles::largest_value;

  const Descent* rules = nullptr;
  const S* query = nullptr;
  std::size_t first_leaf = 0;
  bool complete = true;
  std::size_t fresh = 0;  ///< leaves since the bound was taken
  float extent = 0;       ///< of the widest leaf that was looked into
  float bound_value = 0, most_value = 0;
  float above[Tiles::most_axes], below[Tiles::most_axes];
  alignas(64) float lane_least[256];
  alignas(64) std::uint32_t sorted[256];

  static float distance_of(float value) { return T::squared ? __builtin_sqrtf(value) : value; }

  /// Coordinates are rounded to a step of their leaf, as so many steps, with the leaf's place, and as differences.
  float error_of_bound() {
    const float distance = bound_value < this->largest_value ? distance_of(bound_value) : 0;
    this->query_error = 1.3e-7f * (2 * extent + distance);
    place_error = this->query_error + query::step_error * extent;
    span = 0;  // no square of a place is taken
    return this->value_error(distance) + rules->underflow;
  }
  void limit_by_bound() {
    most_value = rules->reach_value * (1 + 2e-7f * static_cast<float>(axes() + 4));
    if (!(bound_value < this->largest_value)) return;
    const float near = bound_value * rules->share + 2 * error_of_bound();
    most_value = near < most_value ? near : most_value;
  }
  /// So many points as are wanted are no farther than the last of as many least values of lanes.
  void tighten() {
    for (std::size_t b = 0; b < rules->bins; b += width) L::pack(sorted + b, L::load(lane_least + b), 0, 0);
    L::sort(sorted, rules->bins);
    const float now = L::unpacked(sorted[rules->wanted - 1]);
    if (now < bound_value) {
      bound_value = now;
      coarse = 256 * distance_of(now);
    }
    fresh = 0;
    limit_by_bound();
  }

  /// The boxes base … base + 15 of a level.
  void visit(int depth, std::size_t base) {
    const BoxColumns& level = set.levels[depth];
    const std::size_t from = level.place_of(base);
    alignas(64) float lower[group_leaves];
    std::uint32_t near = 0;
    const F most = L::broadcast(most_value), zero = L::broadcast(0);
    for (std::uint32_t i = 0; i < group_leaves; i += width) {
      F value = zero;
      for (int a = 0; a < axes(); ++a) {
        const F apart = L::max(L::sub(L::load(level.lower[a] + from + i), L::broadcast(above[a])),
                               L::sub(L::broadcast(below[a]), L::load(level.upper[a] + from + i)));
        value = T::add(value, L::max(apart, zero));
      }
      L::store(lower + i, value);
      near |= static_cast<std::uint32_t>(L::not_greater(value, most)) << i;
    }
    if (level.count - base < group_leaves) near &= (1u << (level.count - base)) - 1;
    std::uint8_t order[group_leaves];
    std::size_t count = 0;
    for (; near != 0; near &= near - 1) {
      const auto i = static_cast<std::uint8_t>(__builtin_ctz(near));
      std::size_t to = count++;
      for (; to > 0 && lower[order[to - 1]] > lower[i]; --to) order[to] = order[to - 1];
      order[to] = i;
    }
    for (std::size_t n = 0; n < count && lower[order[n]] <= most_value; ++n) {
      const std::size_t child = base + order[n];
      if (depth > 0)
        visit(depth - 1, child * group_leaves);
      else if (child != first_leaf && (set.earlier == nullptr || set.earlier[child] < rules->wanted))
        look_into(child);
    }
  }

  void look_into(std::size_t leaf) {
    if (points + leaf_capacity + slack > scratch.point_room) drop_far();
    float half = 0;
    float place[Tiles::most_axes];
    for (int a = 0; a < axes(); ++a) {
      half = set.half_of(leaf, a) > half ? set.half_of(leaf, a) : half;
      place[a] = static_cast<float>((set.center_of(leaf, a) - static_cast<double>(query[a])) * set.inverse_unit);
    }
    // The points of a leaf that is much wider than what is looked for are placed one by one.
    const bool rough = half > coarse;
    if (!rough && half > extent) extent = half;
    const F step = L::broadcast(query::step_of(half));
    const std::uint32_t end = set.begin[leaf + 1];
    for (std::uint32_t b = set.begin[leaf]; b < end; b += width) {
      F value = L::broadcast(0);
      if (!rough) {
        const std::size_t from = set.place_of(b);
        for (int a = 0; a < axes(); ++a)
          value = T::add(value, L::mul_add(L::load(set.steps[a] + from), step, L::broadcast(place[a])));
      } else {
        for (int a = 0; a < axes(); ++a) {
          float x[width] = {};
          for (std::uint32_t i = 0; i < width && b + i < end; ++i) {
            const S* row = set.rows + static_cast<std::ptrdiff_t>(b + i) * set.stride;
            x[i] = static_cast<float>((static_cast<double>(row[a]) - static_cast<double>(query[a])) * set.inverse_unit);
          }
          value = T::add(value, L::load(x));
        }
      }
      if (end - b < width) value = L::max(value, L::zero_unless(~L::first(end - b), L::broadcast(unknown)));
      L::store(scratch.value + points, value);
      L::store(scratch.slot + points, L::add_id(L::lane_ids(), static_cast<std::int32_t>(b)));
      float* const of = lane_least + (points & (rules->bins - 1));
      L::store(of, L::min(L::load(of), value));
      points += width;
    }
    if (++fresh == 4 || !(bound_value < this->largest_value)) tighten();
  }

  /// Makes room by what the bound has ruled out since.
  [[gnu::noinline]] void drop_far() {
    const F most = L::broadcast(most_value);
    std::size_t n = 0;
    for (std::size_t p = 0; p < points; p += width) {
      const F value = L::load(scratch.value + p);
      const auto slots = L::load(scratch.slot + p);
      const typename L::Mask near = L::not_greater(value, most);
      const typename L::Packer pack(near);
      pack(scratch.value + n, value);
      pack(scratch.slot + n, slots);
      n += L::count(near);
    }
    L::store(scratch.value + n, L::broadcast(unknown));
    points = (n + width - 1) / width * width;
    if (2 * points <= scratch.point_room) return;
    complete = false;
    points = 0;
  }
};

}  // namespace coppice::neighbor_graph
