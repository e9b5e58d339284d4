// nanoflann's static tree, for tasks that want distances besides ids: `take(id, key)`, the key being the squared
// distance. Searches give the point itself, too.
#pragma once

#include "peers/nanoflann.hpp"

namespace coppice::bench {

class NanoflannTree {
 public:
  static constexpr bool concurrent_searches = true;
  static Identity identity() { return {"nanoflann", nanoflann_version(), ""}; }

  explicit NanoflannTree(PointView<Real> points)
      : view_{points}, tree_(dimension, view_, nanoflann::KDTreeSingleIndexAdaptorParams(10)) {
    tree_.buildIndex();
  }

  /// In ascending order.
  template <class Take>
  void nearest(const Real* q, std::size_t k, Take take) const {
    thread_local std::vector<std::uint32_t> rows;
    thread_local std::vector<Real> keys;
    rows.resize(k);
    keys.resize(k);
    const std::size_t found = tree_.knnSearch(q, k, rows.data(), keys.data());
    for (std::size_t i = 0; i < found; ++i) take(rows[i], keys[i]);
  }
  /// In any order.
  template <class Take>
  void within(const Real* q, Real radius, Take take) const {
    thread_local std::vector<std::pair<std::uint32_t, Real>> found;
    tree_.radiusSearch(q, radius * radius, found, nanoflann::SearchParams(32, 0, false));
    for (const auto& [row, key] : found) take(row, key);
  }

 private:
  NanoflannView view_;
  nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<Real, NanoflannView>, NanoflannView, dimension,
                                      std::uint32_t>
      tree_;
};

}  // namespace coppice::bench
