// Reads the dictionary of a .npy file; see npy_header.hpp.
#include "npy_header.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/persist/byte_order.hpp"
#include "counted.hpp"
#include "readers.hpp"
#include "text_numbers.hpp"

namespace coppice::io {

namespace {

/// Reads the header's dictionary: string keys, and strings, True, False, tuples of integers or a nested list as values.
class DictionaryParser {
 public:
  DictionaryParser(const std::string& path, std::string_view text, std::size_t offset)
      : path_(path), text_(text), offset_(offset) {}

  void parse(NpyHeader& header) {
    bool has_dtype = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key(string());
      expect(':');
      if (key == "descr" && !has_dtype) {
        header.dtype = dtype();
        has_dtype = true;
      } else if (key == "fortran_order" && !has_order) {
        header.fortran_order = boolean();
        has_order = true;
      } else if (key == "shape" && !has_shape) {
        header.shape = tuple();
        has_shape = true;
      } else {
        refuse(fmt::format("found the key {}, expected descr, fortran_order and shape once each", shown(key)));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!has_dtype || !has_order || !has_shape) refuse("lacks descr, fortran_order or shape");
  }

 private:
  [[noreturn]] void refuse(const std::string& reason) const {
    throw corrupt_file(path_, "header", offset_ + position_, reason);
  }

  [[nodiscard]] char peek() {
    while (position_ < text_.size() && text_[position_] == ' ') ++position_;
    return position_ < text_.size() ? text_[position_] : '\0';
  }
  bool accept(char wanted) {
    if (peek() != wanted) return false;
    ++position_;
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) refuse(fmt::format("found {}, expected '{}'", shown(text_.substr(position_, 1)), wanted));
  }

  std::string_view string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') refuse("expected a string");
    const std::size_t end = text_.find(quote, position_ + 1);
    if (end == std::string_view::npos) refuse("a string does not end");
    const std::string_view content = text_.substr(position_ + 1, end - position_ - 1);
    position_ = end + 1;
    return content;
  }

  std::string dtype() {
    if (peek() != '[') return std::string(string());
    const std::size_t first = position_;
    int depth = 0;
    do {
      if (position_ == text_.size()) refuse("a list does not end");
      depth += text_[position_] == '[' ? 1 : text_[position_] == ']' ? -1 : 0;
      ++position_;
    } while (depth > 0);
    return std::string(text_.substr(first, position_ - first));
  }

  bool boolean() {
    (void)peek();
    for (const auto& [word, value] : {std::pair<std::string_view, bool>{"True", true}, {"False", false}})
      if (text_.substr(position_).starts_with(word)) {
        position_ += word.size();
        return value;
      }
    refuse("expected True or False");
  }

  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> numbers;
    expect('(');
    while (!accept(')')) {
      (void)peek();
      std::uint64_t number = 0;
      const char* const end = text_.data() + text_.size();
      const auto [stop, problem] = std::from_chars(text_.data() + position_, end, number);
      if (problem != std::errc()) refuse("expected a whole number of 64 bits");
      position_ = static_cast<std::size_t>(stop - text_.data());
      accept('L');  // written by Python 2
      numbers.push_back(number);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return numbers;
  }

  const std::string& path_;
  std::string_view text_;
  std::size_t offset_;
  std::size_t position_ = 0;
};

}  // namespace

NpyHeader read_npy_header(const std::string& path, std::span<const std::byte> bytes) {
  constexpr std::string_view magic = "\x93NUMPY";
  const std::string_view text = as_text(bytes);
  if (!text.starts_with(magic))
    throw corrupt_file(path, "magic", 0,
                       fmt::format("found {}, expected \\x93NUMPY", shown(text.substr(0, magic.size()))));
  if (bytes.size() < 8) throw corrupt_file(path, "version", bytes.size(), "the file ends here");
  const int version = std::to_integer<int>(bytes[6]);
  if (version < 1 || version > 3)
    throw corrupt_file(path, "version", 6, fmt::format("found {}, expected 1, 2 or 3", version));
  const std::size_t prefix = version == 1 ? 10 : 12;
  if (bytes.size() < prefix) throw corrupt_file(path, "header length", bytes.size(), "the file ends here");
  const std::size_t length = version == 1 ? persist::load_little<std::uint16_t>(bytes.data() + 8)
                                          : persist::load_little<std::uint32_t>(bytes.data() + 8);
  if (length > bytes.size() - prefix)
    throw corrupt_file(
        path, "header length", 8,
        fmt::format("found {}, expected at most the {} left", length, counted(bytes.size() - prefix, "byte")));
  NpyHeader header;
  header.data_offset = prefix + length;
  DictionaryParser(path, text.substr(prefix, length), prefix).parse(header);
  return header;
}

std::string shape_text(const std::vector<std::uint64_t>& shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

ScalarType npy_type(const std::string& path, const std::string& dtype) {
  constexpr std::array<std::pair<std::string_view, ScalarType>, 8> names{{{"<f4", ScalarType::float32},
                                                                          {"<f8", ScalarType::float64},
                                                                          {"|u1", ScalarType::uint8},
                                                                          {"|i1", ScalarType::int8},
                                                                          {"<u2", ScalarType::uint16},
                                                                          {"<i2", ScalarType::int16},
                                                                          {"<u4", ScalarType::uint32},
                                                                          {"<i4", ScalarType::int32}}};
  for (const auto& [name, type] : names)
    if (dtype == name) return type;
  if (dtype == "<i8" || dtype == "<u8")
    throw invalid_input(
        fmt::format("{}: found dtype {}: not every 64-bit integer is a float64, so that coordinates "
                    "might change; expected at most 32 bits (int32) or '<f8' (float64)",
                    path, shown(dtype)));
  throw invalid_input(
      fmt::format("{}: found dtype {}, expected '<f4' (float32), '<f8' (float64) or a little-endian "
                  "integer of 8, 16 or 32 bits",
                  path, shown(dtype)));
}

}  // namespace coppice::io
