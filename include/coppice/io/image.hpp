// Grey images as points: every window of p × p pixels is a point of p² coordinates. And pictures in colour, written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "coppice/geometry/point_view.hpp"

namespace coppice::io {

/// One number a pixel, row after row from the top; every one finite.
struct Image {
  std::size_t height = 0;
  std::size_t width = 0;
  std::variant<std::vector<double>, std::vector<float>>
      pixels;          ///< float where float32 holds every number of the format
  std::string format;  ///< "png", "pgm" or "npy"
};

/// Reads a grey image; numbers are those of the file, no gamma and no scale applied:
///
/// | name       | content                                                                                        |
/// |------------|------------------------------------------------------------------------------------------------|
/// | .png       | grey of 8 or 16 bits, interlaced or not                                                        |
/// | .pgm, .pnm | P5 (binary) or P2 (text), of up to 16 bits                                                     |
/// | .npy       | height × width, C or Fortran order: float32, float64, integers of 8, 16 or 32 bits              |
///
/// Memory: the file and its pixels. Errors: io_error (missing, unreadable), unsupported (another name), invalid_input
/// naming what was found (colour, alpha, other bit depths, other shapes, no pixels, NaN, Inf), corrupt_file naming
/// field and byte (cut short, damaged, or not the format that its name promises).
[[nodiscard]] Image read_image(const std::filesystem::path& path);

/// Every window of `edge` × `edge` pixels, one pixel apart: (height − edge + 1) · (width − edge + 1) points, windows
/// and the pixels in them row after row. Errors: invalid_input when `edge` is 0 or larger than the image. Complexity:
/// O(height · width · edge²).
[[nodiscard]] std::variant<Points<double>, Points<float>> image_patches(const Image& image, std::size_t edge);

/// A picture as the bytes of a PNG file. `rgb` holds red, green and blue of sRGB a pixel, row after row from the top.
/// Errors: invalid_input when that is not 3 · width · height bytes, or when there is no pixel.
[[nodiscard]] std::vector<std::byte> encode_png(std::size_t width, std::size_t height,
                                                std::span<const std::uint8_t> rgb);

}  // namespace coppice::io
