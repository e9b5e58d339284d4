// Wrapping into a periodic cell: always inside [0, length), equal to x − L·floor(x / L) where that lies inside, and the
// identity on open axes.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "coppice/errors.hpp"
#include "coppice/geometry/metric.hpp"

namespace coppice {
namespace {

template <class Scalar>
class PeriodicBoxOf : public ::testing::Test {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(PeriodicBoxOf, Scalars, );

TYPED_TEST(PeriodicBoxOf, WrapsIntoTheCell) {
  const PeriodicBox<TypeParam> box{{4, std::numeric_limits<TypeParam>::infinity()}};
  const std::pair<double, double> cases[] = {{0, 0},      {1, 1},          {4, 0},          {5, 1},
                                             {-1, 3},     {-4, 0},         {-8, 0},         {3.5, 3.5},
                                             {-0.5, 3.5}, {4001.25, 1.25}, {-4001.25, 2.75}};
  for (const auto& [x, expected] : cases)
    EXPECT_EQ(box.wrap(static_cast<TypeParam>(x), 0), static_cast<TypeParam>(expected)) << x;
  EXPECT_EQ(box.wrap(-123, 1), -123);
}

TYPED_TEST(PeriodicBoxOf, NeverGivesTheLengthItself) {
  for (const double length : {1.0, 0.7, 3.3, 1e-3, 1e6}) {
    const auto edge = static_cast<TypeParam>(length);
    const PeriodicBox<TypeParam> box{{edge}};
    const auto least = std::numeric_limits<TypeParam>::denorm_min();
    for (const TypeParam x : {TypeParam(-least), TypeParam(-1e-30), edge, TypeParam(-edge), TypeParam(2 * edge),
                              std::nextafter(edge, TypeParam(0)), std::nextafter(edge, TypeParam(2) * edge),
                              std::nextafter(TypeParam(3) * edge, TypeParam(0)), TypeParam(1e17), TypeParam(-1e17)}) {
      const TypeParam wrapped = box.wrap(x, 0);
      EXPECT_GE(wrapped, 0) << x << " in " << edge;
      EXPECT_LT(wrapped, edge) << x << " in " << edge;
      const TypeParam formula = x - edge * std::floor(x / edge);
      if (formula >= 0 && formula < edge && std::abs(x) < 100 * edge) {
        EXPECT_EQ(wrapped, formula) << x;
      }
      EXPECT_EQ(box.wrap(wrapped, 0), wrapped) << "wrapping again must change nothing";
    }
  }
}

TYPED_TEST(PeriodicBoxOf, WrapsRows) {
  const PeriodicBox<TypeParam> box{{2, 3}};
  const std::vector<TypeParam> rows{-1, -1, 99, 5, 7, 88};
  const Points<TypeParam> wrapped = box.wrap(PointView<TypeParam>(rows.data(), 2, 2, 3));
  EXPECT_EQ(wrapped.dimension, 2);
  EXPECT_EQ(wrapped.coordinates, (std::vector<TypeParam>{1, 2, 1, 1}));
}

TYPED_TEST(PeriodicBoxOf, LengthsMustFit) {
  const auto inf = std::numeric_limits<TypeParam>::infinity();
  using Box = PeriodicBox<TypeParam>;
  EXPECT_NO_THROW(Box{}.check(3));
  EXPECT_NO_THROW((Box{{1, inf, 2}}.check(3)));
  EXPECT_FALSE(Box{}.is_periodic());
  EXPECT_THROW((Box{{1, 2}}.check(3)), invalid_input);
  EXPECT_THROW((Box{{1, 0, 2}}.check(3)), invalid_input);
  EXPECT_THROW((Box{{1, -1, 2}}.check(3)), invalid_input);
  EXPECT_THROW((Box{{1, -inf, 2}}.check(3)), invalid_input);
  EXPECT_THROW((Box{{1, std::numeric_limits<TypeParam>::quiet_NaN(), 2}}.check(3)), invalid_input);
}

}  // namespace
}  // namespace coppice
