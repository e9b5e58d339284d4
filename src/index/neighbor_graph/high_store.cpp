#include "high_store.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <optional>
#include <utility>

namespace coppice::high {
namespace {

constexpr std::size_t rows_at_once = 256;

/// In sixteen lanes, of which the compiler makes vectors.
template <class Scalar>
Scalar largest_magnitude(const Scalar* x, std::size_t size) {
  Scalar lanes[16] = {};
  const auto add = [&](std::size_t begin, std::size_t lane) {
    const Scalar magnitude = std::abs(x[begin + lane]);
    lanes[lane] = magnitude > lanes[lane] ? magnitude : lanes[lane];
  };
  std::size_t i = 0;
  for (; i + 16 <= size; i += 16)
    for (std::size_t lane = 0; lane < 16; ++lane) add(i, lane);
  for (; i < size; ++i) add(i, 0);
  return *std::max_element(std::begin(lanes), std::end(lanes));
}

/// The least and the greatest coordinate, if all of them are integers no more than 255 apart and small enough to differ
/// exactly.
template <class Scalar>
std::optional<std::pair<Scalar, Scalar>> byte_range(const PointView<Scalar>& points, const Executor& executor) {
  const auto dimension = static_cast<std::size_t>(points.dimension());
  const std::size_t chunks = (points.size() + rows_at_once - 1) / rows_at_once;
  std::vector<std::pair<Scalar, Scalar>> ranges(chunks);
  std::atomic<bool> possible = true;
  executor.for_each_chunk(points.size(), rows_at_once, [&](std::size_t first, std::size_t last) {
    if (!possible.load(std::memory_order_relaxed)) return;
    std::int32_t lower = std::numeric_limits<std::int32_t>::max();
    std::int32_t upper = std::numeric_limits<std::int32_t>::min();
    for (std::size_t i = first; i < last; ++i) {
      const Scalar* const x = points.row(i);
      // Beyond this magnitude the conversion is undefined, and floats no longer differ exactly.
      if (largest_magnitude(x, dimension) > Scalar(1 << 23)) {
        possible.store(false, std::memory_order_relaxed);
        return;
      }
      std::int32_t others = 0;
      for (std::size_t axis = 0; axis < dimension; ++axis) {  // integers: the compiler makes vectors of this
        const auto whole = static_cast<std::int32_t>(x[axis]);
        others |= static_cast<Scalar>(whole) != x[axis];
        lower = whole < lower ? whole : lower;
        upper = whole > upper ? whole : upper;
      }
      if (others != 0 || upper - lower > 255) {
        possible.store(false, std::memory_order_relaxed);
        return;
      }
    }
    ranges[first / rows_at_once] = {static_cast<Scalar>(lower), static_cast<Scalar>(upper)};
  });
  if (!possible || points.empty()) return std::nullopt;
  auto [lower, upper] = ranges[0];
  for (const auto& [l, u] : ranges) {
    lower = std::min(lower, l);
    upper = std::max(upper, u);
  }
  if (upper - lower > 255) return std::nullopt;
  return std::pair(lower, upper);
}

}  // namespace

template <class Scalar>
Store<Scalar>::Store(PointView<Scalar> points, bool bytes, const Executor& executor, std::size_t room) {
  const auto range = bytes ? byte_range(points, executor) : std::nullopt;
  *this = Store(points, range ? &range->first : nullptr, executor, room);
}

template <class Scalar>
Store<Scalar> Store<Scalar>::like(PointView<Scalar> points, const Executor& executor) const {
  const auto range = byte_range(points, executor);
  const bool fits = range && range->first >= least_ && range->second - least_ <= 255;
  return Store(points, fits ? &least_ : nullptr, executor, 0);
}

template <class Scalar>
Store<Scalar> Store<Scalar>::widened(const Executor& executor) const {
  std::vector<Scalar> coordinates(size_ * dimension_);
  for (std::size_t i = 0; i < size_; ++i) copy_row(i, coordinates.data() + i * dimension_);
  return Store(PointView<Scalar>(coordinates.data(), size_, static_cast<int>(dimension_)), nullptr, executor, 0);
}

template <class Scalar>
Store<Scalar>::Store(PointView<Scalar> points, const Scalar* least, const Executor& executor, std::size_t room)
    : size_(points.size()),
      room_(std::max(size_, room)),
      dimension_(static_cast<std::size_t>(points.dimension())),
      stride_(dimension_ <= 16 ? dimension_ : (dimension_ + 15) / 16 * 16),
      has_bytes_(least != nullptr),
      least_(least == nullptr ? Scalar(0) : *least) {
  if (has_bytes_)
    bytes_ = storage::RawArray<std::uint8_t>(room_ * stride_);
  else
    rows_ = storage::RawArray<Scalar>(room_ * stride_);
  std::vector<Scalar> largest((size_ + rows_at_once - 1) / rows_at_once, Scalar(0));
  executor.for_each_chunk(size_, rows_at_once, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const Scalar* const x = points.row(i);
      Scalar& of_chunk = largest[first / rows_at_once];
      of_chunk = std::max(of_chunk, largest_magnitude(x, dimension_));
      set(i, x);
    }
  });
  for (const Scalar magnitude : largest) largest_ = std::max(largest_, static_cast<double>(magnitude));
}

