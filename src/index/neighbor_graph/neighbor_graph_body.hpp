// What Rows holds: the rows, where their points are placed, and the way from an id to its row. Points are placed in
// runs of falling size: what comes together forms a run, and runs are joined when they grow alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "coppice/index/neighbor_graph/neighbor_graph_rows.hpp"
#include "coppice/storage/id_map.hpp"
#include "neighbor_graph_reach.hpp"
#include "neighbor_graph_store.hpp"

namespace coppice::neighbor_graph {

template <class S>
class Rows<S>::Body {
 public:
  Body(int dimension, Config<S> chosen);

  void build(const SearchTarget<S>& index, PointView<S> points, std::span<const point_id> ids);
  void change(const SearchTarget<S>& index, std::span<const point_id> leave, PointView<S> points,
              std::span<const point_id> enter);
  void clear() noexcept;
  void validate(const SearchTarget<S>& index) const;
  [[nodiscard]] std::size_t bytes() const noexcept;

  Config<S> config;
  Space<S> space;
  RowStore<S> store;
  IdMap row_of;
  Repair repair;

 private:
  struct Run {
    ReachRun<S> points;
    std::size_t live;
    std::size_t placed;
  };

  void build_ascending(const SearchTarget<S>& index, PointView<S> points, std::span<const point_id> ids);
  [[nodiscard]] bool has_fast_rows() const noexcept;
  void all_rows(PointView<S> points, std::span<const std::uint32_t> which);
  /// Rows of points that the index holds, searched there.
  void search_rows(const SearchTarget<S>& index, PointView<S> points, const std::vector<std::uint32_t>& rows,
                   RowStore<S>& to) const;

  void anew(const SearchTarget<S>& index, PointView<S> points, std::span<const point_id> enter);
  void leave(std::span<const point_id> ids, std::size_t needed, std::vector<std::uint32_t>& wanting);
  void enter(const SearchTarget<S>& index, PointView<S> points, std::span<const point_id> ids);
  void refill(const SearchTarget<S>& index, std::size_t needed, std::vector<std::uint32_t>& wanting);
  /// Calls apply(row, key, i) for every row that points[i] concerns; one after the other.
  template <class Apply>
  void offer_all(PointView<S> points, const Apply& apply);
  /// Places points in a run of their own, or in one with the runs that are no longer much larger.
  void place(PointView<S> points, const std::vector<std::uint32_t>& rows);
  void take_over(const Run& run, std::vector<S>& coordinates, std::vector<std::uint32_t>& rows) const;
  void settle_reach(std::uint32_t row) noexcept;

  std::vector<Run> runs_;
};

}  // namespace coppice::neighbor_graph
