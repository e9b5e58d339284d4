// Rows of hits in one block of memory: each holds the nearest neighbours of a point as far as it has been looked at,
// its bound, and a few more than the k that are shown. Points that come closer than the bound are added and points that
// go are taken out, without any search; only a row that runs out of hits needs one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "coppice/query/hit.hpp"
#include "coppice/storage/memory.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::neighbor_graph {

/// Where a point is placed.
struct Place {
  std::uint32_t run = 0;
  std::uint32_t slot = 0;
};

template <class S>
class RowStore {
 public:
  /// Beyond every hit: the bound of a row that holds all other points.
  static constexpr Hit<S> everything{std::numeric_limits<S>::infinity(), std::numeric_limits<point_id>::max()};

  explicit RowStore(std::size_t width) : width_(width) {}

  /// Rows ever made; some may be free.
  [[nodiscard]] std::size_t rows() const noexcept { return ids_.size(); }
  [[nodiscard]] point_id id(std::size_t row) const noexcept { return ids_[row]; }
  [[nodiscard]] Place& place(std::size_t row) noexcept { return places_[row]; }
  [[nodiscard]] const Place& place(std::size_t row) const noexcept { return places_[row]; }
  [[nodiscard]] const Hit<S>& bound(std::size_t row) const noexcept { return bounds_[row]; }
  [[nodiscard]] std::span<const Hit<S>> hits(std::size_t row) const noexcept {
    return {hits_.get() + row * width_, counts_[row]};
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return capacity_ * width_ * sizeof(Hit<S>) + bounds_.capacity() * sizeof(Hit<S>) +
           ids_.capacity() * sizeof(point_id) + places_.capacity() * sizeof(Place) +
           (counts_.capacity() + free_.capacity()) * sizeof(std::uint32_t);
  }
  void prefetch(std::size_t row) const noexcept {
    storage::prefetch(&counts_[row]);
    storage::prefetch(&bounds_[row]);
    const Hit<S>* hits = hits_.get() + row * width_;
    for (std::size_t i = 0; i < std::min<std::size_t>(width_, 16); i += 4) storage::prefetch(hits + i);
  }

  /// Forgets all rows and makes `rows` empty ones that reach nothing.
  void reset(std::size_t rows) {
    ids_.assign(rows, no_point);
    counts_.assign(rows, 0);
    bounds_.assign(rows, everything);
    places_.assign(rows, {});
    free_.clear();
    if (rows > capacity_ || rows < capacity_ / 4) {
      hits_ = {};
      capacity_ = 0;
      const std::size_t room = rows + rows / 8;  // untouched pages cost nothing, and the first batch moves no rows
      hits_ = storage::RawArray<Hit<S>>(room * width_);
      capacity_ = room;
    }
  }
  /// A row of its own for a point.
  [[nodiscard]] std::uint32_t make(point_id id) {
    if (!free_.empty()) {
      const std::uint32_t row = free_.back();
      free_.pop_back();
      ids_[row] = id;
      return row;
    }
    if (ids_.size() == capacity_) grow(capacity_ + capacity_ / 2 + 16);
    ids_.push_back(id);
    counts_.push_back(0);
    bounds_.push_back(everything);
    places_.emplace_back();
    return static_cast<std::uint32_t>(ids_.size() - 1);
  }
  void set_id(std::size_t row, point_id id) noexcept { ids_[row] = id; }
  void drop(std::uint32_t row) {
    ids_[row] = no_point;
    counts_[row] = 0;
    free_.push_back(row);
  }

  /// Sets a row from the `count` nearest points, sorted, of which the row's own and what does not fit is left out.
  /// `all`: there are no others.
  template <class HitAt>
  void assign(std::size_t row, std::size_t count, bool all, const HitAt& hit_at) noexcept {
    Hit<S>* to = hits_.get() + row * width_;
    std::size_t kept = 0, seen = 0;
    for (; seen < count && kept < width_; ++seen) {
      const Hit<S> hit = hit_at(seen);
      if (hit.id != ids_[row]) to[kept++] = hit;
    }
    if (seen < count && hit_at(seen).id == ids_[row]) ++seen;
    counts_[row] = static_cast<std::uint32_t>(kept);
    bounds_[row] = (all && seen == count) || kept == 0 ? everything : to[kept - 1];
  }
  /// A point has come. True: the row now reaches less far.
  bool offer(std::size_t row, const Hit<S>& hit) noexcept {
    if (bounds_[row] < hit) return false;
    Hit<S>* hits = hits_.get() + row * width_;
    std::size_t last = counts_[row];
    const bool full = last == width_;
    if (full) {
      if (hits[--last] < hit) {
        bounds_[row] = hits[last];
        return true;
      }
    } else {
      ++counts_[row];
    }
    for (; last > 0 && hit < hits[last - 1]; --last) hits[last] = hits[last - 1];
    hits[last] = hit;
    if (full) bounds_[row] = hits[width_ - 1];
    return full;
  }
  /// A point has gone. True: it was in the row.
  bool take(std::size_t row, const Hit<S>& hit) noexcept {
    Hit<S>* hits = hits_.get() + row * width_;
    Hit<S>* end = hits + counts_[row];
    Hit<S>* found = std::find(hits, end, hit);
    if (found == end) return false;
    std::copy(found + 1, end, found);
    --counts_[row];
    return true;
  }

 private:
  void grow(std::size_t rows) {
    storage::RawArray<Hit<S>> longer(rows * width_);
    std::copy_n(hits_.get(), ids_.size() * width_, longer.get());
    hits_ = std::move(longer);
    capacity_ = rows;
  }

  std::size_t width_;
  std::size_t capacity_ = 0;
  storage::RawArray<Hit<S>> hits_;  ///< width_ a row
  std::vector<std::uint32_t> counts_;
  std::vector<Hit<S>> bounds_;  ///< every point up to here is in the row
  std::vector<point_id> ids_;   ///< no_point: a free row
  std::vector<Place> places_;
  std::vector<std::uint32_t> free_;
};

}  // namespace coppice::neighbor_graph
