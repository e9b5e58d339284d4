// A file that appears whole or not at all: bytes go to a temporary file beside the target, which is synced and then
// renamed over it. A reader sees the old file or the new one, also after a crash or a power loss.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace coppice::persist {

/// Writes one file. Destroyed without a `commit`, it leaves the target as it was and nothing beside it.
/// A crash may leave the temporary behind: a hidden file `.coppice-*.tmp` in the target's directory.
class AtomicFile {
 public:
  /// Creates the temporary. A target that is a symbolic link is followed; an existing target keeps its permissions.
  /// Errors: io_error when the directory is missing or read-only, or the target exists and is not a regular file.
  explicit AtomicFile(const std::filesystem::path& target);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  /// Appends. Errors: io_error (disk full, quota, …).
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);

  /// How many bytes were written so far.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// Syncs, renames over the target and syncs the directory. Errors: io_error; the target is then as it was, unless
  /// only the directory's sync failed: then the new file is in place and a power loss may still bring the old one back.
  void commit();

 private:
  [[noreturn]] void fail(std::string_view action) const;  // errno tells why
  void abandon() noexcept;

  std::filesystem::path target_;
  std::string shown_;  // the target as the caller named it
  std::filesystem::path temporary_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace coppice::persist
