// PLY in its three encodings: x, y, z of the element `vertex`. Other properties, lists and elements are walked over;
// what follows the vertices is not looked at. Format: G. Turk, "The PLY Polygon File Format" (1994).
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>

#include "coppice/errors.hpp"
#include "counted.hpp"
#include "ply_header.hpp"
#include "readers.hpp"
#include "scalar_type.hpp"
#include "text_numbers.hpp"
#include "writers.hpp"

namespace coppice::io {

namespace {

using ply::Element;
using ply::Header;
using ply::Property;
using ply::Type;

/// Where x, y and z are among a vertex's properties.
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

/// Tokens of the ascii body, over line ends, as some writers wrap long lines.
class AsciiBody {
 public:
  AsciiBody(const std::string& path, LineReader lines) : path_(path), lines_(lines) {}

  [[nodiscard]] std::size_t line() const noexcept { return lines_.number(); }

  std::string_view token(const Element& element, std::uint64_t row) {
    while (next_ == fields_.size()) {
      const auto line = lines_.next();
      if (!line)
        refuse_line(
            path_, lines_.number(),
            fmt::format("the file ends in element {} {}, expected {} of them", element.name, row, element.count));
      split(*line, Separator::blanks, fields_);
      next_ = 0;
    }
    return fields_[next_++];
  }

  void skip(const Element& element, const Property& property, std::uint64_t row) {
    std::int64_t values = 1;
    if (property.is_list) {
      const std::string_view length = token(element, row);
      const auto count = parse_whole(length);
      if (!count) refuse_line(path_, line(), fmt::format("found {}, expected a list's length", shown(length)));
      values = *count;
    }
    for (; values > 0; --values) (void)token(element, row);
  }

  /// The column of the token given last.
  [[nodiscard]] std::size_t column() const noexcept { return next_; }

 private:
  const std::string& path_;
  LineReader lines_;
  std::vector<std::string_view> fields_;
  std::size_t next_ = 0;
};

template <class Scalar>
void read_ascii(const std::string& path, const Header& header, const Element& vertex, LineReader lines,
                Points<Scalar>& points) {
  AsciiBody body(path, lines);
  const auto wanted = coordinate_properties(path, vertex);
  for (const Element& element : header.elements) {
    if (element.properties.empty()) continue;
    for (std::uint64_t row = 0; row < element.count; ++row) {
      std::array<Scalar, 3> point{};
      for (std::size_t i = 0; i < element.properties.size(); ++i) {
        const auto axis = &element == &vertex ? std::find(wanted.begin(), wanted.end(), i) : wanted.end();
        if (axis == wanted.end()) {
          body.skip(element, element.properties[i], row);
        } else {
          const std::string_view token = body.token(element, row);
          point[static_cast<std::size_t>(axis - wanted.begin())] =
              parse_coordinate<Scalar>(token, {path, body.line(), body.column(), points.size()});
        }
      }
      if (&element == &vertex) points.coordinates.insert(points.coordinates.end(), point.begin(), point.end());
    }
    if (&element == &vertex) return;
  }
}

/// The binary body, in either byte order.
class BinaryBody {
 public:
  BinaryBody(const std::string& path, std::span<const std::byte> bytes, std::size_t position, bool big_endian)
      : path_(path), bytes_(bytes), position_(position), big_endian_(big_endian) {}

  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - position_; }

  template <class T>
  [[nodiscard]] T number(Type type, std::size_t offset) const noexcept {
    return load_number<T>(type, bytes_.data() + position_ + offset, big_endian_);
  }

  void advance(std::uint64_t count, const Element& element, std::uint64_t row) {
    if (count > left()) refuse_end(element, row, count);
    position_ += static_cast<std::size_t>(count);
  }

  /// The bytes of one property of the row that starts here, `offset` bytes in.
  [[nodiscard]] std::uint64_t property_bytes(const Property& property, std::uint64_t offset, const Element& element,
                                             std::uint64_t row) const {
    if (!property.is_list) return size_of(property.type);
    const std::uint64_t head = size_of(property.count_type);
    if (offset + head > left()) refuse_end(element, row, offset + head);
    const auto length = number<std::int64_t>(property.count_type, static_cast<std::size_t>(offset));
    if (length < 0)
      throw corrupt_file(path_, fmt::format("{} {} {}", element.name, row, property.name), position_ + offset,
                         fmt::format("found a list of length {}", length));
    return head + static_cast<std::uint64_t>(length) * size_of(property.type);
  }

  /// Refuses an element without lists whose rows do not all fit, before anything is made for them.
  void check_rows(const Element& element, std::uint64_t row_bytes) const {
    if (element.count > left() / row_bytes)
      throw corrupt_file(path_, "element " + element.name, position_,
                         fmt::format("found {}, expected {} x {}", counted(left(), "byte"), element.count, row_bytes));
  }

