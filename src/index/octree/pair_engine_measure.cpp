// What a PairEngine does with pairs that are found: exclusions, radii and types, the Verlet skin, D and d², sums.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>

#include "pair_engine.hpp"

namespace coppice::octree {
namespace {

constexpr std::size_t groups_a_measure = 8;
constexpr std::size_t slots_a_chunk = 2048;

}  // namespace

template <class S>
bool PairEngine<S>::excluded(std::int32_t i, std::int32_t j) const noexcept {
  const auto row = static_cast<std::size_t>(i);
  if (row + 1 >= excluded_begin_.size()) return false;
  for (std::int64_t k = excluded_begin_[row]; k < excluded_begin_[row + 1]; ++k)
    if (excluded_[static_cast<std::size_t>(k)] == j) return true;
  return false;
}

template <class S>
void PairEngine<S>::drop_excluded() {
  std::atomic<std::int64_t> dropped = 0;
  const std::int32_t* ids = blocks_.ids();
  config_.executor.for_each_chunk(blocks_.size(), slots_a_chunk, [&](std::size_t first, std::size_t last) {
    std::size_t count = 0;
    for (std::size_t slot = first; slot < last; ++slot) {
      const auto i = static_cast<std::size_t>(ids[slot]);
      if (i + 1 >= excluded_begin_.size() || excluded_begin_[i] == excluded_begin_[i + 1]) continue;
      PairRow& row = rows_[slot];
      auto* to = const_cast<std::int32_t*>(row.ids);  // rows lie in our own store
      auto* codes = const_cast<std::uint32_t*>(row.codes);
      std::size_t kept = 0;
      for (std::size_t k = 0; k < row.count; ++k) {
        if (excluded(ids[slot], row.ids[k])) continue;
        to[kept] = row.ids[k];
        if (codes != nullptr) codes[kept] = row.codes[k];
        ++kept;
      }
      count += row.count - kept;
      row.count = kept;
    }
    dropped += static_cast<std::int64_t>(count);
  });
  pairs_ -= dropped;
}

template <class S>
bool PairEngine<S>::within(std::int32_t i, std::int32_t j, double squared) const noexcept {
  const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
  if (!config_.radii.empty()) {
    const double reach = config_.radii[a] + config_.radii[b];
    if (!(squared <= reach * reach)) return false;
  } else if (!config_.types.empty()) {
    const auto ti = static_cast<std::size_t>(config_.types[a]), tj = static_cast<std::size_t>(config_.types[b]);
    if (!(squared <= type_squared_[ti * types_ + tj])) return false;
  } else if (!(squared <= cutoff_squared_)) {
    return false;
  }
  return excluded_.empty() || !excluded(i, j);
}

template <class S>
PairGeometry<S> PairEngine<S>::geometry(bool full) const {
  PairGeometry<S> geometry{(full ? images_.full : images_.half).data(), blocks_.images(), {}, periodic()};
  for (std::size_t k = 0; k < 3; ++k) std::copy_n(config_.cell.vectors[k].begin(), 3, geometry.cell[k]);
  return geometry;
}

/// The rows from the candidates, at the positions of now.
template <class S>
void PairEngine<S>::measure() {
  const bool full = config_.kind == PairKind::full;
  row_store_.reset(blocks_.size() * (full ? 64 : 32));
  const LeafPoint<S>* points = blocks_.points();
  const bool plain = !filters() && excluded_.empty();
  const PairGeometry<S> pair = geometry(full);
  const double limit = cutoff_squared_;
  std::atomic<std::int64_t> pairs = 0;
  config_.executor.for_each_chunk(blocks_.size(), slots_a_chunk, [&](std::size_t first, std::size_t last) {
    StoreSink sink(row_store_);
    std::size_t sum = 0;
    double d[3];
    for (std::size_t slot = first; slot < last; ++slot) {
      const PairRow from = candidates_[slot];
      if (sink.room < from.count) sink.grow(sink, from.count);
      std::int32_t* const ids = sink.ids;
      std::uint32_t* const codes = sink.codes;
      const LeafPoint<S> i = points[slot];
      std::size_t n = 0;
      for (std::size_t k = 0; k < from.count; ++k) {
        const LeafPoint<S>& j = points[from.ids[k]];
        const std::uint32_t code = from.codes == nullptr ? 0 : from.codes[k];
        const double squared = pair.square(i, j, code, d);
        ids[n] = j.id;
        if (from.codes != nullptr) codes[n] = code;
        n += plain ? squared <= limit : within(i.id, j.id, squared);
      }
      rows_[slot] = {ids, from.codes == nullptr ? nullptr : codes, n};
      sink.ids += n;
      sink.codes += n;
      sink.room -= n;
      sum += n;
    }
    pairs += static_cast<std::int64_t>(sum);
  });
  pairs_ = pairs;
}

template <class S>
void PairEngine<S>::remember(PointView<S> positions) {
  const std::size_t n = positions.size();
  remembered_.resize(3 * n);
  for (std::size_t i = 0; i < n; ++i) std::copy_n(positions.row(i), 3, remembered_.data() + 3 * i);
  remembered_images_.clear();
  if (blocks_.images() != nullptr) remembered_images_.assign(blocks_.images(), blocks_.images() + 3 * n);
  have_candidates_ = true;
}

/// Whether the candidates still hold every pair: the two particles that moved most did so by no more than the skin
/// together. A particle that was put back into the cell has not moved. If so, carries the positions over.
template <class S>
bool PairEngine<S>::still_serves(PointView<S> positions) {
  const std::size_t n = positions.size();
  if (!have_candidates_ || 3 * n != remembered_.size()) return false;
  const double skin = config_.skin;
  const auto inverse = blocks_.inverse();
  const SimulationCell& cell = config_.cell;
  std::vector<std::int32_t> steps;
  double first = 0, second = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double d[3], square = 0;
    const auto measure_step = [&] { square = (d[0] * d[0] + d[1] * d[1]) + d[2] * d[2]; };
    for (std::size_t a = 0; a < 3; ++a)
      d[a] = static_cast<double>(positions.row(i)[a]) - static_cast<double>(remembered_[3 * i + a]);
    measure_step();
    if (square > skin * skin && periodic()) {
      std::array<int, 3> s{};
      for (std::size_t k = 0; k < 3; ++k) {
        if (!cell.periodic[k]) continue;
        const double t = std::nearbyint(inverse[k][0] * d[0] + inverse[k][1] * d[1] + inverse[k][2] * d[2]);
        s[k] = static_cast<int>(t);
      }
      const SimulationCell::Vector v = cell.shift(s);
      for (std::size_t a = 0; a < 3; ++a) d[a] -= v[a];
      measure_step();
      if (steps.empty()) steps.resize(3 * n, 0);
      for (std::size_t k = 0; k < 3; ++k) steps[3 * i + k] = s[k];
    }
    if (square > first) {
      second = first;
      first = square;
    } else {
      second = std::max(second, square);
    }
    if (first > skin * skin) return false;
  }
  const double rounding = 4e-15 * (2 * blocks_.farthest() + images_.farthest);
  if (std::sqrt(first) + std::sqrt(second) > skin * (1 - 1e-9) - rounding) return false;
  if (steps.empty() && remembered_images_.empty()) {
    blocks_.carry(positions, nullptr, config_.executor);
  } else {
    steps.resize(3 * n, 0);
    if (!remembered_images_.empty())
      for (std::size_t k = 0; k < 3 * n; ++k) steps[k] += remembered_images_[k];
    blocks_.carry(positions, steps.data(), config_.executor);
  }
  boxes_are_old_ = true;
  return true;
}

