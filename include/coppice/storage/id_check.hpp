// What every index checks about the ids of a batch before it changes anything, so that a refused batch leaves no trace,
// and the giving of fresh ids.
#pragma once

#include <algorithm>
#include <limits>
#include <span>

#include "coppice/geometry/point_view.hpp"
#include "coppice/storage/id_map.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::storage {

/// Errors: invalid_input when `ids` are not one for each of `points` rows.
void check_one_id_a_row(std::span<const point_id> ids, std::size_t points);
/// Ids of points about to enter. Errors: invalid_input naming the row of a negative id, one that `present` has already,
/// or one that stands twice. Complexity: O(m) expected.
void check_fresh(std::span<const point_id> ids, const IdMap& present);
/// Ids of points about to leave or move. Errors: invalid_input naming the row of an unknown id or one that stands
/// twice.
void check_known(std::span<const point_id> ids, const IdMap& present);

/// The same for one id, in line: an update of one point is short.
inline void check_fresh(point_id id, const IdMap& present) {
  if (id < 0 || present.find(id) != IdMap::absent) check_fresh({&id, 1}, present);
}

/// Errors: invalid_input when fewer than `count` ids are left from `next` on.
void check_left(point_id next, std::size_t count);
/// The next id. Errors: as fresh_ids.
[[nodiscard]] inline point_id fresh_id(point_id next) {
  if (next == std::numeric_limits<point_id>::max()) check_left(next, 1);
  return next;
}
/// Errors: always, the one for an id that is not in the index.
[[noreturn]] void refuse_unknown(std::size_t row, point_id id);
/// `count` consecutive ids from `next` on. Errors: invalid_input when the 63 bits of an id are exhausted.
[[nodiscard]] RawVector<point_id> fresh_ids(point_id next, std::size_t count);
/// The next fresh id once `id` or `ids` have been used: above all of them, and never less than `next`. The largest id
/// of all has no successor: it saturates, and fresh_ids then refuses.
[[nodiscard]] inline point_id next_after(point_id next, point_id id) noexcept {
  return std::max(next, id < std::numeric_limits<point_id>::max() ? id + 1 : id);
}
[[nodiscard]] point_id next_after(point_id next, std::span<const point_id> ids) noexcept;

}  // namespace coppice::storage
