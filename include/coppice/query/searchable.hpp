// The searches that every index offers, written once: a class that can describe itself as a SearchTarget inherits them.
// Validation of queries, batches, threads, CSR assembly and result order live in src/query/; the traversal itself runs
// inside the compiled kernels that the target names.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "coppice/query/hit_list.hpp"
#include "coppice/query/queries.hpp"
#include "coppice/query/strategy.hpp"

namespace coppice {

template <class Scalar>
struct SearchKernels;  // query/kernels.hpp

/// What a search runs on: an index, seen by its kernels.
template <class Scalar>
struct SearchTarget {
  const void* view;                      ///< the kernels' own picture of the structure
  const SearchKernels<Scalar>* kernels;  ///< compiled for this machine
  int dimension;
  std::size_t size;  ///< live points
  const PeriodicBox<Scalar>* periodic;
};

/// Called with each hit; false stops the search.
template <class Scalar>
using HitVisitor = std::function<bool(const Hit<Scalar>&)>;
using IdVisitor = std::function<bool(point_id)>;

namespace query {  // the bodies, compiled for float and double
template <class Scalar>
Neighbors<Scalar> nearest(const SearchTarget<Scalar>&, PointView<Scalar> queries, const Nearest<Scalar>&);
template <class Scalar>
std::size_t nearest(const SearchTarget<Scalar>&, std::span<const Scalar> point, const Nearest<Scalar>&,
                    std::span<Hit<Scalar>> hits);
template <class Scalar>
Neighbors<Scalar> within(const SearchTarget<Scalar>&, PointView<Scalar> queries, const Within<Scalar>&);
template <class Scalar>
Neighbors<Scalar> in_box(const SearchTarget<Scalar>&, PointView<Scalar> lower, PointView<Scalar> upper, const InBox&);
template <class Scalar>
void within(const SearchTarget<Scalar>&, std::span<const Scalar> point, const Within<Scalar>&, HitList<Scalar>& hits);
template <class Scalar>
void in_box(const SearchTarget<Scalar>&, std::span<const Scalar> lower, std::span<const Scalar> upper, const InBox&,
            HitList<Scalar>& hits);
template <class Scalar>
point_id find(const SearchTarget<Scalar>&, std::span<const Scalar> point);
template <class Scalar>
std::vector<point_id> find(const SearchTarget<Scalar>&, PointView<Scalar> points, const Executor& executor);
template <class Scalar>
std::vector<std::int64_t> count(const SearchTarget<Scalar>&, PointView<Scalar> queries, const Within<Scalar>&);
template <class Scalar>
std::vector<std::int64_t> count(const SearchTarget<Scalar>&, PointView<Scalar> lower, PointView<Scalar> upper,
                                const InBox&);
template <class Scalar>
bool visit(const SearchTarget<Scalar>&, std::span<const Scalar> point, const Nearest<Scalar>&,
           const HitVisitor<Scalar>&);
template <class Scalar>
bool visit(const SearchTarget<Scalar>&, std::span<const Scalar> point, const Within<Scalar>&,
           const HitVisitor<Scalar>&);
template <class Scalar>
bool visit(const SearchTarget<Scalar>&, std::span<const Scalar> lower, std::span<const Scalar> upper, const InBox&,
           const IdVisitor&);
template <class Scalar>
SearchWork work(const SearchTarget<Scalar>&, std::span<const Scalar> point, const Nearest<Scalar>&,
                std::uint64_t limit);
template <class Scalar>
SearchWork work(const SearchTarget<Scalar>&, std::span<const Scalar> point, const Within<Scalar>&, std::uint64_t limit);
template <class Scalar>
HomePath<Scalar> home_path(const SearchTarget<Scalar>&, std::span<const Scalar> point);
}  // namespace query

/// The searches of an index or a snapshot. All are const and may run on any number of threads at once.
/// Errors, for all: invalid_input for a query of another dimension, NaN or Inf in a query (with its row), k = 0,
/// a negative or NaN radius, lower > upper, and a metric that does not fit the dimension.
template <class Derived, class Scalar>
class Searchable {
 public:
  /// The k nearest points of every row of `queries`, ordered by (key, id): k entries a row, padded with
  /// (no_point, infinity) where fewer points qualify.
  [[nodiscard]] Neighbors<Scalar> nearest(PointView<Scalar> queries, const Nearest<Scalar>& query) const {
    return query::nearest(target(), queries, query);
  }
  /// One query: fills the first min(k, hits.size()) of `hits` and returns how many qualified. A KdTree allocates
  /// nothing for plain L2 without a periodic cell, under the default strategy and k ≤ 32.
  std::size_t nearest(std::span<const Scalar> point, const Nearest<Scalar>& query, std::span<Hit<Scalar>> hits) const {
    return query::nearest(target(), point, query, hits);
  }
  /// Every point within the radius of every row of `queries`, in the order asked for.
  [[nodiscard]] Neighbors<Scalar> within(PointView<Scalar> queries, const Within<Scalar>& query) const {
    return query::within(target(), queries, query);
  }
  /// Every point of every box lower[i] ≤ x ≤ upper[i]; `by_distance` is refused (a box has no distance).
  [[nodiscard]] Neighbors<Scalar> in_box(PointView<Scalar> lower, PointView<Scalar> upper,
                                         const InBox& query = {}) const {
    return query::in_box(target(), lower, upper, query);
  }
  /// One query into a list that is used again: what `within` gives for this row, squared, and without allocation once
  /// the list is large enough.
  void within(std::span<const Scalar> point, const Within<Scalar>& query, HitList<Scalar>& hits) const {
    query::within(target(), point, query, hits);
  }
  void in_box(std::span<const Scalar> lower, std::span<const Scalar> upper, const InBox& query,
              HitList<Scalar>& hits) const {
    query::in_box(target(), lower, upper, query, hits);
  }
  /// The point with exactly these coordinates, of several the one with the smallest id; no_point where there is none.
  [[nodiscard]] point_id find(std::span<const Scalar> point) const { return query::find(target(), point); }
  /// The same for every row, on the executor's threads.
  [[nodiscard]] std::vector<point_id> find(PointView<Scalar> points, const Executor& executor = {}) const {
    return query::find(target(), points, executor);
  }
  /// How many points `within` or `in_box` would give, a row each.
  [[nodiscard]] std::vector<std::int64_t> count(PointView<Scalar> queries, const Within<Scalar>& query) const {
    return query::count(target(), queries, query);
  }
  [[nodiscard]] std::vector<std::int64_t> count(PointView<Scalar> lower, PointView<Scalar> upper,
                                                const InBox& query = {}) const {
    return query::count(target(), lower, upper, query);
  }
  /// Hands the points to `visitor` one by one, nearest first, ordered by (key, id), until it returns false, k have
  /// been seen or the radius is reached. Returns whether the visitor let it run to the end.
  bool visit(std::span<const Scalar> point, const Nearest<Scalar>& query, const HitVisitor<Scalar>& visitor) const {
    return query::visit(target(), point, query, visitor);
  }
  /// As `within` for one point, in the order of Order::none, until `visitor` returns false. `order` is not used.
  bool visit(std::span<const Scalar> point, const Within<Scalar>& query, const HitVisitor<Scalar>& visitor) const {
    return query::visit(target(), point, query, visitor);
  }
  /// As `in_box` for one box, in the order of Order::none, until `visitor` returns false. `order` is not used.
  bool visit(std::span<const Scalar> lower, std::span<const Scalar> upper, const InBox& query,
             const IdVisitor& visitor) const {
    return query::visit(target(), lower, upper, query, visitor);
  }
  /// What the search for one point by `query.strategy` does, in its form for general metrics; one that exceeds `limit`
  /// gives up. Errors: unsupported for an index that shows no nodes (brute force, KdMapIndex).
  [[nodiscard]] SearchWork work(std::span<const Scalar> point, const Nearest<Scalar>& query,
                                std::uint64_t limit = SearchWork{}.limit) const {
    return query::work(target(), point, query, limit);
  }
  /// The same for everything within a radius, counted without distances.
  [[nodiscard]] SearchWork work(std::span<const Scalar> point, const Within<Scalar>& query,
                                std::uint64_t limit = SearchWork{}.limit) const {
    return query::work(target(), point, query, limit);
  }
  /// The way from the root to the leaf where a point belongs. Errors: as for work. Complexity: O(depth).
  [[nodiscard]] HomePath<Scalar> home_path(std::span<const Scalar> point) const {
    return query::home_path(target(), point);
  }

 private:
  [[nodiscard]] SearchTarget<Scalar> target() const noexcept {
    return static_cast<const Derived&>(*this).search_target();
  }
};

}  // namespace coppice
