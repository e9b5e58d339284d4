#include "coppice/query/leaf_blocks.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <string>

#include "coppice/errors.hpp"

namespace coppice::query {
namespace {

constexpr std::size_t particles_a_chunk = 8192;
constexpr double farthest_cell = 1e8;  // images are counted in 32 bits

/// What an open axis looks like does not matter to a search, so it is made straight.
SimulationCell straight(SimulationCell cell) {
  for (std::size_t k = 0; k < 3; ++k)
    if (!cell.periodic[k]) cell.vectors[k] = {};
  return cell.completed();
}

}  // namespace

template <class S>
void LeafBlocks<S>::set_frame(const SimulationCell& cell, double reach) {
  cell_ = cell;
  calm_ = std::numeric_limits<double>::infinity();
  if (cell_.is_periodic()) {
    const SimulationCell regular = straight(cell);
    inverse_ = regular.inverse();
    for (std::size_t k = 0; k < 3; ++k) {
      heights_[k] = regular.height(static_cast<int>(k));
      if (cell.periodic[k]) calm_ = std::min(calm_, drift * heights_[k]);
    }
  }
  reach_ = reach;
  int exponent = 0;
  std::frexp(reach, &exponent);
  inverse_unit_ = std::ldexp(1.0, -exponent);
}

template <class S>
void LeafBlocks<S>::bounds_of(PointView<S> from, const Executor& executor, const char* refuse) {
  std::mutex mutex;
  S range[6];
  bool good = true;
  const S limit = refuse != nullptr ? coordinate_limit<S>(3) : std::numeric_limits<S>::max();
  for (int a = 0; a < 3; ++a) {
    range[a] = limit;
    range[3 + a] = -limit;
  }
  const auto& kernels = leaf_kernels<S>();
  executor.for_each_chunk(from.size(), 4 * particles_a_chunk, [&](std::size_t first, std::size_t last) {
    S part[6];
    const bool fine = kernels.bounds(from.row(first), from.stride(), last - first, limit, part);
    const std::lock_guard lock(mutex);
    good &= fine;
    for (int a = 0; a < 3; ++a) {
      range[a] = std::min(range[a], part[a]);
      range[3 + a] = std::max(range[3 + a], part[3 + a]);
    }
  });
  if (!good) check_points(from, 3);
  std::copy(range, range + 6, range_);
}

template <class S>
void LeafBlocks<S>::check(PointView<S> positions, const SimulationCell& cell, const Executor& executor) {
  if (positions.size() >= std::size_t{1} << 31)
    throw unsupported("a neighbour list holds fewer than 2^31 particles; found " + std::to_string(positions.size()));
  if (positions.empty()) return;
  if (positions.dimension() != 3)
    throw invalid_input("the positions have " + std::to_string(positions.dimension()) + " coordinates; expected 3");
  bounds_of(positions, executor, "");
  farthest_ = 0;
  for (S x : range_) farthest_ = std::max(farthest_, std::fabs(static_cast<double>(x)));
  if (!cell.is_periodic()) return;
  const SimulationCell regular = straight(cell);
  double most = 0;  // cells away, at worst
  for (int k = 0; k < 3; ++k)
    if (cell.periodic[static_cast<std::size_t>(k)]) most = std::max(most, farthest_ * 1.7320509 / regular.height(k));
  if (most <= farthest_cell) return;
  for (std::size_t i = 0; i < positions.size(); ++i)
    for (int a = 0; a < 3; ++a)
      if (std::fabs(static_cast<double>(positions.row(i)[a])) * most > farthest_cell * farthest_)
        throw invalid_input(i, "coordinate " + std::to_string(a) + " lies too many cells away; expected at most 1e8");
}

/// Notes the cell that each particle lies in; where that is not always the first, `wrapped_` gets places to sort by.
template <class S>
void LeafBlocks<S>::wrap(PointView<S> positions, const Executor& executor) {
  has_images_ = false;
  if (!cell_.is_periodic() || positions.empty()) return;
  images_.make(3 * positions.size());
  std::mutex mutex;
  executor.for_each_chunk(positions.size(), particles_a_chunk, [&](std::size_t first, std::size_t last) {
    std::int32_t outside = 0;
    for (std::size_t i = first; i < last; ++i) {
      const S* x = positions.row(i);
      for (std::size_t k = 0; k < 3; ++k) {
        const double at = inverse_[k][0] * static_cast<double>(x[0]) + inverse_[k][1] * static_cast<double>(x[1]) +
                          inverse_[k][2] * static_cast<double>(x[2]);
        const bool inside = !cell_.periodic[k] || (at >= 0 && at < 1);
        const auto step = inside ? 0 : static_cast<std::int32_t>(std::floor(at));
        images_[3 * i + k] = step;
        outside |= step;
      }
    }
    const std::lock_guard lock(mutex);
    has_images_ |= outside != 0;
  });
  if (!has_images_) return;
  wrapped_.make(3 * positions.size());
  executor.for_each_chunk(positions.size(), particles_a_chunk, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const S* x = positions.row(i);
      const std::int32_t* s = images_.get() + 3 * i;
      const SimulationCell::Vector v = cell_.shift({s[0], s[1], s[2]});
      for (std::size_t a = 0; a < 3; ++a) wrapped_[3 * i + a] = static_cast<S>(static_cast<double>(x[a]) - v[a]);
    }
  });
}

