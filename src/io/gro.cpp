// GROMACS .gro: a title, a count, a line an atom and the box, frame after frame. Positions (in nanometres) start in
// column 21, each as wide as the distance between two decimal points, which is how the format says its precision.
// Format: GROMACS reference manual, "File formats: gro".
#include <fmt/core.h>

#include <array>
#include <utility>

#include "coppice/errors.hpp"
#include "counted.hpp"
#include "frames.hpp"
#include "readers.hpp"
#include "text_numbers.hpp"
#include "text_points.hpp"

namespace coppice::io {

namespace {

constexpr std::size_t first_column = 20;  // 0-based, after residue, name and number

/// The width of a position's column, from the decimal points of an atom's line.
std::size_t position_width(const std::string& path, std::size_t number, std::string_view line) {
  std::array<std::size_t, 3> point{};
  std::size_t from = first_column;
  for (std::size_t& at : point) {
    at = line.find('.', from);
    if (at == std::string_view::npos)
      refuse_line(path, number, "expected three positions with decimal points from column 21 on");
    from = at + 1;
  }
  const std::size_t width = point[1] - point[0];
  if (point[2] - point[1] != width)
    refuse_line(path, number,
                fmt::format("decimal points in columns {}, {} and {}, expected them evenly spaced", point[0] + 1,
                            point[1] + 1, point[2] + 1));
  return width;
}

}  // namespace

std::optional<TextFrame> next_gro_frame(const FrameRequest& request, LineReader& lines) {
  const auto title = lines.next();
  if (!title && request.number > 0) return std::nullopt;
  const bool blank_title = title && trimmed(*title).empty();
  auto second = lines.next();
  if (request.number > 0 && blank_title) {  // perhaps nothing but blank lines is left
    while (second && trimmed(*second).empty()) second = lines.next();
    if (!second) return std::nullopt;
  }
  const std::size_t start = lines.number();
  if (!second)
    refuse_line(request.path, start,
                request.number == 0
                    ? "the file ends before the number of atoms in line 2"
                    : fmt::format("{}the file ends after the title, before the number of atoms", request.place()));
  const auto count = parse_whole(trimmed(*second));
  if (!count)
    refuse_line(request.path, start,
                fmt::format("{}found {}, expected the number of atoms", request.place(), shown(*second)));
  request.check_atoms(start, static_cast<std::uint64_t>(*count));

  TextFrame frame;
  if (request.atoms) frame.points.coordinates.reserve(3 * *request.atoms);
  std::size_t width = 0;
  for (std::int64_t atom = 0; atom <= *count; ++atom) {
    const auto line = lines.next();
    if (!line)
      refuse_line(request.path, lines.number(),
                  fmt::format("{}the file ends after {}, expected {} as in line {}, and the box", request.place(),
                              counted(atom, "atom"), *count, start));
    if (atom == *count) {
      frame.cell = *line;
      frame.cell_line = lines.number();
      break;
    }
    if (width == 0) width = position_width(request.path, lines.number(), *line);
    append_fixed_point(frame.points, *line, first_column, width, request.path, lines.number());
  }
  return frame;
}

PointFile read_gro(const std::string& path, std::span<const std::byte> bytes) {
  LineReader lines(as_text(bytes));
  return {std::move(next_gro_frame({path}, lines)->points), std::nullopt, "gro", {"x", "y", "z"}};
}

}  // namespace coppice::io
