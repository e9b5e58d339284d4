// FLANN's exact single k-d tree, as peers/tree_nanoflann.hpp.
#pragma once

#include <flann/flann.hpp>
#include <vector>

#include "harness/contestant.hpp"

namespace coppice::bench {

class FlannTree {
  using Distance = flann::L2_Simple<Real>;

 public:
  static constexpr bool concurrent_searches = true;
  static Identity identity() { return {"flann", FLANN_VERSION_, ""}; }

  explicit FlannTree(PointView<Real> points)  // FLANN asks for memory that it may write, and does not write it
      : tree_(flann::Matrix<Real>(const_cast<Real*>(points.row(0)), points.size(), dimension),
              flann::KDTreeSingleIndexParams(10)) {
    tree_.buildIndex();
  }

  template <class Take>
  void nearest(const Real* q, std::size_t k, Take take) const {
    flann::KNNSimpleResultSet<Real>& result = result_of(k);
    result.clear();
    tree_.findNeighbors(result, q, exact_);
    give(result, take);
  }
  template <class Take>
  void within(const Real* q, Real radius, Take take) const {
    flann::RadiusResultSet<Real> result(radius * radius);
    tree_.findNeighbors(result, q, exact_);
    give(result, take);
  }

 private:
  static flann::KNNSimpleResultSet<Real>& result_of(std::size_t k) {
    thread_local std::size_t size = k;
    thread_local flann::KNNSimpleResultSet<Real> result(k);
    if (size != k) result = flann::KNNSimpleResultSet<Real>(size = k);
    return result;
  }
  template <class Result, class Take>
  static void give(Result& result, Take take) {
    thread_local std::vector<std::size_t> rows;
    thread_local std::vector<Real> keys;
    const std::size_t found = result.size();
    if (rows.size() < found) {
      rows.resize(found);
      keys.resize(found);
    }
    result.copy(rows.data(), keys.data(), found, false);
    for (std::size_t i = 0; i < found; ++i) take(rows[i], keys[i]);
  }

  flann::KDTreeSingleIndex<Distance> tree_;
  flann::SearchParams exact_{flann::FLANN_CHECKS_UNLIMITED, 0, false};
};

}  // namespace coppice::bench
