// Dyadic cells: the smallest one around a box, by the definition, over magnitudes from the least number to the largest.
#include "coppice/geometry/dyadic_cell.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "conformance/random.hpp"

namespace coppice::test {
namespace {

template <class Scalar>
class DyadicCells : public Seeded {};
using Scalars = ::testing::Types<float, double>;
TYPED_TEST_SUITE(DyadicCells, Scalars);

/// Numbers that are hard on exponents: 0, powers of two and their neighbours, both signs, denormals.
template <class Scalar>
std::vector<Scalar> hard_numbers(Rng& rng) {
  std::vector<Scalar> numbers{0, 1, -1, std::numeric_limits<Scalar>::denorm_min(), std::numeric_limits<Scalar>::min()};
  const int reach = sizeof(Scalar) == 8 ? 400 : 50;
  for (int i = 0; i < 200; ++i) {
    const Scalar x =
        std::ldexp(static_cast<Scalar>(rng.chance(0.5) ? 1 : rng.uniform(1, 2)), rng.between(-reach, reach));
    for (const Scalar y : {x, std::nextafter(x, Scalar(0)), std::nextafter(x, 2 * x)}) {
      numbers.push_back(y);
      numbers.push_back(-y);
    }
  }
  return numbers;
}

TYPED_TEST(DyadicCells, TheIntervalHoldsBothAndItsHalvesDoNot) {
  using Scalar = TypeParam;
  const std::vector<Scalar> numbers = hard_numbers<Scalar>(this->rng);
  for (int round = 0; round < 20000; ++round) {
    Scalar a = this->rng.pick(numbers);
    Scalar b = this->rng.chance(0.5) ? this->rng.pick(numbers) : a * static_cast<Scalar>(this->rng.uniform(0.5, 1.5));
    if (a > b) std::swap(a, b);
    const int e = dyadic_exponent(a, b);
    SCOPED_TRACE(testing::Message() << a << " " << b << " 2^" << e);
    if (a == b) {
      EXPECT_EQ(e, single_number);
    } else if (a < 0 && b >= 0) {
      EXPECT_EQ(e, whole_line);
    } else {
      ASSERT_NE(e, whole_line);
      ASSERT_NE(e, single_number);
      EXPECT_EQ(dyadic_floor(a, e), dyadic_floor(b, e));
      EXPECT_NE(dyadic_floor(a, e - 1), dyadic_floor(b, e - 1));
      EXPECT_LE(dyadic_floor(a, e), a);
    }
  }
}

TYPED_TEST(DyadicCells, ACellHoldsItsPointsAndDividesThem) {
  using Scalar = TypeParam;
  const std::vector<Scalar> numbers = hard_numbers<Scalar>(this->rng);
  for (int round = 0; round < 20000; ++round) {
    Scalar points[2][2];
    for (auto& p : points)
      for (Scalar& x : p) x = this->rng.pick(numbers);
    if (this->rng.chance(0.3)) points[1][0] = points[0][0];
    if (this->rng.chance(0.3)) points[1][1] = std::nextafter(points[0][1], points[1][1]);
    Scalar lower[2], upper[2];
    for (int a = 0; a < 2; ++a) {
      lower[a] = std::min(points[0][a], points[1][a]);
      upper[a] = std::max(points[0][a], points[1][a]);
    }
    const auto cell = smallest_cell<Scalar, 2>(lower, upper);
    SCOPED_TRACE(testing::Message() << points[0][0] << "," << points[0][1] << " " << points[1][0] << "," << points[1][1]
                                    << " center " << cell.center[0] << "," << cell.center[1] << " half " << cell.half);
    const bool equal = points[0][0] == points[1][0] && points[0][1] == points[1][1];
    EXPECT_EQ(cell.half == 0, equal);
    if (equal) continue;
    EXPECT_TRUE(cell.holds(points[0]));
    EXPECT_TRUE(cell.holds(points[1]));
    EXPECT_NE(cell.part(points[0]), cell.part(points[1]));
    // What lies just outside on one axis is not held.
    for (int a = 0; a < 2; ++a) {
      if (std::isinf(cell.half)) continue;
      const Scalar low = cell.center[a] - cell.half;
      const Scalar high = cell.center[a] + cell.half;
      if (high - cell.center[a] != cell.half || cell.center[a] - low != cell.half) continue;
      Scalar outside[2] = {points[0][0], points[0][1]};
      outside[a] = high;
      EXPECT_FALSE(cell.holds(outside));
      outside[a] = std::nextafter(low, -std::numeric_limits<Scalar>::infinity());
      EXPECT_FALSE(cell.holds(outside));
      outside[a] = low;
      EXPECT_TRUE(cell.holds(outside));
    }
  }
}

TYPED_TEST(DyadicCells, WhereNumbersAreFartherApartThanTheEdge) {
  using Scalar = TypeParam;
  // On the first axis the cell is a single number, on the second it is tiny.
  const Scalar far = sizeof(Scalar) == 8 ? Scalar(1e17) : Scalar(1e9);
  const Scalar lower[2] = {far, 0};
  const Scalar upper[2] = {far, Scalar(1e-20)};
  const auto cell = smallest_cell<Scalar, 2>(lower, upper);
  EXPECT_TRUE(cell.holds(lower));
  EXPECT_TRUE(cell.holds(upper));
  for (const Scalar other : {std::nextafter(far, Scalar(0)), std::nextafter(far, 2 * far)}) {
    const Scalar beside[2] = {other, 0};
    EXPECT_FALSE(cell.holds(beside));
  }
}

}  // namespace
}  // namespace coppice::test
