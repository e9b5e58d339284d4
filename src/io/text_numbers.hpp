// Text files of numbers: lines, fields, numbers, and the refusals that name file, line and column.
// Shared by every format that is text in whole or in part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coppice::io {

/// A text of which a part is held at a time.
class TextSource {
 public:
  virtual ~TextSource() = default;
  /// Forgets the first `done` bytes of what it gave last, and gives the others and some more behind them: nothing more
  /// at the end of the text. What it gives stays until the next call.
  [[nodiscard]] virtual std::string_view advance(std::size_t done) = 0;
};

/// Walks over the lines of a text. Lines end with \n or \r\n; a byte order mark at the start is skipped.
class LineReader {
 public:
  explicit LineReader(std::string_view text);
  /// Over a text that comes in parts: a line is valid until the next one is asked for. Requires: `source` outlives
  /// this.
  explicit LineReader(TextSource& source);

  /// The next line without its end, or nothing.
  [[nodiscard]] std::optional<std::string_view> next();
  /// The next line that holds something besides blanks and a comment from '#' on, trimmed; or nothing.
  [[nodiscard]] std::optional<std::string_view> next_content();
  /// The 1-based number of the line given last; the number of lines once there is none left.
  [[nodiscard]] std::size_t number() const noexcept { return number_; }
  /// Where in the text the next line starts.
  [[nodiscard]] std::size_t position() const noexcept { return forgotten_ + position_; }

 private:
  void skip_byte_order_mark();

  TextSource* source_ = nullptr;  // null where `text_` goes to the end
  std::string_view text_;
  std::size_t position_ = 0;   // in `text_`
  std::size_t forgotten_ = 0;  // bytes before `text_`
  std::size_t number_ = 0;
};

enum class Separator { comma, semicolon, blanks };

/// Semicolons win over commas, so that a decimal comma is refused as a number and not taken for two.
[[nodiscard]] Separator detect_separator(std::string_view line) noexcept;

/// Cuts a line into trimmed fields, without the double quotes around them.
void split(std::string_view line, Separator separator, std::vector<std::string_view>& fields);

/// Without the blanks (spaces and tabs) at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/// Why a field is no number.
enum class NumberProblem { none, not_a_number, out_of_range, not_finite };

/// Reads a whole field as a float or double, independent of the locale, correctly rounded. A leading '+' is fine; what
/// is too small becomes 0. NaN and infinities are `not_finite`.
template <class Scalar>
[[nodiscard]] NumberProblem parse_number(std::string_view field, Scalar& number) noexcept;

/// Reads a whole field as an integer ≥ 0.
[[nodiscard]] std::optional<std::int64_t> parse_whole(std::string_view field) noexcept;

/// What was found, for a message: in quotes, shortened, with control characters made visible.
[[nodiscard]] std::string shown(std::string_view found);

/// Throws invalid_input: "path:line: reason".
[[noreturn]] void refuse_line(const std::string& path, std::size_t line, const std::string& reason);

/// Where in a text file a coordinate stands.
struct FieldPlace {
  const std::string& path;
  std::size_t line;    ///< 1-based
  std::size_t column;  ///< 1-based
  std::size_t row;     ///< 0-based point
};

/// Reads a coordinate. Errors: invalid_input that names file, line and column, and has a `row()` for NaN and Inf.
template <class Scalar>
[[nodiscard]] Scalar parse_coordinate(std::string_view field, const FieldPlace& place);

}  // namespace coppice::io
