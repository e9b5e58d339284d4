// ANN's k-d tree, exact (eps = 0), buckets of 8. The packaged library carries its own compiler flags.
#pragma once

#include <ANN/ANN.h>

#include <memory>
#include <vector>

#include "harness/contestant.hpp"

namespace coppice::bench {

class Ann {
 public:
  explicit Ann(int) {}
  Identity identity() const { return {"ann", ANNversion, "flags of the package"}; }

  void build(PointView<Real> points) {
    tree_.reset();
    rows_.resize(points.size());
    // ANN asks for memory that it may write, and does not write it.
    for (std::size_t i = 0; i < points.size(); ++i) rows_[i] = const_cast<Real*>(points.row(i));
    tree_ = std::make_unique<ANNkd_tree>(rows_.data(), static_cast<int>(points.size()), dimension, 8);
  }

  template <class Take>
  void nearest(const Real* q, std::size_t k, Take take) {
    reserve(k);
    const auto wanted = static_cast<int>(std::min(k, rows_.size()));
    tree_->annkSearch(const_cast<Real*>(q), wanted, found_.data(), keys_.data());
    for (int i = 0; i < wanted; ++i) take(found_[static_cast<std::size_t>(i)]);
  }
  /// One search, and a second one for the answers that the buffer of the first could not hold.
  template <class Take>
  void within(const Real* q, Real radius, Take take) {
    reserve(256);
    auto* const point = const_cast<Real*>(q);
    int count = tree_->annkFRSearch(point, radius * radius, 256, found_.data(), keys_.data());
    if (count > 256) {
      reserve(static_cast<std::size_t>(count));
      count = tree_->annkFRSearch(point, radius * radius, count, found_.data(), keys_.data());
    }
    for (int i = 0; i < count; ++i) take(found_[static_cast<std::size_t>(i)]);
  }

 private:
  void reserve(std::size_t count) {
    if (found_.size() >= count) return;
    found_.resize(count);
    keys_.resize(count);
  }

  std::vector<double*> rows_;
  std::unique_ptr<ANNkd_tree> tree_;
  std::vector<int> found_;
  std::vector<double> keys_;
};

}  // namespace coppice::bench
