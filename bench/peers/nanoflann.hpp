// nanoflann as two contestants: its static tree, and its forest of static trees, which inserts by the logarithmic
// method and erases by flags.
#pragma once

#include <cstdio>
#include <memory>
#include <nanoflann.hpp>
#include <string>
#include <utility>
#include <vector>

#include "harness/contestant.hpp"
#include "peers/rows.hpp"

namespace coppice::bench {

inline std::string nanoflann_version() {
  char text[16];
  std::snprintf(text, sizeof text, "%x.%x.%x", NANOFLANN_VERSION >> 8, NANOFLANN_VERSION >> 4 & 15,
                NANOFLANN_VERSION & 15);
  return text;
}

/// The caller's points, not copied.
struct NanoflannView {
  PointView<Real> points;
  std::size_t kdtree_get_point_count() const { return points.size(); }
  Real kdtree_get_pt(std::size_t row, std::size_t axis) const { return points.row(row)[axis]; }
  template <class Box>
  bool kdtree_get_bbox(Box&) const {
    return false;
  }
};

class Nanoflann {
 public:
  static constexpr bool concurrent_searches = true;
  explicit Nanoflann(int) {}
  Identity identity() const { return {"nanoflann", nanoflann_version(), ""}; }

  void build(PointView<Real> points) {
    tree_.reset();
    view_.points = points;
    tree_ = std::make_unique<Tree>(dimension, view_, nanoflann::KDTreeSingleIndexAdaptorParams(10));
    tree_->buildIndex();
  }

  template <class Take>
  void nearest(const Real* q, std::size_t k, Take take) const {
    thread_local std::vector<std::uint32_t> rows;
    thread_local std::vector<Real> keys;
    if (rows.size() < k) {
      rows.resize(k);
      keys.resize(k);
    }
    const std::size_t found = tree_->knnSearch(q, k, rows.data(), keys.data());
    for (std::size_t i = 0; i < found; ++i) take(static_cast<point_id>(rows[i]));
  }
  template <class Take>
  void within(const Real* q, Real radius, Take take) const {
    thread_local std::vector<std::pair<std::uint32_t, Real>> found;
    tree_->radiusSearch(q, radius * radius, found, nanoflann::SearchParams(32, 0, false));
    for (const auto& hit : found) take(static_cast<point_id>(hit.first));
  }

 private:
  using Tree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<Real, NanoflannView>, NanoflannView,
                                                   dimension, std::uint32_t>;
  NanoflannView view_;
  std::unique_ptr<Tree> tree_;
};

class NanoflannForest {
 public:
  explicit NanoflannForest(int) {}
  Identity identity() const { return {"nanoflann/forest", nanoflann_version(), ""}; }

  void build(PointView<Real> points) {
    tree_.reset();
    rows_ = {};
    if (!points.empty()) rows_.assign(points);
    tree_ = std::make_unique<Tree>(dimension, rows_, nanoflann::KDTreeSingleIndexAdaptorParams(10), 1u << 28);
  }

  template <class Take>
  void nearest(const Real* q, std::size_t k, Take take) {
    if (found_.size() < k) {
      found_.resize(k);
      keys_.resize(k);
    }
    nanoflann::KNNResultSet<Real, std::size_t> result(k);
    result.init(found_.data(), keys_.data());
    tree_->findNeighbors(result, q, nanoflann::SearchParams());
    for (std::size_t i = 0; i < result.size(); ++i) take(rows_.id_of(found_[i]));
  }

  void insert(const Real* p, point_id id) {
    const std::size_t row = rows_.size();
    rows_.append(p, id);
    tree_->addPoints(static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(row));
  }
  void erase(const Real*, point_id id) { tree_->removePoint(rows_.row_of(id)); }
  static constexpr const char* erase_note = "lazy";
  void insert_batch(PointView<Real> points, std::span<const point_id> ids) {
    const std::size_t first = rows_.size();
    for (std::size_t i = 0; i < ids.size(); ++i) rows_.append(points.row(i), ids[i]);
    tree_->addPoints(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(rows_.size() - 1));
  }

 private:
  using Tree = nanoflann::KDTreeSingleIndexDynamicAdaptor<nanoflann::L2_Simple_Adaptor<Real, Rows>, Rows, dimension,
                                                          std::uint32_t>;
  Rows rows_;
  std::unique_ptr<Tree> tree_;
  std::vector<std::size_t> found_;
  std::vector<Real> keys_;
};

}  // namespace coppice::bench
