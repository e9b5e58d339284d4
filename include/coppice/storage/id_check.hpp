// What every index checks about the ids of a batch before it changes anything, so that a refused batch leaves no trace.
#pragma once

#include <span>

#include "coppice/geometry/point_view.hpp"
#include "coppice/storage/id_map.hpp"

namespace coppice::storage {

/// Errors: invalid_input when `ids` are not one for each of `points` rows.
void check_one_id_a_row(std::span<const point_id> ids, std::size_t points);
/// Ids of points about to enter. Errors: invalid_input naming the row of a negative id, one that `present` has already,
/// or one that stands twice. Complexity: O(m) expected.
void check_fresh(std::span<const point_id> ids, const IdMap& present);
/// Ids of points about to leave or move. Errors: invalid_input naming the row of an unknown id or one that stands twice.
void check_known(std::span<const point_id> ids, const IdMap& present);

}  // namespace coppice::storage
