// A zip archive of uncompressed entries, written front to back into an atomic file. Layout: PKWARE's APPNOTE.TXT,
// sections 4.3 and 4.5.3 (zip64). Entries carry zip's earliest date, so that equal contents give equal archives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/persist/atomic_file.hpp"

namespace coppice::io {

class ZipStore {
 public:
  /// Sizes and offsets from `zip64_from` on take the 64-bit form. Errors: io_error.
  ZipStore(const std::filesystem::path& path, std::uint64_t zip64_from) : file_(path), zip64_from_(zip64_from) {}

  /// Appends the entry whose content is `head` and then `body`. Errors: invalid_input for a repeated name, io_error.
  void add(std::string name, std::string_view head, std::span<const std::byte> body);
  /// Writes the directory and commits. Errors: io_error.
  void close();

 private:
  struct Entry {
    std::string name;
    std::uint32_t checksum;
    std::uint64_t size;
    std::uint64_t offset;
  };

  [[nodiscard]] bool is_large(std::uint64_t value) const noexcept { return value >= zip64_from_; }
  [[nodiscard]] std::string directory_entry(const Entry& entry) const;

  persist::AtomicFile file_;
  std::uint64_t zip64_from_;
  std::vector<Entry> entries_;
};

}  // namespace coppice::io
