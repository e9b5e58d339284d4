#include "coppice/geometry/point_view.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "coppice/errors.hpp"

namespace coppice {

void check_dimension(int dimension) {
  if (dimension < 1 || dimension > max_dimension)
    throw invalid_input("dimension is " + std::to_string(dimension) + "; expected 1 to " +
                        std::to_string(max_dimension));
}

namespace {

[[noreturn, gnu::cold]] void refuse_dimension(int found, int expected) {
  throw invalid_input("the points have " + std::to_string(found) + " coordinates; expected " +
                      std::to_string(expected));
}

/// Errors: always, the one for the first coordinate of a row that breaks the contract.
template <class Scalar>
[[noreturn, gnu::cold]] void refuse_row(std::size_t row, const Scalar* coordinates, int dimension) {
  const Scalar limit = coordinate_limit<Scalar>(dimension);
  int axis = 0;
  while (std::abs(coordinates[axis]) <= limit) ++axis;
  const Scalar x = coordinates[axis];
  const char* found = std::isnan(x) ? "NaN" : std::isinf(x) ? "infinite" : "too large";
  const char* largest = sizeof(Scalar) == sizeof(double) ? "1e150" : dimension <= 16 ? "1e18" : "1e17";
  throw invalid_input(row, "coordinate " + std::to_string(axis) + " is " + found +
                               "; expected a finite number of magnitude at most " + largest);
}

}  // namespace

template <class Scalar>
void check_points(const PointView<Scalar>& points, int dimension) {
  if (points.empty()) return;
  if (points.dimension() != dimension) refuse_dimension(points.dimension(), dimension);
  const Scalar limit = coordinate_limit<Scalar>(dimension);
  // A block at a time without a branch; the row is looked for only where there is one to refuse.
  constexpr std::size_t block = 64;
  const auto columns = static_cast<std::size_t>(dimension);
  const auto is_bad = [limit](Scalar x) { return !(std::abs(x) <= limit); };  // NaN, too
  for (std::size_t first = 0; first < points.size(); first += block) {
    const std::size_t last = std::min(first + block, points.size());
    bool bad = false;
    if (points.stride() == dimension) {
      const Scalar* x = points.row(first);
      for (std::size_t i = 0; i < (last - first) * columns; ++i) bad |= is_bad(x[i]);
    } else {
      for (std::size_t i = first; i < last; ++i)
        for (std::size_t a = 0; a < columns; ++a) bad |= is_bad(points.row(i)[a]);
    }
    for (std::size_t i = first; bad && i < last; ++i)
      if (std::any_of(points.row(i), points.row(i) + columns, is_bad)) refuse_row(i, points.row(i), dimension);
  }
}

template void check_points<float>(const PointView<float>&, int);
template void check_points<double>(const PointView<double>&, int);

}  // namespace coppice