/// A particle that crosses a face of the cell stays beside the others of its leaf, a little outside, until it is a
/// quarter of a cell away: so an order lasts in periodic space, too.
template <class S>
void LeafBlocks<S>::refit(PointView<S> positions, const Executor& executor) {
  const bool periodic = cell_.is_periodic();
  if (periodic && images_.make(3 * size_)) std::fill_n(images_.get(), 3 * size_, 0);
  const bool had_images = has_images_;
  std::atomic<bool> outside = false;
  executor.for_each_chunk(size_, particles_a_chunk, [&](std::size_t first, std::size_t last) {
    bool any = false;
    for (std::size_t slot = first; slot < last; ++slot) {
      LeafPoint<S>& point = points_[slot];
      const S* x = positions.row(static_cast<std::size_t>(point.id));
      if (periodic && (had_images || !stays_inside(x, point.x)))
        any |= keep_beside(x, point.x, images_.get() + 3 * static_cast<std::size_t>(point.id));
      std::copy(x, x + 3, point.x);
    }
    if (any) outside = true;
  });
  has_images_ = outside;
  if (size_ > 0) settle(executor);
}

/// Whether a particle of cell (0, 0, 0) is still there and has not gone far.
template <class S>
bool LeafBlocks<S>::stays_inside(const S* now, const S* before) const noexcept {
  const double x = static_cast<double>(now[0]), y = static_cast<double>(now[1]), z = static_cast<double>(now[2]);
  bool good = true;
  for (std::size_t k = 0; k < 3; ++k) {
    const SimulationCell::Vector& row = inverse_[k];
    const double at = row[0] * x + row[1] * y + row[2] * z;
    good &= !cell_.periodic[k] || (at >= 0 && at < 1);
    good &= std::fabs(static_cast<double>(now[k]) - static_cast<double>(before[k])) < calm_;
  }
  return good;
}

/// Sets the cell that a particle counts as lying in; says whether that is another than (0, 0, 0).
template <class S>
bool LeafBlocks<S>::keep_beside(const S* now, const S* before, std::int32_t* image) const noexcept {
  std::int32_t any = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    const SimulationCell::Vector& row = inverse_[k];
    double at = 0, step = 0;
    for (std::size_t a = 0; a < 3; ++a) {
      at += row[a] * static_cast<double>(now[a]);
      step += row[a] * (static_cast<double>(now[a]) - static_cast<double>(before[a]));
    }
    const double kept = image[k] + std::floor(step + 0.5);
    image[k] = static_cast<std::int32_t>(!cell_.periodic[k]                         ? 0
                                         : std::fabs(at - kept - 0.5) < 0.5 + drift ? kept
                                                                                    : std::floor(at));
    any |= image[k];
  }
  return any != 0;
}

template <class S>
void LeafBlocks<S>::carry(PointView<S> positions, const std::int32_t* images, const Executor& executor) {
  executor.for_each_chunk(size_, particles_a_chunk, [&](std::size_t first, std::size_t last) {
    for (std::size_t slot = first; slot < last; ++slot) {
      const S* x = positions.row(static_cast<std::size_t>(points_[slot].id));
      std::copy(x, x + 3, points_[slot].x);
    }
  });
  if (images != nullptr)
    std::copy(images, images + 3 * size_, images_.get());
  else if (has_images_)
    std::fill_n(images_.get(), 3 * size_, 0);
  has_images_ = images != nullptr;
}

template <class S>
void LeafBlocks<S>::settle_here(const Executor& executor) {
  if (size_ > 0) settle(executor);
}

template <class S>
LeafView<S> LeafBlocks<S>::view() const noexcept {
  LeafView<S> view{};
  for (std::size_t a = 0; a < 3; ++a) {
    view.frame.origin[a] = origin_[a];
    for (std::size_t k = 0; k < 3; ++k) view.frame.cell[k][a] = cell_.vectors[k][a];
    view.relative[a] = relative_[a].get();
    view.steps[a] = steps_[a];
    view.center[a] = center_[a].get();
    view.half[a] = half_[a].get();
  }
  view.frame.inverse_unit = inverse_unit_;
  view.frame.images = images();
  view.points = points_.get();
  view.ids = ids_.get();
  view.slots = slots_.get();
  view.begin = begin_.get();
  view.levels = levels_.data();
  view.level_count = static_cast<int>(levels_.size());
  view.leaves = leaves_;
  return view;
}

template <class S>
double LeafBlocks<S>::spread() const {
  const double reach = reach_ * inverse_unit_;
  double sum = 0;
  for (std::size_t leaf = 0; leaf < leaves_; ++leaf) {
    double volume = begin_[leaf + 1] - begin_[leaf];
    for (const Buffer<float>& half : half_) volume *= 2 * (static_cast<double>(half[leaf]) + reach);
    sum += volume;
  }
  return sum;
}

template <class S>
std::size_t LeafBlocks<S>::bytes() const noexcept {
  std::size_t sum = points_.bytes() + keys_.bytes() + histogram_.bytes() + begin_.bytes() + ids_.bytes() +
                    slots_.bytes() + images_.bytes() + wrapped_.bytes() + bounds_.bytes();
  for (std::size_t a = 0; a < 3; ++a) sum += relative_[a].bytes() + half_[a].bytes() + center_[a].bytes();
  return sum;
}

template class LeafBlocks<float>;
template class LeafBlocks<double>;

}  // namespace coppice::query
