#include "peers/nanoflann.hpp"

#include "tasks/multiway/contestants.hpp"

namespace coppice::bench {
namespace {

class StaticTree : public MultiwayContestant {
 public:
  void build(PointView<Real> points) override { tree_.build(points); }
  bool insert(PointView<Real>, point_id) override { return false; }
  void nearest(const Real* query, std::size_t k, std::vector<point_id>& ids) override {
    tree_.nearest(query, k, [&](point_id id) { ids.push_back(id); });
  }
  void within(const Real* query, Real radius, std::vector<point_id>& ids) override {
    tree_.within(query, radius, [&](point_id id) { ids.push_back(id); });
  }

 private:
  Nanoflann tree_{dimension};
};

/// Static trees of doubling sizes: what grows by the logarithmic method.
class Forest : public MultiwayContestant {
 public:
  void build(PointView<Real> points) override { forest_.build(points); }
  bool insert(PointView<Real> points, point_id first) override {
    std::vector<point_id> ids(points.size());
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = first + static_cast<point_id>(i);
    forest_.insert_batch(points, ids);
    return true;
  }
  void nearest(const Real* query, std::size_t k, std::vector<point_id>& ids) override {
    forest_.nearest(query, k, [&](point_id id) { ids.push_back(id); });
  }
  void within(const Real*, Real, std::vector<point_id>&) override {}

 private:
  NanoflannForest forest_{dimension};
};

template <class Contestant>
std::unique_ptr<MultiwayContestant> make(int) {
  return std::make_unique<Contestant>();
}

}  // namespace

void add_nanoflann(std::vector<MultiwayEntry>& entries) {
  entries.push_back({{"nanoflann", nanoflann_version(), ""}, &make<StaticTree>});
  entries.push_back({{"nanoflann/forest", nanoflann_version(), "logarithmic method"}, &make<Forest>});
}

}  // namespace coppice::bench
