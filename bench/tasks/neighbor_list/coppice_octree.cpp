// Coppice's NeighborList in the task `neighbor-list`.
#include "coppice/index/octree/neighbor_list.hpp"
#include "tasks/neighbor_list/contestants.hpp"

namespace coppice::bench {
namespace {

/// What a NeighborList does with the order and the pairs of the step before.
enum class Keeps { order, nothing, candidates };

class CoppiceOctree final : public PairLister {
 public:
  explicit CoppiceOctree(Keeps keeps) : keeps_(keeps) {}
  [[nodiscard]] Identity identity() const override {
    if (keeps_ == Keeps::nothing) return {"coppice/octree-sorted", COPPICE_BENCH_VERSION, "sorts at every step"};
    if (keeps_ == Keeps::candidates) return {"coppice/octree-skin", COPPICE_BENCH_VERSION, "skin of 0.2 cutoffs"};
    return {"coppice/octree", COPPICE_BENCH_VERSION, ""};
  }
  [[nodiscard]] bool can(const Setting& setting) const override { return keeps_ == Keeps::order || setting.steps; }
  void start(const Setting& setting) override {
    NeighborListConfig config;
    config.cutoff = setting.cutoff;
    config.kind = setting.pairs == Pairs::half ? PairKind::half : PairKind::full;
    config.executor = Executor(setting.threads);
    if (keeps_ == Keeps::nothing) config.resort_fraction = 0;
    if (keeps_ == Keeps::candidates) config.skin = 0.2 * setting.cutoff;
    if (setting.cell) {
      const Cell& c = *setting.cell;
      config.cell = SimulationCell::triclinic({c[0], c[1], c[2]}, {c[3], c[4], c[5]}, {c[6], c[7], c[8]});
    }
    periodic_ = setting.cell.has_value();
    list_.emplace(std::move(config));
  }
  void list(PointView<Real> positions) override { list_->update(positions); }
  [[nodiscard]] std::int64_t pairs() const override { return list_->pairs(); }
  [[nodiscard]] std::size_t bytes() const override { return list_->statistics().bytes; }
  void each_pair(const TakePair& take) const override {
    for (std::size_t i = 0; i < list_->size(); ++i) {
      const auto row = (*list_)[i];
      for (std::size_t k = 0; k < row.size(); ++k)
        take(static_cast<std::int32_t>(i), row[k], periodic_ ? list_->shift(i, k) : Shift{});
    }
  }

 private:
  Keeps keeps_;
  std::optional<NeighborList<Real>> list_;
  bool periodic_ = false;
};

}  // namespace

std::unique_ptr<PairLister> make_coppice_octree() {
  return std::make_unique<CoppiceOctree>(Keeps::order);
}
std::unique_ptr<PairLister> make_coppice_sorted() {
  return std::make_unique<CoppiceOctree>(Keeps::nothing);
}
std::unique_ptr<PairLister> make_coppice_skin() {
  return std::make_unique<CoppiceOctree>(Keeps::candidates);
}

}  // namespace coppice::bench
