// Methods that look at rows: tiles of the caller's rows as columns of doubles, and labels with the sums that belong to
// them, which change only where a label does.
#pragma once

#include <algorithm>
#include <mutex>
#include <vector>

#include "kmeans_problem.hpp"

namespace coppice::kmeans {

/// Rows of a chunk: what one task does.
inline constexpr std::size_t row_chunk = 2048;

/// The rows first, first + 1, … as a tile; rows beyond `count` repeat the first.
template <class S>
void fill_tile(PointView<S> points, std::size_t first, std::size_t count, double* tile) {
  const auto d = static_cast<std::size_t>(points.dimension());
  for (std::size_t i = 0; i < tile_rows; ++i) {
    const S* const row = points.row(first + (i < count ? i : 0));
    for (std::size_t a = 0; a < d; ++a) tile[a * tile_rows + i] = static_cast<double>(row[a]);
  }
}

/// The same for rows that need not follow each other.
template <class S>
void fill_tile(PointView<S> points, const std::uint32_t* rows, std::size_t count, double* tile) {
  const auto d = static_cast<std::size_t>(points.dimension());
  for (std::size_t i = 0; i < tile_rows; ++i) {
    const S* const row = points.row(rows[i < count ? i : 0]);
    for (std::size_t a = 0; a < d; ++a) tile[a * tile_rows + i] = static_cast<double>(row[a]);
  }
}

/// A row in doubles: itself, or widened into `scratch`.
[[nodiscard]] inline const double* as_doubles(const double* row, int, double*) {
  return row;
}
[[nodiscard]] inline const double* as_doubles(const float* row, int dimension, double* scratch) {
  for (int a = 0; a < dimension; ++a) scratch[a] = static_cast<double>(row[a]);
  return scratch;
}

/// The labels of all rows and the sums of all centers.
template <class S>
class RowEngine : public Engine {
 protected:
  RowEngine(const Problem<S>& problem, std::size_t k)
      : problem_(problem), k_(k), d_(problem.points.dimension()), labels_(problem.points.size(), -1), sums_(k, d_) {}

  /// Calls body(first, last, changes) for chunks of rows; what body writes to `changes` ends up in the sums.
  template <class Body>
  void for_chunks(Body&& body) {
    // As many ranges of chunks as there are threads: each keeps its changes to itself until its end.
    const std::size_t n = labels_.size(), chunks = (n + row_chunk - 1) / row_chunk;
    const auto threads = static_cast<std::size_t>(problem_.executor.threads());
    const std::size_t grain = (chunks + threads - 1) / threads;
    std::mutex merging;
    problem_.executor.for_each_chunk(chunks, grain, [&](std::size_t first, std::size_t last) {
      Sums changes(k_, d_);
      for (std::size_t c = first; c < last; ++c) body(c * row_chunk, std::min(n, (c + 1) * row_chunk), changes);
      const std::lock_guard lock(merging);
      sums_.add(changes);
    });
  }

  void relabel(std::size_t row, std::uint32_t to, Sums& changes, double* scratch) {
    std::int32_t& label = labels_[row];
    if (label == static_cast<std::int32_t>(to)) return;
    const double* const x = as_doubles(problem_.points.row(row), d_, scratch);
    const double weight = problem_.weight(row);
    const auto move = [&](std::size_t center, double w) {
      kernels_.add(x, d_, problem_.frame.grid(), w, changes.places.data() + center * static_cast<std::size_t>(d_));
      changes.weights[center] += static_cast<std::int64_t>(w);
    };
    if (label >= 0) move(static_cast<std::size_t>(label), -weight);
    move(to, weight);
    label = static_cast<std::int32_t>(to);
  }

  void hand_out(Sums& sums, std::int32_t* labels) const {
    sums = sums_;
    if (labels != nullptr) std::copy(labels_.begin(), labels_.end(), labels);
  }

  Problem<S> problem_;
  std::size_t k_;
  int d_;
  const Kernels& kernels_ = kernels();
  std::vector<std::int32_t> labels_;
  Sums sums_;
};

}  // namespace coppice::kmeans
