// PLY as a mesh, in its three encodings: x, y, z of the element `vertex`, and the list of corners of the element
// `face`. Format: G. Turk, "The PLY Polygon File Format" (1994).
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "coppice/errors.hpp"
#include "counted.hpp"
#include "mesh_readers.hpp"
#include "ply_body.hpp"
#include "ply_header.hpp"
#include "readers.hpp"
#include "refused_row.hpp"

namespace coppice::io {

namespace {

using ply::Element;
using ply::Property;

const Element& element_named(const std::string& path, const ply::Header& header, std::string_view name,
                             const char* expected) {
  const auto& all = header.elements;
  const auto found = std::find_if(all.begin(), all.end(), [&](const Element& each) { return each.name == name; });
  if (found == all.end()) throw invalid_input(fmt::format("{}: has no element {}, expected {}", path, name, expected));
  return *found;
}

std::size_t corner_property(const std::string& path, const Element& face) {
  const auto& all = face.properties;
  const auto found = std::find_if(all.begin(), all.end(), [](const Property& each) {
    return each.is_list && (each.name == "vertex_indices" || each.name == "vertex_index");
  });
  if (found == all.end()) refuse_line(path, face.line, "element face lacks the list vertex_indices");
  if (found->type == ply::Type::float32 || found->type == ply::Type::float64)
    refuse_line(path, face.line, fmt::format("{} holds numbers with a fraction, expected whole ones", found->name));
  return static_cast<std::size_t>(found - all.begin());
}

/// What both encodings need to know, and where the mesh comes together.
struct PlyMesh {
  PlyMesh(const std::string& file, std::span<const std::byte> bytes)
      : path(file),
        header(ply::read_header(file, as_text(bytes))),
        vertex(element_named(file, header, "vertex", "one with x, y, z")),
        face(element_named(file, header, "face", "one with the list vertex_indices")),
        axes(ply::coordinate_properties(file, vertex)),
        corners_at(corner_property(file, face)) {}

  const std::string& path;
  ply::Header header;
  const Element& vertex;
  const Element& face;
  std::array<std::size_t, 3> axes;
  std::size_t corners_at;
  MeshFile mesh{};
  std::vector<std::uint32_t> corners{};

