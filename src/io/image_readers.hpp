// One reader an image format, each a function over the bytes of a file; `path` is for messages only.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "coppice/io/image.hpp"

namespace coppice::io {

[[nodiscard]] Image read_png(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] Image read_pgm(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] Image read_npy_image(const std::string& path, std::span<const std::byte> bytes);

/// All of read_image behind the file's name and its bytes.
[[nodiscard]] Image decode_image(const std::filesystem::path& path, std::span<const std::byte> bytes);

}  // namespace coppice::io
