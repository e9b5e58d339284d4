#include "coppice/index/kd_map/index.hpp"

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/geometry/grid_cell.hpp"
#include "coppice/index/kd_map/kd_map.hpp"
#include "coppice/persist/point_archive.hpp"
#include "coppice/storage/id_check.hpp"

namespace coppice {
namespace {

constexpr std::string_view archive_kind = "kd_map";

void check_room(std::size_t points) {
  if (points > kd_map::most_nodes) throw unsupported("a KdMap index holds at most 2^26 - 1 points");
}

template <class Scalar>
typename KdMapIndex<Scalar>::Map::Config map_config(const typename KdMapIndex<Scalar>::Config& config) {
  typename KdMapIndex<Scalar>::Map::Config result;
  result.balance = config.balance;
  result.builder = config.builder;
  result.parallel_cutoff = config.parallel_cutoff;
  result.executor = config.executor;
  return result;
}

/// Calls visit(node) for every node at or below `node`, in the order of the tree.
template <class Cursor, class Visit>
void each_place(Cursor node, const Visit& visit) {
  if (!node) return;
  each_place(node.left(), visit);
  visit(node);
  each_place(node.right(), visit);
}

}  // namespace

template <class Scalar>
void KdMapIndex<Scalar>::Config::check(int dimension) const {
  map_config<Scalar>(*this).check();
  periodic.check(dimension);
}

template <class Scalar>
KdMapIndex<Scalar>::KdMapIndex(int dimension, Config config)
    : config_(std::move(config)), map_(dimension, map_config<Scalar>(config_)) {
  config_.check(dimension);
}

/// The places of points: inside the cell, and with one zero only, so that a place does not depend on who came first.
template <class Scalar>
Points<Scalar> KdMapIndex<Scalar>::canonical(PointView<Scalar> points) const {
  Points<Scalar> places = config_.periodic.wrap(points);
  for (Scalar& x : places.coordinates) x += Scalar(0);
  return places;
}

template <class Scalar>
void KdMapIndex<Scalar>::enter(point_id id, std::span<const Scalar> place) {
  const Handle h = map_.enter(place).first;
  map_.value_of(h).insert(id);
  handles_.assign(id, h);
}

template <class Scalar>
void KdMapIndex<Scalar>::leave(point_id id) {
  const Handle h = handles_.find(id);
  map_.value_of(h).erase(id);
  if (map_.value_of(h).empty()) map_.erase(map_.key_of(h));
  handles_.erase(id);
}

/// Fills an empty map.
template <class Scalar>
void KdMapIndex<Scalar>::build_map(PointView<Scalar> places, std::span<const point_id> ids) {
  std::vector<kd_map::IdSet> values;
  values.reserve(ids.size());
  for (const point_id id : ids) values.emplace_back(id);
  map_.build(places, values);
  handles_.assign(ids, kd_map::nil);
  each_place(map_.root(), [&](auto node) { handles_.relocate(node.value().smallest(), node.handle()); });
  if (map_.size() == ids.size()) return;
  // Of equal rows only the first is there. The others follow by ascending id, for which sets are quickest.
  std::vector<std::pair<point_id, std::size_t>> others;
  for (std::size_t row = 0; row < ids.size(); ++row)
    if (handles_.find(ids[row]) == kd_map::nil) others.emplace_back(ids[row], row);
  std::sort(others.begin(), others.end());
  for (const auto& [id, row] : others) enter(id, places[row]);
}

template <class Scalar>
void KdMapIndex<Scalar>::store(PointView<Scalar> points, std::span<const point_id> ids) {
  check_room(size() + points.size());
  const Points<Scalar> places = canonical(points);
  if (empty())
    build_map(places, ids);
  else
    for (std::size_t row = 0; row < ids.size(); ++row) enter(ids[row], places.view()[row]);
  next_id_ = storage::next_after(next_id_, ids);
}

template <class Scalar>
void KdMapIndex<Scalar>::build(PointView<Scalar> points) {
  build(points, storage::fresh_ids(0, points.size()));
}

template <class Scalar>
void KdMapIndex<Scalar>::build(PointView<Scalar> points, std::span<const point_id> ids) {
  check_points(points, dimension());
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, IdMap{});
  check_room(points.size());
  clear();
  next_id_ = 0;
  store(points, ids);
}

template <class Scalar>
point_id KdMapIndex<Scalar>::insert(std::span<const Scalar> point) {
  return insert(one_row(point));
}

template <class Scalar>
void KdMapIndex<Scalar>::insert(std::span<const Scalar> point, point_id id) {
  insert(one_row(point), {&id, 1});
}

template <class Scalar>
point_id KdMapIndex<Scalar>::insert(PointView<Scalar> points) {
  const point_id first = next_id_;
  insert(points, storage::fresh_ids(first, points.size()));
  return first;
}

template <class Scalar>
void KdMapIndex<Scalar>::insert(PointView<Scalar> points, std::span<const point_id> ids) {
  check_points(points, dimension());
  storage::check_one_id_a_row(ids, points.size());
  storage::check_fresh(ids, handles_);
  store(points, ids);
}

template <class Scalar>
void KdMapIndex<Scalar>::erase(point_id id) {
  storage::check_known({&id, 1}, handles_);
  leave(id);
}

template <class Scalar>
void KdMapIndex<Scalar>::erase(std::span<const point_id> ids) {
  storage::check_known(ids, handles_);
  std::vector<point_id> descending(ids.begin(), ids.end());  // the order in which sets are quickest
  std::sort(descending.begin(), descending.end(), std::greater<>());
  for (const point_id id : descending) leave(id);
}

