// What the sieves of a HighGraph have in common: packed points by position, offers of new points to the rows that they
// may be near enough for, and searches of single rows. A sieve adds what its filter sees, and how far a row reaches.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "high_graph_sieve.hpp"
#include "high_resolve.hpp"
#include "high_sketch_search.hpp"

namespace coppice::high {

/// Nothing reaches this; and everything that is not out of reach reaches that.
template <class Sum>
inline constexpr Sum unreachable = std::numeric_limits<Sum>::has_infinity ? std::numeric_limits<Sum>::infinity()
                                                                          : std::numeric_limits<Sum>::max();
template <class Sum>
inline constexpr Sum lowest = std::numeric_limits<Sum>::has_infinity ? std::numeric_limits<Sum>::lowest()
                                                                     : Sum(-(1 << 28));

/// Writes rows of a search into those of a graph. `complete`: they hold all other points unless they are full.
template <class Scalar>
[[nodiscard]] Output<Scalar> into_rows(GraphRows<Scalar>& graph, std::size_t width) {
  Output<Scalar> output;
  output.k = width;
  output.taker = &graph;
  output.take = [](void* taker, std::size_t slot, std::span<const Hit<Scalar>> hits) {
    auto& to = *static_cast<GraphRows<Scalar>*>(taker);
    to.rows.assign(slot, hits.size(), hits.size() + 1 == to.live, [&](std::size_t i) { return hits[i]; });
  };
  return output;
}
/// The same where neighbours are given by slot.
template <class Scalar>
[[nodiscard]] Output<Scalar> slots_into_rows(GraphRows<Scalar>& graph, std::size_t width) {
  Output<Scalar> output = into_rows(graph, width);
  output.take = [](void* taker, std::size_t slot, std::span<const Hit<Scalar>> hits) {
    auto& to = *static_cast<GraphRows<Scalar>*>(taker);
    to.rows.assign(slot, hits.size(), hits.size() + 1 == to.live, [&](std::size_t i) {
      return Hit<Scalar>{hits[i].distance_squared, to.names[static_cast<std::size_t>(hits[i].id)]};
    });
  };
  return output;
}

/// What all have in common: points packed by position, which sketches take from a tree. Derived classes say what a
/// filter sees.
template <class Scalar, class Filter>
class PackedSieve : public GraphSieve<Scalar> {
 public:
  using Sum = typename Filter::Sum;

  void hide(std::size_t slot) override { packed.hide(position(slot)); }

