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

/// One more number a point, such as the x of its normal.
struct Attribute {
  std::string name;  ///< letters, digits and underscores
  std::variant<std::vector<double>, std::vector<float>> numbers;

  [[nodiscard]] std::size_t size() const noexcept {
    return std::visit([](const auto& held) { return held.size(); }, numbers);
  }
};

/// The points of one file. Every coordinate is finite; a file may hold no point at all.
struct PointFile {
  std::variant<Points<double>, Points<float>> points;  ///< float where float32 holds every number of the format
  std::optional<std::vector<point_id>> ids;            ///< one a point, never negative, perhaps repeated
  std::string format;                   ///< "kitti" for .bin, else its extension: "npy", "csv" (.tsv, .txt), …
  std::vector<std::string> columns;     ///< the axes' names, or empty where the file has none
  std::vector<Attribute> attributes{};  ///< for `write_points`; readers leave them out

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
/// | name             | content                                                                                      |
/// |------------------|----------------------------------------------------------------------------------------------|
/// | .npy             | little-endian, n × d, C or Fortran order: float32, float64, 8- or 16-bit integers (as float) |
/// |                  | or 32-bit ones (as double); 64-bit integers are refused, not all of them being a double      |
/// | .csv, .tsv, .txt | rows of numbers between commas, semicolons or blanks; `#` starts a comment; the optional     |
/// |                  | first line of names may call one column `id`: whole numbers that become the ids              |
/// | .xyz             | rows that start with x y z; or the first frame of the chemistry format: count, comment, rows |
/// |                  | of symbol x y z, where an extended comment's `Properties` says in which columns              |
/// | .ply             | x, y, z of the element `vertex`: ascii, binary_little_endian or binary_big_endian            |
/// | .pcd             | the fields x, y, z of type F, size 4 or 8: ascii, binary or binary_compressed                |
/// | .bin             | KITTI: float32 x, y, z, intensity; the intensity is left out                                 |
/// | .las             | versions 1.0 to 1.4, point formats 0 to 10: x, y, z scaled and shifted, as double            |
/// | .obj             | vertices: lines `v x y z`                                                                    |
/// | .pdb             | ATOM and HETATM records of the first model, in ångström                                      |
/// | .gro             | the first frame's positions, in nanometres, at whatever precision                            |
/// | .fvecs, .bvecs   | records of an int32 dimension and as many float32, or uint8 (as float)                       |
///
/// Memory: the file and its points. Errors: io_error (missing, unreadable), unsupported (another format, naming these;
/// compressed points of .laz, naming what decompresses them), invalid_input naming line or row (text that is no number,
/// uneven rows, NaN, Inf, another dtype or shape), corrupt_file naming field and byte (cut short, too long, or not the
/// format that its name promises).
[[nodiscard]] PointFile read_points(const std::filesystem::path& path, const ReadOptions& options = {});

/// The points in the scalar type asked for; double to float rounds to nearest. Moves where the type is the same.
/// Errors: invalid_input naming the row of a number beyond the range of float.
template <class Scalar>
[[nodiscard]] Points<Scalar> points_as(PointFile file);

/// What a written file does not hold of what was given.
struct WriteLosses {
  bool ids = false;         ///< they were given, and the format has no place for them
  bool attributes = false;  ///< likewise
  std::size_t rounded = 0;  ///< coordinates that changed, as the format holds float32 only
};

/// Writes points, whole or not at all, in the format of the name. Reading the file gives the same numbers again, from
/// text those of `float` once they are narrowed to it:
///
/// | name   | content                                                                             |
/// |--------|-------------------------------------------------------------------------------------|
/// | .npy   | float32 or float64 as given, n × d                                                  |
/// | .csv   | a heading, the shortest decimals that read back the same; `ids` as the column `id`  |
/// | .xyz   | lines of x y z, 3-D                                                                 |
/// | .ply   | binary_little_endian, float or double as given, 3-D; `attributes` too               |
/// | .pcd   | binary, float or double as given, 3-D                                               |
/// | .bin   | KITTI: float32, the intensities 0, 3-D                                              |
/// | .fvecs | float32; at least one point                                                         |
///
/// Only .csv keeps ids, only .ply attributes; only .csv, .npy and .fvecs have other dimensions than 3.
/// Complexity: O(n · d). Errors: unsupported (another name; names these), invalid_input (a dimension or number that the
/// format cannot hold, another number of ids or of an attribute's numbers than points, an attribute whose name is no
/// word, NaN, Inf), io_error.
WriteLosses write_points(const std::filesystem::path& path, const PointFile& file);

/// Refuses a name that `write_points` would refuse. Errors: unsupported, naming the formats.
void check_writable(const std::filesystem::path& path);

}  // namespace coppice::io
