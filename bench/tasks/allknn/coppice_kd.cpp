// Coppice's KdTree in the task `allknn`: all points as one batch, for k + 1 neighbours.
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "tasks/allknn/contestants.hpp"

namespace coppice::bench {
namespace {

class CoppiceKdTree final : public NearestLister {
 public:
  [[nodiscard]] Identity identity() const override { return {"coppice/kd", COPPICE_BENCH_VERSION, ""}; }
  [[nodiscard]] bool uses_threads() const override { return true; }
  [[nodiscard]] std::size_t most_points() const override { return any_number; }

  void list(const NearestTask& task) override {
    KdTree<Real>::Config config;
    config.executor = Executor(task.threads);
    KdTree<Real> tree(dimension, config);
    tree.build(task.points);
    const std::size_t width = task.k + 1;
    const Neighbors<Real> found = tree.nearest(task.points, {.k = width, .executor = config.executor});
    for (std::size_t i = 0; i < task.points.size(); ++i) {
      std::size_t kept = 0;
      for (std::size_t j = i * width; kept < task.k; ++j) {
        if (found.ids[j] == static_cast<point_id>(i)) continue;
        task.ids[i * task.k + kept] = static_cast<std::int32_t>(found.ids[j]);
        task.distances[i * task.k + kept++] = found.distances[j];
      }
    }
  }
};

}  // namespace

NearestListerPtr nearest_coppice_kd() {
  return std::make_unique<CoppiceKdTree>();
}

}  // namespace coppice::bench
