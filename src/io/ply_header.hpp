// The header of a PLY file: its encoding, and its elements with their properties in order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scalar_type.hpp"
#include "text_numbers.hpp"

namespace coppice::io::ply {

enum class Encoding { ascii, binary_little_endian, binary_big_endian };
using Type = ScalarType;

struct Property {
  std::string name;
  Type type;
  bool is_list = false;
  Type count_type = Type::uint8;  ///< of a list's length; never a floating-point type
};

struct Element {
  std::string name;
  std::uint64_t count = 0;
  std::size_t line = 0;  ///< where the header declares it, 1-based
  std::vector<Property> properties;
};

struct Header {
  Encoding encoding = Encoding::ascii;
  std::vector<Element> elements;
  LineReader body;  ///< stands behind the header
};

/// Errors: corrupt_file (no magic, no end), invalid_input naming the line that is not as the format has it.
[[nodiscard]] Header read_header(const std::string& path, std::string_view text);

/// Which of a vertex's properties x, y and z are. Errors: invalid_input naming the element's line where one is missing
/// or a list.
[[nodiscard]] std::array<std::size_t, 3> coordinate_properties(const std::string& path, const Element& vertex);

}  // namespace coppice::io::ply
