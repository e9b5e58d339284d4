// ANN's k-d tree, exact (eps = 0), buckets of 8, as peers/tree_nanoflann.hpp. It searches through global variables.
#pragma once

#include <ANN/ANN.h>

#include <memory>
#include <vector>

#include "harness/contestant.hpp"

namespace coppice::bench {

class AnnTree {
 public:
  static constexpr bool concurrent_searches = false;
  static Identity identity() { return {"ann", ANNversion, "flags of the package"}; }

  explicit AnnTree(PointView<Real> points) : rows_(points.size()) {
    // ANN asks for memory that it may write, and does not write it.
    for (std::size_t i = 0; i < points.size(); ++i) rows_[i] = const_cast<Real*>(points.row(i));
    tree_ = std::make_unique<ANNkd_tree>(rows_.data(), static_cast<int>(points.size()), dimension, 8);
  }

  template <class Take>
  void nearest(const Real* q, std::size_t k, Take take) {
    k = std::min(k, rows_.size());
    found_.resize(k);
    keys_.resize(k);
    tree_->annkSearch(const_cast<Real*>(q), static_cast<int>(k), found_.data(), keys_.data());
    for (std::size_t i = 0; i < k; ++i) take(found_[i], keys_[i]);
  }

 private:
  std::vector<double*> rows_;
  std::unique_ptr<ANNkd_tree> tree_;
  std::vector<int> found_;
  std::vector<double> keys_;
};

}  // namespace coppice::bench
