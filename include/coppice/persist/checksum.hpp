// The checksum of every file that this project writes: CRC-32 as in zip and PNG (polynomial 0xEDB88320, reflected).
// It finds every error of up to 32 consecutive bits, so a single changed byte never passes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace coppice::persist {

/// Complexity: O(bytes). `previous` continues a checksum over the bytes before these.
[[nodiscard]] std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t previous = 0) noexcept;

}  // namespace coppice::persist
