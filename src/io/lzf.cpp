// The stream is a sequence of runs: a control byte below 32 is followed by that many literal bytes and one more; any
// other repeats 3 to 264 bytes from up to 8,192 bytes back: 3 bits of length (7: another byte is added) and the high 5
// bits of the distance, then its low byte.
#include "lzf.hpp"

#include <fmt/core.h>

#include "coppice/errors.hpp"
#include "counted.hpp"

namespace coppice::io {

namespace {

constexpr std::size_t longest_repeat = 264;  // made of 3 bytes

}  // namespace

std::vector<std::byte> lzf_decompress(const std::string& path, std::span<const std::byte> bytes, std::uint64_t offset,
                                      std::size_t size) {
  const auto refuse = [&](std::size_t at, const std::string& reason) {
    throw corrupt_file(path, "compressed data", offset + at, reason);
  };
  if (size / longest_repeat > bytes.size() / 3)
    refuse(0, fmt::format("{} cannot hold {} uncompressed", counted(bytes.size(), "byte"), size));
  std::vector<std::byte> out;
  out.reserve(size);
  for (std::size_t in = 0; in < bytes.size();) {
    const std::size_t start = in;
    const auto control = std::to_integer<std::size_t>(bytes[in++]);
    if (control < 32) {
      const std::size_t length = control + 1;
      if (length > bytes.size() - in)
        refuse(start, fmt::format("{}, but the data ends", counted(length, "literal byte")));
      if (length > size - out.size()) refuse(start, fmt::format("more than the {} expected", counted(size, "byte")));
      const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(in);
      out.insert(out.end(), first, first + static_cast<std::ptrdiff_t>(length));
      in += length;
      continue;
    }
    std::size_t length = control >> 5;
    const std::size_t more = length == 7 ? 2 : 1;
    if (more > bytes.size() - in) refuse(start, "a repetition, but the data ends");
    if (length == 7) length += std::to_integer<std::size_t>(bytes[in++]);
    length += 2;
    const std::size_t distance = ((control & 0x1f) << 8) + std::to_integer<std::size_t>(bytes[in++]) + 1;
    if (distance > out.size())
      refuse(start,
             fmt::format("repeats from {} back, but only {} came before", counted(distance, "byte"), out.size()));
    if (length > size - out.size()) refuse(start, fmt::format("more than the {} expected", counted(size, "byte")));
    // The copy may read what it writes: that is how a run of one byte is said.
    for (std::size_t from = out.size() - distance; length > 0; --length, ++from) out.push_back(out[from]);
  }
  if (out.size() != size) refuse(bytes.size(), fmt::format("ends after {} of {}", out.size(), counted(size, "byte")));
  return out;
}

}  // namespace coppice::io
