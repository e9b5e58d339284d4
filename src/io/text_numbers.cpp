// Numbers by std::from_chars: no locale, no copies, correctly rounded.
#include "text_numbers.hpp"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <system_error>

#include "coppice/errors.hpp"
#include "refused_row.hpp"

namespace coppice::io {

namespace {

constexpr std::string_view blanks = " \t";

std::string_view without_quotes(std::string_view field) noexcept {
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"') return field.substr(1, field.size() - 2);
  return field;
}

}  // namespace

LineReader::LineReader(std::string_view text) : text_(text) {
  skip_byte_order_mark();
}

LineReader::LineReader(TextSource& source) : source_(&source), text_(source.advance(0)) {
  skip_byte_order_mark();
}

void LineReader::skip_byte_order_mark() {
  if (text_.starts_with("\xEF\xBB\xBF")) position_ = 3;
}

std::optional<std::string_view> LineReader::next() {
  std::size_t end = text_.find('\n', position_);
  while (end == std::string_view::npos && source_ != nullptr) {
    const std::size_t kept = text_.size() - position_;
    forgotten_ += position_;
    text_ = source_->advance(position_);
    position_ = 0;
    if (text_.size() == kept) source_ = nullptr;
    end = text_.find('\n', kept);
  }
  if (position_ >= text_.size()) return std::nullopt;
  std::string_view line = text_.substr(position_, end == std::string_view::npos ? end : end - position_);
  position_ = end == std::string_view::npos ? text_.size() : end + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  ++number_;
  return line;
}

std::optional<std::string_view> LineReader::next_content() {
  while (const auto line = next())
    if (const std::string_view content = trimmed(line->substr(0, line->find('#'))); !content.empty()) return content;
  return std::nullopt;
}

Separator detect_separator(std::string_view line) noexcept {
  if (line.find(';') != std::string_view::npos) return Separator::semicolon;
  return line.find(',') != std::string_view::npos ? Separator::comma : Separator::blanks;
}

std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

void split(std::string_view line, Separator separator, std::vector<std::string_view>& fields) {
  fields.clear();
  if (separator == Separator::blanks) {
    for (std::size_t first = line.find_first_not_of(blanks); first != std::string_view::npos;) {
      const std::size_t last = line.find_first_of(blanks, first);
      fields.push_back(without_quotes(line.substr(first, last == std::string_view::npos ? last : last - first)));
      first = last == std::string_view::npos ? last : line.find_first_not_of(blanks, last);
    }
    return;
  }
  const char mark = separator == Separator::comma ? ',' : ';';
  for (std::size_t first = 0;;) {
    const std::size_t last = line.find(mark, first);
    fields.push_back(without_quotes(trimmed(line.substr(first, last == std::string_view::npos ? last : last - first))));
    if (last == std::string_view::npos) return;
    first = last + 1;
  }
}

template <class Scalar>
NumberProblem parse_number(std::string_view field, Scalar& number) noexcept {
  if (field.size() > 1 && field[0] == '+' && field[1] != '-') field.remove_prefix(1);
  const char* const end = field.data() + field.size();
  const auto [stop, problem] = std::from_chars(field.data(), end, number);
  if (problem == std::errc::invalid_argument || stop != end) return NumberProblem::not_a_number;
  if (problem == std::errc::result_out_of_range) {
    long double wide = 0;  // tells the too small, which rounds to 0 or a denormal, from the too large
    const auto again = std::from_chars(field.data(), end, wide);
    if (again.ec != std::errc() || std::fabs(wide) > 1) return NumberProblem::out_of_range;
    number = static_cast<Scalar>(wide);
  }
  return std::isfinite(number) ? NumberProblem::none : NumberProblem::not_finite;
}

std::optional<std::int64_t> parse_whole(std::string_view field) noexcept {
  std::int64_t number = 0;
  const char* const end = field.data() + field.size();
  const auto [stop, problem] = std::from_chars(field.data(), end, number);
  if (problem != std::errc() || stop != end || number < 0) return std::nullopt;
  return number;
}

std::string shown(std::string_view found) {
  constexpr std::size_t most = 40;
  std::string text = "'";
  for (const char c : found.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f)
      text += fmt::format("\\x{:02x}", byte);
    else
      text += c;
  }
  return text + (found.size() > most ? "...'" : "'");
}

void refuse_line(const std::string& path, std::size_t line, const std::string& reason) {
  throw invalid_input(fmt::format("{}:{}: {}", path, line, reason));
}

template <class Scalar>
Scalar parse_coordinate(std::string_view field, const FieldPlace& place) {
  Scalar number = 0;
  switch (parse_number(field, number)) {
    case NumberProblem::none:
      return number;
    case NumberProblem::not_a_number:
      refuse_line(place.path, place.line,
                  fmt::format("column {}: found {}, expected a number", place.column, shown(field)));
    case NumberProblem::out_of_range:
      refuse_line(place.path, place.line,
                  fmt::format("column {}: found {}, expected a number in the range of float{}", place.column,
                              shown(field), 8 * sizeof(Scalar)));
    case NumberProblem::not_finite:
      break;
  }
  throw RefusedRow(place.row, fmt::format("{}:{}: column {}: found {}, expected a finite number", place.path,
                                          place.line, place.column, shown(field)));
}

template NumberProblem parse_number(std::string_view, float&) noexcept;
template NumberProblem parse_number(std::string_view, double&) noexcept;
template float parse_coordinate(std::string_view, const FieldPlace&);
template double parse_coordinate(std::string_view, const FieldPlace&);

}  // namespace coppice::io
