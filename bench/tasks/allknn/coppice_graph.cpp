// Coppice's AllNeighbors in the task `allknn`.
#include "coppice/index/neighbor_graph/all_neighbors.hpp"
#include "tasks/allknn/contestants.hpp"

namespace coppice::bench {
namespace {

class CoppiceGraph final : public NearestLister {
 public:
  [[nodiscard]] Identity identity() const override { return {"coppice/graph", COPPICE_BENCH_VERSION, ""}; }
  [[nodiscard]] bool uses_threads() const override { return true; }
  [[nodiscard]] std::size_t most_points() const override { return any_number; }

  void list(const NearestTask& task) override {
    const Executor executor(task.threads);
    const AllNeighbors<Real> all(task.points, executor);
    AllNearest<Real> query;
    query.k = task.k;
    query.executor = executor;
    all.nearest(query, 0, task.points.size(), task.ids, task.distances);
  }
};

}  // namespace

NearestListerPtr nearest_coppice_graph() {
  return std::make_unique<CoppiceGraph>();
}

}  // namespace coppice::bench
