// Reads a PLY header line by line; comment and obj_info lines are skipped.
#include "ply_header.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "coppice/errors.hpp"

namespace coppice::io::ply {

namespace {

using Fields = std::vector<std::string_view>;

std::optional<Type> type_from_name(std::string_view name) noexcept {
  constexpr std::array<std::pair<std::string_view, Type>, 16> names{{{"char", Type::int8},
                                                                     {"int8", Type::int8},
                                                                     {"uchar", Type::uint8},
                                                                     {"uint8", Type::uint8},
                                                                     {"short", Type::int16},
                                                                     {"int16", Type::int16},
                                                                     {"ushort", Type::uint16},
                                                                     {"uint16", Type::uint16},
                                                                     {"int", Type::int32},
                                                                     {"int32", Type::int32},
                                                                     {"uint", Type::uint32},
                                                                     {"uint32", Type::uint32},
                                                                     {"float", Type::float32},
                                                                     {"float32", Type::float32},
                                                                     {"double", Type::float64},
                                                                     {"float64", Type::float64}}};
  const auto found = std::find_if(names.begin(), names.end(), [&](const auto& entry) { return entry.first == name; });
  return found == names.end() ? std::nullopt : std::optional(found->second);
}

Encoding encoding_from(const std::string& path, std::size_t line, const Fields& fields) {
  if (fields.size() == 3 && fields[2] == "1.0") {
    if (fields[1] == "ascii") return Encoding::ascii;
    if (fields[1] == "binary_little_endian") return Encoding::binary_little_endian;
    if (fields[1] == "binary_big_endian") return Encoding::binary_big_endian;
  }
  refuse_line(path, line, "expected: format ascii, binary_little_endian or binary_big_endian, then 1.0");
}

Type type_from(const std::string& path, std::size_t line, std::string_view name) {
  if (const auto type = type_from_name(name)) return *type;
  refuse_line(path, line,
              fmt::format("found the type {}, expected one of char to double or int8 to float64", shown(name)));
}

Property property_from(const std::string& path, std::size_t line, const Fields& fields) {
  if (fields.size() == 3) return {std::string(fields[2]), type_from(path, line, fields[1])};
  if (fields.size() != 5 || fields[1] != "list")
    refuse_line(path, line, "expected: property TYPE NAME, or: property list TYPE TYPE NAME");
  const Type count_type = type_from(path, line, fields[2]);
  if (count_type == Type::float32 || count_type == Type::float64)
    refuse_line(path, line, fmt::format("found a list's length of type {}, expected an integer", shown(fields[2])));
  return {std::string(fields[4]), type_from(path, line, fields[3]), true, count_type};
}

Element element_from(const std::string& path, std::size_t line, const Fields& fields) {
  if (fields.size() != 3) refuse_line(path, line, "expected: element NAME COUNT");
  const auto count = parse_whole(fields[2]);
  if (!count) refuse_line(path, line, fmt::format("found the count {}, expected a whole number", shown(fields[2])));
  return {std::string(fields[1]), static_cast<std::uint64_t>(*count), line, {}};
}

}  // namespace

Header read_header(const std::string& path, std::string_view text) {
  Header header{Encoding::ascii, {}, LineReader(text)};
  LineReader& lines = header.body;
  if (lines.next() != std::string_view("ply"))
    throw corrupt_file(path, "magic", 0, fmt::format("found {}, expected 'ply'", shown(text.substr(0, 3))));
  bool has_encoding = false;
  Fields fields;
  while (const auto line = lines.next()) {
    split(*line, Separator::blanks, fields);
    const std::string_view word = fields.empty() ? std::string_view{} : fields[0];
    if (word == "end_header") {
      if (!has_encoding) refuse_line(path, lines.number(), "the header ends without a line 'format'");
      return header;
    }
    if (word == "format") {
      header.encoding = encoding_from(path, lines.number(), fields);
      has_encoding = true;
    } else if (word == "element") {
      header.elements.push_back(element_from(path, lines.number(), fields));
    } else if (word == "property") {
      if (header.elements.empty()) refuse_line(path, lines.number(), "a property before the first element");
      header.elements.back().properties.push_back(property_from(path, lines.number(), fields));
    } else if (word != "comment" && word != "obj_info" && !word.empty()) {
      refuse_line(path, lines.number(),
                  fmt::format("found {}, expected format, element, property, comment or end_header", shown(word)));
    }
  }
  throw corrupt_file(path, "header", text.size(), "the file ends before end_header");
}

std::array<std::size_t, 3> coordinate_properties(const std::string& path, const Element& vertex) {
  std::array<std::size_t, 3> found{};
  constexpr std::array<std::string_view, 3> names{"x", "y", "z"};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const auto& properties = vertex.properties;
    const auto property = std::find_if(properties.begin(), properties.end(),
                                       [&](const Property& candidate) { return candidate.name == names[axis]; });
    if (property == properties.end())
      refuse_line(path, vertex.line, fmt::format("element vertex lacks the property {}", names[axis]));
    if (property->is_list)
      refuse_line(path, vertex.line, fmt::format("property {} of vertex is a list, expected a number", names[axis]));
    found[axis] = static_cast<std::size_t>(property - properties.begin());
  }
  return found;
}

}  // namespace coppice::io::ply
