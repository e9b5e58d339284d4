// Reading well-formed point files of every format.
#include "coppice/io/point_file.hpp"

#include <cmath>
#include <limits>

#include "coppice/errors.hpp"
#include "coppice/io/npz.hpp"
#include "sample_files.hpp"

namespace coppice::io {
namespace {

using test::doubles;
using test::floats;
using test::npy;
using test::npy_dictionary;
using test::raw;
using test::read_as;
using Numbers = std::vector<double>;
using Ids = std::vector<point_id>;

TEST(Npy, RoundTripKeepsEveryBit) {
  const test::TemporaryFolder folder;
  const std::vector<float> single{1.5f, -0.0f, std::numeric_limits<float>::denorm_min(), 1e18f, 3, 4};
  write_npy(folder / "single.npy", {single, {2, 3}});
  PointFile file = read_points(folder / "single.npy");
  EXPECT_EQ(file.format, "npy");
  EXPECT_EQ(file.dimension(), 3);
  EXPECT_EQ(file.size(), 2u);
  EXPECT_EQ(floats(file), single);
  EXPECT_TRUE(std::signbit(floats(file)[1]));
  EXPECT_FALSE(file.ids.has_value());

  file = read_points(folder / "single.npy", {.widen = true});
  EXPECT_EQ(doubles(file), Numbers(single.begin(), single.end()));

  const Numbers wide{1e150, std::numeric_limits<double>::denorm_min()};
  write_npy(folder / "wide.npy", {wide, {1, 2}});
  EXPECT_EQ(doubles(read_points(folder / "wide.npy")), wide);
}

TEST(Npy, EveryVersionAndOrder) {
  const std::string rows = raw<double>({1, 2, 3, 4, 5, 6});
  for (const int version : {1, 2, 3})
    EXPECT_EQ(doubles(read_as("a.npy", npy(npy_dictionary("'<f8'", "(2, 3)"), rows, version))),
              (Numbers{1, 2, 3, 4, 5, 6}));
  const std::string columns = raw<double>({1, 4, 2, 5, 3, 6});
  EXPECT_EQ(doubles(read_as("a.npy", npy(npy_dictionary("'<f8'", "(2, 3)", true), columns))),
            (Numbers{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(doubles(read_as("a.NPY", npy("{\"shape\":(2L,3L),\"fortran_order\":False,\"descr\":\"<f8\"}", rows))),
            (Numbers{1, 2, 3, 4, 5, 6}));
}

TEST(Npy, NoPoints) {
  const PointFile file = read_as("a.npy", npy(npy_dictionary("'<f4'", "(0, 7)"), ""));
  EXPECT_EQ(file.size(), 0u);
  EXPECT_EQ(file.dimension(), 7);
}

TEST(Csv, SeparatorsHeadingsAndComments) {
  const Numbers expected{1, 2.5, -3e-5, 4};
  for (const char* text :
       {"1,2.5\n-3e-5,4\n", "1;2.5\n-3e-5;4", "1 2.5\n-3e-5\t 4\n", "  1 ,\t2.5 \r\n\r\n# note\r\n-3e-5,+4\r\n",
        "x,y\n1,2.5\n-3e-5,4\n", "\"x\";\"y\"\n1;2.5\n-3e-5;4\n", "\xEF\xBB\xBFx y\n1 2.5 # first\n-3e-5 4\n",
        "# x y\n1.0 2.50\n-0.00003 4.\n", "x,y\n\"1\",\"2.5\"\n-.3e-4,4e0\n"}) {
    const PointFile file = read_as("a.csv", text);
    EXPECT_EQ(doubles(file), expected) << text;
    EXPECT_EQ(file.dimension(), 2) << text;
    EXPECT_FALSE(file.ids.has_value()) << text;
  }
  EXPECT_EQ(read_as("a.txt", "east,north\n1,2\n").columns, (std::vector<std::string>{"east", "north"}));
  EXPECT_TRUE(read_as("a.csv", "1,2\n").columns.empty());
}

TEST(Csv, IdColumn) {
  const PointFile file = read_as("a.csv", "x,id,y\n1,9223372036854775807,2\n3,0,4\n");
  EXPECT_EQ(*file.ids, (Ids{9223372036854775807, 0}));
  EXPECT_EQ(doubles(file), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(file.columns, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(*read_as("a.csv", "id,0,1\n7,1,2\n").ids, (Ids{7}));
}

TEST(Csv, HeadingAloneMeansNoPoints) {
  const PointFile file = read_as("a.csv", "id,x,y\n");
  EXPECT_EQ(file.size(), 0u);
  EXPECT_EQ(file.dimension(), 2);
  EXPECT_TRUE(file.ids->empty());
}

TEST(Csv, NumbersAreCorrectlyRounded) {
  EXPECT_EQ(doubles(read_as("a.csv", "0.1,1e150,4.9406564584124654e-324,1e-400,-1e-400\n")),
            (Numbers{0.1, 1e150, std::numeric_limits<double>::denorm_min(), 0, 0}));
}

TEST(Xyz, PlainRows) {
  EXPECT_EQ(doubles(read_as("a.xyz", "1 2 3\n4 5 6\n")), (Numbers{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(doubles(read_as("a.xyz", "# cloud\n1,2,3,0.5,red\n\n4,5,6,0.25,blue\n")), (Numbers{1, 2, 3, 4, 5, 6}));
}

TEST(Xyz, Chemistry) {
  const PointFile file = read_as("a.xyz", " 2 \nwater # 1\n O 1 2 3\nH\t4 5 6 0.1\n2\nnext frame\nO 0 0 0\nH 0 0 0\n");
  EXPECT_EQ(doubles(file), (Numbers{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(file.columns, (std::vector<std::string>{"x", "y", "z"}));
  EXPECT_EQ(doubles(read_as("a.xyz", "1\n\n8 1 2 3\n")), (Numbers{1, 2, 3}));
  EXPECT_EQ(read_as("a.xyz", "0\nnothing\n").size(), 0u);
  EXPECT_EQ(read_as("a.xyz", "0").dimension(), 3);
}

TEST(Xyz, ExtendedChemistrySaysWhereThePositionsAre) {
  const std::string comment = "Lattice=\"5 0 0 0 5 0 0 0 5\" Properties=species:S:1:forces:R:3:pos:R:3 pbc=\"T T T\"";
  EXPECT_EQ(doubles(read_as("a.xyz", "1\n" + comment + "\nO 9 9 9 1 2 3\n")), (Numbers{1, 2, 3}));
  EXPECT_EQ(doubles(read_as("a.xyz", "1\nProperties=pos:R:3:species:S:1\n1 2 3 O\n")), (Numbers{1, 2, 3}));
}

std::string ply(const std::string& encoding, const std::string& body, const std::string& type = "float") {
  return "ply\nformat " + encoding +
         " 1.0\ncomment made for a test\nelement camera 2\nproperty uchar tag\nproperty list uchar short spots\n"
         "element vertex 2\nproperty " +
         type + " x\nproperty uchar red\nproperty " + type + " y\nproperty " + type +
         " z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n" + body;
}

std::string ply_body(bool big) {
  return raw<std::uint8_t>({7, 2}) + raw<std::int16_t>({1, 2}, big) + raw<std::uint8_t>({7, 0}) + raw({1.5f}, big) +
         "\xff" + raw({2.5f, -3.0f}, big) + raw({4.0f}, big) + "\x01" + raw({5.0f, 6.0f}, big) +
         raw<std::uint8_t>({3}) + raw<std::int32_t>({0, 1, 0}, big);
}

TEST(Ply, EveryEncoding) {
  const std::vector<float> expected{1.5f, 2.5f, -3.0f, 4, 5, 6};
  EXPECT_EQ(floats(read_as("a.ply", ply("binary_little_endian", ply_body(false)))), expected);
  EXPECT_EQ(floats(read_as("a.ply", ply("binary_big_endian", ply_body(true)))), expected);
  EXPECT_EQ(floats(read_as("a.ply", ply("ascii", "7 2 1 2\n7 0\n1.5 255 2.5 -3\n4 1 5 6\n3 0 1 0\n"))), expected);
  EXPECT_EQ(floats(read_as("a.ply", ply("ascii", "7 2 1 2 7 0 1.5 255\n2.5 -3 4 1\n\n5 6\n3 0 1 0\n"))), expected);
  EXPECT_EQ(doubles(read_as("a.ply", ply("ascii", "7 0 7 0\n0.1 0 0.2 0.3\n1 1 1 1\n", "double"))),
            (Numbers{0.1, 0.2, 0.3, 1, 1, 1}));
}

template <class T>
void expect_ply_type(const std::string& type, const Numbers& values) {
  for (const bool big : {false, true}) {
    std::string body;
    for (const double value : values) body += raw<T>({static_cast<T>(value)}, big);
    const std::string header = std::string("ply\nformat ") + (big ? "binary_big_endian" : "binary_little_endian") +
                               " 1.0\nelement vertex 1\nproperty " + type + " x\nproperty " + type + " y\nproperty " +
                               type + " z\nend_header\n";
    EXPECT_EQ(doubles(read_as("a.ply", header + body, {.widen = true})), values) << type;
  }
}

TEST(Ply, EveryType) {
  for (const char* name : {"char", "int8"}) expect_ply_type<std::int8_t>(name, {-128, 0, 127});
  for (const char* name : {"uchar", "uint8"}) expect_ply_type<std::uint8_t>(name, {0, 1, 255});
  for (const char* name : {"short", "int16"}) expect_ply_type<std::int16_t>(name, {-32768, 1, 32767});
  for (const char* name : {"ushort", "uint16"}) expect_ply_type<std::uint16_t>(name, {0, 1, 65535});
  for (const char* name : {"int", "int32"}) expect_ply_type<std::int32_t>(name, {-2147483648.0, 1, 2147483647});
  for (const char* name : {"uint", "uint32"}) expect_ply_type<std::uint32_t>(name, {0, 1, 4294967295.0});
  for (const char* name : {"float", "float32"}) expect_ply_type<float>(name, {-0.5, 1152921504606846976.0, 0.25});
  for (const char* name : {"double", "float64"}) expect_ply_type<double>(name, {-0.1, 1e150, 0.3});
}

TEST(Ply, VerticesWithListsAndOddHeaders) {
  const std::string header =
      "ply\r\nformat binary_little_endian 1.0\r\nobj_info x\r\nelement nothing 9\r\nelement vertex 2\r\n"
      "property list int float w\r\nproperty float x\r\nproperty float y\r\nproperty float z\r\nend_header\r\n";
  const std::string body =
      raw<std::int32_t>({1}) + raw({9.0f, 1.0f, 2.0f, 3.0f}) + raw<std::int32_t>({0}) + raw({4.0f, 5.0f, 6.0f});
  EXPECT_EQ(floats(read_as("a.ply", header + body)), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  const std::string empty =
      "ply\nformat ascii 1.0\nelement vertex 0\nproperty float x\nproperty float y\nproperty float z\nend_header\n";
  EXPECT_EQ(read_as("a.ply", empty).size(), 0u);
}

TEST(Kitti, LeavesTheIntensityOut) {
  const PointFile file = read_as("a.bin", raw({1.0f, 2.0f, 3.0f, 0.5f, 4.0f, 5.0f, 6.0f, 0.25f}));
  EXPECT_EQ(floats(file), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(file.format, "kitti");
  EXPECT_EQ(read_as("a.bin", "").size(), 0u);
  EXPECT_EQ(read_as("a.bin", "").dimension(), 3);
}

TEST(PointFile, PointsAsAnotherType) {
  const PointFile file = read_as("a.csv", "0.1,1\n3,4\n");
  EXPECT_EQ(points_as<float>(file).coordinates, (std::vector<float>{0.1f, 1, 3, 4}));
  EXPECT_EQ(points_as<float>(file).dimension, 2);
  EXPECT_EQ(points_as<double>(file).coordinates, (Numbers{0.1, 1, 3, 4}));
  try {
    (void)points_as<float>(read_as("a.csv", "1,2\n3,1e39\n"));
    FAIL();
  } catch (const invalid_input& problem) {
    EXPECT_EQ(problem.row(), 1u);
  }
}

}  // namespace
}  // namespace coppice::io
