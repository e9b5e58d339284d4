// The tight cell list in the task `neighbor-list`.
#include "peers/cell_list.hpp"

#include "tasks/neighbor_list/contestants.hpp"

namespace coppice::bench {
namespace {

class TightCellList final : public PairLister {
 public:
  [[nodiscard]] Identity identity() const override {
    return {"reference/cell-list", COPPICE_BENCH_VERSION, "positions as they come, rounding decides"};
  }
  [[nodiscard]] bool can(const Setting& setting) const override {
    if (!setting.cell) return true;
    for (const std::size_t place : {1u, 2u, 3u, 5u, 6u, 7u})
      if ((*setting.cell)[place] != 0) return false;
    return true;
  }
  void start(const Setting& setting) override {
    std::optional<std::array<double, 3>> edges;
    if (setting.cell) edges = {(*setting.cell)[0], (*setting.cell)[4], (*setting.cell)[8]};
    cells_.emplace(setting.cutoff, edges, setting.threads);
    pairs_ = setting.pairs;
  }
  void list(PointView<Real> positions) override {
    cells_->sort(positions.row(0), positions.size());
    pairs_ == Pairs::full ? cells_->list<true>() : cells_->list<false>();
  }
  [[nodiscard]] std::int64_t pairs() const override { return cells_->pairs(); }
  [[nodiscard]] std::size_t bytes() const override { return cells_->bytes(); }
  void each_pair(const TakePair& take) const override {
    cells_->each_pair(
        [&](std::int32_t i, std::int32_t j, std::int32_t code) { take(i, j, CellList<Real>::unpacked(code)); });
  }

 private:
  std::optional<CellList<Real>> cells_;
  Pairs pairs_ = Pairs::full;
};

}  // namespace

std::unique_ptr<PairLister> make_cell_list() {
  return std::make_unique<TightCellList>();
}

}  // namespace coppice::bench
