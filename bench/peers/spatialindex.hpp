// libspatialindex's R*-tree in memory: bulk-loaded by sort-tile-recursive, grown and shrunk one by one. The packaged
// library carries its own compiler flags.
//
// Its fill factor is two things at once: how full bulk loading packs the nodes, and how empty an erase may leave them
// before they are dissolved. A tree that is only searched is packed at 0.9; one that changes gets the R*-tree's 0.4.
#pragma once

#include <spatialindex/SpatialIndex.h>

#include <memory>

#include "harness/contestant.hpp"

namespace coppice::bench {

template <int FillPercent>
class SpatialIndexTree {
 public:
  explicit SpatialIndexTree(int) {}
  Identity identity() const { return {"libspatialindex", SIDX_RELEASE_NAME, "flags of the package"}; }

  void build(PointView<Real> points) {
    tree_.reset();
    storage_.reset(SpatialIndex::StorageManager::createNewMemoryStorageManager());
    SpatialIndex::id_type name = 0;
    if (points.empty()) {
      tree_.reset(
          SpatialIndex::RTree::createNewRTree(*storage_, fill, 32, 32, dimension, SpatialIndex::RTree::RV_RSTAR, name));
      return;
    }
    Stream stream(points);
    tree_.reset(SpatialIndex::RTree::createAndBulkLoadNewRTree(SpatialIndex::RTree::BLM_STR, stream, *storage_, fill,
                                                               32, 32, dimension, SpatialIndex::RTree::RV_RSTAR, name));
  }

  template <class Take>
  void nearest(const Real* q, std::size_t k, Take take) {
    Visitor<Take> visitor(take);
    tree_->nearestNeighborQuery(static_cast<std::uint32_t>(k), SpatialIndex::Point(q, dimension), visitor);
  }
  template <class Take>
  void in_box(const Real* lower, const Real* upper, Take take) {
    Visitor<Take> visitor(take);
    tree_->intersectsWithQuery(SpatialIndex::Region(lower, upper, dimension), visitor);
  }
  point_id find(const Real* q) {
    point_id found = no_point;
    auto take = [&](point_id id) { found = id; };
    Visitor<decltype(take)> visitor(take);
    tree_->pointLocationQuery(SpatialIndex::Point(q, dimension), visitor);
    return found;
  }

  void insert(const Real* p, point_id id) { tree_->insertData(0, nullptr, SpatialIndex::Point(p, dimension), id); }
  void erase(const Real* p, point_id id) { tree_->deleteData(SpatialIndex::Point(p, dimension), id); }

 private:
  static constexpr double fill = FillPercent / 100.0;

  template <class Take>
  class Visitor : public SpatialIndex::IVisitor {
   public:
    explicit Visitor(Take& take) : take_(take) {}
    void visitNode(const SpatialIndex::INode&) override {}
    void visitData(const SpatialIndex::IData& data) override { take_(data.getIdentifier()); }
    void visitData(std::vector<const SpatialIndex::IData*>&) override {}

   private:
    Take& take_;
  };

  class Stream : public SpatialIndex::IDataStream {
   public:
    explicit Stream(PointView<Real> points) : points_(points) {}
    SpatialIndex::IData* getNext() override {
      if (!hasNext()) return nullptr;
      SpatialIndex::Region place(points_.row(next_), points_.row(next_), dimension);
      return new SpatialIndex::RTree::Data(0, nullptr, place, static_cast<SpatialIndex::id_type>(next_++));
    }
    bool hasNext() override { return next_ < points_.size(); }
    std::uint32_t size() override { return static_cast<std::uint32_t>(points_.size()); }
    void rewind() override { next_ = 0; }

   private:
    PointView<Real> points_;
    std::size_t next_ = 0;
  };

  // The tree writes to its storage when it goes, so it must go first.
  std::unique_ptr<SpatialIndex::IStorageManager> storage_;
  std::unique_ptr<SpatialIndex::ISpatialIndex> tree_;
};

using PackedSpatialIndex = SpatialIndexTree<90>;
using ChangingSpatialIndex = SpatialIndexTree<40>;

}  // namespace coppice::bench
