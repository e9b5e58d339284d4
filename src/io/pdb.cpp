// Protein Data Bank files: the positions of ATOM and HETATM records, x, y and z in columns 31-38, 39-46 and 47-54 (in
// ångström), model after model. Frames are models, or what stands between END records, which some programs write
// instead. Format: wwPDB, "Atomic Coordinate Entry Format", version 3.30.
#include <fmt/core.h>

#include <utility>

#include "coppice/errors.hpp"
#include "frames.hpp"
#include "readers.hpp"
#include "text_points.hpp"

namespace coppice::io {

std::optional<TextFrame> next_pdb_frame(const FrameRequest& request, LineReader& lines) {
  TextFrame frame;
  if (request.atoms) frame.points.coordinates.reserve(3 * *request.atoms);
  std::size_t model = 0;  // the line that opened it
  while (const auto line = lines.next()) {
    const std::string_view record = trimmed(line->substr(0, 6));
    if (record == "ATOM" || record == "HETATM") {
      append_fixed_point(frame.points, *line, 30, 8, request.path, lines.number());
    } else if (record == "CRYST1") {
      frame.cell = *line;
      frame.cell_line = lines.number();
    } else if (record == "MODEL") {
      if (model != 0)
        refuse_line(request.path, lines.number(),
                    fmt::format("{}found MODEL within the model of line {}, expected ENDMDL", request.place(), model));
      model = lines.number();
    } else if (record == "ENDMDL" || record == "END") {
      // Behind the first frame an END closes the file, or a frame that has none of its own.
      if (request.number > 0 && model == 0 && frame.points.size() == 0) continue;
      request.check_atoms(lines.number(), frame.points.size());
      model = 0;
      break;
    }
  }
  if (model != 0)
    refuse_line(request.path, lines.number(),
                fmt::format("{}the file ends within the model of line {}, expected ENDMDL", request.place(), model));
  if (frame.points.size() == 0) {
    if (request.number > 0) return std::nullopt;
    throw invalid_input(request.path + ": holds no position, expected ATOM or HETATM records");
  }
  request.check_atoms(lines.number(), frame.points.size());
  return frame;
}

PointFile read_pdb(const std::string& path, std::span<const std::byte> bytes) {
  LineReader lines(as_text(bytes));
  return {std::move(next_pdb_frame({path}, lines)->points), std::nullopt, "pdb", {"x", "y", "z"}};
}

}  // namespace coppice::io
