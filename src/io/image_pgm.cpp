// Images from PGM, Netpbm's format of grey ones: a heading in text, then numbers in text (P2) or bytes (P5).
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "coppice/errors.hpp"
#include "counted.hpp"
#include "image_readers.hpp"
#include "readers.hpp"

namespace coppice::io {

namespace {

constexpr std::uint32_t largest_maximum = 65535;

bool is_blank(char c) {
  return c == ' ' || ('\t' <= c && c <= '\r');
}

/// Whole numbers between blanks and comments.
class Words {
 public:
  Words(const std::string& path, std::string_view text, std::size_t at) : path_(path), text_(text), at_(at) {}

  [[nodiscard]] std::size_t position() const noexcept { return at_; }

  /// The next number. Errors: corrupt_file naming `field`.
  std::uint32_t next(const char* field, std::uint32_t largest) {
    skip();
    const std::size_t first = at_;
    std::uint64_t number = 0;
    for (; at_ < text_.size() && '0' <= text_[at_] && text_[at_] <= '9'; ++at_) {
      number = 10 * number + static_cast<std::uint64_t>(text_[at_] - '0');
      if (number > largest)
        throw corrupt_file(path_, field, first, fmt::format("found {} or more, expected at most {}", number, largest));
    }
    if (first == text_.size()) throw corrupt_file(path_, field, first, "the file ends here");
    if (first == at_ || (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != '#'))
      throw corrupt_file(path_, field, at_, "expected a whole number and a blank");
    return static_cast<std::uint32_t>(number);
  }
  /// Whether only blanks and comments are left.
  bool at_end() {
    skip();
    return at_ == text_.size();
  }

 private:
  void skip() {
    while (at_ < text_.size() && (is_blank(text_[at_]) || text_[at_] == '#'))
      at_ = text_[at_] == '#' ? std::min(text_.find('\n', at_), text_.size()) : at_ + 1;
  }

  const std::string& path_;
  std::string_view text_;
  std::size_t at_;
};

void check_kind(const std::string& path, std::string_view text) {
  const std::string_view kind = text.substr(0, 2);
  if (kind == "P5" || kind == "P2") return;
  if (kind == "P3" || kind == "P6")
    throw invalid_input(fmt::format("{}: found a colour image ({}), expected a grey one: P5 or P2", path, kind));
  if (kind == "P1" || kind == "P4" || kind == "P7")
    throw invalid_input(
        fmt::format("{}: found another image of Netpbm ({}), expected a grey one: P5 or P2", path, kind));
  throw corrupt_file(path, "magic", 0, "found neither P5 nor P2");
}

}  // namespace

Image read_pgm(const std::string& path, std::span<const std::byte> bytes) {
  const std::string_view text = as_text(bytes);
  check_kind(path, text);
  Words words(path, text, 2);
  constexpr std::uint32_t largest_edge = 0x7fffffff;
  Image image{0, 0, {}, "pgm"};
  image.width = words.next("width", largest_edge);
  image.height = words.next("height", largest_edge);
  const std::uint32_t maximum = words.next("largest value", largest_maximum);
  if (image.width == 0 || image.height == 0)
    throw invalid_input(fmt::format("{}: found {} x {} pixels, expected 1 or more", path, image.width, image.height));
  if (maximum == 0) throw corrupt_file(path, "largest value", words.position(), "found 0, expected 1 … 65535");
  const std::size_t count = image.width * image.height;
  const bool is_text = text[1] == '2';
  const std::size_t size = !is_text && maximum > 255 ? 2 : 1;
  std::size_t at = words.position() + (is_text ? 0 : 1);  // one blank before the bytes
  const std::size_t left = text.size() - std::min(at, text.size());
  // A number in text has a blank behind it, but for the last. What cannot be there is not made room for.
  const std::size_t most = is_text ? (left + 1) / 2 : left / size;
  if (count > most || (!is_text && count < most))
    throw corrupt_file(
        path, "pixels", std::min(at, text.size()),
        fmt::format("found {}, expected {} x {} pixels{}", counted(left, "byte"), image.width, image.height,
                    is_text     ? ""
                    : size == 2 ? " of 2 bytes"
                                : " of 1 byte"));
  std::vector<float> pixels(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t value = 0;
    const std::size_t place = is_text ? words.position() : at;
    if (is_text) {
      value = words.next("pixels", largest_maximum);
    } else {
      for (std::size_t byte = 0; byte < size; ++byte) value = 256 * value + std::to_integer<std::uint32_t>(bytes[at++]);
    }
    if (value > maximum)
      throw corrupt_file(path, "pixels", place,
                         fmt::format("found {}, but the heading says at most {}", value, maximum));
    pixels[i] = static_cast<float>(value);
  }
  if (is_text && !words.at_end())
    throw corrupt_file(path, "pixels", words.position(), "found more than the heading says");
  image.pixels = std::move(pixels);
  return image;
}

}  // namespace coppice::io