  std::size_t offer(GraphRows<Scalar>& graph, std::span<const std::int32_t> slots, const Executor& executor) override {
    std::vector<bool> comes(packed.size(), false);
    std::vector<std::int32_t> positions;
    for (const std::int32_t slot : slots) {
      positions.push_back(static_cast<std::int32_t>(position(static_cast<std::size_t>(slot))));
      comes[static_cast<std::size_t>(positions.back())] = true;
    }
    const PackedPoints<Sum> columns = select(packed, positions.data(), positions.size());
    std::vector<Sum> thresholds(packed.groups() * group, unreachable<Sum>);
    const std::size_t per_chunk = block_groups(packed.groups(), packed.steps(), executor);
    std::vector<std::size_t> evaluated((packed.groups() + per_chunk - 1) / per_chunk, 0);
    executor.for_each_chunk(packed.groups(), per_chunk, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first * group; i < std::min(packed.size(), last * group); ++i)
        if (!comes[i] && !graph.is_empty(slot(i))) thresholds[i] = threshold(graph, i);
      evaluated[first / per_chunk] = offer_to(graph, {first, last}, columns, slots, thresholds.data());
    });
    return std::accumulate(evaluated.begin(), evaluated.end(), std::size_t{0});
  }

  void search(GraphRows<Scalar>& graph, std::span<const std::int32_t> slots, const Executor& executor) override {
    if (slots.empty()) return;
    std::vector<std::int32_t> positions;
    for (const std::int32_t slot : slots)
      positions.push_back(static_cast<std::int32_t>(position(static_cast<std::size_t>(slot))));
    const PackedPoints<Sum> rows = select(packed, positions.data(), positions.size());
    Problem<Scalar> problem;
    problem.points = problem.queries = &graph.store;
    problem.order = order.empty() ? nullptr : order.data();
    problem.query_order = slots.data();
    problem.names = graph.names.data();
    problem.output = into_rows(graph, graph.width);
    problem.executor = executor;
    // The point itself is among the candidates.
    CandidateLists<Sum> lists(rows.size(), candidates(graph) + 1);
    search_rows(kernels(), rows, packed, lists, executor);
    found(positions, lists, executor);
    resolve(problem, kernels(), rows, packed, lists, filter_of(rows, positions), this->is_exact());
  }

  [[nodiscard]] std::size_t memory() const noexcept override {
    return packed.memory() + (order.capacity() + positions_.capacity()) * sizeof(std::int32_t);
  }

  PackedPoints<Sum> packed;
  std::vector<std::int32_t> order;  ///< slots by position; empty: they are the same

 protected:
  [[nodiscard]] virtual const tiles::ListKernels<Sum>& kernels() const noexcept = 0;
  /// Kept for each row that is searched.
  [[nodiscard]] virtual std::size_t candidates(const GraphRows<Scalar>& graph) const noexcept = 0;
  /// What a point must reach to matter to the row at a position.
  [[nodiscard]] virtual Sum threshold(const GraphRows<Scalar>& graph, std::size_t position) const = 0;
  /// The filter for some of the points.
  [[nodiscard]] virtual Filter filter_of(const PackedPoints<Sum>& rows,
                                         const std::vector<std::int32_t>& positions) const = 0;
  /// Rows at these positions have been compared with all points.
  virtual void found(const std::vector<std::int32_t>&, const CandidateLists<Sum>&, const Executor&) {}

  [[nodiscard]] std::size_t slot(std::size_t position) const noexcept {
    return order.empty() ? position : static_cast<std::size_t>(order[position]);
  }
  [[nodiscard]] std::size_t position(std::size_t slot) const noexcept {
    return order.empty() ? slot : static_cast<std::size_t>(positions_[slot]);
  }
  /// New slots come last in any order.
  void grow(std::size_t slots) {
    if (!order.empty()) {
      if (positions_.empty()) positions_ = inverse(order);
      for (std::size_t i = order.size(); i < slots; ++i) {
        order.push_back(static_cast<std::int32_t>(i));
        positions_.push_back(static_cast<std::int32_t>(i));
      }
    }
    packed.grow(std::max(packed.size(), slots));
  }
  void remember_order() { positions_ = inverse(order); }

 private:
  std::size_t offer_to(GraphRows<Scalar>& graph, tiles::Groups rows, const PackedPoints<Sum>& columns,
                       std::span<const std::int32_t> slots, const Sum* thresholds) const {
    struct Arrivals {
      const PackedSieve* sieve;
      GraphRows<Scalar>* graph;
      std::span<const std::int32_t> slots;
      std::vector<std::int32_t> ids;
      std::vector<Scalar> keys;
      std::size_t evaluated = 0;
    } arrivals{this, &graph, slots, {}, {}, 0};
    std::vector<tiles::Found> found(1024);
    tiles::FoundSink sink{
        found.data(), 0, found.size(), &arrivals, [](tiles::FoundSink& full) {
          auto& to = *static_cast<Arrivals*>(full.context);
          for (std::size_t first = 0, last = 0; first < full.size; first = last) {
            const std::size_t row = to.sieve->slot(static_cast<std::size_t>(full.found[first].row));
            to.ids.clear();
            for (; last < full.size && full.found[last].row == full.found[first].row; ++last)
              to.ids.push_back(to.slots[static_cast<std::size_t>(full.found[last].column)]);
            to.keys.resize(to.ids.size());
            to.graph->store.keys(to.graph->store, row, to.ids.data(), to.ids.size(), to.keys.data());
            for (std::size_t i = 0; i < to.ids.size(); ++i)
              to.graph->rows.offer(row, {to.keys[i], to.graph->names[static_cast<std::size_t>(to.ids[i])]});
            to.evaluated += to.ids.size();
          }
          full.size = 0;
        }};
    kernels().collect(packed.view(), rows, columns.view(), {0, columns.groups()}, thresholds, sink);
    sink.drain(sink);
    return arrivals.evaluated;
  }

  std::vector<std::int32_t> positions_;  ///< by slot
};

}  // namespace coppice::high
