#include "coppice/any_index.hpp"

#include <array>
#include <string>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/index/kd_map/index.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/index/multiway_tree/multiway_tree.hpp"
#include "coppice/index/neighbor_graph/neighbor_graph.hpp"
#include "coppice/index/octree/octree.hpp"
#include "coppice/persist/archive.hpp"
#include "coppice/persist/point_archive.hpp"

namespace coppice {
namespace {

/// An index class behind the interface: every call is handed on.
template <class Scalar, class Index>
class Erased final : public AnyIndex<Scalar> {
 public:
  Erased(std::string_view name, Index index) : name_(name), index_(std::move(index)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return name_; }
  [[nodiscard]] int dimension() const noexcept override { return index_.dimension(); }
  [[nodiscard]] std::size_t size() const noexcept override { return index_.size(); }

  void build(PointView<Scalar> points) override { index_.build(points); }
  void build(PointView<Scalar> points, std::span<const point_id> ids) override { index_.build(points, ids); }
  point_id insert(PointView<Scalar> points) override { return index_.insert(points); }
  void insert(PointView<Scalar> points, std::span<const point_id> ids) override { index_.insert(points, ids); }
  void erase(std::span<const point_id> ids) override { index_.erase(ids); }
  void move(std::span<const point_id> ids, PointView<Scalar> points) override { index_.move(ids, points); }
  std::size_t erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) override {
    return index_.erase_in_box(lower, upper);
  }
  std::size_t keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) override {
    return index_.keep_in_box(lower, upper);
  }
  std::size_t down_sample(Scalar cell) override { return index_.down_sample(cell); }

  [[nodiscard]] bool contains(point_id id) const noexcept override { return index_.contains(id); }
  void copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const override {
    index_.copy_points(ids, points);
  }
  [[nodiscard]] Neighbors<Scalar> nearest(PointView<Scalar> queries, const Nearest<Scalar>& query) const override {
    return index_.nearest(queries, query);
  }
  [[nodiscard]] Neighbors<Scalar> within(PointView<Scalar> queries, const Within<Scalar>& query) const override {
    return index_.within(queries, query);
  }
  [[nodiscard]] Neighbors<Scalar> in_box(PointView<Scalar> lower, PointView<Scalar> upper,
                                         const InBox& query) const override {
    return index_.in_box(lower, upper, query);
  }
  [[nodiscard]] std::vector<std::int64_t> count(PointView<Scalar> queries, const Within<Scalar>& query) const override {
    return index_.count(queries, query);
  }
  void save(const std::filesystem::path& path) const override { index_.save(path); }
  [[nodiscard]] Statistics statistics() const override { return index_.statistics(); }
  [[nodiscard]] std::vector<LevelBox<Scalar>> boxes(int max_level) const override {
    if constexpr (requires { index_.boxes(max_level); })
      return index_.boxes(max_level);
    else
      throw unsupported("the index '" + std::string(name_) + "' has no boxes; kd, octree and multiway have");
  }
  void validate() const override { index_.validate(); }

 private:
  std::string_view name_;
  Index index_;
};

template <class Scalar, class Index>
std::unique_ptr<AnyIndex<Scalar>> erase_type(std::string_view name, Index index) {
  return std::make_unique<Erased<Scalar, Index>>(name, std::move(index));
}

constexpr std::array<std::string_view, 6> names{"kd", "kdmap", "octree", "multiway", "graph", "brute"};
constexpr std::string_view kd_name = names[0], kdmap_name = names[1], octree_name = names[2], multiway_name = names[3],
                           graph_name = names[4], brute_name = names[5];

/// A neighbour graph needs an index to stand on: the default one.
template <class Scalar>
using Graph = NeighborGraph<Scalar, KdTree<Scalar>>;

template <class Scalar>
std::unique_ptr<AnyIndex<Scalar>> make_octree(int dimension, octree::Config<Scalar> config) {
  if (dimension == 2) return erase_type<Scalar>(octree_name, Octree<Scalar, 2>(std::move(config)));
  if (dimension == 3) return erase_type<Scalar>(octree_name, Octree<Scalar, 3>(std::move(config)));
  throw unsupported("an octree has 2 or 3 dimensions, not " + std::to_string(dimension) +
                    "; kd, kdmap, multiway, graph and brute take any");
}

