// A file opened to be read piece by piece, for what is too long to hold, such as a trajectory. What is needed whole
// comes as FileBytes. Nothing is mapped: a file that somebody truncates meanwhile gives an error, not a bus error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace coppice::persist {

class FileReader {
 public:
  /// Errors: io_error naming the path when it is missing, unreadable or not a regular file.
  explicit FileReader(const std::filesystem::path& path);
  FileReader(const FileReader&) = delete;
  FileReader& operator=(const FileReader&) = delete;
  ~FileReader();

  /// Its bytes when it was opened; what is appended later is not looked at.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  /// Fills `into` with the bytes from `offset` on. Requires: they lie within `size()`.
  /// Errors: io_error, also when the file has shrunk since it was opened.
  void read(std::uint64_t offset, std::span<std::byte> into) const;

 private:
  std::string path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace coppice::persist
