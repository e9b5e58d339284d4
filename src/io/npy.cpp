// Reads numpy's .npy, versions 1 to 3: magic, version, header length, a Python dictionary, and the numbers as they lay
// in memory. Layout: numpy's numpy/lib/format.py.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/persist/byte_order.hpp"
#include "counted.hpp"
#include "readers.hpp"
#include "scalar_type.hpp"
#include "text_numbers.hpp"

namespace coppice::io {

namespace {

struct NpyHeader {
  std::string dtype;  // as numpy writes it, or the source text of a structured one
  bool fortran_order = false;
  std::vector<std::uint64_t> shape;
  std::size_t data_offset = 0;
};

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

NpyHeader read_header(const std::string& path, std::span<const std::byte> bytes) {
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

/// The type of dtypes that are read; others are refused, and 64-bit integers say why.
ScalarType type_from(const std::string& path, const std::string& dtype) {
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

template <class Scalar>
Points<Scalar> read_rows(const std::string& path, std::span<const std::byte> bytes, const NpyHeader& header,
                         ScalarType type) {
  const std::span<const std::byte> data = bytes.subspan(header.data_offset);
  const std::uint64_t rows = header.shape[0];
  const std::uint64_t columns = header.shape[1];
  const std::uint64_t row_bytes = columns * size_of(type);
  if (data.size() % row_bytes != 0 || data.size() / row_bytes != rows)
    throw corrupt_file(path, "data", header.data_offset,
                       fmt::format("found {}, expected {} x {} of {}", counted(data.size(), "byte"), rows,
                                   counted(columns, "number"), counted(size_of(type), "byte")));
  Points<Scalar> points{std::vector<Scalar>(static_cast<std::size_t>(rows * columns)), static_cast<int>(columns)};
  const bool as_stored = type == (sizeof(Scalar) == sizeof(float) ? ScalarType::float32 : ScalarType::float64);
  if (as_stored && !header.fortran_order) {
    if (!data.empty()) std::memcpy(points.coordinates.data(), data.data(), data.size());
    return points;
  }
  const std::size_t row_step = header.fortran_order ? 1 : static_cast<std::size_t>(columns);
  const std::size_t column_step = header.fortran_order ? static_cast<std::size_t>(rows) : 1;
  auto next = points.coordinates.begin();
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column, ++next)
      *next = load_number<Scalar>(type, data.data() + (row * row_step + column * column_step) * size_of(type));
  return points;
}

}  // namespace

PointFile read_npy(const std::string& path, std::span<const std::byte> bytes) {
  const NpyHeader header = read_header(path, bytes);
  const ScalarType type = type_from(path, header.dtype);
  if (header.shape.size() != 2)
    throw invalid_input(
        fmt::format("{}: found shape {}, expected two axes: points x coordinates", path, shape_text(header.shape)));
  if (header.shape[1] == 0 || header.shape[1] > std::numeric_limits<int>::max())
    throw invalid_input(
        fmt::format("{}: found shape {}, expected 1 or more coordinates a point", path, shape_text(header.shape)));
  PointFile file{{}, std::nullopt, "npy", {}};
  if (fits_float(type))
    file.points = read_rows<float>(path, bytes, header, type);
  else
    file.points = read_rows<double>(path, bytes, header, type);
  return file;
}

}  // namespace coppice::io
