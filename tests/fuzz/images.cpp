// Fuzzes the readers of grey images, and the windows of what they give.
#include <algorithm>
#include <cmath>
#include <cstddef>

#include "io/image_readers.hpp"
#include "read_as.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using coppice::fuzz::require;
  for (const char* name : {"a.png", "a.pgm", "a.npy"}) {
    try {
      const coppice::io::Image image = coppice::io::decode_image(name, std::as_bytes(std::span(data, size)));
      require(image.height > 0 && image.width > 0);
      std::visit(
          [&](const auto& pixels) {
            require(pixels.size() / image.height == image.width && pixels.size() % image.height == 0);
            for (const auto number : pixels) require(std::isfinite(number));
          },
          image.pixels);
      const std::size_t edge = std::min<std::size_t>({3, image.height, image.width});
      const auto patches = coppice::io::image_patches(image, edge);
      std::visit(
          [&](const auto& points) { require(points.size() == (image.height - edge + 1) * (image.width - edge + 1)); },
          patches);
    } catch (const coppice::error&) {
    }
  }
  return 0;
}
