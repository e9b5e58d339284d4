// Frames of the text formats: a function a format that reads the next one. The readers of single frames and those of
// trajectories are both made of these. What a frame says of its cell is kept as text and understood only where a
// trajectory asks, so that a file whose cell is nonsense still has points.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coppice/geometry/point_view.hpp"
#include "coppice/geometry/simulation_cell.hpp"
#include "text_numbers.hpp"

namespace coppice::io {

struct TextFrame {
  Points<double> points{{}, 3};
  std::string cell;           ///< where a cell may stand: the comment of .xyz, the box of .gro, CRYST1 of .pdb
  std::size_t cell_line = 0;  ///< its line, 1-based; 0 where there is none
};

/// Which frame comes next, and what it must hold.
struct FrameRequest {
  const std::string& path;
  std::size_t number = 0;              ///< counted from 0
  std::optional<std::size_t> atoms{};  ///< as many as the first frame held

  /// "frame 3: " for messages; nothing for the first frame, which may be the only one.
  [[nodiscard]] std::string place() const;
  /// Errors: invalid_input when `found` is another number than `atoms`.
  void check_atoms(std::size_t line, std::uint64_t found) const;
};

/// The next frame, or nothing when only blank lines (in .pdb: no more atoms) are left behind the first one.
/// Errors: invalid_input naming the line: another number of atoms, a frame cut short, a bad number.
using ReadFrame = std::optional<TextFrame> (*)(const FrameRequest& request, LineReader& lines);
[[nodiscard]] std::optional<TextFrame> next_xyz_frame(const FrameRequest& request, LineReader& lines);
[[nodiscard]] std::optional<TextFrame> next_gro_frame(const FrameRequest& request, LineReader& lines);
[[nodiscard]] std::optional<TextFrame> next_pdb_frame(const FrameRequest& request, LineReader& lines);

/// Whether an .xyz file whose first line this is has frames, rather than rows of x y z: whether it is a whole number.
[[nodiscard]] bool starts_xyz_frame(std::string_view first_line);

/// The cell that such a line tells, or nothing where it tells none. Only its numbers are checked, not its shape.
/// Errors: invalid_input naming the line.
using ReadCell = std::optional<SimulationCell> (*)(const std::string& path, std::size_t line, std::string_view text);
[[nodiscard]] std::optional<SimulationCell> xyz_cell(const std::string& path, std::size_t line, std::string_view text);
[[nodiscard]] std::optional<SimulationCell> gro_cell(const std::string& path, std::size_t line, std::string_view text);
[[nodiscard]] std::optional<SimulationCell> pdb_cell(const std::string& path, std::size_t line, std::string_view text);

}  // namespace coppice::io
