// Coppice's AdjacencySearch in the task `allrnn`.
#include "coppice/index/neighbor_graph/adjacency_search.hpp"
#include "tasks/allrnn/rows.hpp"

namespace coppice::bench {
namespace {

class CoppiceAdjacency final : public RowsLister {
 public:
  [[nodiscard]] Identity identity() const override { return {"coppice/adjacency", COPPICE_BENCH_VERSION, ""}; }
  [[nodiscard]] bool uses_threads() const override { return true; }
  [[nodiscard]] std::size_t most_points() const override { return some; }

  void list(const WithinTask& task) override {
    AdjacencySearchConfig config;
    config.executor = Executor(task.threads);
    AllWithin<Real> query;
    query.radius = task.radius;
    query.order = task.sorted ? Order::by_distance : Order::none;
    query.distances = task.sorted;
    query.executor = config.executor;
    auto graph = AdjacencySearch<Real>(task.points, config).within(query);
    offsets_ = std::move(graph.offsets);
    ids_.assign(graph.ids.begin(), graph.ids.end());
    distances_ = std::move(graph.distances);
  }
};

}  // namespace

WithinListerPtr within_coppice_adjacency() {
  return std::make_unique<CoppiceAdjacency>();
}

}  // namespace coppice::bench
