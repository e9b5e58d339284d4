// What a HighGraph sees its points through once they have been searched: the same filter that the search chose, kept up
// to date. It finds the rows that new points enter, and single rows from scratch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "coppice/index/neighbor_graph/high_dimension.hpp"
#include "coppice/parallel/executor.hpp"
#include "high_store.hpp"
#include "neighbor_graph_store.hpp"

namespace coppice::high {

/// Memory for more points than there are, so that the first that come need not move the others.
[[nodiscard]] constexpr std::size_t with_room(std::size_t points) noexcept {
  return points + points / 8;
}

/// Points and their rows, by slot. A slot whose name is no_point is empty.
template <class Scalar>
struct GraphRows {
  [[nodiscard]] bool is_empty(std::size_t slot) const noexcept { return rows.id(slot) == no_point; }

  Store<Scalar> store;
  std::vector<point_id> names;  ///< as the rows have them
  std::size_t live = 0;
  std::size_t width = 1;  ///< of rows
  neighbor_graph::RowStore<Scalar> rows{1};
};

/// All calls take the same rows. Those that change them do not depend on the number of threads.
template <class Scalar>
class GraphSieve {
 public:
  virtual ~GraphSieve() = default;

  /// Points have come into these slots, some of which may be new at the end.
  virtual void set(const GraphRows<Scalar>& graph, std::span<const std::int32_t> slots, const Executor& executor) = 0;
  /// A point has gone.
  virtual void hide(std::size_t slot) = 0;
  /// Offers the points of these slots to the rows of all others that they may be near enough for; gives how many pairs
  /// were close enough to be evaluated.
  virtual std::size_t offer(GraphRows<Scalar>& graph, std::span<const std::int32_t> slots,
                            const Executor& executor) = 0;
  /// Makes these rows from scratch.
  virtual void search(GraphRows<Scalar>& graph, std::span<const std::int32_t> slots, const Executor& executor) = 0;
  [[nodiscard]] virtual const Frame& frame() const noexcept = 0;
  /// How many neighbours a row must hold at least to be as good as the search made it.
  [[nodiscard]] virtual std::size_t least() const noexcept = 0;
  [[nodiscard]] virtual bool is_exact() const noexcept = 0;
  [[nodiscard]] virtual std::size_t memory() const noexcept = 0;
};

/// What a HighGraph asks for: `others` neighbours beside the point itself, and some more that are kept.
template <class Scalar>
struct GraphTask {
  HighNearest<Scalar> query;
  std::size_t others = 0;
  std::size_t spare = 0;
};

/// Searches all rows of a store, and what comes after. Requires: names ascend with the slots. `graph` is given its
/// width, rows and count of points.
template <class Scalar>
[[nodiscard]] std::unique_ptr<GraphSieve<Scalar>> search_graph(GraphRows<Scalar>& graph, const GraphTask<Scalar>& task,
                                                               HighStatistics& done);

}  // namespace coppice::high
