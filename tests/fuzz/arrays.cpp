// Fuzzes the readers of arrays and vectors.
#include "read_as.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coppice::fuzz::read_as({"a.npy", "a.fvecs", "a.bvecs"}, data, size);
  return 0;
}
