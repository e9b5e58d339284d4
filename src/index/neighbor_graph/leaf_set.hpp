// Points in leaves for all-neighbour searches: up to three dimensions along a Morton curve (query/leaf_blocks.hpp),
// more by medians of the axis that spreads most.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/row_kernels.hpp"
#include "coppice/parallel/executor.hpp"
#include "coppice/query/leaf_blocks.hpp"

namespace coppice::neighbor_graph {

template <class S>
class LeafSet {
 public:
  /// Requires: checked points, fewer than 2^31. `scale_like`: take the units of that set; null: units of one's own.
  LeafSet(PointView<S> points, const Executor& executor, const LeafSet* scale_like = nullptr);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t leaves() const noexcept { return leaves_; }
  [[nodiscard]] std::size_t groups() const noexcept { return (leaves_ + group_leaves - 1) / group_leaves; }
  [[nodiscard]] std::size_t bytes() const noexcept;
  [[nodiscard]] LeafSetView<S> view() const noexcept;

 private:
  void along_curve(PointView<S> points, const Executor& executor);
  std::size_t by_medians(PointView<S> points, const Executor& executor);
  std::size_t take_heavy_duplicates(PointView<S> points, std::vector<std::int32_t>& order);
  void settle(PointView<S> points, const Executor& executor);
  void raise();
  void note_equal_leaves(std::size_t leaves);
  [[nodiscard]] bool is_flat(std::size_t leaf) const noexcept;

  std::size_t size_ = 0;
  std::size_t leaves_ = 0;
  int axes_ = 0;  ///< columns: 3 for up to three dimensions
  double unit_ = 1;
  query::LeafBlocks<S> blocks_;  ///< up to three dimensions

  // More dimensions:
  storage::RawArray<S> rows_;
  storage::RawArray<std::int16_t> steps_;
  std::size_t block_stride_ = 16;
  std::size_t leaf_stride_ = 1;
  std::vector<std::int32_t> ids_;
  std::vector<std::uint32_t> begin_;
  std::vector<double> center_;
  std::vector<float> half_;
  std::vector<std::vector<float>> bounds_;  ///< a level

  std::vector<std::uint32_t> earlier_;
  std::vector<double> origin_;
  std::vector<const std::int16_t*> steps_columns_;
  std::vector<const float*> half_columns_, lower_columns_, upper_columns_;
  std::vector<const double*> center_columns_;
  std::vector<BoxColumns> levels_;
};

}  // namespace coppice::neighbor_graph
