// Files of clouds, molecules and vectors that must be refused. Arrays, text, meshes: malformed_files_test.cpp.
#include <limits>

#include "malformed.hpp"
#include "sample_clouds.hpp"

namespace coppice::io {
namespace {

using test::check;
using test::LasSample;
using test::Malformed;
using test::pcd_body;
using test::pcd_compressed;
using test::pcd_header;
using test::pcd_packed;
using test::raw;
using test::Refusal;

const float nan = std::numeric_limits<float>::quiet_NaN();

std::string without(std::string text, const std::string& line) {
  const std::size_t at = text.find(line);
  return text.erase(at, text.find('\n', at) + 1 - at);
}

TEST(Malformed, PcdHeader) {
  const std::string header = pcd_header("binary");
  for (const Malformed& malformed : std::vector<Malformed>{
           {"a.pcd", "", Refusal::corrupt, "header at byte 0", "DATA"},
           {"a.pcd", "hello\n", Refusal::invalid, "a.pcd:1: ", "'hello'"},
           {"a.pcd", header.substr(0, 30), Refusal::corrupt, "header at byte 30", "ends before a line DATA"},
           {"a.pcd", pcd_header("zipped"), Refusal::invalid, "a.pcd:11: ", "'zipped'"},
           {"a.pcd", pcd_header(""), Refusal::invalid, "a.pcd:11: ", "binary_compressed"},
           {"a.pcd", without(header, "FIELDS"), Refusal::invalid, "a.pcd:10: ", "without a line FIELDS"},
           {"a.pcd", without(header, "SIZE"), Refusal::invalid, "a.pcd:10: ", "without a line SIZE"},
           {"a.pcd", without(header, "TYPE"), Refusal::invalid, "a.pcd:10: ", "without a line TYPE"},
           {"a.pcd", without(without(header, "POINTS"), "WIDTH"), Refusal::invalid, "a.pcd:9: ", "WIDTH"},
           {"a.pcd", "WIDTH 2\n" + header, Refusal::invalid, "a.pcd:8: ", "stands in line 1, too"},
           {"a.pcd", pcd_header("binary", "3"), Refusal::invalid, "a.pcd:10: ", "expected 2 as in WIDTH x HEIGHT"},
           {"a.pcd", pcd_header("binary", "-2"), Refusal::invalid, "a.pcd:10: ", "'-2'"},
           {"a.pcd", pcd_header("binary", "2", "x y tag"), Refusal::invalid, "a.pcd:4: ", "SIZE has 4 values"},
           {"a.pcd", pcd_header("binary", "2", "x y tag w"), Refusal::invalid, "a.pcd:3: ", "lacks the field z"},
           {"a.pcd", pcd_header("binary", "2", "x y x z"), Refusal::invalid, "a.pcd:3: ", "x stands twice"},
           {"a.pcd", pcd_header("binary", "2", "x y tag z", "4 4 2 9"), Refusal::invalid, "a.pcd:4: ", "'9'"},
           {"a.pcd", pcd_header("binary", "2", "x y tag z", "4 4 2 2"), Refusal::invalid, "a.pcd:3: ", "size 2"},
           {"a.pcd", pcd_header("binary", "2", "x y tag z", "4 4 2 4", "F I U F"), Refusal::invalid,
            "a.pcd:3: ", "type 'I'"},
           {"a.pcd", pcd_header("binary", "2", "x y tag z", "4 4 2 4", "F F U F", "1 1 0 1"), Refusal::invalid,
            "a.pcd:6: ", "COUNT: found '0'"},
           {"a.pcd", pcd_header("binary", "2", "x y tag z", "4 4 2 4", "F F U F", "1 2 2 1"), Refusal::invalid,
            "a.pcd:3: ", "found 2 numbers"}})
    check(malformed);
}

TEST(Malformed, PcdBody) {
  const std::string binary = pcd_header("binary");  // 125 bytes
  const std::string packed = pcd_packed();
  const std::string at = std::to_string(binary.size());
  const std::string data = std::to_string(pcd_header("binary_compressed").size() + 8);
  for (const Malformed& malformed : std::vector<Malformed>{
           {"a.pcd", pcd_header("ascii") + "1 2 7 8 3\n", Refusal::invalid, "a.pcd:12: ", "after 1 point, expected 2"},
           {"a.pcd", pcd_header("ascii") + "1 2 7 8 3\n4 5 6\n", Refusal::invalid, "a.pcd:13: ", "expected 5"},
           {"a.pcd", pcd_header("ascii") + "1 2 7 8 3\n4 5 7 8 z\n", Refusal::invalid, "a.pcd:13: column 5", "'z'"},
           {"a.pcd", pcd_header("ascii") + "1 2 7 8 3\n4 nan 7 8 6\n", Refusal::invalid,
            "a.pcd:13: ", "column 2: found 'nan'", 1},
           {"a.pcd", pcd_header("ascii") + "1 2 7 8 3\n4 5 7 8 6\n1 2 7 8 3\n", Refusal::invalid,
            "a.pcd:14: ", "more rows than the 2 points"},
           {"a.pcd", binary + pcd_body().substr(1), Refusal::corrupt, "data at byte " + at,
            "found 31 bytes, expected 2 x 16"},
           {"a.pcd", binary + pcd_body() + std::string(2, '\0') + "x", Refusal::corrupt, "end of data at byte",
            "found 3 bytes behind the points"},
           {"a.pcd", binary + pcd_body().substr(0, 28) + raw({nan}), Refusal::invalid, "row 1: ", "coordinate 2 is nan",
            1},
           {"a.pcd", pcd_header("binary_compressed") + "1234567", Refusal::corrupt, "sizes", "found 7 bytes"},
           {"a.pcd", pcd_header("binary_compressed") + raw<std::uint32_t>({9, 32}) + "12345678", Refusal::corrupt,
            "compressed size", "found 9, expected at most the 8 bytes left"},
           {"a.pcd", pcd_compressed(packed, 33), Refusal::corrupt, "uncompressed size", "found 33, expected 2 x 16"},
           {"a.pcd", pcd_compressed(packed) + "x", Refusal::corrupt, "end of data", "found 1 byte behind the points"},
           {"a.pcd", pcd_compressed("\x1f" + std::string(31, 'a')), Refusal::corrupt, "compressed data at byte " + data,
            "32 literal bytes, but the data ends"},
           {"a.pcd", pcd_compressed("\x1f" + std::string(32, 'a') + std::string("\0a", 2)), Refusal::corrupt,
            "compressed data at byte", "more than the 32 bytes"},
           {"a.pcd", pcd_compressed(std::string("\0a\x40\x01", 4)), Refusal::corrupt, "compressed data at byte",
            "from 2 bytes back, but only 1"},
           {"a.pcd", pcd_compressed(std::string("\0a\xe0\xff\x00", 5)), Refusal::corrupt, "compressed data at byte",
            "more than the 32 bytes"},
           {"a.pcd", pcd_compressed(std::string("\0a\xe0", 3)), Refusal::corrupt, "compressed data at byte",
            "a repetition, but the data ends"},
           {"a.pcd", pcd_compressed(std::string("\0a", 2)), Refusal::corrupt, "compressed data at byte",
            "ends after 1 of 32 bytes"}})
    check(malformed);
}

TEST(Malformed, PcdThatClaimsAHugeSize) {
  std::string header = pcd_header("binary_compressed", "268435455");
  header.replace(header.find("WIDTH 2"), 7, "WIDTH 268435455");
  check({"a.pcd", header + raw<std::uint32_t>({4, 4294967280u}) + "aaaa", Refusal::corrupt, "compressed data at byte",
         "cannot hold 4294967280"});
}

TEST(Malformed, Las) {
  const auto las = [](auto change) {
    LasSample sample;
    change(sample);
    return sample.bytes();
  };
  const std::string good = LasSample{}.bytes();
  const auto patched = [&](std::size_t at, const std::string& field) {
    return std::string(good).replace(at, field.size(), field);
  };
  for (const Malformed& malformed : std::vector<Malformed>{
           {"a.las", "", Refusal::corrupt, "magic at byte 0", "''"},
           {"a.las", "LAST", Refusal::corrupt, "magic at byte 0", "'LAST'"},
           {"a.las", good.substr(0, 226), Refusal::corrupt, "header at byte 226", "ends"},
           {"a.las", las([](LasSample& s) { s.minor = 5; }), Refusal::corrupt, "version at byte 24", "found 1.5"},
           {"a.las", patched(24, "\x02"), Refusal::corrupt, "version at byte 24", "found 2.2"},
           {"a.las", patched(94, raw<std::uint16_t>({200})), Refusal::corrupt, "header size at byte 94", "found 200"},
           {"a.las", patched(25, "\x04"), Refusal::corrupt, "header size at byte 94", "expected 375"},
           {"a.las", patched(96, raw<std::uint32_t>({226})), Refusal::corrupt, "offset to points at byte 96", "226"},
           {"a.las", patched(96, raw<std::uint32_t>({9999})), Refusal::corrupt, "offset to points at byte 96", "9999"},
           {"a.las", las([](LasSample& s) { s.format = 11; }), Refusal::corrupt, "point format at byte 104", "11"},
           {"a.las", las([](LasSample& s) { s.record = 33; }), Refusal::corrupt, "record length at byte 105",
            "found 33, expected at least 34"},
           {"a.las", las([](LasSample& s) { s.count = 3; }), Refusal::corrupt, "number of points at byte 107",
            "found 3 of 34 bytes, expected to fit the 68 bytes behind"},
           {"a.las", las([](LasSample& s) {
              s.minor = 4;
              s.count_64 = std::uint64_t{1} << 62;
            }),
            Refusal::corrupt, "number of points at byte 247", "4611686018427387904"},
           {"a.las", las([](LasSample& s) { s.scale = 0; }), Refusal::corrupt, "scale at byte 131", "found 0"},
           {"a.las", las([](LasSample& s) { s.offset = nan; }), Refusal::corrupt, "offset at byte 155", "found nan"},
           {"a.las", las([](LasSample& s) { s.scale = 1e308; }), Refusal::invalid, "row 0: ", "coordinate 1 is -inf",
            0},
           {"a.laz", las([](LasSample& s) { s.format = 0x83; }), Refusal::unsupported, "compressed", "laszip -i"},
           {"a.las", las([](LasSample& s) { s.format = 0x83; }), Refusal::unsupported, "compressed", "pdal translate"}})
    check(malformed);
}

TEST(Malformed, Molecules) {
  const std::string atom = test::pdb_atom("  1.000   2.000   3.000");
  const std::string water = "    1SOL     OW    1   0.126   1.624   1.679\n";
  for (const Malformed& malformed : std::vector<Malformed>{
           {"a.pdb", "", Refusal::invalid, "a.pdb: ", "no position"},
           {"a.pdb", "REMARK ATOM\nEND\n" + atom, Refusal::invalid, "a.pdb: ", "ATOM or HETATM"},
           {"a.pdb", atom + atom.substr(0, 50), Refusal::invalid,
            "a.pdb:2: ", "found 50 characters, expected x, y and z"},
           {"a.pdb", test::pdb_atom("  1.000   two     3.000"), Refusal::invalid, "a.pdb:1: column 39", "'two'"},
           {"a.pdb", test::pdb_atom("  1.000           3.000"), Refusal::invalid, "a.pdb:1: column 39", "''"},
           {"a.pdb", atom + test::pdb_atom("  1.000   2.000     inf"), Refusal::invalid,
            "a.pdb:2: ", "column 47: found 'inf'", 1},
           {"a.gro", "", Refusal::invalid, "a.gro:0: ", "number of atoms"},
           {"a.gro", "water\n", Refusal::invalid, "a.gro:1: ", "number of atoms"},
           {"a.gro", test::gro(water, "many"), Refusal::invalid, "a.gro:2: ", "'many'"},
           {"a.gro", "water\n2\n" + water, Refusal::invalid, "a.gro:3: ", "after 1 atom, expected 2"},
           {"a.gro", "water\n1\n" + water, Refusal::invalid, "a.gro:3: ", "and the box"},
           {"a.gro", test::gro("    1SOL     OW    1   0.126   1.624\n", "1"), Refusal::invalid,
            "a.gro:3: ", "decimal points"},
           {"a.gro", test::gro("    1SOL     OW    1   0.126   1.624  1.679\n", "1"), Refusal::invalid,
            "a.gro:3: ", "columns 25, 33 and 40"},
           {"a.gro", test::gro(water + water.substr(0, 43) + "\n", "2"), Refusal::invalid,
            "a.gro:4: ", "found 43 characters"},
           {"a.gro", test::gro(water + "    1SOL     OW    1   0.126   1.6x4   1.679\n", "2"), Refusal::invalid,
            "a.gro:4: column 29", "'1.6x4'"},
           {"a.gro", test::gro(water, "9000000000000000000"), Refusal::invalid, "a.gro:4: ", "found 14 characters"}})
    check(malformed);
}

TEST(Malformed, Obj) {
  for (const Malformed& malformed : std::vector<Malformed>{
           {"a.obj", "", Refusal::invalid, "a.obj: ", "no vertex"},
           {"a.obj", "vn 1 2 3\nf 1 2 3\n", Refusal::invalid, "a.obj: ", "no vertex"},
           {"a.obj", "v 1 2 3\nv 1 2\n", Refusal::invalid, "a.obj:2: ", "found 3 columns, expected at least 4"},
           {"a.obj", "v 1 2 3\nv 1 2 3.0.0\n", Refusal::invalid, "a.obj:2: column 4", "'3.0.0'"},
           {"a.obj", "v 1 2 3\n\nv nan 2 3\n", Refusal::invalid, "a.obj:3: ", "column 2: found 'nan'", 1}})
    check(malformed);
}

TEST(Malformed, Vectors) {
  const std::string row = raw<std::int32_t>({2}) + raw({1.0f, 2.0f});
  for (const Malformed& malformed : std::vector<Malformed>{
           {"a.fvecs", "", Refusal::invalid, "a.fvecs: ", "no record"},
           {"a.bvecs", "abc", Refusal::corrupt, "dimension of record 0 at byte 0", "found 3 bytes"},
           {"a.fvecs", raw<std::int32_t>({0}), Refusal::corrupt, "dimension of record 0 at byte 0", "found 0"},
           {"a.fvecs", raw<std::int32_t>({-1}) + row, Refusal::corrupt, "dimension of record 0 at byte 0", "-1"},
           {"a.fvecs", row + raw<std::int32_t>({3}) + raw({1.0f, 2.0f}), Refusal::corrupt,
            "dimension of record 1 at byte 12", "found 3, expected 2"},
           {"a.fvecs", row + row.substr(0, 11), Refusal::corrupt, "record 1 at byte 12", "found 11 bytes, expected 12"},
           {"a.fvecs", raw<std::int32_t>({2147483647}) + "abc", Refusal::corrupt, "record 0 at byte 0",
            "expected 8589934592"},
           {"a.bvecs", raw<std::int32_t>({4}) + "abc", Refusal::corrupt, "record 0 at byte 0", "found 7 bytes"},
           {"a.fvecs", row + raw<std::int32_t>({2}) + raw({1.0f, nan}), Refusal::invalid, "row 1: ", "1 is nan", 1}})
    check(malformed);
}

TEST(Malformed, NoDamageOfCloudsEscapesTheTypedErrors) {
  test::check_damage("a.pcd", pcd_header("binary") + pcd_body());
  test::check_damage("a.pcd", pcd_header("ascii") + "1 2 7 8 3\n4 5 7 8 6\n");
  test::check_damage("a.pcd", pcd_compressed(pcd_packed()));
  test::check_damage("a.las", LasSample{}.bytes());
  test::check_damage("a.fvecs", raw<std::int32_t>({2}) + raw({1.0f, 2.0f}));
  test::check_damage("a.bvecs", raw<std::int32_t>({3}) + "abc" + raw<std::int32_t>({3}) + "def");
  test::check_damage("a.pdb", test::pdb_atom("  1.000   2.000   3.000"));
  test::check_damage("a.gro", test::gro("    1SOL     OW    1   0.126   1.624   1.679\n", "1"));
  test::check_damage("a.obj", "# mesh\nv 1 2 3\nvn 0 0 1\nf 1 1 1\n");
}

}  // namespace
}  // namespace coppice::io
