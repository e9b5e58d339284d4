// Rows of numbers between commas, semicolons or blanks (.csv, .txt), with an optional line of names.
// A first line counts as names when none of its fields resembles a number or one of them is `id`; a first row with
// fields mistyped is therefore refused and not swallowed as a heading.
#include <fmt/core.h>

#include <algorithm>

#include "coppice/errors.hpp"
#include "counted.hpp"
#include "readers.hpp"
#include "text_numbers.hpp"
#include "writers.hpp"

namespace coppice::io {

namespace {

/// A number, or what was meant for one: a digit comes first, after at most a sign and a point.
bool resembles_number(std::string_view field) {
  double ignored = 0;
  if (parse_number(field, ignored) != NumberProblem::not_a_number) return true;
  if (field.starts_with('+') || field.starts_with('-')) field.remove_prefix(1);
  if (field.starts_with('.')) field.remove_prefix(1);
  return !field.empty() && '0' <= field[0] && field[0] <= '9';
}

bool is_heading(const std::vector<std::string_view>& fields) {
  return std::find(fields.begin(), fields.end(), "id") != fields.end() ||
         std::none_of(fields.begin(), fields.end(), resembles_number);
}

constexpr std::size_t no_column = static_cast<std::size_t>(-1);

struct Heading {
  std::vector<std::string> names;  // without the id column's; empty where the file has no heading
  std::size_t id_column = no_column;
};

Heading read_heading(const std::string& path, std::size_t line, const std::vector<std::string_view>& fields) {
  Heading heading;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const bool is_text = std::all_of(fields[i].begin(), fields[i].end(),
                                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
    if (fields[i].empty() || !is_text)
      refuse_line(path, line, fmt::format("column {}: found {}, expected a number or a name", i + 1, shown(fields[i])));
    if (fields[i] != "id") {
      heading.names.emplace_back(fields[i]);
    } else if (heading.id_column == no_column) {
      heading.id_column = i;
    } else {
      refuse_line(path, line, fmt::format("columns {} and {} are both named 'id'", heading.id_column + 1, i + 1));
    }
  }
  if (heading.names.empty()) refuse_line(path, line, "no column of coordinates beside 'id'");
  return heading;
}

/// Whether a name reads back as the same one from a heading between commas.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "id" && trimmed(name) == name && !resembles_number(name) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f &&
                  std::string_view(",;#\"").find(c) == std::string_view::npos;
         });
}

std::string axis_name(int axis, int dimension) {
  return dimension <= 3 ? std::string(1, "xyz"[axis]) : fmt::format("x{}", axis);
}

}  // namespace

PointFile read_csv(const std::string& path, std::span<const std::byte> bytes) {
  LineReader lines(as_text(bytes));
  auto line = lines.next_content();
  if (!line) throw invalid_input(path + ": holds no rows, expected at least a line of column names or one of numbers");
  const Separator separator = detect_separator(*line);
  const std::size_t first_line = lines.number();
  std::vector<std::string_view> fields;
  split(*line, separator, fields);
  const std::size_t columns = fields.size();

  Heading heading;
  if (is_heading(fields)) {
    heading = read_heading(path, first_line, fields);
    line = lines.next_content();
  }
  const bool has_ids = heading.id_column != no_column;
  Points<double> points{{}, static_cast<int>(columns - (has_ids ? 1 : 0))};
  std::vector<point_id> ids;
  for (std::size_t row = 0; line; line = lines.next_content(), ++row) {
    split(*line, separator, fields);
    if (fields.size() != columns)
      refuse_line(
          path, lines.number(),
          fmt::format("found {}, expected {} as in line {}", counted(fields.size(), "column"), columns, first_line));
    for (std::size_t i = 0; i < columns; ++i) {
      if (i != heading.id_column) {
        points.coordinates.push_back(parse_coordinate<double>(fields[i], {path, lines.number(), i + 1, row}));
      } else if (const auto id = parse_whole(fields[i])) {
        ids.push_back(*id);
      } else {
        refuse_line(path, lines.number(),
                    fmt::format("column {} (id): found {}, expected a whole number from 0 to 9223372036854775807",
                                i + 1, shown(fields[i])));
      }
    }
  }
  PointFile file{std::move(points), std::nullopt, "csv", std::move(heading.names)};
  if (has_ids) file.ids = std::move(ids);
  return file;
}

void write_csv(Output& out, const PointFile& file) {
  const bool has_ids = file.ids.has_value();
  std::string heading = has_ids ? "id" : "";
  const auto& names = file.columns;
  const bool keep_names = names.size() == static_cast<std::size_t>(file.dimension()) &&
                          std::all_of(names.begin(), names.end(), is_plain_name);
  for (int axis = 0; axis < file.dimension(); ++axis) {
    if (!heading.empty()) heading += ',';
    heading += keep_names ? names[static_cast<std::size_t>(axis)] : axis_name(axis, file.dimension());
  }
  out.append(heading + '\n');
  out.append_rows(file, ',', has_ids);
}

}  // namespace coppice::io
