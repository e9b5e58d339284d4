#include "coppice/geometry/point_view.hpp"

#include <cmath>
#include <string>

#include "coppice/errors.hpp"

namespace coppice {

template <class Scalar>
Scalar coordinate_limit(int dimension) noexcept {
  if constexpr (sizeof(Scalar) == sizeof(double)) {
    return 1e150;
  } else {
    return dimension <= 16 ? 1e18f : 1e17f;
  }
}

void check_dimension(int dimension) {
  if (dimension < 1 || dimension > max_dimension)
    throw invalid_input("dimension is " + std::to_string(dimension) + "; expected 1 to " +
                        std::to_string(max_dimension));
}

template <class Scalar>
void check_points(const PointView<Scalar>& points, int dimension) {
  if (points.empty()) return;
  if (points.dimension() != dimension)
    throw invalid_input("the points have " + std::to_string(points.dimension()) + " coordinates; expected " +
                        std::to_string(dimension));
  const Scalar limit = coordinate_limit<Scalar>(dimension);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Scalar* row = points.row(i);
    bool good = true;
    for (int axis = 0; axis < dimension; ++axis) good &= std::abs(row[axis]) <= limit;  // false for NaN, too
    if (good) continue;
    for (int axis = 0; axis < dimension; ++axis) {
      if (std::abs(row[axis]) <= limit) continue;
      const char* found = std::isnan(row[axis]) ? "NaN" : std::isinf(row[axis]) ? "infinite" : "too large";
      throw invalid_input(i, "coordinate " + std::to_string(axis) + " is " + found +
                                 "; expected a finite number of magnitude at most " +
                                 (sizeof(Scalar) == sizeof(double) ? "1e150"
                                  : dimension <= 16                ? "1e18"
                                                                   : "1e17"));
    }
  }
}

template float coordinate_limit<float>(int) noexcept;
template double coordinate_limit<double>(int) noexcept;
template void check_points<float>(const PointView<float>&, int);
template void check_points<double>(const PointView<double>&, int);

}  // namespace coppice
