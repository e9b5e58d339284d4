// Pictures as PNG, by libpng's simple interface, which reports errors without long jumps.
#include <fmt/format.h>
#include <png.h>

#include <new>

#include "coppice/errors.hpp"
#include "coppice/io/image.hpp"

namespace coppice::io {

std::vector<std::byte> encode_png(std::size_t width, std::size_t height, std::span<const std::uint8_t> rgb) {
  constexpr std::size_t longest = std::size_t{1} << 20;  // of a side, far below where libpng stops
  if (width == 0 || height == 0 || width > longest || height > longest || rgb.size() != 3 * width * height)
    throw invalid_input(
        fmt::format("encode_png: found {} x {} pixels in {} bytes, expected 1 to {} a side and 3 bytes a "
                    "pixel",
                    width, height, rgb.size(), longest));
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.format = PNG_FORMAT_RGB;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::vector<std::byte> bytes(size);
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, rgb.data(), 0, nullptr) == 0) throw std::bad_alloc();
  bytes.resize(size);
  return bytes;
}

}  // namespace coppice::io
