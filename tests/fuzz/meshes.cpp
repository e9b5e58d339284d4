// Fuzzes the readers of meshes, as points and as triangles: of packed ones, too.
#include "io/mesh_readers.hpp"
#include "read_as.hpp"

namespace {

void read_mesh_as(const char* name, const std::uint8_t* data, std::size_t size) {
  using coppice::fuzz::require;
  try {
    coppice::io::MemorySource bytes(std::as_bytes(std::span(data, size)));
    const coppice::io::MeshFile file = coppice::io::decode_mesh(name, bytes);
    require(!file.mesh.empty() && file.polygons > 0 && file.polygons <= file.mesh.size());
    require(file.materials.empty() || file.materials.size() == file.mesh.size());
    for (const auto& vertex : file.mesh.vertices)
      for (const float number : vertex) require(std::isfinite(number));
    for (const auto& face : file.mesh.faces)
      for (const std::uint32_t index : face) require(index < file.mesh.vertices.size());
    for (const std::uint32_t material : file.materials) require(material < file.material_names.size());
  } catch (const coppice::error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coppice::fuzz::read_as({"a.ply", "a.obj"}, data, size);
  for (const char* name : {"a.ply", "a.obj", "a.obj.gz"}) read_mesh_as(name, data, size);
  return 0;
}