template <class Scalar>
void Store<Scalar>::set(std::size_t i, const Scalar* x) noexcept {
  if (has_bytes_) {
    std::uint8_t* const to = bytes_.get() + i * stride_;
    for (std::size_t axis = 0; axis < dimension_; ++axis)
      to[axis] = static_cast<std::uint8_t>(static_cast<std::int32_t>(x[axis] - least_));
    std::fill(to + dimension_, to + stride_, std::uint8_t{0});
  } else {
    Scalar* const to = rows_.get() + i * stride_;
    std::copy_n(x, dimension_, to);
    std::fill(to + dimension_, to + stride_, Scalar(0));
  }
}

template <class Scalar>
void Store<Scalar>::copy_row(std::size_t i, Scalar* to) const noexcept {
  for (std::size_t axis = 0; axis < dimension_; ++axis)
    to[axis] = has_bytes_ ? static_cast<Scalar>(bytes(i)[axis]) + least_ : row(i)[axis];
}

template <class Scalar>
bool Store<Scalar>::admits(PointView<Scalar> points, const Frame& frame, const Executor& executor) const {
  double largest = 0;
  for (std::size_t i = 0; i < points.size(); ++i)
    for (const Scalar x : points[i]) largest = std::max(largest, std::abs(static_cast<double>(x)));
  if (2 * largest * frame.scale > 0x1p50) return false;  // as in `frame`: a square might overflow
  if (!has_bytes_) return true;
  const auto range = byte_range(points, executor);
  return !points.empty() && range && range->first >= least_ && range->second - least_ <= 255;
}

template <class Scalar>
void Store<Scalar>::grow(std::size_t size) {
  if (size > room_) {
    const std::size_t room = size + size / 8;
    if (has_bytes_) {
      storage::RawArray<std::uint8_t> longer(room * stride_);
      std::copy_n(bytes_.get(), size_ * stride_, longer.get());
      bytes_ = std::move(longer);
    } else {
      storage::RawArray<Scalar> longer(room * stride_);
      std::copy_n(rows_.get(), size_ * stride_, longer.get());
      rows_ = std::move(longer);
    }
    room_ = room;
  }
  size_ = size;
}

template <class Scalar>
void Store<Scalar>::keys(const Store& queries, std::size_t i, const std::int32_t* ids, std::size_t count,
                         Scalar* to) const {
  const tiles::TileKernels& kernels = tiles::tile_kernels();
  if constexpr (sizeof(Scalar) == sizeof(float)) {
    if (has_bytes_)
      kernels.keys_byte_float(queries.bytes(i), bytes_.get(), stride_, ids, count, dimension_, to);
    else
      kernels.keys_float(queries.row(i), rows_.get(), stride_, ids, count, dimension_, to);
  } else {
    if (has_bytes_)
      kernels.keys_byte_double(queries.bytes(i), bytes_.get(), stride_, ids, count, dimension_, to);
    else
      kernels.keys_double(queries.row(i), rows_.get(), stride_, ids, count, dimension_, to);
  }
}

template <class Scalar>
Frame Store<Scalar>::frame(const Store& others) const {
  Frame frame;
  frame.center.assign(dimension_, 0);
  const std::size_t sample = std::min<std::size_t>(size_, 255);
  std::vector<double> values(sample);
  for (std::size_t axis = 0; axis < dimension_; ++axis) {
    for (std::size_t s = 0; s < sample; ++s) values[s] = coordinate(s * size_ / sample, axis);
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(sample / 2), values.end());
    frame.center[axis] = values[sample / 2];
  }
  for (std::size_t s = 0; s < sample; ++s) {
    double largest = 0;
    for (std::size_t axis = 0; axis < dimension_; ++axis)
      largest = std::max(largest, std::abs(coordinate(s * size_ / sample, axis) - frame.center[axis]));
    values[s] = largest;
  }
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(sample / 2), values.end());
  double usual = values[sample / 2];
  const double largest = 2 * std::max(largest_, others.largest_);  // no square may overflow
  usual = std::max({usual, largest * 0x1p-50, std::numeric_limits<double>::min()});
  frame.scale = std::exp2(std::clamp(-std::floor(std::log2(usual)), -1000.0, 1000.0));
  return frame;
}

template <class Scalar>
void Store<Scalar>::frame_row(const Frame& frame, std::size_t i, float* to) const {
  const double* const center = frame.center.data();
  const double scale = frame.scale;
  if (has_bytes_) {
    const std::uint8_t* const x = bytes(i);
    const double least = static_cast<double>(least_);
    for (std::size_t axis = 0; axis < dimension_; ++axis)
      to[axis] = static_cast<float>((static_cast<double>(x[axis]) + least - center[axis]) * scale);
  } else {
    const Scalar* const x = row(i);
    for (std::size_t axis = 0; axis < dimension_; ++axis)
      to[axis] = static_cast<float>((static_cast<double>(x[axis]) - center[axis]) * scale);
  }
}

template class Store<float>;
template class Store<double>;

}  // namespace coppice::high
