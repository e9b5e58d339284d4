// KdMapIndex: a KdMap as an index of points with ids, behind the interface that every index has. A tuple is a place,
// its value the ids of the points there; a second map leads from an id to the node of its place.
#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "coppice/balance/criterion.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/index/kd_map/map.hpp"
#include "coppice/query/searchable.hpp"
#include "coppice/query/statistics.hpp"
#include "coppice/storage/id_map.hpp"

namespace coppice {

namespace kd_map {

/// The ids of the points at one place, ascending. The smallest lies in the set itself, the others on the heap.
class IdSet {
 public:
  IdSet() = default;
  explicit IdSet(point_id id) : first_(id) {}
  IdSet(const IdSet& other)
      : first_(other.first_), more_(other.more_ ? std::make_unique<std::vector<point_id>>(*other.more_) : nullptr) {}
  IdSet(IdSet&&) noexcept = default;
  IdSet& operator=(IdSet other) noexcept {
    first_ = other.first_;
    more_.swap(other.more_);
    return *this;
  }
  ~IdSet() = default;

  [[nodiscard]] bool empty() const noexcept { return first_ == no_point; }
  [[nodiscard]] std::size_t size() const noexcept { return empty() ? 0 : 1 + (more_ ? more_->size() : 0); }
  /// Requires: not empty.
  [[nodiscard]] point_id smallest() const noexcept { return first_; }
  /// Adds an id that is not there. O(1) above or next to the largest, else O(size).
  void insert(point_id id) {
    if (empty()) {
      first_ = id;
      return;
    }
    if (!more_) more_ = std::make_unique<std::vector<point_id>>();
    if (id < first_) std::swap(id, first_);
    more_->insert(std::lower_bound(more_->begin(), more_->end(), id), id);
  }
  /// Removes an id that is there. O(1) for the largest, else O(size).
  void erase(point_id id) noexcept {
    if (id != first_) {
      more_->erase(std::lower_bound(more_->begin(), more_->end(), id));
    } else if (more_) {
      first_ = more_->front();
      more_->erase(more_->begin());
    } else {
      first_ = no_point;
    }
    if (more_ && more_->empty()) more_.reset();
  }
  /// Calls visit(id), ascending, while it returns true; returns whether all were visited.
  template <class Visit>
  bool each(Visit visit) const {
    if (empty()) return true;
    return visit(first_) && (!more_ || std::all_of(more_->begin(), more_->end(), visit));
  }
  /// Bytes on the heap.
  [[nodiscard]] std::size_t bytes() const noexcept {
    return more_ ? sizeof(*more_) + more_->capacity() * sizeof(point_id) : 0;
  }

 private:
  point_id first_ = no_point;
  std::unique_ptr<std::vector<point_id>> more_;  // ascending, above first_; null rather than empty
};

}  // namespace kd_map

/// A dynamic index with a point in every node, balanced at every node by the criterion chosen. The contracts are those
/// of KdTree. Points with equal coordinates share a node, so that zeros lose their sign: −0 becomes 0.
/// Limits: 2^26 − 1 points. Complexity of single updates: KdMap's, and O(k) where k points have the same coordinates.
template <class Scalar>
class KdMapIndex : public Searchable<KdMapIndex<Scalar>, Scalar> {
 public:
  struct Config {
    Balance balance = Balance::red_black();                ///< avl(1 … 8) or red_black
    kd_map::Builder builder = kd_map::Builder::selection;  ///< of subtrees; changes no tree
    PeriodicBox<Scalar> periodic{};                        ///< coordinates wrap on its finite axes
    std::size_t parallel_cutoff = 1u << 12;                ///< subtrees of fewer places are built on one thread
    Executor executor{};                                   ///< where builds and rebuilds run

    /// Errors: invalid_input that names the field.
    void check(int dimension) const;
  };
  /// Places and the ids of the points there.
  using Map = KdMap<Scalar, 0, kd_map::IdSet>;

  /// An empty index. Errors: invalid_input for a dimension outside 1 … 1,024 or a bad Config.
  explicit KdMapIndex(int dimension, Config config = {});

  void build(PointView<Scalar> points);
  void build(PointView<Scalar> points, std::span<const point_id> ids);
  point_id insert(std::span<const Scalar> point);
  void insert(std::span<const Scalar> point, point_id id);
  /// Batches enter one by one, but an empty index is built.
  point_id insert(PointView<Scalar> points);
  void insert(PointView<Scalar> points, std::span<const point_id> ids);
  void erase(point_id id);
  void erase(std::span<const point_id> ids);
  void move(point_id id, std::span<const Scalar> point);
  void move(std::span<const point_id> ids, PointView<Scalar> points);
  std::size_t erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper);
  std::size_t keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper);
  std::size_t down_sample(Scalar cell);

  [[nodiscard]] std::size_t size() const noexcept { return handles_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }
  [[nodiscard]] int dimension() const noexcept { return map_.dimension(); }
  [[nodiscard]] const Config& config() const noexcept { return config_; }
  [[nodiscard]] bool contains(point_id id) const noexcept;
  [[nodiscard]] std::vector<Scalar> point(point_id id) const;
  /// Every id and its coordinates, in the order of the tree.
  void copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const;
  void clear();

  void save(const std::filesystem::path& path) const;
  [[nodiscard]] static KdMapIndex load(const std::filesystem::path& path, Executor executor = {});
  /// `nodes` counts places; there are no leaves.
  [[nodiscard]] Statistics statistics() const;
  void validate() const;
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept;

  [[nodiscard]] const Map& map() const noexcept { return map_; }

 private:
  [[nodiscard]] Points<Scalar> canonical(PointView<Scalar> points) const;
  void store(PointView<Scalar> points, std::span<const point_id> ids);
  void build_map(PointView<Scalar> places, std::span<const point_id> ids);
  void enter(point_id id, std::span<const Scalar> place);
  void leave(point_id id);

  Config config_;
  Map map_;
  IdMap handles_;  // id → the node of its place
  point_id next_id_ = 0;
};

}  // namespace coppice
