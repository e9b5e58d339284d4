// One reader a mesh format; `path` is for messages only. They check indices and shapes; that binary coordinates are
// finite is checked once, by decode_mesh.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "byte_source.hpp"
#include "coppice/io/mesh_file.hpp"

namespace coppice::io {

[[nodiscard]] MeshFile read_obj_mesh(const std::string& path, TextSource& text);
[[nodiscard]] MeshFile read_ply_mesh(const std::string& path, std::span<const std::byte> bytes);

/// All of read_mesh behind the file's name and its bytes.
[[nodiscard]] MeshFile decode_mesh(const std::filesystem::path& path, ByteSource& bytes);

/// Appends the triangles around the first of a polygon's corners. Requires: at least 3.
inline void append_fan(TriangleMesh& mesh, std::span<const std::uint32_t> corners) {
  for (std::size_t i = 2; i < corners.size(); ++i) mesh.faces.push_back({corners[0], corners[i - 1], corners[i]});
}

}  // namespace coppice::io
