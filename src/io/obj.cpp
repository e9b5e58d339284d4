// Wavefront .obj: the vertices, lines `v x y z` (a weight or colours may follow). All other lines are skipped.
#include <fmt/core.h>

#include "coppice/errors.hpp"
#include "readers.hpp"
#include "text_numbers.hpp"

namespace coppice::io {

PointFile read_obj(const std::string& path, std::span<const std::byte> bytes) {
  LineReader lines(as_text(bytes));
  Points<double> points{{}, 3};
  std::vector<std::string_view> fields;
  while (const auto line = lines.next_content()) {
    if (!line->starts_with("v ") && !line->starts_with("v\t") && *line != "v") continue;
    split(*line, Separator::blanks, fields);
    if (fields.size() < 4)
      refuse_line(path, lines.number(), fmt::format("found {} columns, expected v x y z", fields.size()));
    const std::size_t row = points.size();
    for (std::size_t i = 1; i <= 3; ++i)
      points.coordinates.push_back(parse_coordinate<double>(fields[i], {path, lines.number(), i + 1, row}));
  }
  if (points.size() == 0) throw invalid_input(path + ": holds no vertex, expected lines of v x y z");
  return {std::move(points), std::nullopt, "obj", {"x", "y", "z"}};
}

}  // namespace coppice::io
