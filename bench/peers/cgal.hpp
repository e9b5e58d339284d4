// CGAL's Kd_tree over pairs of point and id. It erases without ever rebalancing, and inserts by building anew. Its
// cache of coordinates makes searches faster, but `remove` (5.5.1) does not keep it up to date and searches go wrong,
// so that contestants that erase have to do without.
#pragma once

#include <CGAL/Fuzzy_iso_box.h>
#include <CGAL/Fuzzy_sphere.h>
#include <CGAL/Kd_tree.h>
#include <CGAL/Orthogonal_k_neighbor_search.h>
#include <CGAL/Search_traits_3.h>
#include <CGAL/Search_traits_adapter.h>
#include <CGAL/Simple_cartesian.h>
#include <CGAL/property_map.h>
#include <CGAL/version.h>

#include <memory>
#include <utility>
#include <vector>

#include "harness/contestant.hpp"

namespace coppice::bench {

template <class Cache>
class CgalTree {
  using Kernel = CGAL::Simple_cartesian<double>;
  using Point = Kernel::Point_3;
  using Entry = std::pair<Point, std::uint32_t>;
  using Map = CGAL::First_of_pair_property_map<Entry>;
  using BaseTraits = CGAL::Search_traits_3<Kernel>;
  using Traits = CGAL::Search_traits_adapter<Entry, Map, BaseTraits>;
  using Splitter = CGAL::Sliding_midpoint<Traits>;
  using Tree = CGAL::Kd_tree<Traits, Splitter, CGAL::Tag_true, Cache>;
  using Distance = CGAL::Distance_adapter<Entry, Map, CGAL::Euclidean_distance<BaseTraits>>;
  using Search = CGAL::Orthogonal_k_neighbor_search<Traits, Distance, Splitter, Tree>;

 public:
  static constexpr bool concurrent_searches = true;
  explicit CgalTree(int) {}
  Identity identity() const { return {"cgal", CGAL_VERSION_STR, ""}; }

  void build(PointView<Real> points) {
    tree_.reset();
    std::vector<Entry> entries;
    entries.reserve(points.size());
    for (std::size_t i = 0; i < points.size(); ++i) entries.push_back(entry(points.row(i), static_cast<point_id>(i)));
    tree_ = std::make_unique<Tree>(entries.begin(), entries.end());
    tree_->build();
  }

  template <class Take>
  void nearest(const Real* q, std::size_t k, Take take) const {
    const Search search(*tree_, Point(q[0], q[1], q[2]), static_cast<unsigned>(k));
    for (const auto& hit : search) take(static_cast<point_id>(hit.first.second));
  }
  template <class Take>
  void within(const Real* q, Real radius, Take take) const {
    collect(CGAL::Fuzzy_sphere<Traits>(Point(q[0], q[1], q[2]), radius), take);
  }
  template <class Take>
  void in_box(const Real* lower, const Real* upper, Take take) const {
    collect(CGAL::Fuzzy_iso_box<Traits>(Point(lower[0], lower[1], lower[2]), Point(upper[0], upper[1], upper[2])),
            take);
  }
  point_id find(const Real* q) const {
    point_id found = no_point;
    in_box(q, q, [&](point_id id) { found = id; });
    return found;
  }

  void erase(const Real* p, point_id id) {
    const auto number = static_cast<std::uint32_t>(id);
    tree_->remove(entry(p, id), [number](const Entry& e) { return e.second == number; });
  }
  /// Costs a rebuild of the whole tree.
  void insert_batch(PointView<Real> points, std::span<const point_id> ids) {
    for (std::size_t i = 0; i < ids.size(); ++i) tree_->insert(entry(points.row(i), ids[i]));
    tree_->build();
  }
  static constexpr const char* insert_note = "an insert builds the whole tree anew";
  static constexpr const char* erase_note = "never rebalances";

 private:
  static Entry entry(const Real* p, point_id id) { return {Point(p[0], p[1], p[2]), static_cast<std::uint32_t>(id)}; }

  template <class Shape, class Take>
  void collect(const Shape& shape, Take take) const {
    thread_local std::vector<Entry> found;
    found.clear();
    tree_->search(std::back_inserter(found), shape);
    for (const Entry& e : found) take(static_cast<point_id>(e.second));
  }

  std::unique_ptr<Tree> tree_;
};

using Cgal = CgalTree<CGAL::Tag_true>;
using ErasableCgal = CgalTree<CGAL::Tag_false>;

}  // namespace coppice::bench
