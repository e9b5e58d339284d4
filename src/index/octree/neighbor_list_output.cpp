// Sorted copies of a list. A row is sorted by going through all particles in order and adding each to the rows of its
// neighbours: no comparisons, but for images of the same particle.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>

#include "coppice/index/octree/neighbor_list.hpp"
#include "pair_engine.hpp"

namespace coppice {
namespace {

using octree::PairEngine;
using Shift = std::array<std::int32_t, 3>;

/// The other particle of a pair; where space is periodic with the image.
struct Open {
  std::int32_t other;
};
struct Periodic {
  std::int32_t other;
  Shift shift;
};

Shift opposite(const Shift& s) {
  return {-s[0], -s[1], -s[2]};
}
template <class Entry>
Entry entry_of(std::int32_t other, const Shift& shift) {
  if constexpr (std::is_same_v<Entry, Open>)
    return {other};
  else
    return {other, shift};
}
Shift shift_of(const Open&) {
  return {};
}
Shift shift_of(const Periodic& entry) {
  return entry.shift;
}

/// Calls use(i, j, S) for every stored pair.
template <class Entry, class S, class Use>
void each_pair(const PairEngine<S>& engine, bool full, const Use& use) {
  const auto n = static_cast<std::int32_t>(engine.size());
  for (std::int32_t i = 0; i < n; ++i) {
    const octree::PairRow row = engine.rows()[engine.slots()[i]];
    for (std::size_t k = 0; k < row.count; ++k) {
      const std::int32_t j = row.ids[k];
      if constexpr (std::is_same_v<Entry, Periodic>)
        use(i, j, engine.image(i, j, row.codes == nullptr ? 0 : row.codes[k], full));
      else
        use(i, j, Shift{});
    }
  }
}

/// Whether the other description of a pair is the one of a half list.
bool is_turned(std::int32_t i, std::int32_t j, const Shift& s) {
  return s < Shift{} || (s == Shift{} && j < i);
}

std::vector<std::int64_t> begins(std::vector<std::int64_t> counts) {
  std::exclusive_scan(counts.begin(), counts.end(), counts.begin(), std::int64_t{0});
  return counts;
}

/// Every pair of a full list is there the other way round, too: so row j says whose neighbour j is.
template <class Entry, class S, class Put>
std::vector<std::int64_t> full_rows(const PairEngine<S>& engine, const Put& make) {
  const std::size_t n = engine.size();
  std::vector<std::int64_t> offsets(n + 1, 0);
  for (std::size_t i = 0; i < n; ++i) offsets[i] = static_cast<std::int64_t>(engine.rows()[engine.slots()[i]].count);
  offsets = begins(std::move(offsets));
  const auto put = make(static_cast<std::size_t>(offsets[n]));
  std::vector<std::int64_t> next = offsets;
  each_pair<Entry>(engine, true, [&](std::int32_t j, std::int32_t i, const Shift& s) {
    put(next[static_cast<std::size_t>(i)]++, j, opposite(s));
  });
  return offsets;
}

/// Pairs by j first, then, in that order, by i.
template <class Entry, class S, class Put>
std::vector<std::int64_t> half_rows(const PairEngine<S>& engine, const Put& make) {
  const std::size_t n = engine.size();
  std::vector<std::int64_t> offsets(n + 1, 0), columns(n + 1, 0);
  each_pair<Entry>(engine, false, [&](std::int32_t i, std::int32_t j, const Shift& s) {
    if (is_turned(i, j, s)) std::swap(i, j);
    ++offsets[static_cast<std::size_t>(i)];
    ++columns[static_cast<std::size_t>(j)];
  });
  offsets = begins(std::move(offsets));
  columns = begins(std::move(columns));
  storage::Buffer<Entry> by_j;
  by_j.make(static_cast<std::size_t>(columns[n]));
  std::vector<std::int64_t> next = columns;
  each_pair<Entry>(engine, false, [&](std::int32_t i, std::int32_t j, const Shift& s) {
    const bool turned = is_turned(i, j, s);
    const auto column = static_cast<std::size_t>(turned ? i : j);
    by_j[static_cast<std::size_t>(next[column]++)] = entry_of<Entry>(turned ? j : i, turned ? opposite(s) : s);
  });
  const auto put = make(static_cast<std::size_t>(offsets[n]));
  next = offsets;
  for (std::size_t j = 0; j < n; ++j)
    for (auto k = static_cast<std::size_t>(columns[j]); k < static_cast<std::size_t>(columns[j + 1]); ++k)
      put(next[static_cast<std::size_t>(by_j[k].other)]++, static_cast<std::int32_t>(j), shift_of(by_j[k]));
  return offsets;
}

/// Images of the same particle, which arrive in any order, by shift.
template <class Index>
void sort_images(NeighborRows<Index>& rows, Shift* shifts, std::size_t i) {
  const auto end = static_cast<std::size_t>(rows.offsets[i + 1]);
  for (auto first = static_cast<std::size_t>(rows.offsets[i]), last = first; first < end; first = last) {
    while (last < end && rows.neighbors[last] == rows.neighbors[first]) ++last;
    if (last - first > 1) std::sort(shifts + first, shifts + last);
  }
}

template <class Index, class Entry, class S>
NeighborRows<Index> rows_of(const PairEngine<S>& engine, const PairFields& fields) {
  constexpr bool periodic = std::is_same_v<Entry, Periodic>;
  const std::size_t n = engine.size();
  NeighborRows<Index> rows;
  std::vector<Shift> shifts;
  const auto make = [&](std::size_t count) {
    rows.neighbors.resize(count);
    if (periodic) shifts.resize(count);
    return [&](std::int64_t at, std::int32_t j, const Shift& s) {
      rows.neighbors[static_cast<std::size_t>(at)] = j;
      if constexpr (periodic) shifts[static_cast<std::size_t>(at)] = s;
    };
  };
  rows.offsets =
      engine.config().kind == PairKind::full ? full_rows<Entry>(engine, make) : half_rows<Entry>(engine, make);

  const std::size_t count = rows.neighbors.size();
  if (fields.distances) rows.distances.resize(count);
  if (fields.vectors) rows.vectors.resize(3 * count);
  if (fields.shifts) rows.shifts.resize(3 * count);
  if (!periodic && !fields.distances && !fields.vectors) return rows;
  engine.config().executor.for_each_chunk(n, 2048, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      if constexpr (periodic) sort_images(rows, shifts.data(), i);
      for (auto p = static_cast<std::size_t>(rows.offsets[i]); p < static_cast<std::size_t>(rows.offsets[i + 1]); ++p) {
        Shift s{};
        if constexpr (periodic) s = shifts[p];
        if (fields.shifts) std::copy(s.begin(), s.end(), rows.shifts.begin() + static_cast<std::ptrdiff_t>(3 * p));
        if (!fields.distances && !fields.vectors) continue;
        const std::array<double, 3> d =
            engine.vector(static_cast<std::int32_t>(i), static_cast<std::int32_t>(rows.neighbors[p]), s);
        if (fields.distances) rows.distances[p] = std::sqrt((d[0] * d[0] + d[1] * d[1]) + d[2] * d[2]);
        if (fields.vectors) std::copy(d.begin(), d.end(), rows.vectors.begin() + static_cast<std::ptrdiff_t>(3 * p));
      }
    }
  });
  return rows;
}

}  // namespace