template <class Scalar>
void KdMapIndex<Scalar>::move(point_id id, std::span<const Scalar> point) {
  move({&id, 1}, one_row(point));
}

template <class Scalar>
void KdMapIndex<Scalar>::move(std::span<const point_id> ids, PointView<Scalar> points) {
  check_points(points, dimension());
  storage::check_one_id_a_row(ids, points.size());
  storage::check_known(ids, handles_);
  const Points<Scalar> places = canonical(points);
  for (std::size_t row = 0; row < ids.size(); ++row) {
    const std::span<const Scalar> place = places.view()[row];
    const std::span<const Scalar> before = map_.key_of(handles_.find(ids[row]));
    if (std::equal(place.begin(), place.end(), before.begin())) continue;
    leave(ids[row]);
    enter(ids[row], place);
  }
}

template <class Scalar>
std::size_t KdMapIndex<Scalar>::erase_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
  const std::vector<point_id> inside = this->in_box(one_row(lower), one_row(upper)).ids;
  erase(inside);
  return inside.size();
}

template <class Scalar>
std::size_t KdMapIndex<Scalar>::keep_in_box(std::span<const Scalar> lower, std::span<const Scalar> upper) {
  const std::vector<point_id> inside = this->in_box(one_row(lower), one_row(upper), {.order = Order::by_id}).ids;
  std::vector<point_id> outside;
  each_place(map_.root(), [&](auto node) {
    node.value().each([&](point_id id) {
      if (!std::binary_search(inside.begin(), inside.end(), id)) outside.push_back(id);
      return true;
    });
  });
  erase(outside);
  return outside.size();
}

template <class Scalar>
std::size_t KdMapIndex<Scalar>::down_sample(Scalar cell) {
  std::vector<point_id> ids;
  Points<Scalar> points;
  copy_points(ids, points);
  const std::vector<point_id> out = crowded_out(points.view(), ids, cell);
  erase(out);
  return out.size();
}

template <class Scalar>
bool KdMapIndex<Scalar>::contains(point_id id) const noexcept {
  return handles_.find(id) != IdMap::absent;
}

template <class Scalar>
std::vector<Scalar> KdMapIndex<Scalar>::point(point_id id) const {
  storage::check_known({&id, 1}, handles_);
  const std::span<const Scalar> place = map_.key_of(handles_.find(id));
  return {place.begin(), place.end()};
}

template <class Scalar>
void KdMapIndex<Scalar>::copy_points(std::vector<point_id>& ids, Points<Scalar>& points) const {
  ids.clear();
  ids.reserve(size());
  points = {{}, dimension()};
  points.coordinates.reserve(size() * static_cast<std::size_t>(dimension()));
  each_place(map_.root(), [&](auto node) {
    node.value().each([&](point_id id) {
      ids.push_back(id);
      points.coordinates.insert(points.coordinates.end(), node.key(), node.key() + dimension());
      return true;
    });
  });
}

template <class Scalar>
void KdMapIndex<Scalar>::clear() {
  map_.clear();
  handles_.clear();
}

template <class Scalar>
void KdMapIndex<Scalar>::save(const std::filesystem::path& path) const {
  persist::StoredPoints<Scalar> stored;
  copy_points(stored.ids, stored.points);
  stored.periodic = config_.periodic;
  stored.next_id = next_id_;
  persist::ArchiveWriter archive{std::string(archive_kind)};
  persist::add_points(archive, stored);
  archive.set("balance", balance_name(config_.balance));
  archive.write(path);
}

template <class Scalar>
KdMapIndex<Scalar> KdMapIndex<Scalar>::load(const std::filesystem::path& path, Executor executor) {
  const persist::ArchiveReader archive(path);
  persist::StoredPoints<Scalar> stored = persist::read_points<Scalar>(archive, archive_kind);
  Config config;
  config.executor = executor;
  config.periodic = std::move(stored.periodic);
  try {
    config.balance = balance_from_name(archive.text("balance"));
    config.check(stored.points.dimension);
  } catch (const invalid_input& mistake) {
    archive.refuse("balance", mistake.what());
  }
  KdMapIndex index(stored.points.dimension, std::move(config));
  index.store(stored.points, stored.ids);
  index.next_id_ = stored.next_id;
  return index;
}

template <class Scalar>
Statistics KdMapIndex<Scalar>::statistics() const {
  Statistics s = map_.statistics();
  s.points = size();
  s.bytes += handles_.bytes();
  each_place(map_.root(), [&](auto node) { s.bytes += node.value().bytes(); });
  s.bytes_per_point = empty() ? 0 : static_cast<double>(s.bytes) / static_cast<double>(size());
  return s;
}

template <class Scalar>
void KdMapIndex<Scalar>::validate() const {
  const auto require = [](bool holds, const std::string& broken) {
    if (!holds) throw std::logic_error("KdMapIndex: " + broken);
  };
  map_.validate();
  std::size_t ids = 0;
  each_place(map_.root(), [&](auto node) {
    require(!node.value().empty(), "nobody is at a place");
    point_id before = no_point;
    node.value().each([&](point_id id) {
      require(id > before, "the ids of a place do not ascend");
      require(handles_.find(id) == node.handle(), "the id map loses id " + std::to_string(id));
      before = id;
      ++ids;
      return true;
    });
  });
  require(ids == size(), "the id map and the places differ in number");
}

template class KdMapIndex<float>;
template class KdMapIndex<double>;

}  // namespace coppice
