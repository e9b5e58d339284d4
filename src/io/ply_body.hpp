// What follows the header of a PLY file, walked element by element: ascii tokens, or binary rows. Points and meshes are
// both read through these.
#pragma once

#include <fmt/core.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/errors.hpp"
#include "counted.hpp"
#include "ply_header.hpp"
#include "scalar_type.hpp"
#include "text_numbers.hpp"

namespace coppice::io::ply {

/// Tokens of the ascii body, over line ends, as some writers wrap long lines.
class AsciiBody {
 public:
  AsciiBody(const std::string& path, LineReader lines) : path_(path), lines_(lines) {}

  [[nodiscard]] std::size_t line() const noexcept { return lines_.number(); }

  std::string_view token(const Element& element, std::uint64_t row) {
    while (next_ == fields_.size()) {
      const auto line = lines_.next();
      if (!line)
        refuse_line(
            path_, lines_.number(),
            fmt::format("the file ends in element {} {}, expected {} of them", element.name, row, element.count));
      split(*line, Separator::blanks, fields_);
      next_ = 0;
    }
    return fields_[next_++];
  }

  void skip(const Element& element, const Property& property, std::uint64_t row) {
    std::int64_t values = 1;
    if (property.is_list) {
      const std::string_view length = token(element, row);
      const auto count = parse_whole(length);
      if (!count) refuse_line(path_, line(), fmt::format("found {}, expected a list's length", shown(length)));
      values = *count;
    }
    for (; values > 0; --values) (void)token(element, row);
  }

  /// The column of the token given last.
  [[nodiscard]] std::size_t column() const noexcept { return next_; }

 private:
  const std::string& path_;
  LineReader lines_;
  std::vector<std::string_view> fields_;
  std::size_t next_ = 0;
};

/// The binary body, in either byte order.
class BinaryBody {
 public:
  BinaryBody(const std::string& path, std::span<const std::byte> bytes, std::size_t position, bool big_endian)
      : path_(path), bytes_(bytes), position_(position), big_endian_(big_endian) {}

  [[nodiscard]] std::size_t left() const noexcept { return bytes_.size() - position_; }

  template <class T>
  [[nodiscard]] T number(Type type, std::size_t offset) const noexcept {
    return load_number<T>(type, bytes_.data() + position_ + offset, big_endian_);
  }

  void advance(std::uint64_t count, const Element& element, std::uint64_t row) {
    if (count > left()) refuse_end(element, row, count);
    position_ += static_cast<std::size_t>(count);
  }

  /// The bytes of one property of the row that starts here, `offset` bytes in.
  [[nodiscard]] std::uint64_t property_bytes(const Property& property, std::uint64_t offset, const Element& element,
                                             std::uint64_t row) const {
    if (!property.is_list) return size_of(property.type);
    const std::uint64_t head = size_of(property.count_type);
    if (offset + head > left()) refuse_end(element, row, offset + head);
    const auto length = number<std::int64_t>(property.count_type, static_cast<std::size_t>(offset));
    if (length < 0)
      throw corrupt_file(path_, fmt::format("{} {} {}", element.name, row, property.name), position_ + offset,
                         fmt::format("found a list of length {}", length));
    return head + static_cast<std::uint64_t>(length) * size_of(property.type);
  }

  /// Refuses an element without lists whose rows do not all fit, before anything is made for them.
  void check_rows(const Element& element, std::uint64_t row_bytes) const {
    if (element.count > left() / row_bytes)
      throw corrupt_file(path_, "element " + element.name, position_,
                         fmt::format("found {}, expected {} x {}", counted(left(), "byte"), element.count, row_bytes));
  }

  [[noreturn]] void refuse_end(const Element& element, std::uint64_t row, std::uint64_t needed) const {
    throw corrupt_file(path_, fmt::format("{} {} of {}", element.name, row, element.count), position_,
                       fmt::format("found {}, expected at least {}", counted(left(), "byte"), needed));
  }

 private:
  const std::string& path_;
  std::span<const std::byte> bytes_;
  std::size_t position_;
  bool big_endian_;
};

}  // namespace coppice::io::ply
