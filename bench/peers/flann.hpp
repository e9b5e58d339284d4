// FLANN's exact single k-d tree (leaves of 10, reordered copy of the data). It erases by flags.
#pragma once

#include <flann/flann.hpp>
#include <memory>
#include <vector>

#include "harness/contestant.hpp"

namespace coppice::bench {

class Flann {
  using Distance = flann::L2_Simple<Real>;
  using Tree = flann::KDTreeSingleIndex<Distance>;

 public:
  explicit Flann(int) {}
  Identity identity() const { return {"flann", FLANN_VERSION_, ""}; }

  void build(PointView<Real> points) {
    tree_.reset();
    // FLANN asks for memory that it may write, and does not write it.
    const flann::Matrix<Real> rows(const_cast<Real*>(points.row(0)), points.size(), dimension);
    tree_ = std::make_unique<Tree>(rows, flann::KDTreeSingleIndexParams(10));
    tree_->buildIndex();
  }

  template <class Take>
  void nearest(const Real* q, std::size_t k, Take take) {
    if (found_.size() < k) {
      found_.resize(k);
      keys_.resize(k);
    }
    flann::KNNSimpleResultSet<Real> result(k);
    tree_->findNeighbors(result, q, exact_);
    result.copy(found_.data(), keys_.data(), k, false);
    const std::size_t found = result.size();
    for (std::size_t i = 0; i < found; ++i) take(static_cast<point_id>(found_[i]));
  }
  template <class Take>
  void within(const Real* q, Real radius, Take take) {
    flann::RadiusResultSet<Real> result(radius * radius);
    tree_->findNeighbors(result, q, exact_);
    const std::size_t found = result.size();
    if (found_.size() < found) {
      found_.resize(found);
      keys_.resize(found);
    }
    result.copy(found_.data(), keys_.data(), found, false);
    for (std::size_t i = 0; i < found; ++i) take(static_cast<point_id>(found_[i]));
  }

  void erase(const Real*, point_id id) { tree_->removePoint(static_cast<std::size_t>(id)); }
  static constexpr const char* erase_note = "lazy";

 private:
  std::unique_ptr<Tree> tree_;
  flann::SearchParams exact_{flann::FLANN_CHECKS_UNLIMITED, 0, false};
  std::vector<std::size_t> found_;
  std::vector<Real> keys_;
};

}  // namespace coppice::bench
