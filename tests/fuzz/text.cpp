// Fuzzes the readers of rows of numbers.
#include "read_as.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coppice::fuzz::read_as({"a.csv", "a.xyz"}, data, size);
  return 0;
}
