// A file without a name that grows and is then looked at whole: room on the disk for what would not fit into memory. It
// lies in the directory of the file that will be made of it, and is gone when the program ends, however that happens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace coppice::cli {

class ScratchFile {
 public:
  /// Errors: io_error when nothing can be created in the directory of `beside`.
  explicit ScratchFile(const std::filesystem::path& beside);
  ScratchFile(ScratchFile&& other) noexcept;
  ScratchFile& operator=(ScratchFile&&) = delete;
  ~ScratchFile();

  /// Requires: `bytes` was not called. Errors: io_error (disk full, …).
  void append(std::span<const std::byte> bytes);
  /// Everything appended, valid while this lives; aligned for any number. Errors: io_error.
  [[nodiscard]] std::span<const std::byte> bytes();

 private:
  [[noreturn]] void fail(const char* action) const;

  std::string directory_;
  int descriptor_ = -1;
  std::size_t size_ = 0;
  void* mapped_ = nullptr;
};

}  // namespace coppice::cli
