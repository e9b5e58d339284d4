#include "leaf_set.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace coppice::neighbor_graph {
namespace {

/// Coordinates reach 2^40 units, so that squares fit the format with room for queries from far outside.
constexpr int unit_bits = 40;
constexpr double least_unit = 0x1p-1000;

template <class S>
double unit_for(PointView<S> points) {
  double widest = 0;
  for (int axis = 0; axis < points.dimension(); ++axis) {
    double least = std::numeric_limits<double>::infinity(), most = -least;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const auto x = static_cast<double>(points.row(i)[axis]);
      least = std::min(least, x);
      most = std::max(most, x);
    }
    if (!points.empty()) widest = std::max(widest, most - least);
  }
  int exponent = 0;
  std::frexp(widest > 0 ? widest : 1.0, &exponent);
  return std::max(std::ldexp(1.0, exponent - unit_bits), least_unit);
}

}  // namespace

template <class S>
LeafSet<S>::LeafSet(PointView<S> points, const Executor& executor, const LeafSet* scale_like)
    : size_(points.size()), axes_(std::max(points.dimension(), 3)) {
  unit_ = scale_like != nullptr ? scale_like->unit_ : unit_for(points);
  if (points.dimension() <= 3) {
    along_curve(points, executor);
    note_equal_leaves(leaves_);
  } else {
    note_equal_leaves(by_medians(points, executor));
  }
}

template <class S>
void LeafSet<S>::along_curve(PointView<S> points, const Executor& executor) {
  Points<S> padded;
  if (points.dimension() < 3) {  // a coordinate of 0 more changes no distance
    padded = {std::vector<S>(3 * size_), 3};
    for (std::size_t i = 0; i < size_; ++i)
      std::copy_n(points.row(i), points.dimension(), padded.coordinates.begin() + static_cast<std::ptrdiff_t>(3 * i));
    points = padded.view();
  }
  blocks_.set_frame({}, 0.75 * unit_);  // three quarters of a power of two: the next one up is the unit
  blocks_.check(points, {}, executor);
  blocks_.sort_once(points, executor);
  leaves_ = blocks_.leaves();
  const query::LeafView<S> view = blocks_.view();
  origin_.assign(view.frame.origin, view.frame.origin + 3);
  const auto levels = static_cast<std::size_t>(view.level_count);
  lower_columns_.reserve(3 * levels);
  upper_columns_.reserve(3 * levels);
  for (std::size_t level = 0; level < levels && leaves_ > 0; ++level) {
    lower_columns_.insert(lower_columns_.end(), view.levels[level].lower, view.levels[level].lower + 3);
    upper_columns_.insert(upper_columns_.end(), view.levels[level].upper, view.levels[level].upper + 3);
    levels_.push_back(
        {lower_columns_.data() + 3 * level, upper_columns_.data() + 3 * level, view.levels[level].count, group_leaves});
  }
  steps_columns_.assign(view.steps, view.steps + 3);
  center_columns_.assign(view.center, view.center + 3);
  half_columns_.assign(view.half, view.half + 3);
}

template <class S>
LeafSetView<S> LeafSet<S>::view() const noexcept {
  LeafSetView<S> view{};
  view.dimension = axes_;
  if (axes_ == 3) {
    const query::LeafView<S> blocks = blocks_.view();
    view.rows = blocks.points == nullptr ? nullptr : blocks.points->x;
    view.stride = sizeof(query::LeafPoint<S>) / sizeof(S);
    view.ids = blocks.points == nullptr ? nullptr : &blocks.points->id;
    view.id_stride = sizeof(query::LeafPoint<S>) / sizeof(std::int32_t);
    view.begin = blocks.begin;
  } else {
    view.rows = rows_.get();
    view.stride = axes_;
    view.ids = ids_.data();
    view.id_stride = 1;
    view.begin = begin_.data();
  }
  view.steps = steps_columns_.data();
  view.block_stride = block_stride_;
  view.center = center_columns_.data();
  view.half = half_columns_.data();
  view.leaf_stride = leaf_stride_;
  view.levels = levels_.data();
  view.earlier = earlier_.empty() ? nullptr : earlier_.data();
  view.origin = origin_.data();
  view.level_count = static_cast<int>(levels_.size());
  view.leaves = leaves_;
  view.points = size_;
  view.inverse_unit = 1 / unit_;
  return view;
}

/// All its points are equal.
template <class S>
bool LeafSet<S>::is_flat(std::size_t leaf) const noexcept {
  const LeafSetView<S> seen = view();
  for (int a = 0; a < axes_; ++a)
    if (seen.half_of(leaf, a) > 2e-30f) return false;
  const S* first = seen.rows + static_cast<std::ptrdiff_t>(seen.begin[leaf]) * seen.stride;
  for (std::uint32_t slot = seen.begin[leaf] + 1; slot < seen.begin[leaf + 1]; ++slot)
    if (!std::equal(first, first + axes_, seen.rows + static_cast<std::ptrdiff_t>(slot) * seen.stride)) return false;
  return true;
}

/// Where many points are equal they fill leaves of their own, all of them side by side and in the order of their ids;
/// only the first can be neighbours. A few equal points may stand apart from each other, so they do not count.
template <class S>
void LeafSet<S>::note_equal_leaves(std::size_t leaves) {
  std::vector<std::uint32_t> run(leaves_, 0);
  bool any = false;
  bool before = false;
  for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
    const bool flat = is_flat(leaf);
    const LeafSetView<S> seen = view();
    const S* here = seen.rows + static_cast<std::ptrdiff_t>(seen.begin[leaf]) * seen.stride;
    if (flat && before && std::equal(here, here + axes_, here - seen.stride)) {
      run[leaf] = run[leaf - 1] + (seen.begin[leaf] - seen.begin[leaf - 1]);
      any |= run[leaf] > leaf_capacity;
    }
    before = flat;
  }
  if (!any) return;
  for (std::uint32_t& equal : run) equal = equal > leaf_capacity ? equal : 0;
  earlier_ = std::move(run);
}

template <class S>
std::size_t LeafSet<S>::bytes() const noexcept {
  const auto axes = static_cast<std::size_t>(axes_);
  std::size_t sum = earlier_.size() * sizeof(std::uint32_t);
  if (axes_ == 3) return sum + blocks_.bytes();
  sum += size_ * axes * (sizeof(S) + sizeof(std::int16_t)) + ids_.size() * sizeof(std::int32_t);
  sum += leaves_ * (axes * (sizeof(double) + sizeof(float)) + sizeof(std::uint32_t));
  for (const auto& level : bounds_) sum += level.size() * sizeof(float);
  return sum;
}

template class LeafSet<float>;
template class LeafSet<double>;

}  // namespace coppice::neighbor_graph
