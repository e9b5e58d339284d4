// Coppice's AllNeighbors in the task `allrnn`.
#include "coppice/index/neighbor_graph/all_neighbors.hpp"
#include "tasks/allrnn/contestants.hpp"

namespace coppice::bench {
namespace {

class CoppiceGraph final : public WithinLister {
 public:
  [[nodiscard]] Identity identity() const override { return {"coppice/graph", COPPICE_BENCH_VERSION, ""}; }
  [[nodiscard]] bool uses_threads() const override { return true; }
  [[nodiscard]] std::size_t most_points() const override { return any_number; }

  void list(const WithinTask& task) override {
    const Executor executor(task.threads);
    AllWithin<Real> query;
    query.radius = task.radius;
    query.order = task.sorted ? Order::by_distance : Order::none;
    query.distances = task.sorted;
    query.executor = executor;
    graph_ = {};
    graph_ = AllNeighbors<Real>(task.points, executor).within<std::int32_t>(query);
  }
  [[nodiscard]] std::span<const std::int64_t> offsets() const override { return graph_.offsets; }
  [[nodiscard]] std::span<const std::int32_t> ids() const override { return graph_.ids; }
  [[nodiscard]] std::span<const Real> distances() const override { return graph_.distances; }

 private:
  SparseGraph<Real, std::int32_t> graph_;
};

}  // namespace

WithinListerPtr within_coppice_graph() {
  return std::make_unique<CoppiceGraph>();
}

}  // namespace coppice::bench
