// What changes in the rows when points come and go.
#include <algorithm>

#include "coppice/geometry/morton.hpp"
#include "neighbor_graph_body.hpp"

namespace coppice::neighbor_graph {
namespace {

constexpr std::size_t repairs_a_task = 128;
constexpr std::size_t points_at_once = std::size_t{1} << 14;  // so that a large batch needs no memory to speak of
constexpr std::size_t ahead = 8;             // rows lie anywhere, so those to come are fetched this many offers before
constexpr std::size_t part_for_rebuild = 4;  // measured: repair and build cost alike at 15 to 30 percent

}  // namespace

template <class S>
void Rows<S>::Body::change(const SearchTarget<S>& index, std::span<const point_id> going, PointView<S> points,
                           std::span<const point_id> coming) {
  repair = {};
  repair.changed = going.size() + coming.size();
  if (repair.changed == 0) return;
  if (part_for_rebuild * repair.changed > index.size) {
    for (const point_id id : going) {
      const std::uint32_t row = row_of.take(id);
      const Place at = store.place(row);
      runs_[at.run].points.remove(at.slot);
      --runs_[at.run].live;
    }
    return anew(index, points, coming);
  }
  const std::size_t needed = std::min(config.k, index.size - 1);
  std::vector<std::uint32_t> wanting;
  leave(going, needed, wanting);
  enter(index, points, coming);
  refill(index, needed, wanting);
}

/// All points that are left, and those that come, as if there had been nothing before.
template <class S>
void Rows<S>::Body::anew(const SearchTarget<S>& index, PointView<S> points, std::span<const point_id> coming) {
  std::vector<S> coordinates;
  std::vector<std::uint32_t> rows;
  for (const Run& run : runs_) take_over(run, coordinates, rows);
  std::vector<point_id> ids;
  ids.reserve(rows.size() + coming.size());
  for (const std::uint32_t row : rows) ids.push_back(store.id(row));
  ids.insert(ids.end(), coming.begin(), coming.end());
  for (std::size_t i = 0; i < points.size(); ++i)
    coordinates.insert(coordinates.end(), points.row(i), points.row(i) + space.dimension);
  const std::size_t changed = repair.changed;
  build(index, PointView<S>(coordinates.data(), ids.size(), space.dimension), ids);
  repair.changed = changed;
}

/// Requires: rows of points one behind the other.
template <class S>
template <class Apply>
void Rows<S>::Body::offer_all(PointView<S> points, const Apply& apply) {
  std::vector<OfferList<S>> offers;
  for (std::size_t first = 0; first < points.size(); first += points_at_once) {
    const std::size_t count = std::min(points_at_once, points.size() - first);
    offers.resize((count + repairs_a_task - 1) / repairs_a_task);
    config.executor.for_each_chunk(count, repairs_a_task, [&](std::size_t begin, std::size_t end) {
      OfferList<S>& mine = offers[begin / repairs_a_task];
      mine.size = 0;
      for (const Run& run : runs_)
        run.points.search(space, points.row(first + begin), end - begin, static_cast<std::uint32_t>(first + begin),
                          mine);
    });
    for (const OfferList<S>& some : offers) {
      for (std::size_t i = 0; i < some.size; ++i) {
        if (i + ahead < some.size) store.prefetch(some.offers[i + ahead].row);
        apply(some.offers[i].row, some.offers[i].key, some.offers[i].point);
      }
      repair.offered += some.size;
    }
  }
}

template <class S>
void Rows<S>::Body::settle_reach(std::uint32_t row) noexcept {
  const Place at = store.place(row);
  runs_[at.run].points.set_reach(at.slot, store.bound(row).distance_squared);
}

/// Points go, and out of the rows that had them; `wanting` are those that have too few neighbours then.
template <class S>
void Rows<S>::Body::leave(std::span<const point_id> ids, std::size_t needed, std::vector<std::uint32_t>& wanting) {
  struct Going {
    Place at;
    point_id id;
  };
  std::vector<Going> going;
  going.reserve(ids.size());
  for (const point_id id : ids) {
    const std::uint32_t row = row_of.take(id);
    going.push_back({store.place(row), id});
    store.drop(row);
  }
  std::sort(going.begin(), going.end(), [](const Going& a, const Going& b) {
    return a.at.run != b.at.run ? a.at.run < b.at.run : a.at.slot < b.at.slot;
  });
  Points<S> points{std::vector<S>(ids.size() * static_cast<std::size_t>(space.dimension)), space.dimension};
  S* to = points.coordinates.data();
  for (const Going& one : going) {
    Run& run = runs_[one.at.run];
    run.points.copy_point(one.at.slot, to);
    run.points.remove(one.at.slot);
    --run.live;
    to += space.dimension;
  }
  offer_all(points.view(), [&](std::uint32_t row, S key, std::uint32_t i) {
    if (store.take(row, {key, going[i].id}) && store.hits(row).size() < needed) wanting.push_back(row);
  });
}

/// Points come, into the rows that they are near enough for, and get rows of their own.
template <class S>
void Rows<S>::Body::enter(const SearchTarget<S>& index, PointView<S> points, std::span<const point_id> ids) {
  if (points.empty()) return place({nullptr, 0, space.dimension}, {});
  const std::vector<std::uint32_t> order = morton_order(points);
  Points<S> sorted{{}, space.dimension};
  sorted.coordinates.reserve(points.size() * static_cast<std::size_t>(space.dimension));
  for (const std::uint32_t i : order)
    sorted.coordinates.insert(sorted.coordinates.end(), points.row(i), points.row(i) + space.dimension);
  offer_all(sorted.view(), [&](std::uint32_t row, S key, std::uint32_t i) {
    if (store.offer(row, {key, ids[order[i]]})) settle_reach(row);
  });
  std::vector<std::uint32_t> rows;
  rows.reserve(points.size());
  for (const std::uint32_t i : order) {
    rows.push_back(store.make(ids[i]));
    row_of.assign(ids[i], rows.back());
  }
  search_rows(index, sorted.view(), rows, store);
  place(sorted.view(), rows);
}

/// Searches the rows that have too few neighbours still.
template <class S>
void Rows<S>::Body::refill(const SearchTarget<S>& index, std::size_t needed, std::vector<std::uint32_t>& wanting) {
  std::erase_if(wanting, [&](std::uint32_t row) { return store.hits(row).size() >= needed; });
  std::sort(wanting.begin(), wanting.end(), [&](std::uint32_t a, std::uint32_t b) {  // as they lie in space
    const Place x = store.place(a), y = store.place(b);
    return x.run != y.run ? x.run < y.run : x.slot < y.slot;
  });
  wanting.erase(std::unique(wanting.begin(), wanting.end()), wanting.end());
  Points<S> points{std::vector<S>(wanting.size() * static_cast<std::size_t>(space.dimension)), space.dimension};
  S* to = points.coordinates.data();
  for (const std::uint32_t row : wanting) {
    const Place at = store.place(row);
    runs_[at.run].points.copy_point(at.slot, to);
    to += space.dimension;
  }
  search_rows(index, points.view(), wanting, store);
  for (const std::uint32_t row : wanting) settle_reach(row);
  repair.searched = wanting.size();
}

template <class S>
void Rows<S>::Body::take_over(const Run& run, std::vector<S>& coordinates, std::vector<std::uint32_t>& rows) const {
  const auto axes = static_cast<std::size_t>(space.dimension);
  coordinates.reserve(coordinates.size() + run.live * axes);
  rows.reserve(rows.size() + run.live);
  for (std::size_t slot = 0; slot < run.points.slots(); ++slot) {
    const std::uint32_t row = run.points.row(slot);
    if (row == ReachRun<S>::nobody) continue;
    rows.push_back(row);
    coordinates.resize(coordinates.size() + axes);
    run.points.copy_point(slot, coordinates.data() + coordinates.size() - axes);
  }
}

template <class S>
void Rows<S>::Body::place(PointView<S> points, const std::vector<std::uint32_t>& rows) {
  std::size_t live = 0, placed = 0;
  for (const Run& run : runs_) {
    live += run.live;
    placed += run.placed;
  }
  const bool all = static_cast<double>(placed - live) > config.replace_fraction * static_cast<double>(placed);
  std::vector<S> coordinates;
  coordinates.reserve(points.size() * static_cast<std::size_t>(space.dimension));
  for (std::size_t i = 0; i < points.size(); ++i)
    coordinates.insert(coordinates.end(), points.row(i), points.row(i) + space.dimension);
  std::vector<std::uint32_t> together = rows;
  while (!runs_.empty() && (all || runs_.back().live <= 2 * together.size())) {
    take_over(runs_.back(), coordinates, together);
    runs_.pop_back();
  }
  if (together.empty()) return;
  const auto run = static_cast<std::uint32_t>(runs_.size());
  const PointView<S> view(coordinates.data(), together.size(), space.dimension);
  runs_.push_back({ReachRun<S>(view, together, config.executor), together.size(), together.size()});
  ReachRun<S>& made = runs_.back().points;
  for (std::size_t slot = 0; slot < made.slots(); ++slot)
    if (made.row(slot) != ReachRun<S>::nobody) store.place(made.row(slot)) = {run, static_cast<std::uint32_t>(slot)};
  made.set_reaches([&](std::uint32_t row) { return store.bound(row).distance_squared; });
}

template class Rows<float>::Body;
template class Rows<double>::Body;

}  // namespace coppice::neighbor_graph
