// The coordinates of points in subspaces, and what a distance there says about the one in all dimensions.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/subspace_search.hpp"
#include "high_store.hpp"

namespace coppice::subspace {

/// Keys of subspaces are doubles; those in all dimensions have the scalar of the points and its rounding.
struct Bound {
  bool sums = true;      ///< whether subspaces add up, or only the largest of their keys counts
  bool rotated = false;  ///< whether coordinates of subspaces went through a rotation
  double relative = 0;   ///< by which a computed key may fall short of the true one
  double absolute = 0;   ///< and what underflow may take from it
  double stretch = 1;    ///< how much longer a rotated vector may be, in units of its frame
  double error = 0;      ///< how far a rotated point may lie from where it should

  [[nodiscard]] double join(double a, double b) const noexcept { return sums ? a + b : std::max(a, b); }
  /// A pair whose joined keys of subspaces exceed this has a key above `key`, whatever was rounded.
  [[nodiscard]] double limit(double key) const noexcept;
  /// What the key of one subspace must not exceed where the others have `others` already.
  [[nodiscard]] double left(double limit, double others) const noexcept {
    return sums ? limit * (1 + 1e-13) - others : limit;
  }
};

struct Coordinates {
  std::vector<Points<double>> subspaces;
  Bound bound;
};

/// The coordinates of all subspaces, a row a point.
struct SubspaceRows {
  SubspaceRows() = default;
  explicit SubspaceRows(const Coordinates& coordinates);

  [[nodiscard]] const double* row(std::size_t i) const noexcept { return values.data() + i * begins.back(); }
  /// The joined key of two points.
  template <class Terms>
  [[nodiscard]] double key(std::size_t i, std::size_t j, const Bound& bound) const {
    const double *x = row(i), *y = row(j);
    double joined = 0;
    for (std::size_t s = 0; s + 1 < begins.size(); ++s) {
      double sum = 0;
      for (std::size_t a = begins[s]; a < begins[s + 1]; ++a)
        sum = Terms::combine(sum, Terms::term(std::abs(x[a] - y[a])));
      joined = bound.join(joined, sum);
    }
    return joined;
  }

  std::vector<std::size_t> begins;  ///< of each subspace in a row, and the end
  std::vector<double> values;
};

/// Errors: invalid_input, unsupported.
void check_config(const SubspaceConfig& config, int dimension);

/// Requires: a config that was checked, at least one point.
template <class Scalar>
[[nodiscard]] Coordinates make_coordinates(const high::Store<Scalar>& points, const SubspaceConfig& config);

}  // namespace coppice::subspace
