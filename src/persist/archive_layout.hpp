// The constants of the archive's layout that writing and reading share; docs/format.md explains them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace coppice::persist::layout {

/// Like PNG's: not text, and changed by any transfer that rewrites line ends or strips the eighth bit.
inline constexpr std::string_view magic =
    "\x89"
    "CPC\r\n\x1A\n";
inline constexpr std::size_t preamble_bytes = 32;
inline constexpr std::uint64_t section_alignment = 64;

constexpr std::uint64_t align(std::uint64_t offset) noexcept {
  return (offset + section_alignment - 1) / section_alignment * section_alignment;
}

/// Name length and name, offset, length, checksum.
constexpr std::uint64_t table_entry_bytes(std::string_view name) noexcept {
  return 2 + name.size() + 8 + 8 + 4;
}

}  // namespace coppice::persist::layout
