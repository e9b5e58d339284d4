#include "coppice/index/brute_force/brute_force.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/geometry/grid_cell.hpp"
#include "coppice/persist/point_archive.hpp"
#include "coppice/storage/id_check.hpp"

namespace coppice {
namespace {

void check_room(std::size_t points) {
  if (points >= IdMap::absent) throw unsupported("a BruteForce index holds at most 2^32 - 2 points");
}

}  // namespace

template <class Scalar>
BruteForce<Scalar>::BruteForce(int dimension, Config config) : dimension_(dimension), config_(std::move(config)) {
  check_dimension(dimension);
  config_.periodic.check(dimension);
}

template <class Scalar>
void BruteForce<Scalar>::store(PointView<Scalar> points, std::span<const point_id> ids) {
  check_room(size() + points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (int axis = 0; axis < dimension_; ++axis) {
      const Scalar x = points.row(i)[axis];
      coordinates_.push_back(config_.periodic.is_periodic() ? config_.periodic.wrap(x, axis) : x);
    }
    slots_.assign(ids[i], static_cast<std::uint32_t>(ids_.size()));
    ids_.push_back(ids[i]);
  }
  next_id_ = storage::next_after(next_id_, ids);
}

template <class Scalar>
void BruteForce<Scalar>::build(PointView<Scalar> points) {
  build(points, storage::fresh_ids(0, points.size()));
}

template <class Scalar>
void BruteForce<Scalar>::build(PointView<Scalar> points, std::span<const point_id> ids) {
  check_points(points, dimension_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, IdMap{});
  check_room(points.size());
  clear();
  next_id_ = 0;
  store(points, ids);
}

template <class Scalar>
point_id BruteForce<Scalar>::insert(std::span<const Scalar> point) {
  return insert(one_row(point));
}

template <class Scalar>
void BruteForce<Scalar>::insert(std::span<const Scalar> point, point_id id) {
  insert(one_row(point), {&id, 1});
}

template <class Scalar>
point_id BruteForce<Scalar>::insert(PointView<Scalar> points) {
  const point_id first = next_id_;
  insert(points, storage::fresh_ids(first, points.size()));
  return first;
}

template <class Scalar>
void BruteForce<Scalar>::insert(PointView<Scalar> points, std::span<const point_id> ids) {
  check_points(points, dimension_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, slots_);
  store(points, ids);
}

template <class Scalar>
void BruteForce<Scalar>::erase(point_id id) {
  erase({&id, 1});
}

template <class Scalar>
void BruteForce<Scalar>::erase(std::span<const point_id> ids) {
  storage::check_known(ids, slots_);
  const auto d = static_cast<std::size_t>(dimension_);
  for (const point_id id : ids) {
    const std::uint32_t slot = slots_.find(id);
    const std::size_t last = ids_.size() - 1;
    if (slot != last) {
      std::copy_n(&coordinates_[last * d], d, &coordinates_[slot * d]);
      ids_[slot] = ids_[last];
      slots_.assign(ids_[slot], slot);
    }
    coordinates_.resize(last * d);
    ids_.pop_back();
    slots_.erase(id);
  }
}

template <class Scalar>
void BruteForce<Scalar>::move(point_id id, std::span<const Scalar> point) {
  move({&id, 1}, one_row(point));
}

template <class Scalar>
void BruteForce<Scalar>::move(std::span<const point_id> ids, PointView<Scalar> points) {
  check_points(points, dimension_);
  storage::check_one_id_a_row(ids, points.size());
  storage::check_known(ids, slots_);
  const Points<Scalar> wrapped = config_.periodic.wrap(points);
  for (std::size_t i = 0; i < ids.size(); ++i)
    std::copy_n(wrapped.view().row(i), dimension_, &coordinates_[slots_.find(ids[i]) * std::size_t(dimension_)]);
}

template <class Scalar>
std::size_t BruteForce<Scalar>::erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
  const std::vector<point_id> inside = this->in_box(one_row(lower), one_row(upper)).ids;
  erase(inside);
  return inside.size();
}

template <class Scalar>
std::size_t BruteForce<Scalar>::keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
  const std::vector<point_id> inside = this->in_box(one_row(lower), one_row(upper), {.order = Order::by_id}).ids;
  std::vector<point_id> outside;
  std::copy_if(ids_.begin(), ids_.end(), std::back_inserter(outside),
               [&](point_id id) { return !std::binary_search(inside.begin(), inside.end(), id); });
  erase(outside);
  return outside.size();
}

template <class Scalar>
std::size_t BruteForce<Scalar>::down_sample(Scalar cell) {
  const std::vector<point_id> out = crowded_out(view(), ids_, cell);
  erase(out);
  return out.size();
}

template <class Scalar>
bool BruteForce<Scalar>::contains(point_id id) const noexcept {
  return slots_.find(id) != IdMap::absent;
}

template <class Scalar>
std::vector<Scalar> BruteForce<Scalar>::point(point_id id) const {
  storage::check_known({&id, 1}, slots_);
  const Scalar* x = row(slots_.find(id));
  return {x, x + dimension_};
}

template <class Scalar>
void BruteForce<Scalar>::copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const {
  ids = ids_;
  points = {coordinates_, dimension_};
}

template <class Scalar>
void BruteForce<Scalar>::clear() {
  coordinates_.clear();
  ids_.clear();
  slots_.clear();
}

template <class Scalar>
void BruteForce<Scalar>::save(const std::filesystem::path& path) const {
  const persist::StoredPoints<Scalar> stored{ids_, {coordinates_, dimension_}, config_.periodic, next_id_};
  persist::ArchiveWriter archive("brute_force");
  persist::add_points(archive, stored);
  archive.write(path);
}

template <class Scalar>
BruteForce<Scalar> BruteForce<Scalar>::load(const std::filesystem::path& path, Executor) {
  persist::StoredPoints<Scalar> stored = persist::read_points<Scalar>(persist::ArchiveReader(path), "brute_force");
  BruteForce index(stored.points.dimension, {std::move(stored.periodic)});
  index.store(stored.points, stored.ids);
  index.next_id_ = stored.next_id;
  return index;
}

template <class Scalar>
Statistics BruteForce<Scalar>::statistics() const {
  Statistics s;
  s.points = size();
  s.leaf_fill = 1;
  s.bytes = coordinates_.capacity() * sizeof(Scalar) + ids_.capacity() * sizeof(point_id) + slots_.bytes();
  s.bytes_per_point = size() == 0 ? 0 : static_cast<double>(s.bytes) / static_cast<double>(size());
  return s;
}

template <class Scalar>
void BruteForce<Scalar>::validate() const {
  if (coordinates_.size() != ids_.size() * static_cast<std::size_t>(dimension_))
    throw std::logic_error("BruteForce: coordinates and ids differ in number");
  if (slots_.size() != ids_.size()) throw std::logic_error("BruteForce: the id map and the ids differ in number");
  for (std::size_t slot = 0; slot < ids_.size(); ++slot)
    if (slots_.find(ids_[slot]) != slot)
      throw std::logic_error("BruteForce: the id map loses id " + std::to_string(ids_[slot]));
}

template class BruteForce<float>;
template class BruteForce<double>;

}  // namespace coppice
