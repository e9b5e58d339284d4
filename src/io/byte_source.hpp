// Bytes that come one piece after another: those of a file, of memory, or of either unpacked from gzip; and text made
// of them, so that a packed file of lines is read without ever being whole in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/persist/file_reader.hpp"
#include "text_numbers.hpp"

namespace coppice::io {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Fills the front of `into` and gives how many bytes that were: 0 only at the end or where `into` is empty.
  [[nodiscard]] virtual std::size_t read(std::span<std::byte> into) = 0;
};

/// Memory of the caller's, which outlives this.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
  std::size_t read(std::span<std::byte> into) override;

 private:
  std::span<const std::byte> bytes_;
};

/// Errors: io_error, as those of FileReader.
class FileSource final : public ByteSource {
 public:
  explicit FileSource(const std::filesystem::path& path) : file_(path) {}
  std::size_t read(std::span<std::byte> into) override;

 private:
  persist::FileReader file_;
  std::uint64_t offset_ = 0;
};

/// What a gzip file (RFC 1952) holds, of one member or several. Errors of `read`: corrupt_file naming the byte (no gzip
/// file, damaged, cut short, bytes behind its end).
class GzipSource final : public ByteSource {
 public:
  /// Requires: `packed` outlives this. `path` is for messages.
  GzipSource(ByteSource& packed, std::string path);
  ~GzipSource() override;
  std::size_t read(std::span<std::byte> into) override;

 private:
  struct Stream;  // zlib's
  [[noreturn]] void refuse(const char* reason) const;

  ByteSource& packed_;
  std::string path_;
  std::vector<std::byte> input_;
  std::uint64_t taken_ = 0;  // packed bytes that came before those in `input_`
  bool between_members_ = true;
  bool any_member_ = false;
  std::unique_ptr<Stream> stream_;
};

/// A source as text, a mebibyte at a time. Requires: `bytes` outlives this.
class SourceText final : public TextSource {
 public:
  explicit SourceText(ByteSource& bytes) noexcept : bytes_(bytes) {}
  std::string_view advance(std::size_t done) override;

 private:
  ByteSource& bytes_;
  std::string held_;
};

/// Everything that is left in a source.
[[nodiscard]] std::vector<std::byte> read_all(ByteSource& bytes);

}  // namespace coppice::io
