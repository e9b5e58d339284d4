// Coppice's KdTree in the task `allrnn`: all points as one batch.
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "tasks/allrnn/rows.hpp"

namespace coppice::bench {
namespace {

class CoppiceKdTree final : public RowsLister {
 public:
  [[nodiscard]] Identity identity() const override { return {"coppice/kd", COPPICE_BENCH_VERSION, ""}; }
  [[nodiscard]] bool uses_threads() const override { return true; }
  [[nodiscard]] std::size_t most_points() const override { return some; }

  void list(const WithinTask& task) override {
    KdTree<Real>::Config config;
    config.executor = Executor(task.threads);
    KdTree<Real> tree(dimension, config);
    tree.build(task.points);
    const Neighbors<Real> found = tree.within(
        task.points,
        {.radius = task.radius, .order = task.sorted ? Order::by_distance : Order::none, .executor = config.executor});
    const std::size_t n = task.points.size(), edges = found.ids.size() - n;
    offsets_.assign(n + 1, 0);
    ids_.resize(edges);
    distances_.resize(task.sorted ? edges : 0);
    std::size_t to = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (auto j = static_cast<std::size_t>(found.offsets[i]); j < static_cast<std::size_t>(found.offsets[i + 1]);
           ++j) {
        if (found.ids[j] == static_cast<point_id>(i)) continue;
        ids_[to] = static_cast<std::int32_t>(found.ids[j]);
        if (task.sorted) distances_[to] = found.distances[j];
        ++to;
      }
      offsets_[i + 1] = static_cast<std::int64_t>(to);
    }
  }
};

}  // namespace

WithinListerPtr within_coppice_kd() {
  return std::make_unique<CoppiceKdTree>();
}

}  // namespace coppice::bench
