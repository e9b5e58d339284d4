// NeighborGraph: the k nearest neighbours of every point, kept exact while points come and go. Beside the rows stands
// an index of the same points, which answers everything else that an index is asked. docs/design/neighbor_graph.md.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "coppice/geometry/grid_cell.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/index/neighbor_graph/neighbor_graph_rows.hpp"
#include "coppice/persist/point_archive.hpp"
#include "coppice/query/searchable.hpp"
#include "coppice/query/statistics.hpp"
#include "coppice/storage/id_check.hpp"

namespace coppice {

/// What a NeighborGraph stands on: a dynamic index whose kernels search.
template <class Index, class Scalar>
concept PointIndex = requires(Index& index, const Index& seen, PointView<Scalar> points, std::span<const point_id> ids,
                              std::vector<point_id>& all, Points<Scalar>& copy) {
  typename Index::Config;
  index.build(points, ids);
  index.insert(points, ids);
  index.erase(ids);
  index.move(ids, points);
  index.clear();
  seen.copy_points(all, copy);
  { seen.search_target() } -> std::same_as<SearchTarget<Scalar>>;
  { seen.size() } -> std::same_as<std::size_t>;
  { seen.contains(point_id{}) } -> std::same_as<bool>;
};

/// A graph over points of 1 … 1,024 dimensions with stable ids; `Scalar` is float or double, `Index` the index it
/// stands on, usually KdTree<Scalar>.
///
/// Exactness: rows equal brute force bit for bit, ordered by (key, id), whatever the history and the number of threads;
/// so does every search.
/// Repair: a point that comes or goes changes the rows that reach it and no others; when more than a quarter of the
/// points change at once, all rows are made anew. Complexity of a batch of m points: that of the index, m searches, and
/// O(m k) rows touched, where density varies slowly.
/// Thread safety: any number of concurrent const calls; one writer at a time and no other call beside it.
/// Limits: 2^31 − 1 points, and the limits of the index. Errors: a call that throws invalid_input has changed nothing.
template <class Scalar, PointIndex<Scalar> Index>
class NeighborGraph : public Searchable<NeighborGraph<Scalar, Index>, Scalar> {
 public:
  using Config = neighbor_graph::Config<Scalar>;
  static constexpr std::string_view archive_kind = "neighbor_graph";

  /// An empty graph. Errors: invalid_input for a dimension outside 1 … 1,024 or a bad Config.
  explicit NeighborGraph(int dimension, Config config = {})
      : rows_(dimension, std::move(config)), index_(dimension, index_config(rows_.config())) {}

  /// Replaces everything. Ids become 0 … n − 1. Complexity: O(n k) up to three dimensions where density varies slowly.
  void build(PointView<Scalar> points) { build(points, storage::fresh_ids(0, points.size())); }
  /// As above with the caller's ids. Errors: invalid_input naming the row of a negative or repeated id.
  void build(PointView<Scalar> points, std::span<const point_id> ids) {
    rows_.check_room(points.size());
    index_.build(points, ids);
    rows_.build(search_target(), wrapped(points), ids);
    next_id_ = storage::next_after(0, ids);
  }

  /// Adds one point under the next free id (larger than any given or used since the last build; clear does not start
  /// again) and returns it.
  point_id insert(std::span<const Scalar> point) { return insert(one_row(point)); }
  /// Adds one point under the caller's id. Errors: invalid_input when the id is negative or in use.
  void insert(std::span<const Scalar> point, point_id id) { insert(one_row(point), {&id, 1}); }
  /// Adds a batch under consecutive fresh ids; returns the first. All or nothing.
  point_id insert(PointView<Scalar> points) {
    const point_id first = next_id_;
    insert(points, storage::fresh_ids(first, points.size()));
    return first;
  }
  /// Adds a batch under the caller's ids. All or nothing.
  void insert(PointView<Scalar> points, std::span<const point_id> ids) {
    rows_.check_room(size() + points.size());
    index_.insert(points, ids);
    rows_.change(search_target(), {}, wrapped(points), ids);
    next_id_ = storage::next_after(next_id_, ids);
  }

  /// Removes points. Errors: invalid_input naming the row of an unknown or repeated id; then nothing was removed.
  void erase(point_id id) { erase({&id, 1}); }
  void erase(std::span<const point_id> ids) {
    index_.erase(ids);
    rows_.change(search_target(), ids, PointView<Scalar>(nullptr, 0, dimension()), {});
  }

  /// Gives points new coordinates under the same ids.
  void move(point_id id, std::span<const Scalar> point) { move({&id, 1}, one_row(point)); }
  void move(std::span<const point_id> ids, PointView<Scalar> points) {
    index_.move(ids, points);
    rows_.change(search_target(), ids, wrapped(points), ids);
  }

