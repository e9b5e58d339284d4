#include "pair_engine.hpp"

#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "coppice/errors.hpp"

namespace coppice::octree {
namespace {

constexpr std::size_t groups_a_chunk = 8;
/// Squares of cutoffs below do not fit a double; searches look at least this far.
constexpr double least_reach = 1e-150;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

template <class S>
PairEngine<S>::PairEngine(NeighborListConfig config) : config_(std::move(config)) {
  config_.check();
  reach_ = config_.cutoff;
  if (!config_.radii.empty()) {
    double first = 0, second = 0;
    for (double r : config_.radii) {
      second = std::max(second, std::min(first, r));
      first = std::max(first, r);
    }
    reach_ = first + (config_.cell.is_periodic() ? first : second);  // a particle meets its own images
  }
  for (double r : config_.type_cutoffs) {
    reach_ = std::max(reach_, r);
    type_squared_.push_back(r > 0 ? r * r : -1.0);
  }
  types_ = static_cast<std::size_t>(std::llround(std::sqrt(static_cast<double>(type_squared_.size()))));
  cutoff_squared_ = reach_ * reach_;
  for (const auto& [i, j] : config_.exclusions) largest_excluded_ = std::max({largest_excluded_, i, j});
  excluded_begin_.assign(static_cast<std::size_t>(largest_excluded_ + 2), 0);
  for (const auto& [i, j] : config_.exclusions)
    for (std::int64_t k : {i, j}) ++excluded_begin_[static_cast<std::size_t>(k + 1)];
  std::partial_sum(excluded_begin_.begin(), excluded_begin_.end(), excluded_begin_.begin());
  excluded_.resize(2 * config_.exclusions.size());
  std::vector<std::int64_t> next(excluded_begin_);
  for (const auto& [i, j] : config_.exclusions) {
    excluded_[static_cast<std::size_t>(next[static_cast<std::size_t>(i)]++)] = static_cast<std::int32_t>(j);
    excluded_[static_cast<std::size_t>(next[static_cast<std::size_t>(j)]++)] = static_cast<std::int32_t>(i);
  }
  set_cell(config_.cell);
  take_cell();
}

template <class S>
void PairEngine<S>::set_cell(const SimulationCell& cell) {
  cell.check();
  LeafBlocks<S> trial;
  const double reach = std::max(reach_ + config_.skin, least_reach);
  trial.set_frame(cell, reach);
  double count = 1;
  if (cell.is_periodic())
    for (std::size_t k = 0; k < 3; ++k)
      if (cell.periodic[k]) count *= 2 * std::ceil((reach + config_.skin) / trial.height(k)) + 3;
  if (count > 1e6)
    throw invalid_input("the cutoff reaches across more than a million images of the cell; expected a larger cell");
  new_cell_ = cell;
}

/// The cell that was set is taken over by the next update, so that the rows keep their meaning until then.
template <class S>
void PairEngine<S>::take_cell() {
  if (!new_cell_) return;
  blocks_.set_frame(*new_cell_, std::max(reach_ + config_.skin, least_reach));
  config_.cell = *new_cell_;
  images_ = images_of(config_.cell);
  new_cell_.reset();
  have_candidates_ = false;
  sorted_spread_ = 0;
}

template <class S>
typename PairEngine<S>::Images PairEngine<S>::images_of(const SimulationCell& cell) const {
  Images images;
  images.full.push_back({{0, 0, 0}, {0, 0, 0}});
  images.half = images.full;
  if (!cell.is_periodic()) return images;
  // Wrapped particles are little more than a cell apart along every vector, so this many images more than the cutoff
  // spans; with a skin they may have drifted since they were wrapped.
  int most[3] = {0, 0, 0};
  const double reach = std::max(reach_ + config_.skin, least_reach);
  for (std::size_t k = 0; k < 3; ++k)
    if (cell.periodic[k])
      most[k] = static_cast<int>(
          std::floor((reach + config_.skin) / blocks_.height(k) + 1 + 2 * LeafBlocks<S>::drift + 1e-6));
  for (int a = -most[0]; a <= most[0]; ++a)
    for (int b = -most[1]; b <= most[1]; ++b)
      for (int c = -most[2]; c <= most[2]; ++c) {
        if (a == 0 && b == 0 && c == 0) continue;
        const SimulationCell::Vector v = cell.shift({a, b, c});
        const CellShift shift{{v[0], v[1], v[2]}, {a, b, c}};
        for (double x : v) images.farthest = std::max(images.farthest, std::fabs(x));
        images.full.push_back(shift);
        if (a > 0 || (a == 0 && (b > 0 || (b == 0 && c > 0)))) images.half.push_back(shift);
      }
  return images;
}

template <class S>
void PairEngine<S>::check(PointView<S> positions) {
  const auto fits = [&](std::size_t expected, const char* what) {
    if (expected != 0 && positions.size() != expected)
      throw invalid_input("found " + std::to_string(positions.size()) + " particles; expected " +
                          std::to_string(expected) + ", as many as " + what);
  };
  fits(config_.radii.size(), "radii");
  fits(config_.types.size(), "types");
  if (largest_excluded_ >= static_cast<std::int64_t>(positions.size()))
    throw invalid_input("an exclusion names particle " + std::to_string(largest_excluded_) + "; there are " +
                        std::to_string(positions.size()));
  blocks_.check(positions, new_cell_ ? *new_cell_ : config_.cell, config_.executor);
  take_cell();
}

template <class S>
void PairEngine<S>::clear() noexcept {
  have_candidates_ = false;
  pairs_ = 0;
}

template <class S>
void PairEngine<S>::forget() noexcept {
  clear();
  blocks_.sort({}, {});
}

/// Keeps the order of the last sort while a search in it would look at little more than in a new one.
template <class S>
void PairEngine<S>::arrange(PointView<S> positions) {
  boxes_are_old_ = false;
  const bool same = positions.size() == blocks_.size() && blocks_.size() > 0 && sorted_spread_ > 0;
  if (same && config_.resort_fraction > 0 && sorts_to_come_ == 0) {
    blocks_.refit(positions, config_.executor);
    if (blocks_.spread() <= (1 + config_.resort_fraction) * sorted_spread_) {
      patience_ = 0;
      return;
    }
    // Tried in vain: particles that move as much in every step are sorted without a trial for a while.
    sorts_to_come_ = patience_;
    patience_ = std::min(2 * patience_ + 1, 15);
  } else if (sorts_to_come_ > 0) {
    --sorts_to_come_;
  }
  blocks_.sort(positions, config_.executor);
  sorted_spread_ = blocks_.spread();
  ++statistics_.sorts;
}

template <class S>
void PairEngine<S>::place(PointView<S> positions) {
  check(positions);
  const auto start = std::chrono::steady_clock::now();
  clear();
  arrange(positions);
  statistics_.sort_seconds = seconds_since(start);
  rows_.make(positions.size());
  std::fill_n(rows_.get(), positions.size(), PairRow{});
}

template <class S>
bool PairEngine<S>::update(PointView<S> positions) {
  check(positions);
  auto start = std::chrono::steady_clock::now();
  ++statistics_.updates;
  statistics_.sort_seconds = 0;
  if (config_.skin > 0 && still_serves(positions)) {
    measure();
    statistics_.list_seconds = seconds_since(start);
    return false;
  }
  clear();
  arrange(positions);
  statistics_.sort_seconds = seconds_since(start);
  start = std::chrono::steady_clock::now();
  ++statistics_.rebuilds;
  statistics_.exact_rows = 0;
  const bool full = config_.kind == PairKind::full;
  const std::size_t n = positions.size();
  rows_.make(n);
  if (config_.skin > 0 || filters()) {
    own_slots_.make(n + slack);
    std::iota(own_slots_.get(), own_slots_.get() + n, 0);
    list(search(reach_ + config_.skin, full, own_slots_.get()), candidate_store_, candidates_);
    measure();
    if (config_.skin > 0) remember(positions);
  } else {
    list(search(reach_, full, blocks_.ids()), row_store_, rows_);
    if (!excluded_.empty()) drop_excluded();
  }
  statistics_.list_seconds = seconds_since(start);
  return true;
}

/// Requires: current boxes. `cutoff` decides unless it is wider than the reach: then the rows are candidates.
template <class S>
PairSearch<S> PairEngine<S>::search(double cutoff, bool full, const std::int32_t* labels) const {
  PairSearch<S> search{};
  search.view = blocks_.view();
  search.labels = labels;
  const std::vector<CellShift>& shifts = full ? images_.full : images_.half;
  search.shifts = shifts.data();
  search.shift_count = shifts.size();
  search.periodic = periodic();
  search.full = full;
  // Rounding in double: of coordinates, of the images that particles lie in, and of the definition itself.
  double size = blocks_.farthest() + images_.farthest;
  if (blocks_.images() != nullptr) size += 2 * blocks_.farthest() + images_.farthest;
  const double rounding = 4e-15 * size;
  const double wide = std::max(cutoff, least_reach);
  const bool candidates = cutoff > reach_ || filters();
  search.cutoff_squared =
      candidates ? (wide * (1 + 1e-9) + rounding) * (wide * (1 + 1e-9) + rounding) : cutoff * cutoff;
  const double unit = search.view.frame.inverse_unit;
  search.radius = static_cast<float>((candidates ? wide * (1 + 1e-9) + rounding : wide) * unit);
  search.slack = static_cast<float>(rounding * unit);
  search.box_slack =
      static_cast<float>((blocks_.extent() + images_.farthest + rounding) * unit * 1e-6 + rounding * unit * 4);
  search.exact = cutoff < 1e-140 || cutoff > 1e140;
  return search;
}

template <class S>
void PairEngine<S>::list(const PairSearch<S>& search, RowStore& store, storage::Buffer<PairRow>& rows) {
  const std::size_t n = blocks_.size();
  rows.make(n);
  store.reset(n * (search.full ? 64 : 32));
  const auto& kernels = pair_kernels<S>();
  std::atomic<std::int64_t> exact = 0, pairs = 0;
  config_.executor.for_each_chunk(blocks_.groups(), groups_a_chunk, [&](std::size_t first, std::size_t last) {
    auto scratch = scratch_.take();
    {
      StoreSink sink(store);
      exact += static_cast<std::int64_t>(kernels.list(search, first, last, *scratch, sink, rows.get()));
    }
    scratch_.give_back(std::move(scratch));
    const std::size_t end = blocks_.leaf_begin(std::min(last * group_leaves, blocks_.leaves()));
    std::size_t found = 0;
    for (std::size_t slot = blocks_.leaf_begin(first * group_leaves); slot < end; ++slot) found += rows[slot].count;
    pairs += static_cast<std::int64_t>(found);
  });
  statistics_.exact_rows = exact;
  pairs_ = pairs;
}

template <class S>
NeighborListStatistics PairEngine<S>::statistics() const {
  NeighborListStatistics statistics = statistics_;
  statistics.leaves = blocks_.leaves();
  statistics.bytes = blocks_.bytes() + row_store_.bytes() + candidate_store_.bytes() + rows_.bytes() +
                     candidates_.bytes() + own_slots_.bytes() + remembered_.capacity() * sizeof(S);
  return statistics;
}

template class PairEngine<float>;
template class PairEngine<double>;

}  // namespace coppice::octree
