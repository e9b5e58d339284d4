// Writing points: what is read back is what was written, what a format cannot hold is refused or named, and a refusal
// leaves no file.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "coppice/errors.hpp"
#include "sample_files.hpp"

namespace coppice::io {
namespace {

using Floats = Points<float>;
using Doubles = Points<double>;

PointFile of(std::variant<Points<double>, Points<float>> points) {
  return {std::move(points), std::nullopt, "", {}};
}

const Floats float_points{{1.5f, -0.0f, 0.1f, std::numeric_limits<float>::denorm_min(), 1e18f, -3e-7f}, 3};
const Doubles double_points{{0.1, -0.0, 1e150, std::numeric_limits<double>::denorm_min(), 636001.76, -1.0 / 3}, 3};

TEST(WritePoints, EveryFormatReadsBack) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.npy", "a.csv", "a.xyz", "a.ply", "a.pcd", "a.bin", "a.fvecs"}) {
    WriteLosses losses = write_points(folder / name, of(float_points));
    EXPECT_FALSE(losses.ids) << name;
    EXPECT_EQ(losses.rounded, 0u) << name;
    EXPECT_EQ(points_as<float>(read_points(folder / name)).coordinates, float_points.coordinates) << name;

    const bool narrow = name == std::string("a.bin") || name == std::string("a.fvecs");
    if (narrow) continue;
    losses = write_points(folder / name, of(double_points));
    EXPECT_EQ(losses.rounded, 0u) << name;
    const PointFile back = read_points(folder / name);
    EXPECT_EQ(test::doubles(back), double_points.coordinates) << name;
    EXPECT_TRUE(std::signbit(test::doubles(back)[1])) << name;
  }
}

TEST(WritePoints, ManyPointsGoOutInPieces) {
  const test::TemporaryFolder folder;
  Doubles many{{}, 3};
  for (int i = 0; i < 300000; ++i) many.coordinates.push_back(i / 7.0);
  for (const char* name : {"a.npy", "a.csv", "a.xyz", "a.ply", "a.pcd"}) {
    write_points(folder / name, of(many));
    EXPECT_EQ(test::doubles(read_points(folder / name)), many.coordinates) << name;
  }
}

TEST(WritePoints, RoundingIsCounted) {
  const test::TemporaryFolder folder;
  const Doubles points{{0.1, 0.5, 2, 1e-300, 16777217, 3}, 3};
  EXPECT_EQ(write_points(folder / "a.bin", of(points)).rounded, 3u);
  EXPECT_EQ(test::floats(read_points(folder / "a.bin")), (std::vector<float>{0.1f, 0.5f, 2, 0, 16777216, 3}));
  EXPECT_THROW(write_points(folder / "b.fvecs", of(Doubles{{1, 1e39}, 1})), invalid_input);
  EXPECT_FALSE(std::filesystem::exists(folder / "b.fvecs"));
}

TEST(WritePoints, IdsAndNamesInCsv) {
  const test::TemporaryFolder folder;
  PointFile file = of(Doubles{{1, 2, 3, 4}, 2});
  file.ids = std::vector<point_id>{9223372036854775807, 0};
  file.columns = {"east", "north"};
  EXPECT_FALSE(write_points(folder / "a.csv", file).ids);
  const PointFile back = read_points(folder / "a.csv");
  EXPECT_EQ(back.ids, file.ids);
  EXPECT_EQ(back.columns, file.columns);
  EXPECT_TRUE(write_points(folder / "a.npy", file).ids);

  // Names that would not read back give way to plain ones.
  for (const char* name : {"a,b", "1", "id", " x", "a#", "\"a\"", ""}) {
    file.columns = {name, "y"};
    write_points(folder / "a.csv", file);
    EXPECT_EQ(read_points(folder / "a.csv").columns, (std::vector<std::string>{"x", "y"})) << name;
  }
  write_points(folder / "wide.csv", of(Floats{{1, 2, 3, 4}, 4}));
  EXPECT_EQ(read_points(folder / "wide.csv").columns, (std::vector<std::string>{"x0", "x1", "x2", "x3"}));

  file.ids->pop_back();
  EXPECT_THROW(write_points(folder / "b.csv", file), invalid_input);
}

TEST(WritePoints, AttributesInPly) {
  const test::TemporaryFolder folder;
  PointFile file = of(float_points);
  file.attributes = {{"nx", std::vector<float>{0.5f, -1}}, {"curvature", std::vector<double>{0.1, 0.2}}};
  EXPECT_FALSE(write_points(folder / "a.ply", file).attributes);
  EXPECT_EQ(points_as<float>(read_points(folder / "a.ply")).coordinates, float_points.coordinates);
  const std::string bytes = test::file_content(folder / "a.ply");
  EXPECT_NE(bytes.find("property float z\nproperty float nx\nproperty double curvature\nend_header\n"),
            std::string::npos);
  EXPECT_TRUE(bytes.ends_with(test::raw<float>({std::numeric_limits<float>::denorm_min(), 1e18f, -3e-7f, -1}) +
                              test::raw<double>({0.2})));
  EXPECT_TRUE(write_points(folder / "a.pcd", file).attributes);

  file.attributes[0].numbers = std::vector<float>{1};
  EXPECT_THROW(write_points(folder / "b.ply", file), invalid_input);
  file.attributes[0].numbers = std::vector<float>{1, NAN};
  EXPECT_THROW(write_points(folder / "b.ply", file), invalid_input);
  file.attributes[0] = {"two words", std::vector<float>{1, 2}};
  EXPECT_THROW(write_points(folder / "b.ply", file), invalid_input);
  EXPECT_FALSE(std::filesystem::exists(folder / "b.ply"));
}

TEST(WritePoints, NoPoints) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.npy", "a.csv", "a.xyz", "a.ply", "a.pcd", "a.bin"}) {
    write_points(folder / name, of(Floats{{}, 3}));
    const PointFile back = read_points(folder / name);
    EXPECT_EQ(back.size(), 0u) << name;
    EXPECT_EQ(back.dimension(), 3) << name;
  }
  EXPECT_THROW(write_points(folder / "a.fvecs", of(Floats{{}, 3})), invalid_input);
}

TEST(WritePoints, RefusalsLeaveNoFile) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.xyz", "a.ply", "a.pcd", "a.bin"})
    EXPECT_THROW(write_points(folder / name, of(Floats{{1, 2}, 2})), invalid_input) << name;
  for (const char* name : {"a.las", "a.obj", "a.txt", "a"}) {
    EXPECT_THROW(check_writable(folder / name), unsupported) << name;
    EXPECT_THROW(write_points(folder / name, of(float_points)), unsupported) << name;
  }
  try {
    write_points(folder / "a.csv", of(Doubles{{1, 2, std::numeric_limits<double>::infinity()}, 1}));
    FAIL();
  } catch (const invalid_input& refusal) {
    EXPECT_EQ(refusal.row(), 2u);
  }
  EXPECT_THROW(write_points(folder / "nowhere/a.npy", of(float_points)), io_error);
  EXPECT_EQ(folder.entries(), 0u);
}

}  // namespace
}  // namespace coppice::io
