// BruteForce: every query looks at every point. It is the oracle of all tests, and the right index for a handful of
// points. Its arithmetic is the reference evaluation of geometry/metric.hpp and shares no kernel with the other
// indexes.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/query/searchable.hpp"
#include "coppice/query/statistics.hpp"
#include "coppice/storage/id_map.hpp"

namespace coppice {

/// An index without structure: O(1) updates, O(n · d) a query. The contracts are those of KdTree.
/// Limits: 2^32 − 1 points.
template <class Scalar>
class BruteForce : public Searchable<BruteForce<Scalar>, Scalar> {
 public:
  struct Config {
    PeriodicBox<Scalar> periodic{};  ///< coordinates wrap on its finite axes
  };

  /// Errors: invalid_input for a dimension outside 1 … 1,024 or a bad Config.
  explicit BruteForce(int dimension, Config config = {});

  void build(PointView<Scalar> points);
  void build(PointView<Scalar> points, std::span<const point_id> ids);
  point_id insert(std::span<const Scalar> point);
  void insert(std::span<const Scalar> point, point_id id);
  point_id insert(PointView<Scalar> points);
  void insert(PointView<Scalar> points, std::span<const point_id> ids);
  void erase(point_id id);
  void erase(std::span<const point_id> ids);
  void move(point_id id, std::span<const Scalar> point);
  void move(std::span<const point_id> ids, PointView<Scalar> points);
  std::size_t erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper);
  std::size_t keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper);
  std::size_t down_sample(Scalar cell);

  [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }
  [[nodiscard]] bool empty() const noexcept { return ids_.empty(); }
  [[nodiscard]] int dimension() const noexcept { return dimension_; }
  [[nodiscard]] const Config& config() const noexcept { return config_; }
  [[nodiscard]] bool contains(point_id id) const noexcept;
  [[nodiscard]] std::vector<Scalar> point(point_id id) const;
  void copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const;
  void clear();

  void save(const std::filesystem::path& path) const;
  [[nodiscard]] static BruteForce load(const std::filesystem::path& path, Executor executor = {});
  [[nodiscard]] Statistics statistics() const;
  void validate() const;
  [[nodiscard]] SearchTarget<Scalar> search_target() const noexcept;

  /// The stored points: slot by slot, in no particular order.
  [[nodiscard]] const std::vector<point_id>& ids() const noexcept { return ids_; }
  [[nodiscard]] const Scalar* row(std::size_t slot) const noexcept {
    return coordinates_.data() + slot * static_cast<std::size_t>(dimension_);
  }

 private:
  [[nodiscard]] PointView<Scalar> view() const noexcept { return {coordinates_.data(), size(), dimension_}; }
  void store(PointView<Scalar> points, std::span<const point_id> ids);

  int dimension_;
  Config config_;
  std::vector<Scalar> coordinates_;  // row-major, in slot order
  std::vector<point_id> ids_;        // slot → id
  IdMap slots_;                      // id → slot
  point_id next_id_ = 0;
};

}  // namespace coppice