  /// `place` names the file and where in it the face stands.
  void check_corner(std::int64_t index, const std::string& place) const {
    if (index < 0 || static_cast<std::uint64_t>(index) >= vertex.count)
      throw RefusedRow(mesh.polygons, fmt::format("{}: found the vertex {}, expected 0 to {}", place, index,
                                                  static_cast<std::int64_t>(vertex.count) - 1));
  }
  void check_corners(std::size_t count, const std::string& place) const {
    if (count < 3)
      throw RefusedRow(mesh.polygons,
                       fmt::format("{}: found a face of {}, expected at least 3", place, counted(count, "corner")));
  }
  void add_polygon() {
    append_fan(mesh.mesh, corners);
    ++mesh.polygons;
  }
};

/// Both elements, in whatever order, and those between them; nothing is read behind the second.
bool read_both(const PlyMesh& ply, const Element& done, bool& any) {
  const bool wanted = &done == &ply.vertex || &done == &ply.face;
  const bool both = wanted && any;
  any = any || wanted;
  return both;
}

void read_ascii(PlyMesh& ply) {
  ply::AsciiBody body(ply.path, ply.header.body);
  bool any = false;
  for (const Element& element : ply.header.elements) {
    const std::size_t properties = element.properties.size();
    for (std::uint64_t row = 0; properties > 0 && row < element.count; ++row) {
      Vec3 point{};
      for (std::size_t i = 0; i < properties; ++i) {
        const auto axis = std::find(ply.axes.begin(), ply.axes.end(), i);
        if (&element == &ply.vertex && axis != ply.axes.end()) {
          const std::string_view token = body.token(element, row);
          point[static_cast<std::size_t>(axis - ply.axes.begin())] =
              parse_coordinate<float>(token, {ply.path, body.line(), body.column(), static_cast<std::size_t>(row)});
        } else if (&element == &ply.face && i == ply.corners_at) {
          const std::string_view length = body.token(element, row);
          const auto count = parse_whole(length);
          const auto place = [&] { return fmt::format("{}:{}", ply.path, body.line()); };
          if (!count)
            refuse_line(ply.path, body.line(), fmt::format("found {}, expected a list's length", shown(length)));
          if (*count < 3) ply.check_corners(static_cast<std::size_t>(*count), place());
          ply.corners.clear();
          for (std::int64_t left = *count; left > 0; --left) {
            const std::string_view token = body.token(element, row);
            std::string_view digits = token;
            if (digits.starts_with('-')) digits.remove_prefix(1);
            const auto index = parse_whole(digits);
            if (!index)
              refuse_line(ply.path, body.line(),
                          fmt::format("found {}, expected the number of a vertex", shown(token)));
            const std::int64_t signed_index = digits.size() < token.size() ? -*index : *index;
            if (signed_index < 0 || static_cast<std::uint64_t>(signed_index) >= ply.vertex.count)
              ply.check_corner(signed_index, place());
            ply.corners.push_back(static_cast<std::uint32_t>(signed_index));
          }
          ply.add_polygon();
        } else {
          body.skip(element, element.properties[i], row);
        }
      }
      if (&element == &ply.vertex) ply.mesh.mesh.vertices.push_back(point);
    }
    if (read_both(ply, element, any)) return;
  }
}

void read_corners(PlyMesh& ply, const ply::BinaryBody& body, std::uint64_t offset) {
  const Property& list = ply.face.properties[ply.corners_at];
  const auto at = static_cast<std::size_t>(offset);
  const auto count = body.number<std::int64_t>(list.count_type, at);
  const auto place = [&] { return fmt::format("{}: face {}", ply.path, ply.mesh.polygons); };
  if (count < 3) ply.check_corners(static_cast<std::size_t>(count), place());
  ply.corners.clear();
  for (std::int64_t i = 0; i < count; ++i) {
    const auto index = body.number<std::int64_t>(
        list.type, at + size_of(list.count_type) + static_cast<std::size_t>(i) * size_of(list.type));
    if (index < 0 || static_cast<std::uint64_t>(index) >= ply.vertex.count) ply.check_corner(index, place());
    ply.corners.push_back(static_cast<std::uint32_t>(index));
  }
  ply.add_polygon();
}

float coordinate(const PlyMesh& ply, const ply::BinaryBody& body, std::size_t axis, std::uint64_t offset) {
  const auto type = ply.vertex.properties[ply.axes[axis]].type;
  const auto number = body.number<double>(type, static_cast<std::size_t>(offset));
  constexpr double most = std::numeric_limits<float>::max();
  const std::size_t row = ply.mesh.mesh.vertices.size();
  if (std::isfinite(number) && std::fabs(number) > most)
    throw RefusedRow(row, fmt::format("{}: vertex {}: coordinate {} is {}, beyond the range of float32", ply.path, row,
                                      axis, number));
  return static_cast<float>(number);
}

void read_binary(PlyMesh& ply, ply::BinaryBody body) {
  bool any = false;
  for (const Element& element : ply.header.elements) {
    const bool is_vertex = &element == &ply.vertex;
    const bool is_face = &element == &ply.face;
    const bool has_lists = std::any_of(element.properties.begin(), element.properties.end(),
                                       [](const Property& each) { return each.is_list; });
    if (!has_lists && !element.properties.empty()) {
      std::uint64_t row_bytes = 0;
      for (const Property& property : element.properties) row_bytes += size_of(property.type);
      body.check_rows(element, row_bytes);
      if (is_vertex) ply.mesh.mesh.vertices.reserve(static_cast<std::size_t>(element.count));
      if (!is_vertex) body.advance(element.count * row_bytes, element, 0);
    }
    std::vector<std::uint64_t> offsets(element.properties.size());
    const bool walks = !element.properties.empty() && (is_vertex || has_lists);
    for (std::uint64_t row = 0; walks && row < element.count; ++row) {
      std::uint64_t row_bytes = 0;
      for (std::size_t i = 0; i < offsets.size(); ++i) {
        offsets[i] = row_bytes;
        row_bytes += body.property_bytes(element.properties[i], row_bytes, element, row);
        if (row_bytes > body.left()) body.refuse_end(element, row, row_bytes);
      }
      if (is_vertex) {
        Vec3 point{};
        for (std::size_t axis = 0; axis < 3; ++axis) point[axis] = coordinate(ply, body, axis, offsets[ply.axes[axis]]);
        ply.mesh.mesh.vertices.push_back(point);
      } else if (is_face) {
        read_corners(ply, body, offsets[ply.corners_at]);
      }
      body.advance(row_bytes, element, row);
    }
    if (read_both(ply, element, any)) return;
  }
}

}  // namespace

MeshFile read_ply_mesh(const std::string& path, std::span<const std::byte> bytes) {
  PlyMesh ply(path, bytes);
  if (ply.header.encoding == ply::Encoding::ascii)
    read_ascii(ply);
  else
    read_binary(ply,
                {path, bytes, ply.header.body.position(), ply.header.encoding == ply::Encoding::binary_big_endian});
  return std::move(ply.mesh);
}

}  // namespace coppice::io
