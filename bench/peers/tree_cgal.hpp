// CGAL's Kd_tree over pairs of point and row, in three dimensions, as peers/tree_nanoflann.hpp.
#pragma once

#include <CGAL/Kd_tree.h>
#include <CGAL/Orthogonal_k_neighbor_search.h>
#include <CGAL/Search_traits_3.h>
#include <CGAL/Search_traits_adapter.h>
#include <CGAL/Simple_cartesian.h>
#include <CGAL/property_map.h>
#include <CGAL/version.h>

#include <utility>
#include <vector>

#include "harness/contestant.hpp"

namespace coppice::bench {

class CgalSearchTree {
  using Kernel = CGAL::Simple_cartesian<double>;
  using Point = Kernel::Point_3;
  using Entry = std::pair<Point, std::uint32_t>;
  using Map = CGAL::First_of_pair_property_map<Entry>;
  using BaseTraits = CGAL::Search_traits_3<Kernel>;
  using Traits = CGAL::Search_traits_adapter<Entry, Map, BaseTraits>;
  using Splitter = CGAL::Sliding_midpoint<Traits>;
  using Tree = CGAL::Kd_tree<Traits, Splitter, CGAL::Tag_true, CGAL::Tag_true>;
  using Distance = CGAL::Distance_adapter<Entry, Map, CGAL::Euclidean_distance<BaseTraits>>;
  using Search = CGAL::Orthogonal_k_neighbor_search<Traits, Distance, Splitter, Tree>;

 public:
  static constexpr bool concurrent_searches = true;
  static Identity identity() { return {"cgal", CGAL_VERSION_STR, ""}; }

  explicit CgalSearchTree(PointView<Real> points) {
    std::vector<Entry> entries;
    entries.reserve(points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Real* p = points.row(i);
      entries.emplace_back(Point(p[0], p[1], p[2]), static_cast<std::uint32_t>(i));
    }
    tree_.insert(entries.begin(), entries.end());
    tree_.build();
  }

  template <class Take>
  void nearest(const Real* q, std::size_t k, Take take) const {
    const Search search(tree_, Point(q[0], q[1], q[2]), static_cast<unsigned>(k));
    for (const auto& [entry, key] : search) take(entry.second, key);
  }

 private:
  Tree tree_;
};

}  // namespace coppice::bench
