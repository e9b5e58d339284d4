// The file of a split network: a header of 32 bytes (magic, version, heuristic, levels, parameters a level, checksum of
// the header's other fields and of all that follows), then the parameters as half-precision numbers, little-endian.
// The weights that come with the library are such files, in its read-only data.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <string>
#include <string_view>

#include "coppice/errors.hpp"
#include "coppice/index/neural_builder/network.hpp"
#include "coppice/persist/atomic_file.hpp"
#include "coppice/persist/byte_order.hpp"
#include "coppice/persist/checksum.hpp"
#include "coppice/persist/file_bytes.hpp"

#ifndef COPPICE_WEIGHTS
#error "COPPICE_WEIGHTS must name the folder of the shipped weights"
#endif

// Files of half a megabyte as arrays of the language would take the compiler longer than the rest of this folder.
#define COPPICE_EMBED(symbol, file)                                                            \
  asm(".pushsection .rodata\n.balign 16\n.local " #symbol "\n.local " #symbol "_end\n" #symbol \
      ":\n"                                                                                    \
      ".incbin \"" COPPICE_WEIGHTS "/" file "\"\n" #symbol "_end:\n.byte 0\n.popsection\n")
COPPICE_EMBED(coppice_weights_surface_area, "surface_area.weights");
COPPICE_EMBED(coppice_weights_volume, "volume.weights");
extern "C" {
__attribute__((visibility("hidden"))) extern const std::byte coppice_weights_surface_area[];
__attribute__((visibility("hidden"))) extern const std::byte coppice_weights_surface_area_end[];
__attribute__((visibility("hidden"))) extern const std::byte coppice_weights_volume[];
__attribute__((visibility("hidden"))) extern const std::byte coppice_weights_volume_end[];
}

namespace coppice::neural_builder {

namespace {

constexpr std::string_view magic("coppicenet\r\n\x1a\n\0\0", 16);  // conversions of text break it
constexpr std::uint16_t version = 1;
constexpr std::size_t header_size = 32;
constexpr std::size_t checksum_at = header_size - 4;

/// To the nearest half-precision number, ties to even; what lies beyond its range becomes the largest.
std::uint16_t to_half(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const float size = std::abs(value);
  constexpr float largest = 65504;
  if (!(size < largest)) return static_cast<std::uint16_t>(sign | 0x7bffu);
  constexpr float least_normal = 0x1p-14f;
  if (size < least_normal)
    return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(std::nearbyint(size * 0x1p24f)));
  std::uint32_t rounded = std::bit_cast<std::uint32_t>(size);
  rounded += 0xfffu + (rounded >> 13 & 1u);
  return static_cast<std::uint16_t>(sign | ((rounded - (112u << 23)) >> 13));
}

float from_half(std::uint16_t half) {
  const std::uint32_t sign = (half & 0x8000u) << 16;
  const std::uint32_t exponent = half >> 10 & 0x1fu;
  const std::uint32_t fraction = half & 0x3ffu;
  if (exponent == 0) {
    const float size = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -size : size;
  }
  return std::bit_cast<float>(sign | (exponent + 112u) << 23 | fraction << 13);
}

std::uint32_t checksum_of(std::span<const std::byte> file) {
  const std::uint32_t head = persist::crc32(file.first(checksum_at));
  return persist::crc32(file.subspan(header_size), head);
}

}  // namespace

std::vector<std::byte> SplitNetwork::to_bytes() const {
  std::string text(magic);
  persist::append_little<std::uint16_t>(text, version);
  persist::append_little<std::uint16_t>(text, static_cast<std::uint16_t>(heuristic));
  persist::append_little<std::uint32_t>(text, static_cast<std::uint32_t>(levels.size()));
  persist::append_little<std::uint32_t>(text, static_cast<std::uint32_t>(NetworkLayout::size));
  persist::append_little<std::uint32_t>(text, 0);
  for (const std::vector<float>& level : levels)
    for (const float parameter : level) persist::append_little<std::uint16_t>(text, to_half(parameter));
  const std::uint32_t checksum = checksum_of(persist::as_bytes(text));
  std::string bytes_of_checksum;
  persist::append_little<std::uint32_t>(bytes_of_checksum, checksum);
  text.replace(checksum_at, 4, bytes_of_checksum);
  const auto bytes = persist::as_bytes(text);
  return {bytes.begin(), bytes.end()};
}

SplitNetwork SplitNetwork::from_bytes(std::span<const std::byte> bytes, const std::string& name) {
  if (bytes.size() < header_size)
    throw corrupt_file(
        name, "header", bytes.size(),
        "found " + std::to_string(bytes.size()) + " bytes, expected " + std::to_string(header_size) + " or more");
  if (!std::ranges::equal(bytes.first(magic.size()), persist::as_bytes(magic)))
    throw corrupt_file(name, "magic", 0, "not a file of split network weights");
  const auto found_version = persist::load_little<std::uint16_t>(bytes.data() + 16);
  if (found_version > version)
    throw unsupported(name + ": version " + std::to_string(found_version) +
                      " of the weights' format; this library reads " + std::to_string(version));
  const auto task = persist::load_little<std::uint16_t>(bytes.data() + 18);
  const auto count = persist::load_little<std::uint32_t>(bytes.data() + 20);
  const auto size = persist::load_little<std::uint32_t>(bytes.data() + 24);
  if (task > 1) throw corrupt_file(name, "heuristic", 18, "found " + std::to_string(task) + ", expected 0 or 1");
  if (count < 1 || count > static_cast<std::uint32_t>(max_network_levels))
    throw corrupt_file(name, "levels", 20,
                       "found " + std::to_string(count) + ", expected 1 to " + std::to_string(max_network_levels));
  if (size != NetworkLayout::size)
    throw corrupt_file(name, "parameters", 24,
                       "found " + std::to_string(size) + " a level, expected " + std::to_string(NetworkLayout::size));
  const std::size_t expected = header_size + std::size_t{2} * count * size;
  if (bytes.size() != expected)
    throw corrupt_file(name, "weights", std::min(bytes.size(), expected),
                       "found " + std::to_string(bytes.size()) + " bytes, expected " + std::to_string(expected));
  if (persist::load_little<std::uint32_t>(bytes.data() + checksum_at) != checksum_of(bytes))
    throw corrupt_file(name, "checksum", checksum_at, "does not fit the bytes of the file");
  SplitNetwork network;
  network.heuristic = static_cast<Heuristic>(task);
  network.levels.assign(count, std::vector<float>(NetworkLayout::size));
  const std::byte* from = bytes.data() + header_size;
  for (std::vector<float>& level : network.levels)
    for (float& parameter : level) {
      parameter = from_half(persist::load_little<std::uint16_t>(from));
      from += 2;
      if (!std::isfinite(parameter))
        throw corrupt_file(name, "weights", static_cast<std::uint64_t>(from - 2 - bytes.data()), "not a finite number");
    }
  return network;
}

void SplitNetwork::save(const std::filesystem::path& path) const {
  persist::AtomicFile file(path);
  file.write(to_bytes());
  file.commit();
}

SplitNetwork SplitNetwork::load(const std::filesystem::path& path) {
  const persist::FileBytes file(path);
  return from_bytes(file.bytes(), path.string());
}

const SplitNetwork& SplitNetwork::shipped(Heuristic heuristic) {
  const auto embedded = [](const std::byte* first, const std::byte* last) {
    return from_bytes({first, static_cast<std::size_t>(last - first)}, "the library's own weights");
  };
  if (heuristic == Heuristic::volume) {
    static const SplitNetwork network = embedded(coppice_weights_volume, coppice_weights_volume_end);
    return network;
  }
  static const SplitNetwork network = embedded(coppice_weights_surface_area, coppice_weights_surface_area_end);
  return network;
}

}  // namespace coppice::neural_builder