  [[noreturn]] void refuse_end(const Element& element, std::uint64_t row, std::uint64_t needed) const {
    throw corrupt_file(path_, fmt::format("{} {} of {}", element.name, row, element.count), position_,
                       fmt::format("found {}, expected at least {}", counted(left(), "byte"), needed));
  }

 private:
  const std::string& path_;
  std::span<const std::byte> bytes_;
  std::size_t position_;
  bool big_endian_;
};

template <class Scalar>
void read_binary(const std::string& path, const Header& header, const Element& vertex, BinaryBody body,
                 Points<Scalar>& points) {
  const auto wanted = coordinate_properties(path, vertex);
  for (const Element& element : header.elements) {
    if (element.properties.empty()) continue;
    const bool is_vertex = &element == &vertex;
    const bool has_lists = std::any_of(element.properties.begin(), element.properties.end(),
                                       [](const Property& property) { return property.is_list; });
    if (!has_lists) {
      std::uint64_t row_bytes = 0;
      for (const Property& property : element.properties) row_bytes += size_of(property.type);
      body.check_rows(element, row_bytes);
      if (is_vertex) points.coordinates.reserve(static_cast<std::size_t>(3 * element.count));
      if (!is_vertex) body.advance(element.count * row_bytes, element, 0);
    }
    std::vector<std::uint64_t> offsets(element.properties.size());
    for (std::uint64_t row = 0; row < element.count && (is_vertex || has_lists); ++row) {
      std::uint64_t row_bytes = 0;
      for (std::size_t i = 0; i < offsets.size(); ++i) {
        offsets[i] = row_bytes;
        row_bytes += body.property_bytes(element.properties[i], row_bytes, element, row);
        if (row_bytes > body.left()) body.refuse_end(element, row, row_bytes);
      }
      if (is_vertex)
        for (const std::size_t property : wanted)
          points.coordinates.push_back(body.template number<Scalar>(element.properties[property].type,
                                                                    static_cast<std::size_t>(offsets[property])));
      body.advance(row_bytes, element, row);
    }
    if (is_vertex) return;
  }
}

template <class Scalar>
Points<Scalar> read_vertices(const std::string& path, std::span<const std::byte> bytes, const Header& header,
                             const Element& vertex) {
  Points<Scalar> points{{}, 3};
  if (header.encoding == ply::Encoding::ascii) {
    read_ascii(path, header, vertex, header.body, points);
  } else {
    const bool big_endian = header.encoding == ply::Encoding::binary_big_endian;
    read_binary(path, header, vertex, BinaryBody(path, bytes, header.body.position(), big_endian), points);
  }
  return points;
}

}  // namespace

PointFile read_ply(const std::string& path, std::span<const std::byte> bytes) {
  const Header header = ply::read_header(path, as_text(bytes));
  const auto vertex = std::find_if(header.elements.begin(), header.elements.end(),
                                   [](const Element& element) { return element.name == "vertex"; });
  if (vertex == header.elements.end()) throw invalid_input(path + ": has no element vertex, expected one with x, y, z");
  const auto wanted = coordinate_properties(path, *vertex);
  const bool all_float = std::all_of(wanted.begin(), wanted.end(), [&](std::size_t property) {
    return vertex->properties[property].type == Type::float32;
  });
  PointFile file{{}, std::nullopt, "ply", {"x", "y", "z"}};
  if (all_float)
    file.points = read_vertices<float>(path, bytes, header, *vertex);
  else
    file.points = read_vertices<double>(path, bytes, header, *vertex);
  return file;
}

void write_ply(Output& out, const PointFile& file) {
  const char* const type = std::holds_alternative<Points<float>>(file.points) ? "float" : "double";
  out.append(
      fmt::format("ply\nformat binary_little_endian 1.0\nelement vertex {0}\nproperty {1} x\nproperty {1} y\n"
                  "property {1} z\n",
                  file.size(), type));
  for (const Attribute& attribute : file.attributes)
    out.append(fmt::format("property {} {}\n",
                           std::holds_alternative<std::vector<float>>(attribute.numbers) ? "float" : "double",
                           attribute.name));
  out.append("end_header\n");
  if (file.attributes.empty()) return out.append_rows(file);
  for (std::size_t row = 0; row < file.size(); ++row) {
    std::visit([&](const auto& points) { out.append_row(points, row); }, file.points);
    for (const Attribute& attribute : file.attributes)
      std::visit([&]<class Scalar>(const std::vector<Scalar>& numbers) { out.append<Scalar>(numbers[row]); },
                 attribute.numbers);
  }
}

}  // namespace coppice::io
