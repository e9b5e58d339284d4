#include "coppice/geometry/simulation_cell.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "coppice/errors.hpp"

namespace coppice::test {
namespace {

std::string refusal(const SimulationCell& cell) {
  try {
    cell.check();
  } catch (const invalid_input& e) {
    return e.what();
  }
  return "";
}

TEST(SimulationCell, OpenSpaceIsNotPeriodicAndTakesAnyVectors) {
  SimulationCell cell = SimulationCell::open();
  EXPECT_FALSE(cell.is_periodic());
  EXPECT_EQ(refusal(cell), "");
  cell.vectors[0] = {std::numeric_limits<double>::quiet_NaN(), 0, 0};
  EXPECT_EQ(refusal(cell), "");
}

TEST(SimulationCell, VolumeHeightsAndInverse) {
  const auto box = SimulationCell::orthorhombic(2, 3, 4);
  EXPECT_EQ(box.volume(), 24);
  EXPECT_EQ(refusal(box), "");
  const auto cell = SimulationCell::triclinic({2, 0, 0}, {1, 3, 0}, {-1, 0.5, 4});
  EXPECT_EQ(cell.volume(), 24);
  const auto inverse = cell.inverse();
  for (std::size_t i = 0; i < 3; ++i) {
    double length = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      double product = 0;
      for (std::size_t k = 0; k < 3; ++k) product += inverse[i][k] * cell.vectors[j][k];
      EXPECT_NEAR(product, i == j ? 1 : 0, 1e-14);
      length += inverse[i][j] * inverse[i][j];
    }
    EXPECT_NEAR(cell.height(static_cast<int>(i)) * std::sqrt(length), 1, 1e-14);
  }
}

TEST(SimulationCell, ShiftsAddWholeVectors) {
  const auto cell = SimulationCell::triclinic({2, 0, 0}, {1, 3, 0}, {-1, 0.5, 4});
  EXPECT_EQ(cell.shift({1, -2, 3}), (SimulationCell::Vector{-3, -4.5, 12}));
}

TEST(SimulationCell, OpenAxesAreCompletedAtRightAngles) {
  for (int axes = 1; axes < 8; ++axes) {
    SimulationCell cell = SimulationCell::triclinic({2, 0.3, 0}, {1, 3, 0.2}, {-1, 0.5, 4});
    for (std::size_t k = 0; k < 3; ++k) {
      cell.periodic[k] = (axes >> k & 1) != 0;
      if (!cell.periodic[k]) cell.vectors[k] = {};
    }
    EXPECT_EQ(refusal(cell), "") << axes;
    const SimulationCell whole = cell.completed();
    EXPECT_GT(whole.volume(), 0) << axes;
    for (std::size_t k = 0; k < 3; ++k) {
      if (cell.periodic[k]) {
        EXPECT_EQ(whole.vectors[k], cell.vectors[k]);
        continue;
      }
      for (std::size_t other = 0; other < 3; ++other) {
        double product = 0;
        for (std::size_t a = 0; a < 3; ++a) product += whole.vectors[k][a] * whole.vectors[other][a];
        EXPECT_NEAR(product, other == k ? 1 : 0, 1e-14) << axes;
      }
    }
  }
}

TEST(SimulationCell, RefusalsNameWhatIsWrong) {
  EXPECT_NE(refusal(SimulationCell::orthorhombic(1, 1, 0)).find("that vector is zero"), std::string::npos);
  EXPECT_NE(refusal(SimulationCell::triclinic({1, 0, 0}, {2, 0, 0}, {0, 0, 1})).find("is singular"), std::string::npos);
  EXPECT_NE(refusal(SimulationCell::orthorhombic(1, -1, 1)).find("is left-handed"), std::string::npos);
  EXPECT_NE(refusal(SimulationCell::orthorhombic(1, std::numeric_limits<double>::infinity(), 1)).find("is infinite"),
            std::string::npos);
  EXPECT_NE(refusal(SimulationCell::orthorhombic(std::numeric_limits<double>::quiet_NaN(), 1, 1)).find("is NaN"),
            std::string::npos);
  EXPECT_EQ(refusal(SimulationCell::orthorhombic(1e-100, 1e100, 1)), "") << "thin, but a box";
}

}  // namespace
}  // namespace coppice::test
