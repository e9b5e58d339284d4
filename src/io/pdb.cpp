// Protein Data Bank files: the positions of ATOM and HETATM records, x, y and z in columns 31-38, 39-46 and 47-54 (in
// ångström), of the first model. Format: wwPDB, "Atomic Coordinate Entry Format", version 3.30.
#include "coppice/errors.hpp"
#include "readers.hpp"
#include "text_numbers.hpp"
#include "text_points.hpp"

namespace coppice::io {

PointFile read_pdb(const std::string& path, std::span<const std::byte> bytes) {
  LineReader lines(as_text(bytes));
  Points<double> points{{}, 3};
  while (const auto line = lines.next()) {
    const std::string_view record = trimmed(line->substr(0, 6));
    if (record == "ENDMDL" || record == "END") break;
    if (record != "ATOM" && record != "HETATM") continue;
    append_fixed_point(points, *line, 30, 8, path, lines.number());
  }
  if (points.size() == 0) throw invalid_input(path + ": holds no position, expected ATOM or HETATM records");
  return {std::move(points), std::nullopt, "pdb", {"x", "y", "z"}};
}

}  // namespace coppice::io
