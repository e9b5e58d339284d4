#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/index/multiway_tree/multiway_tree.hpp"
#include "tasks/multiway/contestants.hpp"

namespace coppice::bench {
namespace {

template <class Tree>
class Ours : public MultiwayContestant {
 public:
  explicit Ours(const typename Tree::Config& config) : tree_(dimension, config), hits_(1000) {}

  void build(PointView<Real> points) override { tree_.build(points); }
  bool insert(PointView<Real> points, point_id) override {
    (void)tree_.insert(points);
    return true;
  }
  void nearest(const Real* query, std::size_t k, std::vector<point_id>& ids) override {
    const std::size_t found =
        tree_.nearest(std::span<const Real>(query, dimension), {.k = k}, std::span<Hit<Real>>(hits_.data(), k));
    for (std::size_t i = 0; i < found; ++i) ids.push_back(hits_[i].id);
  }
  void within(const Real* query, Real radius, std::vector<point_id>& ids) override { search(query, radius, true, ids); }
  bool within_tested(const Real* query, Real radius, std::vector<point_id>& ids) override {
    search(query, radius, false, ids);
    return true;
  }
  [[nodiscard]] std::map<std::string, double> facts() const override {
    const Statistics s = tree_.statistics();
    return {{"height", static_cast<double>(s.height)},
            {"leaf_fill", s.leaf_fill},
            {"bytes_per_point", s.bytes_per_point},
            {"rebuilds", static_cast<double>(s.rebuilds.events)},
            {"rebuilt_points", static_cast<double>(s.rebuilds.total)},
            {"largest_rebuild", static_cast<double>(s.rebuilds.largest)}};
  }

 private:
  void search(const Real* query, Real radius, bool containment, std::vector<point_id>& ids) {
    Within<Real> within{.radius = radius};
    within.distances = false;
    within.containment = containment;
    tree_.within(std::span<const Real>(query, dimension), within, list_);
    ids.assign(list_.ids().begin(), list_.ids().end());
  }

  Tree tree_;
  std::vector<Hit<Real>> hits_;
  HitList<Real> list_;
};

enum class Variant { standard, cycling, learned, exact, window, scapegoat };

template <Variant V>
std::unique_ptr<MultiwayContestant> multiway(int threads) {
  using Tree = MultiwayTree<Real>;
  Tree::Config config;
  config.executor = Executor(threads);
  if (V == Variant::cycling || V == Variant::learned) config.axes = multiway_tree::AxisRule::cycling;
  if (V == Variant::learned) config.pivots = multiway_tree::PivotRule::learned;
  if (V == Variant::exact) config.pivots = multiway_tree::PivotRule::exact;
  if (V == Variant::window || V == Variant::learned) config.repair = multiway_tree::RepairRule::window;
  if (V == Variant::scapegoat) config.repair = multiway_tree::RepairRule::subtree;
  return std::make_unique<Ours<Tree>>(config);
}

std::unique_ptr<MultiwayContestant> kd(int threads) {
  KdTree<Real>::Config config;
  config.executor = Executor(threads);
  return std::make_unique<Ours<KdTree<Real>>>(config);
}

}  // namespace

void add_coppice_trees(std::vector<MultiwayEntry>& entries) {
  const std::string version = COPPICE_BENCH_VERSION;
  entries.push_back({{"coppice/multiway", version, ""}, &multiway<Variant::standard>});
  entries.push_back({{"coppice/multiway-cycling", version, "axes take turns"}, &multiway<Variant::cycling>});
  entries.push_back({{"coppice/multiway-learned", version, "the paper's model"}, &multiway<Variant::learned>});
  entries.push_back({{"coppice/multiway-exact", version, "selection"}, &multiway<Variant::exact>});
  entries.push_back({{"coppice/multiway-window", version, "the paper's windows"}, &multiway<Variant::window>});
  entries.push_back({{"coppice/multiway-scapegoat", version, "whole subtrees"}, &multiway<Variant::scapegoat>});
  entries.push_back({{"coppice/kd", version, ""}, &kd});
}

}  // namespace coppice::bench
