// Files of arrays and text, meshes and sweeps that must be refused. The other formats: malformed_clouds_test.cpp.
#include <cmath>
#include <limits>

#include "malformed.hpp"

namespace coppice::io {
namespace {

using test::npy;
using test::npy_dictionary;
using test::raw;

using test::check;
using test::Malformed;
using test::Refusal;

const float nan = std::numeric_limits<float>::quiet_NaN();
const float infinite = std::numeric_limits<float>::infinity();

TEST(Malformed, Npy) {
  const std::string row = raw({1.0, 2.0, 3.0});
  const std::string header = npy_dictionary("'<f8'", "(1, 3)");
  const std::string good = npy(header, row);
  for (const Malformed& malformed : std::vector<Malformed>{
           {"a.npy", "", Refusal::corrupt, "magic at byte 0", "''"},
           {"a.npy", "x,y\n1,2\n", Refusal::corrupt, "magic at byte 0", "x,y"},
           {"a.npy", good.substr(0, 6), Refusal::corrupt, "version at byte 6", "ends"},
           {"a.npy", npy(header, row, 4), Refusal::corrupt, "version at byte 6", "found 4"},
           {"a.npy", npy(header, row, 0), Refusal::corrupt, "version at byte 6", "found 0"},
           {"a.npy", good.substr(0, 9), Refusal::corrupt, "header length at byte 9", "ends"},
           {"a.npy", good.substr(0, 40), Refusal::corrupt, "header length at byte 8", "at most the 30 bytes left"},
           {"a.npy", npy("nonsense", row), Refusal::corrupt, "header at byte 10", "'n'"},
           {"a.npy", npy("{'descr': '<f8'}", row), Refusal::corrupt, "header at byte 26", "lacks"},
           {"a.npy", npy("{'descr': '<f8', 'size': 3}", row), Refusal::corrupt, "header at byte", "'size'"},
           {"a.npy", npy("{'descr': '<f8", row), Refusal::corrupt, "header at byte 20", "does not end"},
           {"a.npy", npy("{'descr': [('x', '<f8'", row), Refusal::corrupt, "header at byte", "does not end"},
           {"a.npy", npy("{'fortran_order': Maybe}", row), Refusal::corrupt, "header at byte 28", "True or False"},
           {"a.npy", npy(npy_dictionary("'<f8'", "(-1, 3)"), row), Refusal::corrupt, "header at byte", "whole number"},
           {"a.npy", npy(npy_dictionary("'<f8'", "(1, 3"), row), Refusal::corrupt, "header at byte", "whole number"},
           {"a.npy", npy(npy_dictionary("'<f8'", "(99999999999999999999, 3)"), row), Refusal::corrupt, "header at byte",
            "whole number"},
           {"a.npy", good.substr(0, good.size() - 1), Refusal::corrupt, "data at byte", "found 23 bytes"},
           {"a.npy", good + "x", Refusal::corrupt, "data at byte", "found 25 bytes"},
           {"a.npy", npy(npy_dictionary("'<f8'", "(1000000000000000000, 2000000000)"), row), Refusal::corrupt,
            "data at byte", "expected 1000000000000000000 x 2000000000"},
           {"a.npy", npy(npy_dictionary("'<f8'", "(3,)"), row), Refusal::invalid, "shape (3,)", "two axes"},
           {"a.npy", npy(npy_dictionary("'<f8'", "()"), raw({1.0})), Refusal::invalid, "shape ()", "two axes"},
           {"a.npy", npy(npy_dictionary("'<f8'", "(1, 3, 1)"), row), Refusal::invalid, "shape (1, 3, 1)", "two axes"},
           {"a.npy", npy(npy_dictionary("'<f8'", "(3, 0)"), ""), Refusal::invalid, "shape (3, 0)", "1 or more"},
           {"a.npy", npy(npy_dictionary("'<i8'", "(1, 3)"), row), Refusal::invalid, "dtype '<i8'", "at most 32 bits"},
           {"a.npy", npy(npy_dictionary("'<u8'", "(1, 3)"), row), Refusal::invalid, "dtype '<u8'", "64-bit integer"},
           {"a.npy", npy(npy_dictionary("'|b1'", "(1, 3)"), "abc"), Refusal::invalid, "dtype '|b1'", "float64"},
           {"a.npy", npy(npy_dictionary("'<u2'", "(1, 3)"), "abcde"), Refusal::corrupt, "data at byte",
            "found 5 bytes, expected 1 x 3 numbers of 2 bytes"},
           {"a.npy", npy(npy_dictionary("'>f8'", "(1, 3)"), row), Refusal::invalid, "dtype '>f8'", "'<f8'"},
           {"a.npy", npy(npy_dictionary("[('x', '<f8')]", "(3,)"), row), Refusal::invalid, "dtype", "[('x', '<f8')]"},
           {"a.npy", npy(npy_dictionary("'<f4'", "(2, 2)"), raw({1.0f, 2.0f, 3.0f, nan})), Refusal::invalid,
            "row 1: ", "coordinate 1 is nan", 1},
           {"a.npy", npy(npy_dictionary("'<f4'", "(2, 2)"), raw({1.0f, 2.0f, -infinite, 1.0f})), Refusal::invalid,
            "row 1: ", "coordinate 0 is -inf", 1}})
    check(malformed);
}

TEST(Malformed, Csv) {
  for (const Malformed& malformed : std::vector<Malformed>{
           {"a.csv", "", Refusal::invalid, "a.csv: ", "no rows"},
           {"a.csv", "\n# only a comment\n \n", Refusal::invalid, "a.csv: ", "no rows"},
           {"a.csv", "1,2\n3,4\n5\n", Refusal::invalid, "a.csv:3: ", "found 1 column, expected 2 as in line 1"},
           {"a.csv", "x,y\n\n1,2,3\n", Refusal::invalid, "a.csv:3: ", "found 3 columns"},
           {"a.csv", "1,2\n3,four\n", Refusal::invalid, "a.csv:2: column 2", "'four'"},
           {"a.csv", "1,2,\n", Refusal::invalid, "a.csv:1: column 3", "''"},
           {"a.csv", "1.0,2.o\n1,2\n", Refusal::invalid, "a.csv:1: column 2", "'2.o'"},
           {"a.csv", "1,5;2,5\n", Refusal::invalid, "a.csv:1: column 1", "'1,5'"},
           {"a.csv", "x,y\n1,2\nnan,2\n", Refusal::invalid, "a.csv:3: ", "column 1: found 'nan'", 1},
           {"a.csv", "inf,2\n", Refusal::invalid, "a.csv:1: ", "column 1: found 'inf'", 0},
           {"a.csv", "1,2\n1e999,2\n", Refusal::invalid, "a.csv:2: column 1", "range of float64"},
           {"a.csv", "1,0x10\n", Refusal::invalid, "a.csv:1: column 2", "'0x10'"},
           {"a.csv", "1,2\r3,4\r", Refusal::invalid, "a.csv:1: ", "'2\\x0d3'"},
           {"a.csv", "id\n1\n", Refusal::invalid, "a.csv:1: ", "beside 'id'"},
           {"a.csv", "id,x,id\n1,2,3\n", Refusal::invalid, "a.csv:1: ", "columns 1 and 3"},
           {"a.csv", "id,x\n-1,2\n", Refusal::invalid, "a.csv:2: column 1 (id)", "'-1'"},
           {"a.csv", "id,x\n1.5,2\n", Refusal::invalid, "a.csv:2: column 1 (id)", "'1.5'"},
           {"a.csv", "id,x\n9223372036854775808,2\n", Refusal::invalid, "a.csv:2: column 1 (id)",
            "9223372036854775808"},
           {"a.csv", ",x,y\n0,1,2\n", Refusal::invalid, "a.csv:1: column 1", "''"},
           {"a.csv", std::string("\x00\x01\x02", 3), Refusal::invalid, "a.csv:1: column 1", "\\x00"},
           {"a.txt", "1 2\n3 " + std::string(1000, 'y') + "\n", Refusal::invalid, "a.txt:2: column 2", "yyy...'"}})
    check(malformed);
}

TEST(Malformed, Xyz) {
  for (const Malformed& malformed : std::vector<Malformed>{
           {"a.xyz", "", Refusal::invalid, "a.xyz: ", "no rows"},
           {"a.xyz", "1 2\n", Refusal::invalid, "a.xyz:1: ", "found 2 columns, expected at least 3"},
           {"a.xyz", "1 2 3\n4 5 z\n", Refusal::invalid, "a.xyz:2: column 3", "'z'"},
           {"a.xyz", "1 2 3\n4 5 -inf\n", Refusal::invalid, "a.xyz:2: ", "column 3: found '-inf'", 1},
           {"a.xyz", "3\nwater\nO 1 2 3\nH 1 2 3\n", Refusal::invalid, "a.xyz:4: ", "after 2 atoms, expected 3"},
           {"a.xyz", "9000000000000000000\nwater\nO 1 2 3\n", Refusal::invalid, "a.xyz:3: ", "after 1 atom,"},
           {"a.xyz", "1\nwater\nO 1 2\n", Refusal::invalid, "a.xyz:3: ", "found 3 columns, expected at least 4"},
           {"a.xyz", "1\nwater\nO 1 two 3\n", Refusal::invalid, "a.xyz:3: column 3", "'two'"},
           {"a.xyz", "1\nProperties=species:S:1:velo:R:3\nO 1 2 3\n", Refusal::invalid, "a.xyz:2: ", "pos:R:3"},
           {"a.xyz", "1\nProperties=species:S:many:pos:R:3\nO 1 2 3\n", Refusal::invalid, "a.xyz:2: ", "S:many"}})
    check(malformed);
}

TEST(Malformed, PlyHeader) {
  const std::string start = "ply\nformat ascii 1.0\n";
  const std::string xyz = "property float x\nproperty float y\nproperty float z\n";
  for (const Malformed& malformed : std::vector<Malformed>{
           {"a.ply", "", Refusal::corrupt, "magic at byte 0", "''"},
           {"a.ply", "PLY\n", Refusal::corrupt, "magic at byte 0", "'PLY'"},
           {"a.ply", start + "element vertex 1\n" + xyz, Refusal::corrupt, "header at byte 89", "end_header"},
           {"a.ply", "ply\nend_header\n", Refusal::invalid, "a.ply:2: ", "'format'"},
           {"a.ply", "ply\nformat binary 1.0\n", Refusal::invalid, "a.ply:2: ", "binary_big_endian"},
           {"a.ply", "ply\nformat ascii 2.0\n", Refusal::invalid, "a.ply:2: ", "then 1.0"},
           {"a.ply", start + "elment vertex 1\n", Refusal::invalid, "a.ply:3: ", "'elment'"},
           {"a.ply", start + "element vertex\n", Refusal::invalid, "a.ply:3: ", "NAME COUNT"},
           {"a.ply", start + "element vertex -1\n", Refusal::invalid, "a.ply:3: ", "'-1'"},
           {"a.ply", start + xyz, Refusal::invalid, "a.ply:3: ", "before the first element"},
           {"a.ply", start + "element vertex 1\nproperty quad x\n", Refusal::invalid, "a.ply:4: ", "'quad'"},
           {"a.ply", start + "element vertex 1\nproperty x\n", Refusal::invalid, "a.ply:4: ", "TYPE NAME"},
           {"a.ply", start + "element face 1\nproperty list float int i\n", Refusal::invalid, "a.ply:4: ", "'float'"},
           {"a.ply", start + "element face 0\nproperty list uchar int i\nend_header\n", Refusal::invalid,
            "a.ply: ", "no element vertex"},
           {"a.ply", start + "element vertex 1\nproperty float x\nproperty float y\nend_header\n1 2\n",
            Refusal::invalid, "a.ply:3: ", "lacks the property z"},
           {"a.ply",
            start + "element vertex 1\nproperty list uchar float x\nproperty float y\nproperty float z\nend_header\n",
            Refusal::invalid, "a.ply:3: ", "property x of vertex is a list"}})
    check(malformed);
}

TEST(Malformed, PlyBody) {
  const auto header = [](const std::string& encoding, const std::string& vertices, const std::string& before = "") {
    return "ply\nformat " + encoding + " 1.0\n" + before + "element vertex " + vertices +
           "\nproperty float x\nproperty float y\nproperty float z\nend_header\n";
  };
  const std::string little = "binary_little_endian";
  const std::string lists = "element face 1\nproperty list char int i\n";
  const std::string point = raw({1.0f, 2.0f, 3.0f});
  for (const Malformed& malformed : std::vector<Malformed>{
           {"a.ply", header("ascii", "2") + "1 2 3\n4 5\n", Refusal::invalid,
            "a.ply:9: ", "the file ends in element vertex 1, expected 2"},
           {"a.ply", header("ascii", "9000000000000000000") + "1 2 3\n", Refusal::invalid, "a.ply:8: ", "vertex 1"},
           {"a.ply", header("ascii", "1") + "1 2 x\n", Refusal::invalid, "a.ply:8: column 3", "'x'"},
           {"a.ply", header("ascii", "1") + "1 2 nan\n", Refusal::invalid, "a.ply:8: ", "column 3: found 'nan'", 0},
           {"a.ply", header("ascii", "1") + "1 2 1e39\n", Refusal::invalid, "a.ply:8: column 3", "range of float32"},
           {"a.ply", header("ascii", "1", lists) + "-1\n1 2 3\n", Refusal::invalid, "a.ply:10: ", "'-1'"},
           {"a.ply", header("ascii", "1", lists) + "9000000000000000000\n1 2 3\n", Refusal::invalid,
            "a.ply:11: ", "element face 0"},
           {"a.ply", header(little, "2") + point, Refusal::corrupt, "element vertex at byte 115", "expected 2 x 12"},
           {"a.ply", header(little, "9000000000000000000") + point, Refusal::corrupt, "element vertex at byte",
            "found 12 bytes, expected 9000000000000000000 x 12"},
           {"a.ply", header("binary_big_endian", "1") + point.substr(1), Refusal::corrupt, "element vertex at byte",
            "found 11 bytes"},
           {"a.ply", header(little, "1", lists) + "\xff" + point, Refusal::corrupt, "face 0 i at byte", "length -1"},
           {"a.ply", header(little, "1", lists) + "\x7f" + point, Refusal::corrupt, "face 0 of 1 at byte",
            "found 13 bytes, expected at least 509"},
           {"a.ply", header(little, "1", lists), Refusal::corrupt, "face 0 of 1 at byte", "found 0 bytes"},
           {"a.ply", header(little, "0", "element tag 5\nproperty int i\n") + point, Refusal::corrupt,
            "element tag at byte", "expected 5 x 4"},
           {"a.ply", header(little, "2") + point + raw({1.0f, nan, 3.0f}), Refusal::invalid,
            "row 1: ", "coordinate 1 is nan", 1}})
    check(malformed);
}

TEST(Malformed, Kitti) {
  check({"a.bin", raw({1.0f, 2.0f, 3.0f, 4.0f, 5.0f}), Refusal::corrupt, "last point at byte 16", "found 4 bytes"});
  check({"a.bin", "x", Refusal::corrupt, "last point at byte 0", "found 1 byte, expected 16"});
  check({"a.bin", raw({1.0f, infinite, 3.0f, 4.0f}), Refusal::invalid, "row 0: ", "coordinate 1 is inf", 0});
}

TEST(Malformed, UnreadFormatsNameTheReadableOnes) {
  for (const char* name : {"a.vtk", "a.gz", "a.npz", "a.unheard-of"})
    check({name, "content", Refusal::unsupported,
           ".npy, .csv, .tsv, .txt, .xyz, .ply, .pcd, .bin (KITTI), .las, .laz, .obj, .pdb, .gro, .fvecs, .bvecs",
           std::filesystem::path(name).extension().string() + " files"});
  check({"cloud", "content", Refusal::unsupported, ".npy, .csv", "without an extension"});
}

TEST(Malformed, MissingFileIsAnIoError) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.npy", "a.csv", "a.txt", "a.xyz", "a.ply", "a.bin", "a.pcd", "a.las", "a.laz"}) {
    try {
      (void)read_points(folder / name);
      FAIL() << name;
    } catch (const io_error& problem) {
      EXPECT_NE(std::string(problem.what()).find(std::string(name) + ": cannot open: No such file"), std::string::npos)
          << problem.what();
    }
  }
  std::filesystem::create_directory(folder / "directory.csv");
  EXPECT_THROW((void)read_points(folder / "directory.csv"), io_error);
}

TEST(Malformed, NoDamageEscapesTheTypedErrors) {
  const std::string ply_file =
      "ply\nformat binary_little_endian 1.0\nelement face 1\nproperty list uchar int i\nelement vertex 2\nproperty "
      "float x\nproperty double y\nproperty uchar z\nend_header\n" +
      std::string("\x01") + raw<std::int32_t>({7}) + raw({1.0f}) + raw({2.0}) + "\x03" + raw({1.0f}) + raw({2.0}) +
      "\x03";
  const std::vector<std::pair<std::string, std::string>> files{
      {"a.npy", npy(npy_dictionary("'<f4'", "(2, 3)"), raw({1.f, 2.f, 3.f, 4.f, 5.f, 6.f}))},
      {"a.ply", ply_file},
      {"a.xyz", "2\nProperties=species:S:1:pos:R:3\nO 1 2 3\nH 4 5 6\n"},
      {"a.csv", "id,x,y\n1,2.5,3e3\n4,5,6\n"}};
  for (const auto& [name, good] : files) test::check_damage(name, good);
}

}  // namespace
}  // namespace coppice::io
