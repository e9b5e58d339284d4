// Real files under $COPPICE_DATA (default ../shared/data), where they are there.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/io/point_file.hpp"
#include "real_data.hpp"

namespace coppice::io {
namespace {

TEST(RealFiles, KittiSweeps) {
  SKIP_WITHOUT(test::real_data("kitti_patchwork6/000000.bin"));
  std::size_t points = 0;
  for (int sweep = 0; sweep < 6; ++sweep)
    points += read_points(test::real_data("kitti_patchwork6/00000" + std::to_string(sweep) + ".bin")).size();
  EXPECT_EQ(points, 745811u);
}

TEST(RealFiles, ScannedClouds) {
  SKIP_WITHOUT(test::real_data("libpointmatcher/cloud.00000.f32.npy"));
  const PointFile file = read_points(test::real_data("libpointmatcher/cloud.00000.f32.npy"));
  EXPECT_EQ(file.size(), 24989u);
  EXPECT_TRUE(std::holds_alternative<Points<float>>(file.points));
  EXPECT_EQ(file.dimension(), 3);
}

TEST(RealFiles, CitiesOfTheWorld) {
  SKIP_WITHOUT(test::real_data("geo_cities/points_lonlat.f64.npy"));
  const PointFile file = read_points(test::real_data("geo_cities/points_lonlat.f64.npy"));
  EXPECT_EQ(file.size(), 58227u);
  EXPECT_EQ(file.dimension(), 2);
  EXPECT_TRUE(std::holds_alternative<Points<double>>(file.points));
}

TEST(RealFiles, WaterTrajectoryFirstFrame) {
  SKIP_WITHOUT(test::real_data("chemfiles_water/water.xyz"));
  const PointFile file = read_points(test::real_data("chemfiles_water/water.xyz"));
  EXPECT_EQ(file.size(), 297u);
  const auto& coordinates = std::get<Points<double>>(file.points).coordinates;
  EXPECT_EQ(coordinates[0], 0.417219);
  EXPECT_EQ(coordinates[5], 12.003293);
}

TEST(RealFiles, TopicHistogramsFromTextAndNpyAgree) {
  SKIP_WITHOUT(test::real_data("nmslib_final8/final8_10K.txt"));
  const PointFile text = read_points(test::real_data("nmslib_final8/final8_10K.txt"));
  EXPECT_EQ(text.size(), 10000u);
  EXPECT_EQ(text.dimension(), 8);
  EXPECT_EQ(points_as<float>(text).coordinates,
            points_as<float>(read_points(test::real_data("nmslib_final8/X.f32.npy"))).coordinates);
}

TEST(RealFiles, LasAgreesWithItsArray) {
  SKIP_WITHOUT(test::real_data("autzen_trim/autzen_trim.las"));
  const PointFile file = read_points(test::real_data("autzen_trim/autzen_trim.las"));
  EXPECT_EQ(file.size(), 110000u);
  EXPECT_EQ(std::get<Points<double>>(file.points).coordinates,
            std::get<Points<double>>(read_points(test::real_data("autzen_trim/points.f64.npy")).points).coordinates);
  EXPECT_THROW((void)read_points(test::real_data("autzen_trim/autzen_trim.laz")), unsupported);
}

TEST(RealFiles, Molecules) {
  const std::pair<const char*, std::size_t> counts[] = {{"pdb_3J6R/3J6R.pdb", 17214},
                                                        {"pdb_small/1crn.pdb", 327},
                                                        {"pdb_small/4hhb.pdb", 4779},
                                                        {"openmm_dhfr/5dfr_solv-cube_equil.pdb", 23558},
                                                        {"ngl_md/md.gro", 17411}};
  for (const auto& [name, count] : counts) {
    SKIP_WITHOUT(test::real_data(name));
    EXPECT_EQ(read_points(test::real_data(name)).size(), count) << name;
  }
  // The capsid's array starts with the file's own chain.
  const auto chain = points_as<float>(read_points(test::real_data("pdb_3J6R/3J6R.pdb"))).coordinates;
  const auto capsid = points_as<float>(read_points(test::real_data("pdb_3J6R/capsid_xyz.f32.npy"))).coordinates;
  EXPECT_TRUE(std::equal(chain.begin(), chain.end(), capsid.begin()));
}

TEST(RealFiles, MeshesAgreeWithTheirArrays) {
  const std::pair<const char*, std::size_t> counts[] = {{"mesh_common/stanford-bunny", 35947},
                                                        {"mesh_common/spot", 2930},
                                                        {"mesh_common/teapot", 3644},
                                                        {"mesh_armadillo/armadillo", 43243}};
  for (const auto& [name, count] : counts) {
    SKIP_WITHOUT(test::real_data(std::string(name) + ".obj"));
    const PointFile file = read_points(test::real_data(std::string(name) + ".obj"));
    EXPECT_EQ(file.size(), count) << name;
    EXPECT_EQ(points_as<float>(file).coordinates,
              points_as<float>(read_points(test::real_data(std::string(name) + ".verts.f32.npy"))).coordinates)
        << name;
  }
}

TEST(RealFiles, SmallIntegersFromTextAndNpyAgree) {
  SKIP_WITHOUT(test::real_data("ngt_sift5k/X.u8.npy"));
  const auto array = std::get<Points<float>>(read_points(test::real_data("ngt_sift5k/X.u8.npy")).points);
  const auto text = points_as<float>(read_points(test::real_data("ngt_sift5k/sift-dataset-5k.tsv")));
  EXPECT_EQ(array.size(), 5000u);
  ASSERT_EQ(text.size(), 5000u);
  EXPECT_EQ(text.dimension, 129);  // the last column is a label
  for (std::size_t row = 0; row < array.size(); ++row)
    EXPECT_TRUE(std::equal(array.view()[row].begin(), array.view()[row].end(), text.view()[row].begin())) << row;
  EXPECT_EQ(read_points(test::real_data("radish2d_aces/ranges_cm.u16.npy")).dimension(), 180);
}

/// Every file that is there opens, or is refused with a typed error that names it.
TEST(RealFiles, NoneSurprises) {
  SKIP_WITHOUT(test::real_data(""));
  std::size_t opened = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(test::real_data(""))) {
    if (!entry.is_regular_file()) continue;
    try {
      (void)read_points(entry.path());
      ++opened;
    } catch (const error& refusal) {
      EXPECT_NE(std::string(refusal.what()).find(entry.path().filename().string()), std::string::npos)
          << refusal.what();
    }
  }
  EXPECT_GT(opened, 0u);
}

}  // namespace
}  // namespace coppice::io
