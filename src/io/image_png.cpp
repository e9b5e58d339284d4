// Images from PNG, decoded by libpng. Its errors come as long jumps, so what calls it holds nothing that would have to
// be destroyed; the numbers are those of the file: no gamma, no scaling to other depths.
#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstdint>
#include <cstring>
#include <utility>

#include "coppice/errors.hpp"
#include "counted.hpp"
#include "image_readers.hpp"

namespace coppice::io {

namespace {

/// One decoding. Every call that libpng may leave by a long jump is inside `start` or `rows`.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { png_destroy_read_struct(&png_, &info_, nullptr); }

  /// Reads up to the first pixel. Returns whether that went well.
  bool start() noexcept {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, fail, [](png_structp, png_const_charp) {});
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) return false;
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_user_limits(png_, 0x7fffffff, 0x7fffffff);
    png_set_read_fn(png_, this, read);
    png_read_info(png_, info_);
    return true;
  }
  /// Reads all pixels, rows of `stride` bytes, and to the end of the image. Returns whether that went well.
  bool rows(std::uint8_t* pixels, std::size_t stride) noexcept {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    if (depth() == 16) png_set_swap(png_);
    const int passes = png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    for (int pass = 0; pass < passes; ++pass)
      for (std::size_t row = 0; row < height(); ++row) png_read_row(png_, pixels + row * stride, nullptr);
    png_read_end(png_, nullptr);
    return true;
  }

  [[nodiscard]] std::size_t width() const noexcept { return png_get_image_width(png_, info_); }
  [[nodiscard]] std::size_t height() const noexcept { return png_get_image_height(png_, info_); }
  [[nodiscard]] int depth() const noexcept { return png_get_bit_depth(png_, info_); }
  /// What the image is, or nothing for a grey one.
  [[nodiscard]] const char* not_grey() const noexcept {
    switch (png_get_color_type(png_, info_)) {
      case PNG_COLOR_TYPE_GRAY:
        return png_get_valid(png_, info_, PNG_INFO_tRNS) != 0 ? "a grey image with a transparent value" : nullptr;
      case PNG_COLOR_TYPE_GRAY_ALPHA:
        return "a grey image with alpha";
      case PNG_COLOR_TYPE_PALETTE:
        return "a colour image (palette)";
      case PNG_COLOR_TYPE_RGB:
        return "a colour image (RGB)";
      default:
        return "a colour image with alpha (RGBA)";
    }
  }

  /// Where in the file the failure came up.
  [[nodiscard]] std::size_t position() const noexcept { return position_; }
  [[nodiscard]] const char* message() const noexcept { return message_; }

 private:
  static Decoder& of(void* pointer) noexcept { return *static_cast<Decoder*>(pointer); }
  [[noreturn]] static void fail(png_structp png, png_const_charp message) {
    Decoder& decoder = of(png_get_error_ptr(png));
    std::strncpy(decoder.message_, message, sizeof decoder.message_ - 1);
    png_longjmp(png, 1);
  }
  static void read(png_structp png, png_bytep into, std::size_t count) {
    Decoder& decoder = of(png_get_io_ptr(png));
    if (count > decoder.bytes_.size() - decoder.position_) png_error(png, "the file ends too early");
    std::memcpy(into, decoder.bytes_.data() + decoder.position_, count);
    decoder.position_ += count;
  }

  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  char message_[128] = "not enough memory";
};

template <class Stored>
std::vector<float> decode(const std::string& path, Decoder& decoder, std::size_t width, std::size_t height) {
  std::vector<Stored> stored(width * height);
  if (!decoder.rows(reinterpret_cast<std::uint8_t*>(stored.data()), width * sizeof(Stored)))
    throw corrupt_file(path, "pixels", decoder.position(), decoder.message());
  return {stored.begin(), stored.end()};
}

}  // namespace

Image read_png(const std::string& path, std::span<const std::byte> bytes) {
  constexpr std::size_t signature = 8;
  if (bytes.size() < signature || png_sig_cmp(reinterpret_cast<png_const_bytep>(bytes.data()), 0, signature) != 0)
    throw corrupt_file(path, "signature", 0, "this is not a PNG file");
  Decoder decoder(bytes);
  if (!decoder.start()) throw corrupt_file(path, "header", decoder.position(), decoder.message());
  if (const char* const found = decoder.not_grey())
    throw invalid_input(fmt::format("{}: found {}, expected a grey one of 8 or 16 bits", path, found));
  if (decoder.depth() != 8 && decoder.depth() != 16)
    throw invalid_input(
        fmt::format("{}: found a grey image of {} a pixel, expected 8 or 16", path, counted(decoder.depth(), "bit")));
  Image image{decoder.height(), decoder.width(), {}, "png"};
  const std::size_t size = decoder.depth() == 16 ? 2 : 1;
  // Deflate makes at most 1032 bytes of one, so a small file that promises more is not made room for.
  constexpr std::size_t most_expansion = 1032;
  if (image.height > bytes.size() * most_expansion / (image.width * size))
    throw corrupt_file(
        path, "pixels", decoder.position(),
        fmt::format("found {}, too few for {} x {} pixels", counted(bytes.size(), "byte"), image.width, image.height));
  image.pixels = size == 2 ? decode<std::uint16_t>(path, decoder, image.width, image.height)
                           : decode<std::uint8_t>(path, decoder, image.width, image.height);
  return image;
}

}  // namespace coppice::io
