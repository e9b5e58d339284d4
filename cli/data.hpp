// Input files as the tool sees them: rows of float32 or float64 with ids, or a saved index. Every failure to read a
// point file is bad input; damage to a saved index stays corrupt_file.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "coppice/any_index.hpp"
#include "coppice/errors.hpp"
#include "coppice/io/point_file.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

/// The points of one file.
struct Dataset {
  std::string path;
  std::string format;
  std::variant<Points<float>, Points<double>> points;
  std::vector<point_id> ids;         ///< one a row: the column `id`, or 0-based rows
  bool has_ids = false;              ///< whether the file names its points
  std::vector<std::string> columns;  ///< names of the coordinates where the file has some

  [[nodiscard]] bool is_float32() const noexcept { return points.index() == 0; }
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] int dimension() const noexcept;
};

/// The message with the path in front, where it does not name it already: that of a reader does, that of a check behind
/// one may not.
[[nodiscard]] std::string with_path(const std::string& path, std::string_view message);

/// What `read` gives; what the library refuses becomes Failure(bad_input) that names the file.
template <class Read>
auto as_bad_input(const std::string& path, Read&& read) {
  try {
    return read();
  } catch (const error& refusal) {
    throw Failure(ExitCode::bad_input, with_path(path, refusal.what()));
  }
}

/// Errors: Failure(bad_input) for a missing, unreadable or malformed file.
[[nodiscard]] Dataset read_dataset(const std::string& path);

/// Before anything is read: refuses a target that cannot be written, or that is the source. Errors: usage.
void check_target(const std::string& from, const std::string& to);

/// Writes points to a file of the format that its name says, and tells on stderr what that does not hold, unless the
/// caller says it in JSON. Errors: those of io::write_points.
io::WriteLosses write_dataset(const std::string& to, const io::PointFile& file, bool json);

/// The rows in the scalar type asked for; moved out when it is their own, else converted (to nearest).
template <class Scalar>
[[nodiscard]] Points<Scalar> take_points(Dataset&& data);

/// Whether the file is an index written by `save`: by its first bytes, one damaged byte allowed so that the damage is
/// reported as such, or by the extension .coppice.
[[nodiscard]] bool is_saved_index(const std::string& path);

using AnyScalarIndex = std::variant<std::unique_ptr<AnyIndex<float>>, std::unique_ptr<AnyIndex<double>>>;

/// Opens a saved index in the scalar type that it was saved with. Errors: Failure(bad_input) when it cannot be read,
/// corrupt_file.
[[nodiscard]] AnyScalarIndex load_any_index(const std::string& path, Executor executor);

/// The ids and coordinates of an index, by id: the one order that does not depend on its history.
template <class Scalar>
[[nodiscard]] std::pair<std::vector<point_id>, Points<Scalar>> content_by_id(const AnyIndex<Scalar>& index);

}  // namespace coppice::cli
