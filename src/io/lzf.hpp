// Decompression of LZF, the byte stream of M. Lehmann's liblzf, which PCD's binary_compressed uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace coppice::io {

/// Decompresses `bytes` into exactly `size` bytes. `offset` is where they start in the file `path`, for messages.
/// Memory is taken only for sizes that the stream could reach. Errors: corrupt_file naming the byte.
[[nodiscard]] std::vector<std::byte> lzf_decompress(const std::string& path, std::span<const std::byte> bytes,
                                                    std::uint64_t offset, std::size_t size);

}  // namespace coppice::io
