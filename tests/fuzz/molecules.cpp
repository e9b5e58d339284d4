// Fuzzes the readers of molecules: fixed columns of text.
#include "read_as.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coppice::fuzz::read_as({"a.pdb", "a.gro"}, data, size);
  return 0;
}
