// Octree beyond what it shares with the plane trees: its Config, boxes of points that come and go, cells by level, its
// files.
#include "coppice/index/octree/octree.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>

#include "../tree_index.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/octree/batch.hpp"
#include "coppice/index/octree/levels.hpp"
#include "coppice/index/octree/validate.hpp"

namespace coppice {
namespace octree {

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

/// Errors: as Config::check.
template <class Scalar, int Dim>
std::unique_ptr<Tree<Scalar, Dim>> make_tree(Config<Scalar> config) {
  config.check(Dim);
  return std::make_unique<Tree<Scalar, Dim>>(std::move(config));
}

}  // namespace octree

template <class Scalar, int Dim>
Octree<Scalar, Dim>::Octree(Config config) : Base(octree::make_tree<Scalar, Dim>(std::move(config))) {}
template <class Scalar, int Dim>
const typename Octree<Scalar, Dim>::Config& Octree<Scalar, Dim>::config() const noexcept {
  return core_->config;
}

template <class Scalar, int Dim>
std::size_t Octree<Scalar, Dim>::insert_in_box(PointView<Scalar> points, std::span<const point_id> ids,
                                               std::span<const Scalar> lower, std::span<const Scalar> upper) {
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, core_->locations());
  (void)this->count(one_row(lower), one_row(upper));  // refuses a bad box
  const query::Entering<Scalar> entering = tree_index::entering_of(points, *core_);
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
  this->insert(kept, inside);
  return inside.size();
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::extract_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper,
                                         std::vector<point_id>& ids, Points<Scalar>& points) {
  ids = this->in_box(one_row(lower), one_row(upper), {.order = Order::by_id}).ids;
  points = this->points_of(ids);
  core_->erase(ids);
}

template <class Scalar, int Dim>
std::size_t Octree<Scalar, Dim>::down_sample(Scalar cell, CellPolicy policy) {
  // By ascending id, so that centroids do not depend on the tree's history.
  std::vector<point_id> ids;
  Points<Scalar> points;
  this->copy_points(ids, points);
  std::sort(ids.begin(), ids.end());
  points = this->points_of(ids);
  const Thinned<Scalar> kept = one_a_cell<Scalar>(points, ids, cell, policy);
  std::vector<point_id> stays;
  for (const std::size_t row : kept.rows) stays.push_back(ids[row]);
  std::vector<point_id> gone;
  std::set_difference(ids.begin(), ids.end(), stays.begin(), stays.end(), std::back_inserter(gone));
  core_->erase(gone);
  if (policy == CellPolicy::centroid) core_->move(stays, core_->periodic().wrap(kept.points));
  return gone.size();
}

template <class Scalar, int Dim>
std::vector<LevelCell<Scalar, Dim>> Octree<Scalar, Dim>::level(int exponent) const {
  using Limits = std::numeric_limits<Scalar>;
  constexpr int least = Limits::min_exponent - Limits::digits;  // of the smallest number
  if (exponent < least || exponent >= Limits::max_exponent)
    throw invalid_input("exponent is " + std::to_string(exponent) + "; expected " + std::to_string(least) + " to " +
                        std::to_string(Limits::max_exponent - 1));
  return core_->level(exponent);
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::set_capacity(int capacity, double alpha) {
  Config changed = core_->config;
  changed.capacity = capacity;
  changed.alpha = alpha;
  changed.check(Dim);
  core_->set_capacity(capacity, alpha);
}

template <class Scalar, int Dim>
void Octree<Scalar, Dim>::save(const std::filesystem::path& path) const {
  tree_index::save<Scalar>(*core_, path, "octree", [&](persist::ArchiveWriter& archive) {
    archive.set("capacity", config().capacity);
    archive.set("alpha", config().alpha);
    archive.set("smallest_cell", static_cast<double>(config().smallest_cell));
  });
}

template <class Scalar, int Dim>
Octree<Scalar, Dim> Octree<Scalar, Dim>::load(const std::filesystem::path& path, Executor executor) {
  const persist::ArchiveReader archive(path);
  persist::StoredPoints<Scalar> stored = persist::read_points<Scalar>(archive, "octree");
  if (stored.points.dimension != Dim)
    throw invalid_input(path.string() + ": holds points of " + std::to_string(stored.points.dimension) +
                        " dimensions; expected " + std::to_string(Dim));
  Octree tree(tree_index::stored_config<Config>(archive, stored, executor, "capacity", [&](Config& made) {
    made.capacity = static_cast<int>(std::clamp<std::int64_t>(archive.integer("capacity"), 0, 1 << 30));
    made.alpha = archive.real("alpha");
    made.smallest_cell = static_cast<Scalar>(archive.real("smallest_cell"));
  }));
  tree_index::restore(*tree.core_, stored);
  return tree;
}

#define COPPICE_INSTANTIATE(Scalar, Dim)                                            \
  template class TreeIndex<Octree<Scalar, Dim>, Scalar, octree::Tree<Scalar, Dim>>; \
  template class TreeSnapshot<Octree<Scalar, Dim>, Scalar>;                         \
  template class Octree<Scalar, Dim>;
COPPICE_INSTANTIATE(float, 2)
COPPICE_INSTANTIATE(float, 3)
COPPICE_INSTANTIATE(double, 2)
COPPICE_INSTANTIATE(double, 3)
#undef COPPICE_INSTANTIATE

}  // namespace coppice