  /// Removes every point inside (or, for keep, outside) the box lower ≤ x ≤ upper; returns how many went.
  std::size_t erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
    const std::vector<point_id> inside = this->in_box(one_row(lower), one_row(upper)).ids;
    erase(inside);
    return inside.size();
  }
  std::size_t keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
    const std::vector<point_id> inside = this->in_box(one_row(lower), one_row(upper), {.order = Order::by_id}).ids;
    const std::vector<point_id> all = ids();
    std::vector<point_id> outside;
    std::set_difference(all.begin(), all.end(), inside.begin(), inside.end(), std::back_inserter(outside));
    erase(outside);
    return outside.size();
  }
  /// Keeps in every cube of a grid of edge `cell` aligned to 0 only the point of the smallest id; returns how many
  /// went. Errors: invalid_input unless cell is positive and finite. Complexity: O(n), and the repair.
  std::size_t down_sample(Scalar cell) {
    std::vector<point_id> all;
    Points<Scalar> points;
    copy_points(all, points);
    const std::vector<point_id> out = crowded_out(points.view(), all, cell);
    erase(out);
    return out.size();
  }

  /// The k nearest of a point of the graph, itself left out, by (key, id); fewer where the graph holds fewer. Valid
  /// until the next change. Errors: invalid_input for an unknown id. Complexity: O(1).
  [[nodiscard]] std::span<const Hit<Scalar>> neighbors(point_id id) const { return rows_.neighbors(id); }
  /// The ids of all points, ascending. Complexity: O(n log n).
  [[nodiscard]] std::vector<point_id> ids() const { return rows_.ids(); }
  /// All rows as a value: row i belongs to ids()[i], and neighbours are named by their rows, which are their ids while
  /// these are 0 … n − 1. 32-bit names are always enough. Complexity: O(n (k + log n)).
  template <GraphIndex Name = point_id>
  [[nodiscard]] DenseGraph<Scalar, Name> graph() const {
    return rows_.template graph<Name>();
  }
  /// What the last change cost.
  [[nodiscard]] neighbor_graph::Repair last_repair() const noexcept { return rows_.last_repair(); }

  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] int dimension() const noexcept { return index_.dimension(); }
  [[nodiscard]] const Config& config() const noexcept { return rows_.config(); }
  [[nodiscard]] const Index& index() const noexcept { return index_; }
  [[nodiscard]] bool contains(point_id id) const noexcept { return index_.contains(id); }
  /// The coordinates of a point as stored (wrapped where periodic). Errors: invalid_input for an unknown id.
  [[nodiscard]] std::vector<Scalar> point(point_id id) const { return index_.point(id); }
  /// Every id and its coordinates, in the index's order.
  void copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const { index_.copy_points(ids, points); }
  void clear() {
    index_.clear();
    rows_.clear();
  }

  /// Writes points, ids and what the rows can be made from again to a checksummed file, atomically. Errors: io_error.
  void save(const std::filesystem::path& path) const;
  /// Makes the rows again. Errors: io_error, corrupt_file, invalid_input when the file holds another index or scalar
  /// type.
  [[nodiscard]] static NeighborGraph load(const std::filesystem::path& path, Executor executor = {});

  /// The index's shape, and the memory of both.
  [[nodiscard]] Statistics statistics() const {
    Statistics all = index_.statistics();
    all.bytes += rows_.bytes();
    all.bytes_per_point = empty() ? 0 : static_cast<double>(all.bytes) / static_cast<double>(size());
    return all;
  }
  /// Checks the index, and every row against a search of it; O(n log n) and more. Errors: std::logic_error that names
  /// the first invariant broken.
  void validate() const {
    index_.validate();
    rows_.validate(search_target());
  }
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept { return index_.search_target(); }

 private:
  static typename Index::Config index_config(const Config& config) {
    typename Index::Config made;
    made.periodic = config.periodic;
    if constexpr (requires { made.executor; }) made.executor = config.executor;
    return made;
  }
  /// Points as the index stores them.
  [[nodiscard]] Points<Scalar> wrapped(PointView<Scalar> points) const { return config().periodic.wrap(points); }

  neighbor_graph::Rows<Scalar> rows_;
  Index index_;
  point_id next_id_ = 0;
};

template <class Scalar, PointIndex<Scalar> Index>
void NeighborGraph<Scalar, Index>::save(const std::filesystem::path& path) const {
  persist::StoredPoints<Scalar> stored;
  copy_points(stored.ids, stored.points);
  stored.periodic = config().periodic;
  stored.next_id = next_id_;
  persist::ArchiveWriter archive{std::string(archive_kind)};
  persist::add_points(archive, stored);
  archive.set("k", config().k);
  archive.set("spare", config().spare);
  archive.set("replace_fraction", config().replace_fraction);
  archive.set("metric", metric_name(config().metric.kind));
  const std::vector<double> weights(config().metric.weights.begin(), config().metric.weights.end());
  archive.set("weights", weights);
  archive.write(path);
}

template <class Scalar, PointIndex<Scalar> Index>
NeighborGraph<Scalar, Index> NeighborGraph<Scalar, Index>::load(const std::filesystem::path& path, Executor executor) {
  const persist::ArchiveReader archive(path);
  persist::StoredPoints<Scalar> stored = persist::read_points<Scalar>(archive, archive_kind);
  Config config;
  config.executor = executor;
  config.periodic = std::move(stored.periodic);
  const auto read = [&](std::string_view field, const auto& take) {
    try {
      take();
      config.check(stored.points.dimension);
    } catch (const invalid_input& mistake) {
      archive.refuse(field, mistake.what());
    }
  };
  read("k", [&] { config.k = static_cast<std::size_t>(archive.integer("k")); });
  read("spare", [&] { config.spare = static_cast<std::size_t>(archive.integer("spare")); });
  read("replace_fraction", [&] { config.replace_fraction = archive.real("replace_fraction"); });
  read("metric", [&] {
    const std::string& name = archive.text("metric");
    const std::vector<double>& weights = archive.reals("weights");
    const bool weighted = name == metric_name(MetricKind::weighted_l2);
    config.metric = {weighted ? MetricKind::weighted_l2 : metric_from_name(name), {weights.begin(), weights.end()}};
  });
  NeighborGraph graph(stored.points.dimension, std::move(config));
  graph.build(stored.points, stored.ids);
  graph.next_id_ = stored.next_id;
  return graph;
}

}  // namespace coppice