template <class S>
std::array<std::int32_t, 3> PairEngine<S>::image(std::int32_t i, std::int32_t j, std::uint32_t code, bool full) const {
  const CellShift& shift = (full ? images_.full : images_.half)[code];
  std::array<std::int32_t, 3> s{shift.steps[0], shift.steps[1], shift.steps[2]};
  if (const std::int32_t* images = blocks_.images())
    for (std::size_t k = 0; k < 3; ++k)
      s[k] += images[3 * static_cast<std::size_t>(i) + k] - images[3 * static_cast<std::size_t>(j) + k];
  return s;
}

template <class S>
std::array<double, 3> PairEngine<S>::vector(std::int32_t i, std::int32_t j,
                                            const std::array<std::int32_t, 3>& s) const {
  const LeafPoint<S>& a = blocks_.points()[blocks_.slots()[i]];
  const LeafPoint<S>& b = blocks_.points()[blocks_.slots()[j]];
  std::array<double, 3> d;
  for (std::size_t k = 0; k < 3; ++k) d[k] = static_cast<double>(b.x[k]) - static_cast<double>(a.x[k]);
  if (periodic()) {
    const SimulationCell::Vector v = config_.cell.shift({s[0], s[1], s[2]});
    for (std::size_t k = 0; k < 3; ++k) d[k] += v[k];
  }
  return d;
}

