// Point views over the caller's memory, the adaptors that copy other containers, the check at every entrance, and the
// choice of an instruction set.

#include "coppice/geometry/point_view.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/geometry/instruction_set.hpp"

namespace coppice {
namespace {

TEST(PointView, RowsWithAStride) {
  const std::vector<float> memory{0, 1, 9, 2, 3, 9, 4, 5, 9};
  const PointView<float> view(memory.data(), 3, 2, 3);
  EXPECT_EQ(view.size(), 3u);
  EXPECT_EQ(view.dimension(), 2);
  EXPECT_EQ(view.row(2), memory.data() + 6);
  EXPECT_EQ(view[1][1], 3);
  EXPECT_EQ(view[1].size(), 2u);
  const auto tail = view.slice(1, 2);
  EXPECT_EQ(tail.size(), 2u);
  EXPECT_EQ(tail[1][0], 4);
  EXPECT_TRUE(PointView<float>().empty());
}

TEST(PointView, PointsConvertToAView) {
  const Points<double> points{{1, 2, 3, 4, 5, 6}, 3};
  EXPECT_EQ(points.size(), 2u);
  const PointView<double> view = points;
  EXPECT_EQ(view[1][2], 6);
  EXPECT_EQ((Points<double>{}.size()), 0u);
}

struct Cloud {
  std::vector<std::array<int, 2>> cells;
  [[nodiscard]] std::size_t size() const { return cells.size(); }
  [[nodiscard]] static int dimension() { return 2; }
  [[nodiscard]] double coordinate(std::size_t row, int axis) const {
    return cells[row][static_cast<std::size_t>(axis)];
  }
};

struct NanoflannCloud {
  std::vector<std::array<double, 3>> points;
  [[nodiscard]] std::size_t kdtree_get_point_count() const { return points.size(); }
  [[nodiscard]] double kdtree_get_pt(std::size_t row, std::size_t axis) const { return points[row][axis]; }
};

TEST(PointView, AdaptorsCopyOtherContainers) {
  const auto points = to_points<float>(Cloud{{{1, 2}, {3, 4}}});
  EXPECT_EQ(points.dimension, 2);
  EXPECT_EQ(points.coordinates, (std::vector<float>{1, 2, 3, 4}));
  const auto others = to_points<double>(NanoflannCloud{{{1, 2, 3}, {4, 5, 6}}}, 3);
  EXPECT_EQ(others.coordinates, (std::vector<double>{1, 2, 3, 4, 5, 6}));
}

template <class Scalar>
void expect_refused(std::vector<Scalar> row_values, std::size_t row, const std::string& word, int dimension = 2) {
  const PointView<Scalar> view(row_values.data(), row_values.size() / static_cast<std::size_t>(dimension), dimension);
  try {
    check_points(view, dimension);
    FAIL() << "was accepted: " << word;
  } catch (const invalid_input& refusal) {
    ASSERT_TRUE(refusal.row().has_value());
    EXPECT_EQ(*refusal.row(), row);
    EXPECT_NE(std::string(refusal.what()).find(word), std::string::npos) << refusal.what();
  }
}

TEST(CheckPoints, NamesTheFirstBadRow) {
  const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  expect_refused<float>({0, 1, 2, nan, inf, 3}, 1, "NaN");
  expect_refused<float>({0, 1, 2, 3, -inf, 3}, 2, "coordinate 0");
  expect_refused<float>({2e18f, 1, 2, 3}, 0, "coordinate 0");
  expect_refused<double>({0, -2e150, 2, 3}, 0, "coordinate 1");
}

TEST(CheckPoints, NamesItWhereverItLies) {
  constexpr std::size_t rows = 200;
  for (const int stride : {3, 5})
    for (const std::size_t bad : {0, 63, 64, 130, 199}) {
      std::vector<double> numbers(rows * static_cast<std::size_t>(stride), 1.0);
      if (stride > 3) numbers[3] = std::nan("");  // between two rows: nobody's
      for (std::size_t row = bad; row < rows; row += 7) numbers[row * static_cast<std::size_t>(stride) + 2] = -2e150;
      try {
        check_points(PointView<double>(numbers.data(), rows, 3, stride), 3);
        FAIL() << "was accepted: row " << bad;
      } catch (const invalid_input& refusal) {
        EXPECT_EQ(refusal.row(), bad);
      }
    }
}

TEST(CheckPoints, TheLimitItselfIsFine) {
  EXPECT_EQ(coordinate_limit<double>(3), 1e150);
  EXPECT_EQ(coordinate_limit<float>(16), 1e18f);
  EXPECT_EQ(coordinate_limit<float>(17), 1e17f);
  const std::vector<float> f{1e18f, -1e18f};
  EXPECT_NO_THROW(check_points(PointView<float>(f.data(), 1, 2), 2));
  const std::vector<double> d{1e150, -1e150, std::numeric_limits<double>::denorm_min(), -0.0};
  EXPECT_NO_THROW(check_points(PointView<double>(d.data(), 2, 2), 2));
  EXPECT_THROW(check_points(PointView<float>(f.data(), 1, 2), 3), invalid_input);
}

TEST(CheckDimension, OneToTheLargest) {
  EXPECT_NO_THROW(check_dimension(1));
  EXPECT_NO_THROW(check_dimension(max_dimension));
  for (const int dimension : {-3, 0, max_dimension + 1}) EXPECT_THROW(check_dimension(dimension), invalid_input);
}

TEST(InstructionSets, ComeInOrderAndChoicesHold) {
  const auto before = instruction_set();
  const auto available = available_instruction_sets();
  ASSERT_FALSE(available.empty());
  EXPECT_TRUE(std::is_sorted(available.begin(), available.end()));
#ifdef COPPICE_WITH_BASELINE
  EXPECT_EQ(available.front(), InstructionSet::baseline);
#endif
  for (const InstructionSet set : available) {
    force_instruction_set(set);
    EXPECT_EQ(instruction_set(), set);
  }
  force_instruction_set(before);
  for (const InstructionSet set : {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512})
    if (std::find(available.begin(), available.end(), set) == available.end()) {
      EXPECT_THROW(force_instruction_set(set), unsupported);
    }
  EXPECT_EQ(instruction_set_name(InstructionSet::avx512), "avx512");
}

}  // namespace
}  // namespace coppice
