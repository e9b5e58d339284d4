// Fuzzes the readers of point clouds, LZF decompression among them.
#include "read_as.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coppice::fuzz::read_as({"a.pcd", "a.las", "a.bin"}, data, size);
  return 0;
}
