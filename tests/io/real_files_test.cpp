// Real files under $COPPICE_DATA (default ../shared/data), where they are there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "coppice/errors.hpp"
#include "coppice/io/point_file.hpp"

namespace coppice::io {
namespace {

std::filesystem::path data(const std::string& name) {
  const char* const folder = std::getenv("COPPICE_DATA");
  return std::filesystem::path(folder != nullptr ? folder : "../shared/data") / name;
}

#define SKIP_WITHOUT(path) \
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "not there: " << path

TEST(RealFiles, KittiSweeps) {
  SKIP_WITHOUT(data("kitti_patchwork6/000000.bin"));
  std::size_t points = 0;
  for (int sweep = 0; sweep < 6; ++sweep)
    points += read_points(data("kitti_patchwork6/00000" + std::to_string(sweep) + ".bin")).size();
  EXPECT_EQ(points, 745811u);
}

TEST(RealFiles, ScannedClouds) {
  SKIP_WITHOUT(data("libpointmatcher/cloud.00000.f32.npy"));
  const PointFile file = read_points(data("libpointmatcher/cloud.00000.f32.npy"));
  EXPECT_EQ(file.size(), 24989u);
  EXPECT_TRUE(std::holds_alternative<Points<float>>(file.points));
  EXPECT_EQ(file.dimension(), 3);
}

TEST(RealFiles, CitiesOfTheWorld) {
  SKIP_WITHOUT(data("geo_cities/points_lonlat.f64.npy"));
  const PointFile file = read_points(data("geo_cities/points_lonlat.f64.npy"));
  EXPECT_EQ(file.size(), 58227u);
  EXPECT_EQ(file.dimension(), 2);
  EXPECT_TRUE(std::holds_alternative<Points<double>>(file.points));
}

TEST(RealFiles, WaterTrajectoryFirstFrame) {
  SKIP_WITHOUT(data("chemfiles_water/water.xyz"));
  const PointFile file = read_points(data("chemfiles_water/water.xyz"));
  EXPECT_EQ(file.size(), 297u);
  const auto& coordinates = std::get<Points<double>>(file.points).coordinates;
  EXPECT_EQ(coordinates[0], 0.417219);
  EXPECT_EQ(coordinates[5], 12.003293);
}

TEST(RealFiles, TopicHistogramsFromTextAndNpyAgree) {
  SKIP_WITHOUT(data("nmslib_final8/final8_10K.txt"));
  const PointFile text = read_points(data("nmslib_final8/final8_10K.txt"));
  EXPECT_EQ(text.size(), 10000u);
  EXPECT_EQ(text.dimension(), 8);
  EXPECT_EQ(points_as<float>(text).coordinates,
            points_as<float>(read_points(data("nmslib_final8/X.f32.npy"))).coordinates);
}

TEST(RealFiles, FacesAreRefusedAsPoints) {
  SKIP_WITHOUT(data("mesh_common/spot.faces.i32.npy"));
  EXPECT_THROW((void)read_points(data("mesh_common/spot.faces.i32.npy")), invalid_input);
  EXPECT_EQ(read_points(data("mesh_common/spot.verts.f32.npy")).size(), 2930u);
}

}  // namespace
}  // namespace coppice::io
