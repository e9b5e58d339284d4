// Moments, normals and curvatures against their definitions: sums in long double, and what an eigenvector is.
#include "coppice/index/neighbor_graph/surface.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "conformance/datasets.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"

namespace coppice::test {
namespace {

/// The k nearest of every point, itself among them.
template <class Scalar>
DenseGraph<Scalar> neighbours(const Points<Scalar>& points, std::size_t k) {
  KdTree<Scalar> tree(3);
  tree.build(points);
  auto found = tree.nearest(points.view(), {.k = k});
  return {k, std::move(found.ids), std::move(found.distances)};
}

struct Definition {
  std::array<long double, 3> mean{};  // less the point itself
  long double covariance[3][3] = {};
  long double count = 0;
};

template <class Scalar>
Definition by_definition(const Points<Scalar>& points, std::size_t i, std::span<const point_id> row) {
  std::vector<point_id> members(row.begin(), row.end());
  if (std::find(members.begin(), members.end(), static_cast<point_id>(i)) == members.end())
    members.push_back(static_cast<point_id>(i));
  Definition made;
  made.count = static_cast<long double>(members.size());
  const auto at = [&](point_id id, std::size_t axis) {
    return static_cast<long double>(points.view()[static_cast<std::size_t>(id)][axis]) -
           static_cast<long double>(points.view()[i][axis]);
  };
  for (const point_id id : members)
    for (std::size_t axis = 0; axis < 3; ++axis) made.mean[axis] += at(id, axis) / made.count;
  for (const point_id id : members)
    for (std::size_t a = 0; a < 3; ++a)
      for (std::size_t b = 0; b < 3; ++b)
        made.covariance[a][b] += (at(id, a) - made.mean[a]) * (at(id, b) - made.mean[b]) / made.count;
  return made;
}

template <class Scalar>
class Surfaces : public Seeded {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Surfaces, Scalars);

TYPED_TEST(Surfaces, FollowTheirDefinitions) {
  using Scalar = TypeParam;
  for (const Shape shape : all_shapes) {
    if (shape == Shape::extreme) continue;  // beyond what sums in any type could follow
    SCOPED_TRACE(shape_name(shape));
    const auto points = make_points<Scalar>(shape, 150, 3, this->rng);
    const auto graph = neighbours(points, 1 + this->rng.below(20));
    const GraphView<Scalar> view(graph);
    const auto moments = local_moments<Scalar>(points, view);
    const auto found = surface<Scalar>(points, view);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Definition expected = by_definition(points, i, view.row(i));
      ASSERT_EQ(static_cast<long double>(moments[i].count), expected.count);
      const auto& c = expected.covariance;
      const long double trace = c[0][0] + c[1][1] + c[2][2];
      const long double close = 1e-13L * trace;
      const long double entries[] = {c[0][0], c[0][1], c[0][2], c[1][1], c[1][2], c[2][2]};
      for (std::size_t e = 0; e < 6; ++e)
        ASSERT_NEAR(moments[i].covariance[e], static_cast<double>(entries[e]), static_cast<double>(close));
      const auto normal = found.normals.view()[i];
      const double length = std::hypot(normal[0], normal[1], normal[2]);
      if (expected.count < 3 || !(trace > 1e-300L)) {
        ASSERT_EQ(length, 0);
        ASSERT_EQ(found.curvatures[i], 0);
        continue;
      }
      ASSERT_NEAR(length, 1, sizeof(Scalar) == 4 ? 1e-6 : 1e-14);
      // C n = λ n, and no direction has less spread: λ is the least root of the characteristic polynomial.
      const long double smallest = static_cast<long double>(found.curvatures[i]) * trace;
      const long double loose = (sizeof(Scalar) == 4 ? 3e-7L : 1e-13L) * trace;
      for (std::size_t a = 0; a < 3; ++a) {
        long double image = 0;
        for (std::size_t b = 0; b < 3; ++b) image += c[a][b] * static_cast<long double>(normal[b]);
        ASSERT_NEAR(static_cast<double>(image), static_cast<double>(smallest * static_cast<long double>(normal[a])),
                    static_cast<double>(loose));
      }
      for (int attempt = 0; attempt < 20; ++attempt) {
        std::array<long double, 3> other{};
        for (auto& x : other) x = this->rng.uniform(-1, 1);
        const long double squared = other[0] * other[0] + other[1] * other[1] + other[2] * other[2];
        long double spread = 0;
        for (std::size_t a = 0; a < 3; ++a)
          for (std::size_t b = 0; b < 3; ++b) spread += other[a] * c[a][b] * other[b] / squared;
        ASSERT_GE(static_cast<double>(spread - smallest), static_cast<double>(-loose));
      }
    }
  }
}

TYPED_TEST(Surfaces, PlanesBallsAndLines) {
  using Scalar = TypeParam;
  Points<Scalar> plane{{}, 3};
  Points<Scalar> ball{{}, 3};
  Points<Scalar> line{{}, 3};
  for (int i = 0; i < 400; ++i) {
    const double u = this->rng.uniform(-1, 1);
    const double v = this->rng.uniform(-1, 1);
    for (const double x : {u, v, 2.0}) plane.coordinates.push_back(static_cast<Scalar>(x));
    const double angle = this->rng.uniform(0, 6.2831853);
    const double radius = std::sqrt(1 - u * u);
    for (const double x : {radius * std::cos(angle), radius * std::sin(angle), u})
      ball.coordinates.push_back(static_cast<Scalar>(x));
    for (int axis = 0; axis < 3; ++axis) line.coordinates.push_back(static_cast<Scalar>(i) / 64);
  }
  const auto normals_of = [&](const Points<Scalar>& points, const Orientation& orientation) {
    const auto graph = neighbours(points, 12);
    return surface<Scalar>(points, GraphView<Scalar>(graph), orientation);
  };
  for (const bool below : {false, true}) {
    const Orientation towards{std::array{0.0, 0.0, below ? -5.0 : 5.0}};
    const auto flat = normals_of(plane, towards);
    for (std::size_t i = 0; i < 400; ++i) {
      EXPECT_EQ(flat.normals.view()[i][2], below ? -1 : 1);
      EXPECT_NEAR(flat.curvatures[i], 0, 1e-30);
    }
  }
  const auto inwards = normals_of(ball, {std::array{0.0, 0.0, 0.0}});
  const auto upwards = normals_of(ball, {});
  for (std::size_t i = 0; i < 400; ++i) {
    double towards = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
      towards -= static_cast<double>(inwards.normals.view()[i][axis]) * static_cast<double>(ball.view()[i][axis]);
    EXPECT_GT(towards, 0.9);
    EXPECT_GE(upwards.normals.view()[i][2], 0);
    EXPECT_LT(inwards.curvatures[i], 0.1);
  }
  const auto along = normals_of(line, {});
  for (std::size_t i = 0; i < 400; ++i) {
    const auto normal = along.normals.view()[i];
    EXPECT_NEAR(normal[0] + normal[1] + normal[2], 0, 1e-6);
    EXPECT_NEAR(std::hypot(normal[0], normal[1], normal[2]), 1, 1e-6);
    EXPECT_NEAR(along.curvatures[i], 0, 1e-15);
  }
}

TYPED_TEST(Surfaces, ThePointItselfCountsOnce) {
  using Scalar = TypeParam;
  const auto points = make_points<Scalar>(Shape::uniform, 3000, 3, this->rng);
  const auto with = neighbours(points, 16);
  DenseGraph<Scalar, std::int32_t> without{15, {}, {}};
  for (std::size_t i = 0; i < points.size(); ++i)
    for (const point_id id : GraphView<Scalar>(with).row(i))
      if (static_cast<std::size_t>(id) != i) without.ids.push_back(static_cast<std::int32_t>(id));
  const GraphView<Scalar, std::int32_t> others(points.size(), 15, without.ids.data(), nullptr);
  EXPECT_EQ(surface<Scalar>(points, GraphView<Scalar>(with)), surface<Scalar>(points, others, {}, Executor(3)));
  EXPECT_EQ(local_moments<Scalar>(points, GraphView<Scalar>(with)), local_moments<Scalar>(points, others, Executor(3)));
}

TYPED_TEST(Surfaces, OfPointsAreThoseOfTheirGraphs) {
  using Scalar = TypeParam;
  const auto points = make_points<Scalar>(Shape::clustered, 2000, 3, this->rng);
  const auto graph = neighbours(points, 13);  // the point itself, or a duplicate of it, and twelve more
  const Orientation orientation{std::array{0.5, 0.5, 9.0}};
  EXPECT_EQ(surface<Scalar>(points, Neighborhoods<Scalar>{.k = 12}, orientation, Executor(2)),
            surface<Scalar>(points, GraphView<Scalar>(graph), orientation));
  const auto alone = surface<Scalar>(points, Neighborhoods<Scalar>{.k = 12, .radius = 0});
  EXPECT_EQ(alone.normals.coordinates, std::vector<Scalar>(6000, 0));
  EXPECT_TRUE(surface<Scalar>(PointView<Scalar>(nullptr, 0, 3), Neighborhoods<Scalar>{}).curvatures.empty());
}

TYPED_TEST(Surfaces, RefuseWhatIsNoCloud) {
  using Scalar = TypeParam;
  const Points<Scalar> flat{{0, 0, 1, 1}, 2};
  const Points<Scalar> cloud{{0, 0, 0, 1, 1, 1}, 3};
  const SparseGraph<Scalar> two{{0, 1, 2}, {1, 0}, {}};
  const SparseGraph<Scalar> one{{0, 0}, {}, {}};
  EXPECT_THROW((void)surface<Scalar>(flat, GraphView<Scalar>(two)), invalid_input);
  EXPECT_THROW((void)local_moments<Scalar>(flat, GraphView<Scalar>(two)), invalid_input);
  EXPECT_THROW((void)surface<Scalar>(cloud, GraphView<Scalar>(one)), invalid_input);
  const auto few = surface<Scalar>(cloud, GraphView<Scalar>(two));  // two points make no plane
  EXPECT_EQ(few.normals.coordinates, std::vector<Scalar>(6, 0));
  EXPECT_TRUE(surface<Scalar>(PointView<Scalar>(nullptr, 0, 3), GraphView<Scalar>()).curvatures.empty());
}

}  // namespace
}  // namespace coppice::test
