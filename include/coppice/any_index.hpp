// The one run-time dispatch: a name gives an index behind one interface. The tool stands on it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/balance/criterion.hpp"
#include "coppice/query/level_box.hpp"
#include "coppice/query/queries.hpp"
#include "coppice/query/statistics.hpp"

namespace coppice {

/// A type-erased index. Contracts, errors and complexities are those of the class behind it.
template <class Scalar>
class AnyIndex {
 public:
  virtual ~AnyIndex() = default;

  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  [[nodiscard]] virtual int dimension() const noexcept = 0;
  [[nodiscard]] virtual std::size_t size() const noexcept = 0;

  virtual void build(PointView<Scalar> points) = 0;
  virtual void build(PointView<Scalar> points, std::span<const point_id> ids) = 0;
  virtual point_id insert(PointView<Scalar> points) = 0;
  virtual void insert(PointView<Scalar> points, std::span<const point_id> ids) = 0;
  virtual void erase(std::span<const point_id> ids) = 0;
  virtual void move(std::span<const point_id> ids, PointView<Scalar> points) = 0;
  virtual std::size_t erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) = 0;
  virtual std::size_t keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) = 0;
  virtual std::size_t down_sample(Scalar cell) = 0;

  [[nodiscard]] virtual bool contains(point_id id) const noexcept = 0;
  virtual void copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const = 0;

  [[nodiscard]] virtual Neighbors<Scalar> nearest(PointView<Scalar> queries, const Nearest<Scalar>& query) const = 0;
  [[nodiscard]] virtual Neighbors<Scalar> within(PointView<Scalar> queries, const Within<Scalar>& query) const = 0;
  [[nodiscard]] virtual Neighbors<Scalar> in_box(PointView<Scalar> lower, PointView<Scalar> upper,
                                                 const InBox& query) const = 0;
  [[nodiscard]] virtual std::vector<std::int64_t> count(PointView<Scalar> queries,
                                                        const Within<Scalar>& query) const = 0;

  virtual void save(const std::filesystem::path& path) const = 0;
  [[nodiscard]] virtual Statistics statistics() const = 0;
  /// The boxes of its nodes down to `max_level`. Errors: unsupported, naming the indexes that have boxes.
  [[nodiscard]] virtual std::vector<LevelBox<Scalar>> boxes(int max_level) const = 0;
  virtual void validate() const = 0;
};

/// What may be chosen when an index is made; an index refuses (unsupported) what it cannot honour.
template <class Scalar>
struct IndexOptions {
  std::optional<Balance> balance{};        ///< kd: any; kdmap: avl or red_black; none: the index's own default
  std::optional<int> capacity{};           ///< octree: K
  std::optional<double> alpha{};           ///< octree: α
  std::optional<std::size_t> neighbors{};  ///< graph: k, the neighbours kept of every point
  PeriodicBox<Scalar> periodic{};          ///< all
  Executor executor{};
};

/// The names that `make_index` takes, the default first: `kd`, `kdmap`, `octree` (2-D and 3-D), `multiway`,
/// `graph`, `brute`.
[[nodiscard]] std::span<const std::string_view> index_names() noexcept;

/// Errors: invalid_input for an unknown name (the message lists the known ones), a bad dimension or bad options.
template <class Scalar>
[[nodiscard]] std::unique_ptr<AnyIndex<Scalar>> make_index(std::string_view name, int dimension,
                                                           IndexOptions<Scalar> options = {});

/// Opens a file written by any index's `save`. Errors: io_error, corrupt_file, invalid_input (another scalar type).
template <class Scalar>
[[nodiscard]] std::unique_ptr<AnyIndex<Scalar>> load_index(const std::filesystem::path& path, Executor executor = {});

}  // namespace coppice
