// Reading well-formed clouds, molecules, meshes and vectors. Arrays, text and .ply: point_file_test.cpp.
#include <gtest/gtest.h>

#include "sample_clouds.hpp"

namespace coppice::io {
namespace {

using test::doubles;
using test::floats;
using test::LasSample;
using test::pcd_header;
using test::raw;
using test::read_as;
using Numbers = std::vector<double>;
using Floats = std::vector<float>;

const Floats two_points{1, 2, 3, 4, 5, 6};

TEST(Npy, SmallIntegersAreFloatsAndLargerOnesDoubles) {
  const auto npy = [](const std::string& dtype, const std::string& data) {
    return read_as("a.npy", test::npy(test::npy_dictionary(dtype, "(1, 2)"), data));
  };
  EXPECT_EQ(floats(npy("'|u1'", raw<std::uint8_t>({0, 255}))), (Floats{0, 255}));
  EXPECT_EQ(floats(npy("'|i1'", raw<std::int8_t>({-128, 127}))), (Floats{-128, 127}));
  EXPECT_EQ(floats(npy("'<u2'", raw<std::uint16_t>({0, 65535}))), (Floats{0, 65535}));
  EXPECT_EQ(floats(npy("'<i2'", raw<std::int16_t>({-32768, 32767}))), (Floats{-32768, 32767}));
  EXPECT_EQ(doubles(npy("'<u4'", raw<std::uint32_t>({16777217, 4294967295}))), (Numbers{16777217, 4294967295}));
  EXPECT_EQ(doubles(npy("'<i4'", raw<std::int32_t>({-2147483647, 5}))), (Numbers{-2147483647, 5}));
  const std::string columns = raw<std::int16_t>({1, 4, 2, 5, 3, 6});
  EXPECT_EQ(floats(read_as("a.npy", test::npy(test::npy_dictionary("'<i2'", "(2, 3)", true), columns))), two_points);
}

TEST(Pcd, EveryEncoding) {
  EXPECT_EQ(floats(read_as("a.pcd", pcd_header("ascii") + "1 2 7 8 3\n\n# comment\n4 5 nan 8 6")), two_points);
  EXPECT_EQ(floats(read_as("a.pcd", pcd_header("binary") + test::pcd_body())), two_points);
  EXPECT_EQ(floats(read_as("a.PCD", test::pcd_compressed(test::pcd_packed()))), two_points);
  // Some versions of PCL leave a page of zeros.
  EXPECT_EQ(floats(read_as("a.pcd", pcd_header("binary") + test::pcd_body() + std::string(4096, '\0'))), two_points);
  const PointFile file = read_as("a.pcd", test::pcd_compressed(test::pcd_packed()));
  EXPECT_EQ(file.format, "pcd");
  EXPECT_EQ(file.columns, (std::vector<std::string>{"x", "y", "z"}));
}

TEST(Pcd, LongRepetitions) {
  const std::string header =
      "FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nWIDTH 100\nHEIGHT 1\nDATA binary_compressed\n";  // no COUNT, no POINTS
  // 1,200 zeros: one literal, then repetitions of 264 (7 + 255 + 2) one byte back, and the rest.
  std::string packed("\0\0", 2);
  for (int i = 0; i < 4; ++i) packed += std::string("\xe0\xff\x00", 3);
  packed += std::string("\xe0\x86\x00", 3);  // 7 + 134 + 2
  const PointFile file =
      read_as("a.pcd", header + raw<std::uint32_t>({static_cast<std::uint32_t>(packed.size()), 1200}) + packed);
  EXPECT_EQ(floats(file), Floats(300, 0.0f));
}

TEST(Pcd, FieldsInAnyOrderAndOldHeaders) {
  const std::string header =
      "VERSION .5\nCOLUMNS z _ y x\nSIZE 8 1 8 4\nTYPE F U F F\nCOUNT 1 3 1 1\nHEIGHT 1\nWIDTH 1\nPOINTS 1\n";
  const std::string body = raw({3.5}) + "abc" + raw({0.1}) + raw({1.0f});
  EXPECT_EQ(doubles(read_as("a.pcd", header + "DATA binary\n" + body)), (Numbers{1, 0.1, 3.5}));
  EXPECT_EQ(doubles(read_as("a.pcd", header + "DATA ascii\n3.5 1 2 3 0.1 1\n")), (Numbers{1, 0.1, 3.5}));
  const std::string none = "FIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nWIDTH 0\nHEIGHT 1\nPOINTS 0\nDATA ";
  EXPECT_EQ(read_as("a.pcd", none + "ascii\n").size(), 0u);
  EXPECT_EQ(read_as("a.pcd", none + "binary").dimension(), 3);
  EXPECT_EQ(read_as("a.pcd", none + "binary_compressed\n" + raw<std::uint32_t>({0, 0})).size(), 0u);
}

TEST(Las, EveryVersionAndFormat) {
  const std::array<std::uint16_t, 11> lengths{20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67};
  const Numbers expected{0 * 0.01 + 100, -25 * 0.01 + 100, 2147483647 * 0.01 + 100,
                         1 * 0.01 + 100, -25 * 0.01 + 100, 2147483647 * 0.01 + 100};
  for (int minor = 0; minor <= 4; ++minor)
    for (std::uint8_t format = 0; format < 11; ++format)
      for (const std::uint16_t extra : {0, 5}) {
        LasSample sample;
        sample.minor = minor;
        sample.format = format;
        sample.record = static_cast<std::uint16_t>(lengths[format] + extra);
        EXPECT_EQ(doubles(read_as("a.las", sample.bytes())), expected) << minor << " " << int{format};
      }
}

TEST(Las, CountsOf64BitsAndTrailingRecords) {
  LasSample sample;
  sample.minor = 4;
  sample.count = 0;
  sample.count_64 = 2;
  EXPECT_EQ(read_as("a.las", sample.bytes()).size(), 2u);
  sample.count_64 = 0;
  EXPECT_EQ(read_as("a.las", sample.bytes()).size(), 0u);
  sample.count = 1;  // a 1.4 file that only counts in the old field
  EXPECT_EQ(read_as("a.las", sample.bytes() + "records behind the points").size(), 1u);
  EXPECT_EQ(read_as("a.laz", LasSample{}.bytes()).format, "las");  // uncompressed after all
}

TEST(Pdb, FirstModelOnly) {
  const std::string first = test::pdb_atom("  1.000   2.000  -3.500");
  const std::string second = test::pdb_atom("-101.250-202.500 303.125", "HETATM");
  const std::string file = "HEADER\nREMARK 290 ATOM/HETATM\nMODEL        1\n" + first + "TER\n" + second +
                           "ENDMDL\nMODEL        2\n" + first + "ENDMDL\nEND\n";
  EXPECT_EQ(doubles(read_as("a.pdb", file)), (Numbers{1, 2, -3.5, -101.25, -202.5, 303.125}));
  EXPECT_EQ(read_as("a.pdb", first + "END\n" + second).size(), 1u);
  EXPECT_EQ(read_as("a.pdb", first.substr(0, 54) + "\r\n" + second).size(), 2u);
}

TEST(Gro, PrecisionFollowsTheDecimalPoints) {
  EXPECT_EQ(doubles(read_as("a.gro", test::gro("    1SOL     OW    1   0.126   1.624   1.679  0.1227 -0.0580  0.0434\n"
                                               "    1SOL    HW1    2  -0.190-111.661   1.747\n",
                                               " 2 "))),
            (Numbers{0.126, 1.624, 1.679, -0.190, -111.661, 1.747}));
  EXPECT_EQ(doubles(read_as("a.gro", test::gro("    1SOL     OW    1   0.12612   1.62413   1.67914\n", "1"))),
            (Numbers{0.12612, 1.62413, 1.67914}));
  const std::string frame = test::gro("    1SOL     OW    1   0.126   1.624   1.679\n", "1");
  EXPECT_EQ(read_as("a.gro", frame + frame).size(), 1u);
  EXPECT_EQ(read_as("a.gro", test::gro("", "0")).size(), 0u);
}

TEST(Obj, VerticesOnly) {
  const PointFile file = read_as("a.obj",
                                 "# mesh\nmtllib a.mtl\no thing\n  v 1 2 3 # first\nv\t4 5 6 1.0\nvt 0 0\nvn 0 0 1\n"
                                 "vp 1\nv 7 8 9 0.5 0.5 0.5\nf 1/1 2/1 3/1\n");
  EXPECT_EQ(doubles(file), (Numbers{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(file.format, "obj");
}

TEST(Vectors, FloatsAndBytes) {
  const std::string head = raw<std::int32_t>({3});
  EXPECT_EQ(floats(read_as("a.fvecs", head + raw({1.0f, 2.0f, 3.0f}) + head + raw({4.0f, 5.0f, 6.0f}))), two_points);
  const PointFile file = read_as("a.bvecs", head + std::string("\x00\x7f\xff", 3));
  EXPECT_EQ(floats(file), (Floats{0, 127, 255}));
  EXPECT_EQ(file.format, "bvecs");
  EXPECT_TRUE(file.columns.empty());
}

}  // namespace
}  // namespace coppice::io
