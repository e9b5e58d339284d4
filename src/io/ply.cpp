// PLY in its three encodings: x, y, z of the element `vertex`. Other properties, lists and elements are walked over;
// what follows the vertices is not looked at. Format: G. Turk, "The PLY Polygon File Format" (1994).
#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "coppice/errors.hpp"
#include "ply_body.hpp"
#include "ply_header.hpp"
#include "readers.hpp"
#include "scalar_type.hpp"
#include "text_numbers.hpp"
#include "writers.hpp"

namespace coppice::io {

namespace ply {
namespace {

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
}  // namespace ply

PointFile read_ply(const std::string& path, std::span<const std::byte> bytes) {
  const ply::Header header = ply::read_header(path, as_text(bytes));
  const auto vertex = std::find_if(header.elements.begin(), header.elements.end(),
                                   [](const ply::Element& element) { return element.name == "vertex"; });
  if (vertex == header.elements.end()) throw invalid_input(path + ": has no element vertex, expected one with x, y, z");
  const auto wanted = ply::coordinate_properties(path, *vertex);
  const bool all_float = std::all_of(wanted.begin(), wanted.end(), [&](std::size_t property) {
    return vertex->properties[property].type == ply::Type::float32;
  });
  PointFile file{{}, std::nullopt, "ply", {"x", "y", "z"}};
  if (all_float)
    file.points = ply::read_vertices<float>(path, bytes, header, *vertex);
  else
    file.points = ply::read_vertices<double>(path, bytes, header, *vertex);
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
