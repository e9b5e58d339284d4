// Wavefront .obj: the vertices, lines `v x y z` (a weight or colours may follow). All other lines are skipped.
#include "coppice/errors.hpp"
#include "readers.hpp"
#include "text_numbers.hpp"
#include "text_points.hpp"

namespace coppice::io {

PointFile read_obj(const std::string& path, std::span<const std::byte> bytes) {
  LineReader lines(as_text(bytes));
  Points<double> points{{}, 3};
  std::vector<std::string_view> fields;
  while (const auto line = lines.next_content()) {
    if (!line->starts_with("v ") && !line->starts_with("v\t") && *line != "v") continue;
    split(*line, Separator::blanks, fields);
    append_point(points, fields, 1, path, lines.number());
  }
  if (points.size() == 0) throw invalid_input(path + ": holds no vertex, expected lines of v x y z");
  return {std::move(points), std::nullopt, "obj", {"x", "y", "z"}};
}

}  // namespace coppice::io
