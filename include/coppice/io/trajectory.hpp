// Trajectories: the frames of one file, one after another, with one of them in memory at a time. Every frame holds the
// same number of atoms, in the same order. Numbers stay in the unit of the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "coppice/geometry/point_view.hpp"
#include "coppice/geometry/simulation_cell.hpp"

namespace coppice::io {

/// The positions of all atoms at one moment. Every coordinate is finite.
struct Frame {
  std::variant<Points<double>, Points<float>> points;  ///< n × 3; the same type in all frames of a file
  std::optional<SimulationCell> cell;  ///< as the file tells it; its numbers are finite, its shape is not checked
  std::size_t number = 0;              ///< counted from 0

  [[nodiscard]] std::size_t size() const noexcept {
    return std::visit([](const auto& held) { return held.size(); }, points);
  }
};

class FrameSource;  // src/io/frame_source.hpp

/// Reads the frames of a file:
///
/// | name | frames                                    | cell                                                      |
/// |------|-------------------------------------------|-----------------------------------------------------------|
/// | .xyz | of the chemistry format, plain or extended | `Lattice`, periodic along the axes that `pbc` says or all |
/// | .gro | all of them                               | the box, 3 numbers or 9; three zeros: none                |
/// | .pdb | MODEL … ENDMDL, or between END records    | CRYST1, for all frames behind it; 1 × 1 × 1: none         |
/// | .npy | F × n × 3, or n × 3: one                  | none                                                      |
///
/// Text gives double, .npy what `read_points` gives. Any other point file of 3-D points is one frame without a cell.
/// Memory: one frame; the whole array for .npy files in Fortran order. After an error the reader is of no more use.
class TrajectoryReader {
 public:
  /// Errors: io_error (missing, unreadable), unsupported (no format of points), corrupt_file (.npy: what its header
  /// says is not what is there).
  explicit TrajectoryReader(const std::filesystem::path& path);
  TrajectoryReader(TrajectoryReader&&) noexcept;
  TrajectoryReader& operator=(TrajectoryReader&&) noexcept;
  ~TrajectoryReader();

  /// The next frame, or nothing behind the last. Complexity: O(n).
  /// Errors: invalid_input naming frame and line: a number of atoms other than the first frame's, a file that ends
  /// within a frame, text that is no number, NaN, Inf, a cell that cannot be understood; io_error.
  [[nodiscard]] std::optional<Frame> next();

  /// How many frames there are, where that is known before they are read: in .npy files.
  [[nodiscard]] std::optional<std::size_t> frames() const noexcept;
  /// How much of the file was read so far, from 0 to 1.
  [[nodiscard]] double progress() const noexcept;
  /// As in PointFile.
  [[nodiscard]] const std::string& format() const noexcept;

 private:
  std::unique_ptr<FrameSource> source_;
};

}  // namespace coppice::io
