// See text_points.hpp.
#include "text_points.hpp"

#include <fmt/core.h>

#include "counted.hpp"
#include "text_numbers.hpp"

namespace coppice::io {

void append_point(Points<double>& points, const std::vector<std::string_view>& fields, std::size_t first,
                  const std::string& path, std::size_t line) {
  if (fields.size() < first + 3)
    refuse_line(path, line, fmt::format("found {}, expected at least {}", counted(fields.size(), "column"), first + 3));
  const std::size_t row = points.size();
  for (std::size_t i = first; i < first + 3; ++i)
    points.coordinates.push_back(parse_coordinate<double>(fields[i], {path, line, i + 1, row}));
}

void append_fixed_point(Points<double>& points, std::string_view text, std::size_t first, std::size_t width,
                        const std::string& path, std::size_t line) {
  const std::size_t end = first + 3 * width;
  if (text.size() < end)
    refuse_line(
        path, line,
        fmt::format("found {}, expected x, y and z in {} to {}", counted(text.size(), "character"), first + 1, end));
  const std::size_t row = points.size();
  for (std::size_t at = first; at < end; at += width)
    points.coordinates.push_back(parse_coordinate<double>(trimmed(text.substr(at, width)), {path, line, at + 1, row}));
}

}  // namespace coppice::io
