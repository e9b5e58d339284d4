// Points from files of many formats, as one thing: rows of float or double, and the caller's ids where a file has them.
// The format follows the file's name and must agree with its content. What a file says twice or not at all is refused,
// never guessed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coppice/geometry/point_view.hpp"

namespace coppice::io {

/// The points of one file. Every coordinate is finite; a file may hold no point at all.
struct PointFile {
  std::variant<Points<double>, Points<float>> points;  ///< float where the file holds float32 (npy, ply, bin)
  std::optional<std::vector<point_id>> ids;            ///< one a point, never negative, perhaps repeated
  std::string format;                                  ///< "npy", "csv", "xyz", "ply" or "kitti"
  std::vector<std::string> columns;                    ///< the axes' names, or empty where the file has none

  [[nodiscard]] std::size_t size() const noexcept {
    return std::visit([](const auto& held) { return held.size(); }, points);
  }
  [[nodiscard]] int dimension() const noexcept {
    return std::visit([](const auto& held) { return held.dimension; }, points);
  }
};

struct ReadOptions {
  bool widen = false;  ///< gives float32 files as double
};

/// Reads a point file:
///
/// | name         | content                                                                                        |
/// |--------------|------------------------------------------------------------------------------------------------|
/// | .npy         | little-endian float32 or float64, n × d, C or Fortran order                                     |
/// | .csv, .txt   | rows of numbers between commas, semicolons or blanks; `#` starts a comment; the optional first  |
/// |              | line of names may call one column `id`: whole numbers that become the ids                       |
/// | .xyz         | rows that start with x y z; or the chemistry format (count, comment, rows of symbol x y z, where |
/// |              | an extended comment's `Properties` says in which columns), of which the first frame is read     |
/// | .ply         | x, y, z of the element `vertex`: ascii, binary_little_endian or binary_big_endian               |
/// | .bin         | KITTI: float32 x, y, z, intensity; the intensity is left out                                    |
///
/// Memory: the file and its points. Errors: io_error (missing, unreadable), unsupported (another format; names these),
/// invalid_input naming line or row (text that is no number, uneven rows, NaN, Inf, another dtype or shape),
/// corrupt_file naming field and byte (cut short, too long, or not the format that its name promises).
[[nodiscard]] PointFile read_points(const std::filesystem::path& path, const ReadOptions& options = {});

/// The points in the scalar type asked for; double to float rounds to nearest. Moves where the type is the same.
/// Errors: invalid_input naming the row of a number beyond the range of float.
template <class Scalar>
[[nodiscard]] Points<Scalar> points_as(PointFile file);

}  // namespace coppice::io
