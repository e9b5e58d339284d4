// Points as rows of numbers in somebody's memory: a view (pointer, rows, dimension, stride), an owner, and the adaptor
// for any other container. Also the one check that every entrance of the library applies to coordinates.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace coppice {

/// The stable 64-bit name of a point, never negative. −1 pads answers that have fewer neighbours than asked for.
using point_id = std::int64_t;
inline constexpr point_id no_point = -1;

/// The largest dimension that any index accepts.
inline constexpr int max_dimension = 1024;

/// A row-major block of points in the caller's memory; row i starts at `data + i * stride`. Never owns, never copies.
template <class Scalar>
class PointView {
 public:
  PointView() = default;
  /// Requires: `data` holds `size` rows of `dimension` numbers, `stride` numbers apart.
  PointView(const Scalar* data, std::size_t size, int dimension, std::ptrdiff_t stride)
      : data_(data), size_(size), dimension_(dimension), stride_(stride) {}
  PointView(const Scalar* data, std::size_t size, int dimension) : PointView(data, size, dimension, dimension) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] int dimension() const noexcept { return dimension_; }
  [[nodiscard]] std::ptrdiff_t stride() const noexcept { return stride_; }
  [[nodiscard]] const Scalar* row(std::size_t i) const noexcept {
    return data_ + static_cast<std::ptrdiff_t>(i) * stride_;
  }
  [[nodiscard]] std::span<const Scalar> operator[](std::size_t i) const noexcept {
    return {row(i), static_cast<std::size_t>(dimension_)};
  }
  /// Rows [first, first + count).
  [[nodiscard]] PointView slice(std::size_t first, std::size_t count) const noexcept {
    return {row(first), count, dimension_, stride_};
  }

 private:
  const Scalar* data_ = nullptr;
  std::size_t size_ = 0;
  int dimension_ = 0;
  std::ptrdiff_t stride_ = 0;
};

/// A point given as a span, as a block of one row; its length is taken for its dimension, which whoever uses it checks.
template <class Scalar>
[[nodiscard]] PointView<Scalar> one_row(std::span<const Scalar> point) noexcept {
  return {point.data(), 1, static_cast<int>(point.size())};
}

/// An owned, contiguous, row-major block of points; converts to a view of itself.
template <class Scalar>
struct Points {
  std::vector<Scalar> coordinates;  ///< size() × dimension numbers, row after row
  int dimension = 0;

  [[nodiscard]] std::size_t size() const noexcept {
    return dimension == 0 ? 0 : coordinates.size() / static_cast<std::size_t>(dimension);
  }
  [[nodiscard]] PointView<Scalar> view() const noexcept { return {coordinates.data(), size(), dimension}; }
  operator PointView<Scalar>() const noexcept { return view(); }  // NOLINT: a view is what every call takes
};

/// Any container of points: `size()`, `dimension()` and `coordinate(row, axis)`.
template <class T>
concept PointSource = requires(const T& source, std::size_t row, int axis) {
  { source.size() } -> std::convertible_to<std::size_t>;
  { source.dimension() } -> std::convertible_to<int>;
  { source.coordinate(row, axis) } -> std::convertible_to<double>;
};

/// A nanoflann dataset adaptor; it does not know its dimension, so `to_points` takes it beside.
template <class T>
concept NanoflannSource = requires(const T& source, std::size_t row, std::size_t axis) {
  { source.kdtree_get_point_count() } -> std::convertible_to<std::size_t>;
  { source.kdtree_get_pt(row, axis) } -> std::convertible_to<double>;
};

/// Copies a container of points into rows. Complexity: O(n · d).
template <class Scalar, PointSource Source>
[[nodiscard]] Points<Scalar> to_points(const Source& source) {
  Points<Scalar> points{{}, static_cast<int>(source.dimension())};
  points.coordinates.reserve(source.size() * static_cast<std::size_t>(points.dimension));
  for (std::size_t row = 0; row < source.size(); ++row)
    for (int axis = 0; axis < points.dimension; ++axis)
      points.coordinates.push_back(static_cast<Scalar>(source.coordinate(row, axis)));
  return points;
}

/// Copies a nanoflann adaptor's points into rows, so that its users switch in one line. Complexity: O(n · d).
template <class Scalar, NanoflannSource Source>
[[nodiscard]] Points<Scalar> to_points(const Source& source, int dimension) {
  Points<Scalar> points{{}, dimension};
  const std::size_t rows = source.kdtree_get_point_count();
  points.coordinates.reserve(rows * static_cast<std::size_t>(dimension));
  for (std::size_t row = 0; row < rows; ++row)
    for (int axis = 0; axis < dimension; ++axis)
      points.coordinates.push_back(static_cast<Scalar>(source.kdtree_get_pt(row, static_cast<std::size_t>(axis))));
  return points;
}

/// The largest magnitude of a coordinate whose squared distances cannot overflow: 1e150 for double, 1e18 for float
/// (1e17 above 16 dimensions, where up to 1,024 squares are summed).
template <class Scalar>
[[nodiscard]] constexpr Scalar coordinate_limit(int dimension) noexcept {
  if constexpr (sizeof(Scalar) == sizeof(double))
    return 1e150;
  else
    return dimension <= 16 ? 1e18f : 1e17f;
}

/// Refuses a batch whose shape or numbers break the contract: another dimension than `dimension`, NaN, ±Inf, or a
/// magnitude beyond `coordinate_limit`. Errors: invalid_input naming the first bad row and axis. Complexity: O(n · d).
template <class Scalar>
void check_points(const PointView<Scalar>& points, int dimension);

/// The same for one point, in line: an update of one point is short.
template <class Scalar>
void check_point(std::span<const Scalar> point, int dimension) {
  const Scalar limit = coordinate_limit<Scalar>(dimension);
  bool good = point.size() == static_cast<std::size_t>(dimension);
  for (std::size_t a = 0; good && a < point.size(); ++a) good = -limit <= point[a] && point[a] <= limit;
  if (!good) check_points(one_row(point), dimension);
}

/// Refuses a dimension outside 1 … max_dimension. Errors: invalid_input.
void check_dimension(int dimension);

}  // namespace coppice
