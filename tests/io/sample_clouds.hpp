// Small files of the point cloud formats, made field by field so that tests can break any of them.
#pragma once

#include <cstring>
#include <string>

#include "sample_files.hpp"

namespace coppice::test {

/// A PCD file of two points (1, 2, 3) and (4, 5, 6) with a field between them; `data` is the last word of the header.
inline std::string pcd_header(const std::string& data, const std::string& points = "2",
                              const std::string& fields = "x y tag z", const std::string& size = "4 4 2 4",
                              const std::string& type = "F F U F", const std::string& count = "1 1 2 1") {
  return "# .PCD v0.7\nVERSION 0.7\nFIELDS " + fields + "\nSIZE " + size + "\nTYPE " + type + "\nCOUNT " + count +
         "\nWIDTH 2\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS " + points + "\nDATA " + data + "\n";
}

inline std::string pcd_body() {
  const std::string tag = raw<std::uint16_t>({7, 8});
  return raw({1.0f, 2.0f}) + tag + raw({3.0f, 4.0f, 5.0f}) + tag + raw({6.0f});
}

/// The same points field by field, as an LZF stream: literals and one repetition (the second tag pair).
inline std::string pcd_packed() {
  const std::string xy = raw({1.0f, 4.0f, 2.0f, 5.0f});
  const std::string tag = raw<std::uint16_t>({7, 8});
  return "\x13" + xy + tag + std::string("\x40\x03", 2) + "\x07" + raw({3.0f, 6.0f});
}

inline std::string pcd_compressed(const std::string& packed, std::uint32_t unpacked = 32) {
  return pcd_header("binary_compressed") + raw<std::uint32_t>({static_cast<std::uint32_t>(packed.size()), unpacked}) +
         packed;
}

/// What a test may change in a LAS file of two points.
struct LasSample {
  int minor = 2;
  std::uint8_t format = 3;
  std::uint16_t record = 34;
  std::uint32_t count = 2;
  std::uint64_t count_64 = 0;  ///< written for 1.4 only
  double scale = 0.01;
  double offset = 100;

  [[nodiscard]] std::string bytes() const {
    const std::size_t head = minor == 4 ? 375 : 227;
    std::string file(head + 2, '\0');  // two bytes of padding before the points
    const auto put = [&](std::size_t at, const std::string& field) { file.replace(at, field.size(), field); };
    put(0, "LASF");
    put(24, raw<std::uint8_t>({1, static_cast<std::uint8_t>(minor)}));
    put(94, raw<std::uint16_t>({static_cast<std::uint16_t>(head)}));
    put(96, raw<std::uint32_t>({static_cast<std::uint32_t>(head + 2)}));
    put(104, raw<std::uint8_t>({format}));
    put(105, raw<std::uint16_t>({record}));
    put(107, raw<std::uint32_t>({count}));
    put(131, raw({scale, scale, scale, offset, offset, offset}));
    if (minor == 4) put(247, raw<std::uint64_t>({count_64}));
    for (const int point : {0, 1}) {
      std::string bytes = raw<std::int32_t>({point, -25, 2147483647});
      bytes.resize(record, '\x2a');
      file += bytes;
    }
    return file;
  }
};

inline std::string pdb_atom(const std::string& positions, const std::string& record = "ATOM  ") {
  return record + "    1  N   ALA A   1    " + positions + "  1.00  0.00           N\n";
}

inline std::string gro(const std::string& atoms, const std::string& count) {
  return "water\n" + count + "\n" + atoms + "   1.0 1.0 1.0\n";
}

/// A line of a .gro file: `xyz` from column 21 on.
inline std::string gro_atom(const std::string& xyz) {
  return "    1SOL     OW    1" + xyz + "\n";
}

}  // namespace coppice::test
