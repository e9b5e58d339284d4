// The header of a PCD file: which fields a point has, how many points there are, and how they are stored.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "scalar_type.hpp"
#include "text_numbers.hpp"

namespace coppice::io::pcd {

enum class Encoding { ascii, binary, binary_compressed };

/// Where a coordinate is among a point's numbers.
struct Coordinate {
  ScalarType type = ScalarType::float32;  ///< float32 or float64
  std::size_t column = 0;                 ///< 0-based, in ascii
  std::size_t offset = 0;                 ///< in bytes, in a binary record
};

struct Header {
  Encoding encoding = Encoding::ascii;
  std::uint64_t points = 0;
  std::size_t columns = 0;       ///< numbers a point, in ascii
  std::size_t record_bytes = 0;  ///< of a point, in binary
  std::array<Coordinate, 3> coordinates;
  LineReader body;  ///< stands behind the header
};

/// Errors: corrupt_file (the header does not end), invalid_input naming the line that is not as the format has it.
[[nodiscard]] Header read_header(const std::string& path, std::string_view text);

}  // namespace coppice::io::pcd
