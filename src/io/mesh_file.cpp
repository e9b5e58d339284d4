// Which reader serves which name of a mesh, and the checks that all formats share.
#include "coppice/io/mesh_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

#include "coppice/errors.hpp"
#include "formats.hpp"
#include "mesh_readers.hpp"
#include "refused_row.hpp"

namespace coppice::io {

namespace {

struct MeshFormat {
  bool is_obj = false;
  bool is_packed = false;
};

MeshFormat mesh_format(const std::filesystem::path& path) {
  std::string extension = lower_extension(path);
  const bool is_packed = extension == ".gz";
  if (is_packed) extension = lower_extension(path.stem());
  if (extension != ".obj" && extension != ".ply")
    throw unsupported(
        fmt::format("{}: cannot read a mesh from {}; readable mesh files are .obj, .ply, .obj.gz, .ply.gz",
                    path.string(), extension.empty() ? "a file without an extension" : extension + " files"));
  return {extension == ".obj", is_packed};
}

MeshFile unpacked_mesh(const std::string& path, bool is_obj, ByteSource& bytes) {
  if (!is_obj) return read_ply_mesh(path, read_all(bytes));
  SourceText text(bytes);
  return read_obj_mesh(path, text);
}

}  // namespace

void check_mesh_name(const std::filesystem::path& path) {
  (void)mesh_format(path);
}

MeshFile decode_mesh(const std::filesystem::path& path, ByteSource& bytes) {
  const std::string shown_path = path.string();
  const MeshFormat format = mesh_format(path);
  std::optional<GzipSource> unpacked;
  if (format.is_packed) unpacked.emplace(bytes, shown_path);
  MeshFile file = unpacked_mesh(shown_path, format.is_obj, unpacked ? static_cast<ByteSource&>(*unpacked) : bytes);
  file.format = format.is_obj ? "obj" : "ply";
  const auto& vertices = file.mesh.vertices;
  for (std::size_t row = 0; row < vertices.size(); ++row)
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (!std::isfinite(vertices[row][axis]))
        throw RefusedRow(row, fmt::format("{}: vertex {}: coordinate {} is {}, expected a finite number", shown_path,
                                          row, axis, vertices[row][axis]));
  if (vertices.empty()) throw invalid_input(shown_path + ": holds no vertex, expected a mesh of triangles");
  if (file.mesh.empty())
    throw invalid_input(fmt::format("{}: holds no face, only {} vertices; expected {}", shown_path, vertices.size(),
                                    format.is_obj ? "lines of f i j k" : "an element face with some rows"));
  return file;
}

MeshFile read_mesh(const std::filesystem::path& path) {
  check_mesh_name(path);  // before the file is opened
  FileSource bytes(path);
  return decode_mesh(path, bytes);
}

}  // namespace coppice::io
