// Moments of neighbourhoods and the planes through them.
#include "surface.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <string>

#include "coppice/errors.hpp"

namespace coppice {

namespace {

using neighbor_graph::check_three_dimensional;

constexpr std::size_t surface_points_a_task = 1024;

template <class Scalar>
void check_rows(PointView<Scalar> points, std::size_t rows) {
  check_three_dimensional(points);
  if (rows != points.size())
    throw invalid_input("the graph has " + std::to_string(rows) + " rows; expected " + std::to_string(points.size()) +
                        ", one a point");
}

/// Sums over neighbourhoods, one after another; keeps its room.
class Moments {
 public:
  template <class Scalar, class Index>
  LocalMoments of(PointView<Scalar> points, std::size_t i, std::span<const Index> row) {
    const Scalar* const own = points.row(i);
    const std::array<double, 3> origin{static_cast<double>(own[0]), static_cast<double>(own[1]),
                                       static_cast<double>(own[2])};
    offsets_.resize(row.size() + 1);
    offsets_[0] = {0, 0, 0};
    std::size_t count = 1;
    std::array<double, 3> sum{};
    for (const Index id : row) {
      if (static_cast<std::size_t>(id) == i) continue;
      const Scalar* const other = points.row(static_cast<std::size_t>(id));
      auto& offset = offsets_[count++];
      for (std::size_t axis = 0; axis < 3; ++axis) {
        offset[axis] = static_cast<double>(other[axis]) - origin[axis];
        sum[axis] += offset[axis];
      }
    }
    LocalMoments moments;
    moments.count = static_cast<std::int64_t>(count);
    const auto size = static_cast<double>(count);
    for (std::size_t axis = 0; axis < 3; ++axis) sum[axis] /= size;
    auto& [xx, xy, xz, yy, yz, zz] = moments.covariance;
    for (std::size_t j = 0; j < count; ++j) {
      const double x = offsets_[j][0] - sum[0];
      const double y = offsets_[j][1] - sum[1];
      const double z = offsets_[j][2] - sum[2];
      xx += x * x;
      xy += x * y;
      xz += x * z;
      yy += y * y;
      yz += y * z;
      zz += z * z;
    }
    for (double& entry : moments.covariance) entry /= size;
    for (std::size_t axis = 0; axis < 3; ++axis) moments.mean[axis] = origin[axis] + sum[axis];
    return moments;
  }

 private:
  std::vector<std::array<double, 3>> offsets_;
};

struct Plane {
  Eigen::Vector3d normal = Eigen::Vector3d::Zero();
  double curvature = 0;
};

Plane plane_of(const LocalMoments& moments) {
  const auto& [xx, xy, xz, yy, yz, zz] = moments.covariance;
  if (moments.count < 3 || !(xx + yy + zz > 0)) return {};
  Eigen::Matrix3d covariance;
  covariance << xx, xy, xz, xy, yy, yz, xz, yz, zz;
  Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver;
  solver.computeDirect(covariance);
  // The closed form is exact for a plane, a ball and all between, but loses half of the digits where the points lie
  // along a line, of which the residual tells; the iteration takes three times as long and always has them all.
  constexpr double exact = 1e-14;
  const auto residual = [&] {
    const Eigen::Vector3d normal = solver.eigenvectors().col(0);
    return (covariance * normal - solver.eigenvalues()[0] * normal).norm();
  };
  if (!(residual() <= exact * solver.eigenvalues()[2])) solver.compute(covariance);
  const Eigen::Vector3d normal = solver.eigenvectors().col(0).normalized();
  if (!normal.allFinite()) return {};
  const double smallest = std::max(0.0, normal.dot(covariance * normal));  // closer than the solver's own value
  return {normal, std::min(smallest / (xx + yy + zz), 1.0 / 3.0)};
}

/// Whether it points the wrong way.
template <class Scalar>
bool is_turned(const Eigen::Vector3d& normal, const Scalar* point, const Orientation& orientation) {
  if (orientation.viewpoint) {
    double towards = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
      towards +=
          normal[static_cast<Eigen::Index>(axis)] * ((*orientation.viewpoint)[axis] - static_cast<double>(point[axis]));
    if (towards != 0) return towards < 0;
  }
  for (const Eigen::Index axis : {2, 1, 0})
    if (normal[axis] != 0) return normal[axis] < 0;
  return false;
}

}  // namespace

template <class Scalar>
void neighbor_graph::check_three_dimensional(PointView<Scalar> points) {
  if (points.dimension() != 3)
    throw invalid_input("the points have dimension " + std::to_string(points.dimension()) +
                        ", expected 3-D points, of which surfaces are made");
}

template <class Scalar, GraphIndex Index>
void neighbor_graph::fit_planes(PointView<Scalar> points, const GraphView<Scalar, Index>& rows, std::size_t first,
                                const Orientation& orientation, Executor executor, Surface<Scalar>& result) {
  executor.for_each_chunk(rows.size(), surface_points_a_task, [&](std::size_t begin, std::size_t end) {
    Moments moments;
    for (std::size_t row = begin; row < end; ++row) {
      const std::size_t i = first + row;
      Plane plane = plane_of(moments.of(points, i, rows.row(row)));
      if (is_turned(plane.normal, points.row(i), orientation)) plane.normal = -plane.normal;
      for (std::size_t axis = 0; axis < 3; ++axis)  // + 0: no zero is negative
        result.normals.coordinates[3 * i + axis] =
            static_cast<Scalar>(plane.normal[static_cast<Eigen::Index>(axis)]) + Scalar(0);
      result.curvatures[i] = static_cast<Scalar>(plane.curvature);
    }
  });
}

template <class Scalar, GraphIndex Index>
std::vector<LocalMoments> local_moments(PointView<Scalar> points, const GraphView<Scalar, Index>& graph,
                                        Executor executor) {
  check_rows(points, graph.size());
  std::vector<LocalMoments> result(points.size());
  executor.for_each_chunk(points.size(), surface_points_a_task, [&](std::size_t begin, std::size_t end) {
    Moments moments;
    for (std::size_t i = begin; i < end; ++i) result[i] = moments.of(points, i, graph.row(i));
  });
  return result;
}

template <class Scalar, GraphIndex Index>
Surface<Scalar> surface(PointView<Scalar> points, const GraphView<Scalar, Index>& graph, const Orientation& orientation,
                        Executor executor) {
  check_rows(points, graph.size());
  Surface<Scalar> result{{std::vector<Scalar>(3 * points.size()), 3}, std::vector<Scalar>(points.size())};
  neighbor_graph::fit_planes(points, graph, 0, orientation, executor, result);
  return result;
}

template void neighbor_graph::check_three_dimensional(PointView<float>);
template void neighbor_graph::check_three_dimensional(PointView<double>);

#define COPPICE_INSTANTIATE(Scalar, Index)                                                                            \
  template std::vector<LocalMoments> local_moments(PointView<Scalar>, const GraphView<Scalar, Index>&, Executor);     \
  template Surface<Scalar> surface(PointView<Scalar>, const GraphView<Scalar, Index>&, const Orientation&, Executor); \
  template void neighbor_graph::fit_planes(PointView<Scalar>, const GraphView<Scalar, Index>&, std::size_t,           \
                                           const Orientation&, Executor, Surface<Scalar>&);
COPPICE_INSTANTIATE(float, std::int32_t)
COPPICE_INSTANTIATE(float, std::int64_t)
COPPICE_INSTANTIATE(double, std::int32_t)
COPPICE_INSTANTIATE(double, std::int64_t)
#undef COPPICE_INSTANTIATE

}  // namespace coppice
