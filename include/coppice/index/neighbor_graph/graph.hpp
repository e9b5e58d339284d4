// Neighbour graphs as values: the neighbours of every point, row after row. Row i belongs to point i of the caller's
// array, neighbours are named by their rows in it, and every row is sorted by (distance, id) unless it says otherwise.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "coppice/geometry/point_view.hpp"

namespace coppice {

/// How a graph may name points: 32 bits take half the memory and serve up to 2^31 points.
template <class T>
concept GraphIndex = std::same_as<T, std::int32_t> || std::same_as<T, std::int64_t>;

/// k neighbours a row: entry j of row i is at i · k + j. Rows with fewer neighbours end with (−1, infinity).
template <class Scalar, GraphIndex Index = point_id>
struct DenseGraph {
  std::size_t k = 0;
  std::vector<Index> ids;
  std::vector<Scalar> distances;  ///< true distances, in the metric's unit (never squared)

  [[nodiscard]] std::size_t size() const noexcept { return k == 0 ? 0 : ids.size() / k; }
  friend bool operator==(const DenseGraph&, const DenseGraph&) = default;
};

/// Rows of any length, in compressed sparse rows (CSR): row i is [offsets[i], offsets[i + 1]).
template <class Scalar, GraphIndex Index = point_id>
struct SparseGraph {
  std::vector<std::int64_t> offsets{0};  ///< points + 1
  std::vector<Index> ids;
  std::vector<Scalar> distances;  ///< empty where only the structure was asked for

  [[nodiscard]] std::size_t size() const noexcept { return offsets.size() - 1; }
  friend bool operator==(const SparseGraph&, const SparseGraph&) = default;
};

/// Either of them, for whoever only reads. Never owns, never copies.
template <class Scalar, GraphIndex Index = point_id>
class GraphView {
 public:
  GraphView() = default;
  GraphView(const DenseGraph<Scalar, Index>& graph)  // NOLINT: what reads a graph takes either kind
      : GraphView(graph.size(), graph.k, graph.ids.data(), graph.distances.data()) {}
  GraphView(const SparseGraph<Scalar, Index>& graph)  // NOLINT
      : rows_(graph.size()),
        offsets_(graph.offsets.data()),
        ids_(graph.ids.data()),
        distances_(graph.distances.empty() ? nullptr : graph.distances.data()) {}
  /// `rows` × `k` entries; `distances` may be null.
  GraphView(std::size_t rows, std::size_t k, const Index* ids, const Scalar* distances)
      : rows_(rows), k_(k), ids_(ids), distances_(distances) {}

  [[nodiscard]] std::size_t size() const noexcept { return rows_; }
  /// The neighbours of point i, without the padding of dense rows.
  [[nodiscard]] std::span<const Index> row(std::size_t i) const noexcept { return {ids_ + begin(i), length(i)}; }
  /// Their distances; empty where the graph has none.
  [[nodiscard]] std::span<const Scalar> distances(std::size_t i) const noexcept {
    return {distances_ + (distances_ == nullptr ? 0 : begin(i)), distances_ == nullptr ? 0 : length(i)};
  }

 private:
  [[nodiscard]] std::size_t begin(std::size_t i) const noexcept {
    return offsets_ == nullptr ? i * k_ : static_cast<std::size_t>(offsets_[i]);
  }
  [[nodiscard]] std::size_t length(std::size_t i) const noexcept {
    if (offsets_ != nullptr) return static_cast<std::size_t>(offsets_[i + 1] - offsets_[i]);
    std::size_t length = k_;
    while (length > 0 && ids_[i * k_ + length - 1] < 0) --length;
    return length;
  }

  std::size_t rows_ = 0;
  std::size_t k_ = 0;
  const std::int64_t* offsets_ = nullptr;
  const Index* ids_ = nullptr;
  const Scalar* distances_ = nullptr;
};

}  // namespace coppice
