// CRC-32 by zlib.
#include "coppice/persist/checksum.hpp"

#include <zlib.h>

namespace coppice::persist {

std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t previous) noexcept {
  if (bytes.empty()) return previous;  // zlib takes a null pointer as the wish to start anew
  return static_cast<std::uint32_t>(
      ::crc32_z(previous, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<z_size_t>(bytes.size())));
}

}  // namespace coppice::persist