template <class Scalar>
template <class Index>
NeighborRows<Index> NeighborList<Scalar>::rows(PairFields fields) const {
  return engine_->periodic() ? rows_of<Index, Periodic>(*engine_, fields) : rows_of<Index, Open>(*engine_, fields);
}

template <class Scalar>
template <class Index>
PairList<Index> NeighborList<Scalar>::list(PairFields fields) const {
  NeighborRows<Index> rows = this->rows<Index>(fields);
  PairList<Index> list;
  list.i.resize(rows.neighbors.size());
  for (std::size_t i = 0; i + 1 < rows.offsets.size(); ++i)
    std::fill(list.i.begin() + rows.offsets[i], list.i.begin() + rows.offsets[i + 1], static_cast<Index>(i));
  list.j = std::move(rows.neighbors);
  list.distances = std::move(rows.distances);
  list.vectors = std::move(rows.vectors);
  list.shifts = std::move(rows.shifts);
  return list;
}

#define COPPICE_INSTANTIATE(Scalar, Index)                                          \
  template NeighborRows<Index> NeighborList<Scalar>::rows<Index>(PairFields) const; \
  template PairList<Index> NeighborList<Scalar>::list<Index>(PairFields) const;
COPPICE_INSTANTIATE(float, std::int32_t)
COPPICE_INSTANTIATE(float, std::int64_t)
COPPICE_INSTANTIATE(double, std::int32_t)
COPPICE_INSTANTIATE(double, std::int64_t)
#undef COPPICE_INSTANTIATE

}  // namespace coppice