template <class S>
void PairEngine<S>::visit(const void* context, void (*visitor)(const void* context, const PairTerms& terms)) {
  if (blocks_.size() == 0) return;
  if (boxes_are_old_) {
    blocks_.settle_here(config_.executor);
    boxes_are_old_ = false;
  }
  own_slots_.make(blocks_.size() + slack);
  std::iota(own_slots_.get(), own_slots_.get() + blocks_.size(), 0);
  visited_.make(blocks_.size());
  const PairSearch<S> task = search(reach_, true, own_slots_.get());
  const bool checked = filters() || !excluded_.empty();
  const PairGeometry<S> pair = geometry(true);
  const auto& kernels = pair_kernels<S>();
  const LeafPoint<S>* points = blocks_.points();
  config_.executor.for_each_chunk(blocks_.groups(), groups_a_measure, [&](std::size_t first, std::size_t last) {
    auto scratch = scratch_.take();
    std::vector<std::int32_t> neighbors;
    std::vector<double> squared;
    std::vector<std::array<double, 3>> vectors;
    RowStore rows;  // of one group: used up at once, so that it stays in the cache
    for (std::size_t group = first; group < last; ++group) {
      rows.reset(4096);
      StoreSink sink(rows);
      kernels.list(task, group, group + 1, *scratch, sink, visited_.get());
      const std::size_t end = blocks_.leaf_begin(std::min((group + 1) * group_leaves, blocks_.leaves()));
      for (std::size_t slot = blocks_.leaf_begin(group * group_leaves); slot < end; ++slot) {
        const PairRow& row = visited_[slot];
        if (neighbors.size() < row.count) {
          neighbors.resize(2 * row.count);
          squared.resize(2 * row.count);
          vectors.resize(2 * row.count);
        }
        std::size_t n = 0;
        for (std::size_t k = 0; k < row.count; ++k) {
          const LeafPoint<S>& j = points[row.ids[k]];
          squared[n] = pair.square(points[slot], j, row.codes == nullptr ? 0 : row.codes[k], vectors[n].data());
          neighbors[n] = j.id;
          n += !checked || within(points[slot].id, j.id, squared[n]) ? 1 : 0;
        }
        visitor(context, {points[slot].id, n, neighbors.data(), squared.data(), vectors.data()});
      }
    }
    scratch_.give_back(std::move(scratch));
  });
}

// The rest of the class is made in pair_engine.cpp.
template bool PairEngine<float>::excluded(std::int32_t, std::int32_t) const noexcept;
template bool PairEngine<double>::excluded(std::int32_t, std::int32_t) const noexcept;
template void PairEngine<float>::drop_excluded();
template void PairEngine<double>::drop_excluded();
template bool PairEngine<float>::within(std::int32_t, std::int32_t, double) const noexcept;
template bool PairEngine<double>::within(std::int32_t, std::int32_t, double) const noexcept;
template PairGeometry<float> PairEngine<float>::geometry(bool) const;
template PairGeometry<double> PairEngine<double>::geometry(bool) const;
template void PairEngine<float>::measure();
template void PairEngine<double>::measure();
template void PairEngine<float>::remember(PointView<float>);
template void PairEngine<double>::remember(PointView<double>);
template bool PairEngine<float>::still_serves(PointView<float>);
template bool PairEngine<double>::still_serves(PointView<double>);
template std::array<std::int32_t, 3> PairEngine<float>::image(std::int32_t, std::int32_t, std::uint32_t, bool) const;
template std::array<std::int32_t, 3> PairEngine<double>::image(std::int32_t, std::int32_t, std::uint32_t, bool) const;
template std::array<double, 3> PairEngine<float>::vector(std::int32_t, std::int32_t,
                                                         const std::array<std::int32_t, 3>&) const;
template std::array<double, 3> PairEngine<double>::vector(std::int32_t, std::int32_t,
                                                          const std::array<std::int32_t, 3>&) const;
template void PairEngine<float>::visit(const void*, void (*)(const void*, const PairTerms&));
template void PairEngine<double>::visit(const void*, void (*)(const void*, const PairTerms&));

}  // namespace coppice::octree
