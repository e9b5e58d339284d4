#include "coppice/storage/id_check.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "coppice/errors.hpp"

namespace coppice::storage {
namespace {

/// The first row whose id stands in an earlier row, or ids.size(). Ascending ids, the common case, take one pass; ids
/// of a range not much larger than the batch take two.
std::size_t first_repeated(std::span<const point_id> ids) {
  if (std::is_sorted(ids.begin(), ids.end(), std::less_equal<>())) return ids.size();
  const auto [least, greatest] = std::minmax_element(ids.begin(), ids.end());
  const std::uint64_t range = static_cast<std::uint64_t>(*greatest) - static_cast<std::uint64_t>(*least);
  constexpr std::uint64_t bits_a_row = 64;
  if (range < bits_a_row * ids.size()) {
    std::vector<std::uint64_t> seen(static_cast<std::size_t>(range / 64 + 1));
    for (std::size_t row = 0; row < ids.size(); ++row) {
      const std::uint64_t offset = static_cast<std::uint64_t>(ids[row]) - static_cast<std::uint64_t>(*least);
      std::uint64_t& word = seen[static_cast<std::size_t>(offset / 64)];
      const std::uint64_t bit = std::uint64_t{1} << (offset % 64);
      if ((word & bit) != 0) return row;
      word |= bit;
    }
    return ids.size();
  }
  std::vector<std::pair<point_id, std::size_t>> rows(ids.size());
  for (std::size_t row = 0; row < ids.size(); ++row) rows[row] = {ids[row], row};
  std::sort(rows.begin(), rows.end());
  std::size_t first = ids.size();
  for (std::size_t i = 1; i < rows.size(); ++i)
    if (rows[i].first == rows[i - 1].first) first = std::min(first, rows[i].second);
  return first;
}

void check_unrepeated(std::span<const point_id> ids) {
  const std::size_t row = first_repeated(ids);
  if (row != ids.size()) throw invalid_input(row, "id " + std::to_string(ids[row]) + " stands twice in this batch");
}

}  // namespace

void check_one_id_a_row(std::span<const point_id> ids, std::size_t points) {
  if (ids.size() != points)
    throw invalid_input("there are " + std::to_string(ids.size()) + " ids for " + std::to_string(points) +
                        " points; expected one id a point");
}

void check_fresh(std::span<const point_id> ids, const IdMap& present) {
  for (std::size_t row = 0; row < ids.size(); ++row) {
    if (ids[row] < 0) throw invalid_input(row, "id " + std::to_string(ids[row]) + " is negative; expected 0 or more");
    if (present.find(ids[row]) != IdMap::absent)
      throw invalid_input(row, "id " + std::to_string(ids[row]) + " is in use already");
  }
  check_unrepeated(ids);
}

void refuse_unknown(std::size_t row, point_id id) {
  throw invalid_input(row, "id " + std::to_string(id) + " is not in the index");
}

void check_known(std::span<const point_id> ids, const IdMap& present) {
  constexpr std::size_t ahead = 16;
  for (std::size_t row = 0; row < ids.size(); ++row) {
    if (row + ahead < ids.size()) present.prefetch(ids[row + ahead]);
    if (present.find(ids[row]) == IdMap::absent) refuse_unknown(row, ids[row]);
  }
  check_unrepeated(ids);
}

void check_left(point_id next, std::size_t count) {
  const auto left = static_cast<std::uint64_t>(std::numeric_limits<point_id>::max() - next);
  if (count > left)
    throw invalid_input("no " + std::to_string(count) + " fresh ids are left above " + std::to_string(next) +
                        "; give ids with the points");
}

RawVector<point_id> fresh_ids(point_id next, std::size_t count) {
  check_left(next, count);
  RawVector<point_id> ids(count);
  std::iota(ids.begin(), ids.end(), next);
  return ids;
}

point_id next_after(point_id next, std::span<const point_id> ids) noexcept {
  for (const point_id id : ids) next = next_after(next, id);
  return next;
}

}  // namespace coppice::storage
