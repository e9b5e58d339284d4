// .xyz, a name with two meanings: rows that start with x y z, and the chemistry format (a count, a comment, rows of
// symbol x y z; the extended form says in its comment which columns hold the positions). A first line of one whole
// number tells the second from the first.
#include <fmt/core.h>

#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "counted.hpp"
#include "frames.hpp"
#include "readers.hpp"
#include "text_numbers.hpp"
#include "text_points.hpp"
#include "writers.hpp"

namespace coppice::io {

namespace {

PointFile point_file(Points<double> points) {
  return {std::move(points), std::nullopt, "xyz", {"x", "y", "z"}};
}

/// The 0-based column of the positions in an extended comment's Properties=name:type:count:…, 1 where there is none.
std::size_t position_column(const FrameRequest& request, std::size_t number, std::string_view comment) {
  constexpr std::string_view key = "Properties=";
  const std::size_t found = comment.find(key);
  if (found == std::string_view::npos) return 1;
  std::string_view rest = comment.substr(found + key.size());
  if (rest.starts_with('"')) rest.remove_prefix(1);
  rest = rest.substr(0, rest.find_first_of(" \t\""));
  const std::string_view properties = rest;
  const auto take = [&rest] {
    const std::size_t colon = rest.find(':');
    const std::string_view item = rest.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon + 1);
    return item;
  };
  for (std::size_t column = 0; !rest.empty();) {
    const std::string_view name = take();
    const std::string_view type = take();
    const auto count = parse_whole(take());
    if (!count || *count > 1000) break;
    if (name == "pos" && type == "R" && *count == 3) return column;
    column += static_cast<std::size_t>(*count);
  }
  refuse_line(request.path, number,
              fmt::format("{}found Properties={}, expected pos:R:3 among them", request.place(), shown(properties)));
}

std::optional<std::int64_t> atom_count(std::string_view line) {
  std::vector<std::string_view> fields;
  split(line, Separator::blanks, fields);
  return fields.size() == 1 ? parse_whole(fields[0]) : std::nullopt;
}

}  // namespace

bool starts_xyz_frame(std::string_view first_line) {
  return atom_count(first_line).has_value();
}

std::optional<TextFrame> next_xyz_frame(const FrameRequest& request, LineReader& lines) {
  auto first = lines.next();
  while (first && trimmed(*first).empty()) first = lines.next();
  if (!first) return std::nullopt;
  const std::size_t start = lines.number();
  const auto count = atom_count(*first);
  if (!count)
    refuse_line(request.path, start,
                fmt::format("{}found {}, expected the number of atoms", request.place(), shown(*first)));
  request.check_atoms(start, static_cast<std::uint64_t>(*count));

  TextFrame frame;
  std::size_t column = 1;
  if (const auto comment = lines.next()) {
    frame.cell = *comment;
    frame.cell_line = lines.number();
    column = position_column(request, frame.cell_line, *comment);
  }
  if (request.atoms) frame.points.coordinates.reserve(3 * *request.atoms);
  std::vector<std::string_view> fields;
  for (std::int64_t atom = 0; atom < *count; ++atom) {
    const auto line = lines.next();
    if (!line)
      refuse_line(request.path, lines.number(),
                  fmt::format("{}the file ends after {}, expected {} as in line {}", request.place(),
                              counted(atom, "atom"), *count, start));
    split(*line, Separator::blanks, fields);
    append_point(frame.points, fields, column, request.path, lines.number());
  }
  return frame;
}

PointFile read_xyz(const std::string& path, std::span<const std::byte> bytes) {
  LineReader lines(as_text(bytes));
  if (const auto first = lines.next(); first && starts_xyz_frame(*first)) {
    lines = LineReader(as_text(bytes));
    return point_file(next_xyz_frame({path}, lines)->points);
  }

  lines = LineReader(as_text(bytes));
  auto line = lines.next_content();
  if (!line) throw invalid_input(path + ": holds no rows, expected x y z or a number of atoms");
  const Separator separator = detect_separator(*line);
  Points<double> points{{}, 3};
  std::vector<std::string_view> fields;
  for (; line; line = lines.next_content()) {
    split(*line, separator, fields);
    append_point(points, fields, 0, path, lines.number());
  }
  return point_file(std::move(points));
}

void write_xyz(Output& out, const PointFile& file) {
  // An empty file is no .xyz file; the chemistry format can say that there are no atoms.
  if (file.size() == 0) out.append("0\n\n");
  out.append_rows(file, ' ');
}

}  // namespace coppice::io
