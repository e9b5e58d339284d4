// The rows of a NeighborGraph: which neighbours every point has, and what changes when points come and go. Searches for
// new rows run on an index of the same points, whichever it is. docs/design/neighbor_graph.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "coppice/geometry/metric.hpp"
#include "coppice/index/neighbor_graph/graph.hpp"
#include "coppice/parallel/executor.hpp"
#include "coppice/query/hit.hpp"
#include "coppice/query/searchable.hpp"

namespace coppice::neighbor_graph {

/// What may be chosen about a NeighborGraph.
template <class Scalar>
struct Config {
  std::size_t k = 10;  ///< neighbours a point, itself excluded; 1 … 2^20
  /// Neighbours kept beyond the k-th, so that a row that loses some need not be searched again; 0 … 2^20. More cost
  /// memory and time when points come, fewer cost searches when they go.
  std::size_t spare = 4;
  Metric<Scalar> metric{};
  PeriodicBox<Scalar> periodic{};  ///< coordinates wrap on its finite axes
  /// Points are placed anew when this part of the places is empty; above 0, up to 1.
  double replace_fraction = 0.25;
  Executor executor{};  ///< where builds, batches and repairs run

  /// Errors: invalid_input that names the field.
  void check(int dimension) const;
};

/// What the last build, insert, erase or move did to the rows.
struct Repair {
  std::size_t changed = 0;   ///< points that came or went
  std::size_t offered = 0;   ///< (point, row) pairs where the point lies within what the row reaches
  std::size_t searched = 0;  ///< rows of old points that were searched anew
  bool all_anew = false;     ///< so much changed that all rows were made anew
};

/// Rows of neighbours by id. All calls that change rows take the index of the points as they are afterwards, and points
/// as it stores them.
template <class Scalar>
class Rows {
 public:
  /// Errors: invalid_input for a bad dimension or Config.
  Rows(int dimension, Config<Scalar> config);
  Rows(Rows&&) noexcept;
  Rows& operator=(Rows&&) noexcept;
  ~Rows();

  [[nodiscard]] const Config<Scalar>& config() const noexcept;
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] Repair last_repair() const noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// Errors: invalid_input for more points than a graph holds, 2^31 − 1; then nothing has changed.
  void check_room(std::size_t points) const;
  /// Replaces everything. Requires: checked points and ids.
  void build(const SearchTarget<Scalar>& index, PointView<Scalar> points, std::span<const point_id> ids);
  /// Points leave, then others enter; an id may do both. Requires: checked points and ids.
  void change(const SearchTarget<Scalar>& index, std::span<const point_id> leave, PointView<Scalar> points,
              std::span<const point_id> enter);
  void clear() noexcept;

  /// Errors: invalid_input for an unknown id.
  [[nodiscard]] std::span<const Hit<Scalar>> neighbors(point_id id) const;
  /// The ids of all points, ascending.
  [[nodiscard]] std::vector<point_id> ids() const;
  /// Row i belongs to the i-th smallest id, and neighbours are named by their rows.
  template <GraphIndex Index>
  [[nodiscard]] DenseGraph<Scalar, Index> graph() const;
  /// Errors: std::logic_error that names what is broken.
  void validate(const SearchTarget<Scalar>& index) const;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace coppice::neighbor_graph
