// Triangle meshes from files, as one thing: vertices, faces, and which material a face has where the file says so. The
// format follows the file's name and must agree with its content. What points alone need is read by point_file.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "coppice/geometry/triangle_mesh.hpp"

namespace coppice::io {

/// The mesh of one file: at least one face, every index in range, every coordinate finite.
struct MeshFile {
  TriangleMesh mesh;
  std::size_t polygons = 0;              ///< faces as the file counts them, before they were cut into triangles
  std::vector<std::uint32_t> materials;  ///< a row of `material_names` for each face; empty where the file names none
  std::vector<std::string> material_names;
  std::string format;  ///< "obj" or "ply"
};

/// Reads a triangle mesh:
///
/// | name           | content                                                                                        |
/// |----------------|------------------------------------------------------------------------------------------------|
/// | .obj           | lines `v x y z` and `f i j k …`, where an index may be negative (counted from the last vertex) |
/// |                | and be followed by /texture/normal, which are skipped; `usemtl NAME` names the material        |
/// | .ply           | x, y, z of the element `vertex`, the list `vertex_indices` (or `vertex_index`) of the element  |
/// |                | `face`: ascii, binary_little_endian or binary_big_endian                                       |
/// | .obj.gz .ply.gz | either, packed by gzip                                                                        |
///
/// Polygons of n corners become the n − 2 triangles around their first corner. Coordinates are rounded to float. Other
/// lines, elements and properties are skipped. Complexity: O(file). Memory: the mesh, and of .ply the unpacked file; an
/// .obj is read a piece at a time.
/// Errors: io_error (missing, unreadable), unsupported (another name), invalid_input naming file and line, or row (text
/// that is no number, NaN, Inf, an index out of range, a face of fewer than 3 corners, no vertex, no face),
/// corrupt_file naming field and byte (cut short, damaged, or not the format that its name promises).
[[nodiscard]] MeshFile read_mesh(const std::filesystem::path& path);

/// Whether `read_mesh` knows the name. Errors: unsupported, naming the known ones.
void check_mesh_name(const std::filesystem::path& path);

}  // namespace coppice::io
