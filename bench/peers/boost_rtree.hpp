// Boost.Geometry's rtree over pairs of point and id: packed by its constructor, grown by quadratic splits of 16.
#pragma once

#include <array>
#include <boost/geometry.hpp>
#include <boost/geometry/geometries/box.hpp>
#include <boost/geometry/geometries/point.hpp>
#include <boost/geometry/index/rtree.hpp>
#include <boost/iterator/function_output_iterator.hpp>
#include <boost/version.hpp>
#include <string>
#include <utility>
#include <vector>

#include "harness/contestant.hpp"

namespace coppice::bench {

class BoostRtree {
  using Point = boost::geometry::model::point<Real, dimension, boost::geometry::cs::cartesian>;
  using Box = boost::geometry::model::box<Point>;
  using Entry = std::pair<Point, std::uint32_t>;
  using Tree = boost::geometry::index::rtree<Entry, boost::geometry::index::quadratic<16>>;

 public:
  static constexpr bool concurrent_searches = true;
  explicit BoostRtree(int) {}
  Identity identity() const {
    return {"boost/rtree",
            std::to_string(BOOST_VERSION / 100000) + "." + std::to_string(BOOST_VERSION / 100 % 1000) + "." +
                std::to_string(BOOST_VERSION % 100),
            ""};
  }

  void build(PointView<Real> points) {
    tree_.clear();
    std::vector<Entry> entries;
    entries.reserve(points.size());
    for (std::size_t i = 0; i < points.size(); ++i) entries.push_back(entry(points.row(i), static_cast<point_id>(i)));
    tree_ = Tree(entries);
  }

  template <class Take>
  void nearest(const Real* q, std::size_t k, Take take) const {
    tree_.query(boost::geometry::index::nearest(point(q), static_cast<unsigned>(k)), each(take));
  }
  template <class Take>
  void within(const Real* q, Real radius, Take take) const {
    std::array<Real, dimension> lower, upper;
    for (std::size_t axis = 0; axis < dimension; ++axis) {
      lower[axis] = q[axis] - radius;
      upper[axis] = q[axis] + radius;
    }
    const Box box(point(lower.data()), point(upper.data()));
    const Point centre = point(q);
    const Real limit = radius * radius;
    tree_.query(boost::geometry::index::intersects(box) && boost::geometry::index::satisfies([&](const Entry& e) {
                  return boost::geometry::comparable_distance(e.first, centre) <= limit;
                }),
                each(take));
  }
  template <class Take>
  void in_box(const Real* lower, const Real* upper, Take take) const {
    tree_.query(boost::geometry::index::intersects(Box(point(lower), point(upper))), each(take));
  }
  point_id find(const Real* q) const {
    const auto found = tree_.qbegin(boost::geometry::index::intersects(point(q)));
    return found == tree_.qend() ? no_point : static_cast<point_id>(found->second);
  }

  void insert(const Real* p, point_id id) { tree_.insert(entry(p, id)); }
  void erase(const Real* p, point_id id) { tree_.remove(entry(p, id)); }

 private:
  static Point point(const Real* p) {
    Point result;
    [&]<std::size_t... Axis>(std::index_sequence<Axis...>) {
      (boost::geometry::set<Axis>(result, p[Axis]), ...);
    }
    (std::make_index_sequence<dimension>());
    return result;
  }
  static Entry entry(const Real* p, point_id id) { return {point(p), static_cast<std::uint32_t>(id)}; }
  template <class Take>
  static auto each(Take& take) {
    return boost::make_function_output_iterator([&take](const Entry& e) { take(static_cast<point_id>(e.second)); });
  }

  Tree tree_;
};

}  // namespace coppice::bench
