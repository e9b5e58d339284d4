// Whose rows a search of NearestRows answers, and how they are written. Equal points of a tile have the same points
// near them, so one of them is searched for all: its row has a place more, for the one that each leaves out. Only the
// kernel units in src/ instantiate this.
#pragma once

#include "coppice/index/neighbor_graph/exact_rows.hpp"
#include "coppice/index/neighbor_graph/row_descent.hpp"

namespace coppice::neighbor_graph {

template <class Target, class S, int Axes, MetricKind Kind>
class NearestOutput : protected RowDescent<Target, S, Axes, Kind> {
 protected:
  using Tiles = RowDescent<Target, S, Axes, Kind>;
  using Exact = ExactRows<Target, S, Axes, Kind>;
  using Tiles::active;
  using Tiles::active_count;
  using Tiles::axes;
  using Tiles::queries;
  using Tiles::scratch;
  using Tiles::set;

  NearestOutput(const NearestTask<S>& t, RowScratch& memory, RowCounts& c)
      : Tiles(t.set, t.queries, t.first, t.count, memory, c),
        task(t),
        wanted(t.k + (t.same && !t.self ? 1 : 0)),
        output{t.ids32, t.ids64, t.distances} {}

  const NearestTask<S>& task;
  const std::size_t wanted;  ///< points at least as near as the k-th neighbour, a query itself counted

  /// Of equal queries the first alone stays active.
  void join_equal() {
    first_slot = active[0];
    std::size_t n = 0;
    for (std::size_t q = 0; q < active_count; ++q) {
      const std::uint32_t slot = active[q];
      member[q] = slot;
      if (n > 0 && equal(queries, slot, active[n - 1])) {
        ++twins[active[n - 1] - first_slot].count;
        continue;
      }
      twins[slot - first_slot] = {static_cast<std::uint8_t>(q), 1};
      active[n++] = slot;
    }
    active_count = n;
  }

  /// The slot that is no neighbour of a query, if it is searched for itself alone; else none.
  [[nodiscard]] std::uint32_t left_out(std::uint32_t slot) const {
    return task.same && !task.self && twins[slot - first_slot].count == 1 ? slot : ~std::uint32_t{0};
  }
  /// How many neighbours its row needs.
  [[nodiscard]] std::size_t needed(std::uint32_t slot) const {
    return twins[slot - first_slot].count == 1 ? task.k : wanted;
  }

  /// A tile of equal points of which there are enough: the first of them are the neighbours of all.
  bool equal_points(std::size_t leaf) {
    if (!task.same || set.earlier == nullptr || set.earlier[leaf] < wanted) return false;
    std::size_t first = set.begin[leaf] - set.earlier[leaf];
    while (first > 0 && equal(set, first, first - 1)) --first;  // the first of them may stand in a leaf with others
    const S zero = 0;
    for (std::size_t q = 0; q < active_count; ++q) {
      std::size_t slot = first;
      for (std::size_t n = 0; n < task.k; ++slot)
        if (task.self || slot != active[q])
          output.template put<Exact>(this->row_of(q) * task.k + n++, &zero, &set.id_of(slot), 1);
    }
    return true;
  }

  /// The rows of a query and of those equal to it, from neighbours in order.
  void write(std::uint32_t slot, const S* keys, const std::int32_t* ids, std::size_t n) {
    while (n > 0 && !(keys[n - 1] <= task.limit)) --n;
    const Twins& group = twins[slot - first_slot];
    if (group.count == 1 || !task.same || task.self) {
      for (std::size_t m = 0; m < group.count; ++m) put(member[group.first + m], keys, ids, n, n);
      return;
    }
    for (std::size_t m = 0; m < group.count; ++m) {
      const std::int32_t own = set.id_of(member[group.first + m]);
      std::size_t place = 0;
      while (place < n && keys[place] == 0 && ids[place] != own) ++place;
      put(member[group.first + m], keys, ids, n, place < n && ids[place] == own ? place : n);
    }
  }
  void write(std::uint32_t slot, const typename Exact::Smallest& smallest) {
    Exact::heap_sort(smallest.keys, smallest.ids, smallest.size);
    write(slot, smallest.keys, smallest.ids, smallest.size);
  }

  [[nodiscard]] typename Exact::Smallest empty_row(std::uint32_t slot) const {
    const std::size_t most = needed(slot) < set.points ? needed(slot) : set.points;
    const std::size_t room = wanted < set.points ? wanted : set.points;
    S* const heap_keys = static_cast<S*>(scratch.exact);
    return {heap_keys, reinterpret_cast<std::int32_t*>(heap_keys + room), most};
  }

 private:
  struct Twins {
    std::uint8_t first, count;  ///< of `member`
  };

  RowOutput<S> output;
  std::uint32_t first_slot = 0;
  std::uint32_t member[leaf_capacity];  ///< slots of all queries that are asked for, equal ones side by side
  Twins twins[leaf_capacity];           ///< of the query at first_slot + i

  [[nodiscard]] bool equal(const LeafSetView<S>& view, std::size_t a, std::size_t b) const {
    const S* x = view.rows + static_cast<std::ptrdiff_t>(a) * view.stride;
    const S* y = view.rows + static_cast<std::ptrdiff_t>(b) * view.stride;
    bool same = true;
    for (int axis = 0; axis < axes(); ++axis) same &= x[axis] == y[axis];
    return same;
  }

  /// One row, without what stands at `out`.
  void put(std::uint32_t slot, const S* keys, const std::int32_t* ids, std::size_t n, std::size_t out) {
    const std::size_t row = (static_cast<std::size_t>(queries.id_of(slot)) - this->first_row) * task.k;
    const std::size_t before = out < task.k ? out : task.k;
    output.template put<Exact>(row, keys, ids, before);
    std::size_t filled = before;
    if (out < n) {
      output.template put<Exact>(row + out, keys + out + 1, ids + out + 1, n - out - 1);
      filled = n - 1;
    }
    output.pad(row + filled, task.k - filled);
  }
};

}  // namespace coppice::neighbor_graph
