// Which reader serves which image, images from .npy, and the windows of an image.
#include "coppice/io/image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/persist/file_bytes.hpp"
#include "formats.hpp"
#include "image_readers.hpp"
#include "npy_header.hpp"

namespace coppice::io {

namespace {

using Reader = Image (*)(const std::string& path, std::span<const std::byte> bytes);

Reader reader_of(const std::filesystem::path& path) {
  const std::string extension = lower_extension(path);
  if (extension == ".png") return read_png;
  if (extension == ".pgm" || extension == ".pnm") return read_pgm;
  if (extension == ".npy") return read_npy_image;
  throw unsupported(fmt::format("{}: cannot read {} as an image; readable images are .png, .pgm, .pnm, .npy",
                                path.string(),
                                extension.empty() ? "a file without an extension" : extension + " files"));
}

template <class Scalar>
Points<Scalar> patches_of(const std::vector<Scalar>& pixels, std::size_t height, std::size_t width, std::size_t edge) {
  const std::size_t rows = height - edge + 1;
  const std::size_t columns = width - edge + 1;
  const std::size_t numbers = edge * edge;
  if (numbers > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      rows * columns > std::numeric_limits<std::size_t>::max() / sizeof(Scalar) / numbers)
    throw invalid_input(
        fmt::format("{0} windows of {1} x {1} pixels are more than any memory holds", rows * columns, edge));
  Points<Scalar> patches{std::vector<Scalar>(rows * columns * numbers), static_cast<int>(numbers)};
  auto next = patches.coordinates.begin();
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column)
      for (std::size_t line = row; line < row + edge; ++line)
        next = std::copy_n(pixels.begin() + static_cast<std::ptrdiff_t>(line * width + column), edge, next);
  return patches;
}

}  // namespace

Image read_npy_image(const std::string& path, std::span<const std::byte> bytes) {
  const NpyHeader header = read_npy_header(path, bytes);
  if (header.shape.size() != 2 || header.shape[0] == 0 || header.shape[1] == 0)
    throw invalid_input(
        fmt::format("{}: found shape {}, expected two axes, height x width: a grey image of 1 pixel or more", path,
                    shape_text(header.shape)));
  PointFile rows = npy_points(path, bytes, header);
  check_finite(path, rows);
  Image image{static_cast<std::size_t>(header.shape[0]), static_cast<std::size_t>(header.shape[1]), {}, "npy"};
  std::visit([&](auto& points) { image.pixels = std::move(points.coordinates); }, rows.points);
  return image;
}

Image decode_image(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  return reader_of(path)(path.string(), bytes);
}

Image read_image(const std::filesystem::path& path) {
  (void)reader_of(path);  // before the file is read
  return decode_image(path, persist::FileBytes(path).bytes());
}

std::variant<Points<double>, Points<float>> image_patches(const Image& image, std::size_t edge) {
  if (edge == 0 || edge > std::min(image.height, image.width))
    throw invalid_input(
        fmt::format("windows of {0} x {0} pixels were asked for; expected 1 x 1 … {1} x {1} in an image of "
                    "{2} x {3} (width x height)",
                    edge, std::min(image.height, image.width), image.width, image.height));
  return std::visit(
      [&](const auto& pixels) -> std::variant<Points<double>, Points<float>> {
        return patches_of(pixels, image.height, image.width, edge);
      },
      image.pixels);
}

}  // namespace coppice::io
