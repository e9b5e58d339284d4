// Protein Data Bank files: the positions of ATOM and HETATM records, x, y and z in columns 31-38, 39-46 and 47-54 (in
// ångström), of the first model. Format: wwPDB, "Atomic Coordinate Entry Format", version 3.30.
#include <fmt/core.h>

#include "coppice/errors.hpp"
#include "readers.hpp"
#include "text_numbers.hpp"

namespace coppice::io {

PointFile read_pdb(const std::string& path, std::span<const std::byte> bytes) {
  constexpr std::size_t first = 30;  // 0-based
  constexpr std::size_t width = 8;
  constexpr std::size_t end = first + 3 * width;
  LineReader lines(as_text(bytes));
  Points<double> points{{}, 3};
  while (const auto line = lines.next()) {
    const std::string_view record = trimmed(line->substr(0, 6));
    if (record == "ENDMDL" || record == "END") break;
    if (record != "ATOM" && record != "HETATM") continue;
    if (line->size() < end)
      refuse_line(path, lines.number(),
                  fmt::format("found {} characters, expected x, y and z in columns {} to {}", line->size(), first + 1,
                              end));
    const std::size_t row = points.size();
    for (std::size_t column = first; column < end; column += width)
      points.coordinates.push_back(
          parse_coordinate<double>(trimmed(line->substr(column, width)), {path, lines.number(), column + 1, row}));
  }
  if (points.size() == 0) throw invalid_input(path + ": holds no position, expected ATOM or HETATM records");
  return {std::move(points), std::nullopt, "pdb", {"x", "y", "z"}};
}

}  // namespace coppice::io
