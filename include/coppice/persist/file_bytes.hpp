// A whole file in memory: the way in which this library reads, but for trajectories (file_reader.hpp). A copy, not a
// memory map: a file that somebody truncates meanwhile then gives an error instead of a bus error.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>

namespace coppice::persist {

/// The bytes of one file, aligned for any number.
class FileBytes {
 public:
  /// The alignment of the first byte.
  static constexpr std::size_t alignment = 64;

  /// Reads the whole file. Errors: io_error naming the path when it is missing, unreadable or not a regular file.
  explicit FileBytes(const std::filesystem::path& path);

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* data) const noexcept { std::free(data); }
  };
  std::unique_ptr<std::byte[], Free> data_;
  std::size_t size_ = 0;
};

}  // namespace coppice::persist
