// What every index stores, and nothing that can be derived from it: the points with their ids, in storage order, and
// the periodic box. Structure is rebuilt on load.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "coppice/geometry/metric.hpp"
#include "coppice/persist/archive.hpp"

namespace coppice::persist {

template <class Scalar>
struct StoredPoints {
  std::vector<point_id> ids;
  Points<Scalar> points;
  PeriodicBox<Scalar> periodic;
  point_id next_id = 0;  ///< the id that the library would give next
};

/// Adds `stored` to an archive. Requires: it stays alive until the archive is written.
template <class Scalar>
void add_points(ArchiveWriter& archive, const StoredPoints<Scalar>& stored);

/// Errors: invalid_input when the archive holds another kind or scalar type (the message names both); corrupt_file when
/// its contents contradict each other: lengths, ids (negative, repeated), coordinates that are not finite.
template <class Scalar>
[[nodiscard]] StoredPoints<Scalar> read_points(const ArchiveReader& archive, std::string_view kind);

/// `float32` or `float64`: the scalar type of an archive's points.
[[nodiscard]] std::string_view stored_scalar(const ArchiveReader& archive);
/// The dimension of an archive's points, as the archive has it.
[[nodiscard]] std::int64_t stored_dimension(const ArchiveReader& archive);

}  // namespace coppice::persist
