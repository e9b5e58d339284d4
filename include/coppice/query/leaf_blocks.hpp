// Particles in Morton order, cut into leaves of at most 32 at the boundaries of an octree, with tight boxes in a
// hierarchy without pointers: node i of a level covers nodes 16 i … 16 i + 15 of the level below. Made for searches
// that visit every particle: neighbour lists and sums over pairs (docs/design/neighbor_list.md).
//
// Any order of the particles gives right boxes, so moved particles may keep their places: a refit only makes the boxes
// anew, and `spread()` says what the old order costs by now.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/geometry/simulation_cell.hpp"
#include "coppice/parallel/executor.hpp"
#include "coppice/query/leaf_kernels.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::query {

using storage::Buffer;

template <class S>
class LeafBlocks {
 public:
  /// How far outside the cell a particle may lie that crossed a face since the last sort, in cells.
  static constexpr double drift = 0.25;

  /// Space and scale of the searches to come: `reach` is about how far they look.
  /// Requires: a checked cell; reach > 0, finite.
  void set_frame(const SimulationCell& cell, double reach);

  /// Refuses positions that are not n × 3, are NaN, infinite or too large, lie more than 1e8 cells away, or are 2^31.
  /// Changes nothing but the bounds. `cell` is the one they are to lie in. Errors: invalid_input, unsupported.
  void check(PointView<S> positions, const SimulationCell& cell, const Executor& executor);
  /// Puts the particles into order. Requires: checked positions. Complexity: O(n).
  void sort(PointView<S> positions, const Executor& executor);
  /// As `sort`, with half the memory, for open space: no particles move afterwards, there are no slots(), ids stand in
  /// points() alone, and the view has `steps`.
  void sort_once(PointView<S> positions, const Executor& executor);
  /// New positions for the particles, which stay in their slots. Requires: checked positions, as many as sorted.
  void refit(PointView<S> positions, const Executor& executor);
  /// New positions, without new boxes: no search before the next sort, refit or settle_here. `images`: the cell that
  /// each particle counts as lying in, three a particle; null: all in cell (0, 0, 0).
  void carry(PointView<S> positions, const std::int32_t* images, const Executor& executor);
  /// Boxes for the positions that were carried.
  void settle_here(const Executor& executor);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t leaves() const noexcept { return leaves_; }
  [[nodiscard]] std::size_t groups() const noexcept { return (leaves_ + group_leaves - 1) / group_leaves; }
  [[nodiscard]] const std::int32_t* ids() const noexcept { return ids_.get(); }
  [[nodiscard]] const std::int32_t* slots() const noexcept { return slots_.get(); }
  [[nodiscard]] const LeafPoint<S>* points() const noexcept { return points_.get(); }
  [[nodiscard]] std::uint32_t leaf_begin(std::size_t leaf) const noexcept { return begin_[leaf]; }
  /// Three a particle, the cell that it lies in; null: all lie in cell (0, 0, 0).
  [[nodiscard]] const std::int32_t* images() const noexcept { return has_images_ ? images_.get() : nullptr; }
  /// The distance between the faces that periodic axis k joins, perpendicular to it.
  [[nodiscard]] double height(std::size_t k) const noexcept { return heights_[k]; }
  /// Row k · x counts the vectors k in x.
  [[nodiscard]] const std::array<SimulationCell::Vector, 3>& inverse() const noexcept { return inverse_; }
  [[nodiscard]] LeafView<S> view() const noexcept;
  /// The space within `reach` of each leaf's box, summed over the particles: what a search has to look at.
  [[nodiscard]] double spread() const;
  /// The largest magnitude of a coordinate, and the largest distance of a box from the origin of the boxes.
  [[nodiscard]] double farthest() const noexcept { return farthest_; }
  [[nodiscard]] double extent() const noexcept { return extent_; }
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  /// What a thread puts buckets into order with.
  struct Spare {
    Buffer<LeafPoint<S>> points;
    Buffer<std::uint32_t> keys;
    Buffer<std::uint32_t> places;  ///< where each particle belongs
  };

  void wrap(PointView<S> positions, const Executor& executor);
  void order(PointView<S> from, PointView<S> positions, const Executor& executor);
  void arrange(PointView<S> positions, const Executor& executor);
  void refine(std::uint32_t first, std::uint32_t last, std::uint32_t bits, Spare& spare);
  void rearrange(std::uint32_t first, std::uint32_t count, Spare& spare);
  void refine_equal(std::uint32_t first, std::uint32_t last, Spare& spare);
  void cut(const std::uint32_t* ends, std::size_t buckets, const Executor& executor);
  void settle(const Executor& executor);
  void bounds_of(PointView<S> from, const Executor& executor, const char* refuse);
  const S* place(std::uint32_t slot) const noexcept;
  bool stays_inside(const S* now, const S* before) const noexcept;
  bool keep_beside(const S* now, const S* before, std::int32_t* image) const noexcept;

  SimulationCell cell_;
  std::array<SimulationCell::Vector, 3> inverse_{};  ///< with open axes straight: what they look like does not matter
  std::array<double, 3> heights_{};
  double calm_ = 0;  ///< who moves less along every axis has not been put back into the cell
  double reach_ = 1;
  double inverse_unit_ = 1;
  bool has_images_ = false;

  std::size_t size_ = 0;
  std::size_t leaves_ = 0;
  S range_[6] = {};  ///< of the positions checked last
  double origin_[3] = {};
  double farthest_ = 0;
  double extent_ = 0;
  Buffer<LeafPoint<S>> points_;
  Buffer<std::uint32_t> keys_;  ///< by slot; with room for what comes after them, see arrange
  Buffer<std::uint32_t> histogram_, begin_;
  Buffer<std::int32_t> ids_, slots_, images_;
  Buffer<S> wrapped_;
  Buffer<float> relative_[3], half_[3];
  std::int16_t* steps_[3] = {};  ///< of those sorted once, in the memory of the keys
  Buffer<double> center_[3];
  Buffer<float> bounds_;  ///< of all levels
  std::vector<BoxLevel> levels_;
};

}  // namespace coppice::query
