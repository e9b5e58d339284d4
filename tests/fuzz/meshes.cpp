// Fuzzes the readers of meshes.
#include "read_as.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coppice::fuzz::read_as({"a.ply", "a.obj"}, data, size);
  return 0;
}