template <class Scalar>
std::unique_ptr<AnyIndex<Scalar>> load_octree(const std::filesystem::path& path, Executor executor) {
  if (persist::stored_dimension(persist::ArchiveReader(path)) == 2)
    return erase_type<Scalar>(octree_name, Octree<Scalar, 2>::load(path, executor));
  return erase_type<Scalar>(octree_name, Octree<Scalar, 3>::load(path, executor));
}

std::string known_names() {
  std::string list;
  for (std::size_t i = 0; i < names.size(); ++i)
    list.append(i == 0 ? "" : i + 1 < names.size() ? ", " : " or ").append(names[i]);
  return list;
}

}  // namespace

std::span<const std::string_view> index_names() noexcept {
  return names;
}

template <class Scalar>
std::unique_ptr<AnyIndex<Scalar>> make_index(std::string_view name, int dimension, IndexOptions<Scalar> options) {
  if (name != octree_name && (options.capacity || options.alpha))
    throw unsupported(std::string(name) + " has no capacity and no alpha; octree has");
  if (name != graph_name && options.neighbors)
    throw unsupported(std::string(name) + " keeps no neighbours; graph does");
  if (name == octree_name || name == multiway_name || name == graph_name || name == brute_name)
    if (options.balance) throw unsupported(std::string(name) + " has no balance; kd and kdmap have");
  if (name == kd_name) {
    typename KdTree<Scalar>::Config config;
    if (options.balance) config.balance = *options.balance;
    config.periodic = std::move(options.periodic);
    config.executor = options.executor;
    return erase_type<Scalar>(kd_name, KdTree<Scalar>(dimension, std::move(config)));
  }
  if (name == kdmap_name) {
    typename KdMapIndex<Scalar>::Config config;
    if (options.balance) config.balance = *options.balance;
    config.periodic = std::move(options.periodic);
    config.executor = options.executor;
    return erase_type<Scalar>(kdmap_name, KdMapIndex<Scalar>(dimension, std::move(config)));
  }
  if (name == octree_name) {
    octree::Config<Scalar> config;
    if (options.capacity) config.capacity = *options.capacity;
    if (options.alpha) config.alpha = *options.alpha;
    config.periodic = std::move(options.periodic);
    config.executor = options.executor;
    return make_octree<Scalar>(dimension, std::move(config));
  }
  if (name == graph_name) {
    typename Graph<Scalar>::Config config;
    if (options.neighbors) config.k = *options.neighbors;
    config.periodic = std::move(options.periodic);
    config.executor = options.executor;
    return erase_type<Scalar>(graph_name, Graph<Scalar>(dimension, std::move(config)));
  }
  if (name == multiway_name) {
    typename MultiwayTree<Scalar>::Config config;
    config.periodic = std::move(options.periodic);
    config.executor = options.executor;
    return erase_type<Scalar>(multiway_name, MultiwayTree<Scalar>(dimension, std::move(config)));
  }
  if (name == brute_name)
    return erase_type<Scalar>(brute_name, BruteForce<Scalar>(dimension, {std::move(options.periodic)}));
  throw invalid_input("unknown index '" + std::string(name) + "'; expected " + known_names());
}

template <class Scalar>
std::unique_ptr<AnyIndex<Scalar>> load_index(const std::filesystem::path& path, Executor executor) {
  const std::string kind = persist::ArchiveReader(path).kind();
  if (kind == "kd_tree") return erase_type<Scalar>(kd_name, KdTree<Scalar>::load(path, executor));
  if (kind == "kd_map") return erase_type<Scalar>(kdmap_name, KdMapIndex<Scalar>::load(path, executor));
  if (kind == "octree") return load_octree<Scalar>(path, executor);
  if (kind == "multiway_tree") return erase_type<Scalar>(multiway_name, MultiwayTree<Scalar>::load(path, executor));
  if (kind == Graph<Scalar>::archive_kind) return erase_type<Scalar>(graph_name, Graph<Scalar>::load(path, executor));
  if (kind == "brute_force") return erase_type<Scalar>(brute_name, BruteForce<Scalar>::load(path, executor));
  throw invalid_input(path.string() + ": holds a '" + kind +
                      "'; expected a kd_tree, kd_map, octree, multiway_tree, neighbor_graph or brute_force index");
}

#define COPPICE_INSTANTIATE(Scalar)                                                                           \
  template std::unique_ptr<AnyIndex<Scalar>> make_index<Scalar>(std::string_view, int, IndexOptions<Scalar>); \
  template std::unique_ptr<AnyIndex<Scalar>> load_index<Scalar>(const std::filesystem::path&, Executor);
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice
