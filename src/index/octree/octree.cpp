// Octree's public face: checks what callers say, wraps coordinates, gives ids, and hands over to the tree.
#include "coppice/index/octree/octree.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/index/octree/batch.hpp"
#include "coppice/index/octree/levels.hpp"
#include "coppice/index/octree/validate.hpp"
#include "coppice/persist/point_archive.hpp"
#include "coppice/query/entering.hpp"
#include "coppice/storage/id_check.hpp"

namespace coppice {
namespace octree {

/// A tree of one moment: what a snapshot holds.
template <class Scalar, int Dim>
class FrozenTree {
 public:
  explicit FrozenTree(const Tree<Scalar, Dim>& tree)
      : records_(tree.records()),
        hold_(records_->epochs),
        view_(tree.view()),
        size_(tree.size()),
        periodic_(tree.config.periodic) {}
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] SearchTarget<Scalar> search_target() const {
    return {&view_, &search_kernels<Scalar, Dim>(), Dim, size_, &periodic_};
  }

 private:
  std::shared_ptr<Records<Scalar, Dim>> records_;
  storage::EpochHold hold_;
  TreeView<Scalar, Dim> view_;
  std::size_t size_;
  PeriodicBox<Scalar> periodic_;
};

template <class Scalar>
void Config<Scalar>::check(int dimension) const {
  constexpr int most = 1 << 20;
  if (capacity < 1 || capacity > most)
    throw invalid_input("capacity (K) is " + std::to_string(capacity) + "; expected 1 to " + std::to_string(most));
  if (!(alpha >= 1 && alpha <= 64)) throw invalid_input("alpha is " + std::to_string(alpha) + "; expected 1 to 64");
  if (!(smallest_cell >= 0) || !std::isfinite(smallest_cell))
    throw invalid_input("smallest_cell is " + std::to_string(smallest_cell) + "; expected a finite edge, or 0");
  periodic.check(dimension);
}

template struct Config<float>;
template struct Config<double>;

}  // namespace octree

namespace {

constexpr std::size_t most_points = std::size_t{1} << 28;

void check_room(std::size_t present, std::size_t entering) {
  if (entering > most_points - std::min(present, most_points))
    throw unsupported("an Octree holds at most 2^28 points; there are " + std::to_string(present) + ", and " +
                      std::to_string(entering) + " more were to enter");
}

template <class Scalar, int Dim>
query::Entering<Scalar> entering_of(PointView<Scalar> points, const octree::Tree<Scalar, Dim>& tree) {
  return {points, Dim, tree.config.periodic, tree.config.executor};
}
template <class Scalar, int Dim>
query::Entering<Scalar> entering_of(std::span<const Scalar> point, const octree::Tree<Scalar, Dim>& tree) {
  return {point, Dim, tree.config.periodic};
}

}  // namespace

template <class Scalar, int Dim>
Octree<Scalar, Dim>::Octree(Config config) {
  config.check(Dim);
  tree_ = std::make_unique<octree::Tree<Scalar, Dim>>(std::move(config));
}
template <class Scalar, int Dim>
Octree<Scalar, Dim>::Octree(Octree&&) noexcept = default;
template <class Scalar, int Dim>
Octree<Scalar, Dim>& Octree<Scalar, Dim>::operator=(Octree&&) noexcept = default;
template <class Scalar, int Dim>
Octree<Scalar, Dim>::~Octree() = default;

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::build(PointView<Scalar> points) {
  check_room(0, points.size());
  const query::Entering<Scalar> entering = entering_of(points, *tree_);
  tree_->build(entering.view(), storage::fresh_ids(0, points.size()));
  tree_->next_id = static_cast<point_id>(points.size());
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::build(PointView<Scalar> points, std::span<const point_id> ids) {
  check_room(0, points.size());
  const query::Entering<Scalar> entering = entering_of(points, *tree_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, IdMap{});
  tree_->build(entering.view(), ids);
  tree_->next_id = storage::next_after(0, ids);
}

template <class Scalar, int Dim>
point_id Octree<Scalar, Dim>::insert(std::span<const Scalar> point) {
  const point_id id = storage::fresh_id(tree_->next_id);
  insert(point, id);
  return id;
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::insert(std::span<const Scalar> point, point_id id) {
  check_room(size(), 1);
  const query::Entering<Scalar> entering = entering_of(point, *tree_);
  storage::check_fresh(id, tree_->locations());
  tree_->insert(entering.view().row(0), id);
  tree_->next_id = storage::next_after(tree_->next_id, id);
}

template <class Scalar, int Dim>
point_id Octree<Scalar, Dim>::insert(PointView<Scalar> points) {
  const point_id first = tree_->next_id;
  insert(points, storage::fresh_ids(first, points.size()));
  return first;
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::insert(PointView<Scalar> points, std::span<const point_id> ids) {
  check_room(size(), points.size());
  const query::Entering<Scalar> entering = entering_of(points, *tree_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, tree_->locations());
  tree_->insert(entering.view(), ids);
  tree_->next_id = storage::next_after(tree_->next_id, ids);
}

template <class Scalar, int Dim>
std::size_t Octree<Scalar, Dim>::insert_in_box(PointView<Scalar> points, std::span<const point_id> ids,
                                               std::span<const Scalar> lower, std::span<const Scalar> upper) {
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, tree_->locations());
  (void)this->count(one_row(lower), one_row(upper));  // refuses a bad box
  const query::Entering<Scalar> entering = entering_of(points, *tree_);
  std::vector<point_id> inside;
  Points<Scalar> kept{{}, Dim};
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Scalar* p = entering.view().row(i);
    bool in = true;
    for (std::size_t a = 0; a < Dim; ++a) in &= lower[a] <= p[a] && p[a] <= upper[a];
    if (!in) continue;
    inside.push_back(ids[i]);
    kept.coordinates.insert(kept.coordinates.end(), p, p + Dim);
  }
  insert(kept, inside);
  return inside.size();
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::erase(point_id id) {
  if (!tree_->erase(id)) storage::refuse_unknown(0, id);
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::erase(std::span<const point_id> ids) {
  storage::check_known(ids, tree_->locations());
  tree_->erase(ids);
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::move(point_id id, std::span<const Scalar> point) {
  const query::Entering<Scalar> entering = entering_of(point, *tree_);
  if (!contains(id)) storage::refuse_unknown(0, id);
  tree_->move(id, entering.view().row(0));
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::move(std::span<const point_id> ids, PointView<Scalar> points) {
  const query::Entering<Scalar> entering = entering_of(points, *tree_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_known(ids, tree_->locations());
  tree_->move(ids, entering.view());
}

template <class Scalar, int Dim>
std::size_t Octree<Scalar, Dim>::erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
  const std::vector<point_id> inside = this->in_box(one_row(lower), one_row(upper)).ids;
  tree_->erase(inside);
  return inside.size();
}

template <class Scalar, int Dim>
std::size_t Octree<Scalar, Dim>::keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
  const std::vector<point_id> ids = this->in_box(one_row(lower), one_row(upper), {.order = Order::by_id}).ids;
  const std::size_t before = size();
  tree_->build(points_of(ids), ids);
  return before - ids.size();
}

template <class Scalar, int Dim>
Points<Scalar> Octree<Scalar, Dim>::points_of(std::span<const point_id> ids) const {
  Points<Scalar> points{std::vector<Scalar>(ids.size() * Dim), Dim};
  for (std::size_t i = 0; i < ids.size(); ++i) tree_->copy_point(ids[i], points.coordinates.data() + i * Dim);
  return points;
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::extract_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper,
                                         std::vector<point_id>& ids, Points<Scalar>& points) {
  ids = this->in_box(one_row(lower), one_row(upper), {.order = Order::by_id}).ids;
  points = points_of(ids);
  tree_->erase(ids);
}

template <class Scalar, int Dim>
std::size_t Octree<Scalar, Dim>::down_sample(Scalar cell, CellPolicy policy) {
  // By ascending id, so that centroids do not depend on the tree's history.
  std::vector<point_id> ids;
  Points<Scalar> points;
  copy_points(ids, points);
  std::sort(ids.begin(), ids.end());
  points = points_of(ids);
  const Thinned<Scalar> kept = one_a_cell<Scalar>(points, ids, cell, policy);
  std::vector<point_id> stays;
  for (const std::size_t row : kept.rows) stays.push_back(ids[row]);
  std::vector<point_id> gone;
  std::set_difference(ids.begin(), ids.end(), stays.begin(), stays.end(), std::back_inserter(gone));
  tree_->erase(gone);
  if (policy == CellPolicy::centroid) tree_->move(stays, tree_->config.periodic.wrap(kept.points));
  return gone.size();
}

template <class Scalar, int Dim>
std::vector<LevelCell<Scalar, Dim>> Octree<Scalar, Dim>::level(int exponent) const {
  using Limits = std::numeric_limits<Scalar>;
  constexpr int least = Limits::min_exponent - Limits::digits;  // of the smallest number
  if (exponent < least || exponent >= Limits::max_exponent)
    throw invalid_input("exponent is " + std::to_string(exponent) + "; expected " + std::to_string(least) + " to " +
                        std::to_string(Limits::max_exponent - 1));
  return tree_->level(exponent);
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::set_capacity(int capacity, double alpha) {
  Config changed = tree_->config;
  changed.capacity = capacity;
  changed.alpha = alpha;
  changed.check(Dim);
  tree_->set_capacity(capacity, alpha);
}

template <class Scalar, int Dim>
std::size_t Octree<Scalar, Dim>::size() const noexcept {
  return tree_->size();
}
template <class Scalar, int Dim>
const typename Octree<Scalar, Dim>::Config& Octree<Scalar, Dim>::config() const noexcept {
  return tree_->config;
}
template <class Scalar, int Dim>
bool Octree<Scalar, Dim>::contains(point_id id) const noexcept {
  return tree_->locations().find(id) != IdMap::absent;
}

template <class Scalar, int Dim>
std::vector<Scalar> Octree<Scalar, Dim>::point(point_id id) const {
  storage::check_known({&id, 1}, tree_->locations());
  std::vector<Scalar> coordinates(Dim);
  tree_->copy_point(id, coordinates.data());
  return coordinates;
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const {
  tree_->copy_points(ids, points);
}
template <class Scalar, int Dim>
void Octree<Scalar, Dim>::clear() {
  tree_->clear();
}
template <class Scalar, int Dim>
OctreeSnapshot<Scalar, Dim> Octree<Scalar, Dim>::snapshot() const {
  return OctreeSnapshot<Scalar, Dim>(std::make_shared<const octree::FrozenTree<Scalar, Dim>>(*tree_));
}
template <class Scalar, int Dim>
Statistics Octree<Scalar, Dim>::statistics() const {
  return tree_->statistics();
}
template <class Scalar, int Dim>
std::vector<LevelBox<Scalar>> Octree<Scalar, Dim>::boxes(int max_level) const {
  if (max_level < 0) throw invalid_input("max_level is " + std::to_string(max_level) + "; expected 0 or more");
  return tree_->boxes(max_level);
}
template <class Scalar, int Dim>
void Octree<Scalar, Dim>::validate() const {
  tree_->validate();
}
template <class Scalar, int Dim>
SearchTarget<Scalar> Octree<Scalar, Dim>::search_target() const noexcept {
  return {&tree_->view(), &octree::search_kernels<Scalar, Dim>(), Dim, tree_->size(), &tree_->config.periodic};
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::save(const std::filesystem::path& path) const {
  persist::StoredPoints<Scalar> stored;
  tree_->copy_points(stored.ids, stored.points);
  stored.periodic = config().periodic;
  stored.next_id = tree_->next_id;
  persist::ArchiveWriter archive("octree");
  persist::add_points(archive, stored);
  archive.set("capacity", config().capacity);
  archive.set("alpha", config().alpha);
  archive.set("smallest_cell", static_cast<double>(config().smallest_cell));
  archive.write(path);
}

template <class Scalar, int Dim>
Octree<Scalar, Dim> Octree<Scalar, Dim>::load(const std::filesystem::path& path, Executor executor) {
  const persist::ArchiveReader archive(path);
  persist::StoredPoints<Scalar> stored = persist::read_points<Scalar>(archive, "octree");
  if (stored.points.dimension != Dim)
    throw invalid_input(path.string() + ": holds points of " + std::to_string(stored.points.dimension) +
                        " dimensions; expected " + std::to_string(Dim));
  Config config;
  config.executor = executor;
  config.periodic = std::move(stored.periodic);
  try {
    config.capacity = static_cast<int>(std::clamp<std::int64_t>(archive.integer("capacity"), 0, 1 << 30));
    config.alpha = archive.real("alpha");
    config.smallest_cell = static_cast<Scalar>(archive.real("smallest_cell"));
    config.check(Dim);
  } catch (const invalid_input& mistake) {
    archive.refuse("capacity", mistake.what());
  }
  Octree tree(std::move(config));
  tree.tree_->build(stored.points, stored.ids);
  tree.tree_->next_id = stored.next_id;
  return tree;
}

template <class Scalar, int Dim>
OctreeSnapshot<Scalar, Dim>::OctreeSnapshot(std::shared_ptr<const octree::FrozenTree<Scalar, Dim>> tree)
    : tree_(std::move(tree)) {}
template <class Scalar, int Dim>
std::size_t OctreeSnapshot<Scalar, Dim>::size() const noexcept {
  return tree_->size();
}
template <class Scalar, int Dim>
SearchTarget<Scalar> OctreeSnapshot<Scalar, Dim>::search_target() const noexcept {
  return tree_->search_target();
}

#define COPPICE_INSTANTIATE(Scalar, Dim) \
  template class Octree<Scalar, Dim>;    \
  template class OctreeSnapshot<Scalar, Dim>;
COPPICE_INSTANTIATE(float, 2)
COPPICE_INSTANTIATE(float, 3)
COPPICE_INSTANTIATE(double, 2)
COPPICE_INSTANTIATE(double, 3)
#undef COPPICE_INSTANTIATE

}  // namespace coppice
