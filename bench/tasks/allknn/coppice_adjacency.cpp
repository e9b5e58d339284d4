// Coppice's AdjacencySearch in the task `allknn`: what the hierarchy of touching boxes buys, and the same search from
// the root of the same partition.
#include "coppice/index/neighbor_graph/adjacency_search.hpp"
#include "tasks/allknn/contestants.hpp"

namespace coppice::bench {
namespace {

class CoppiceAdjacency final : public NearestLister {
 public:
  explicit CoppiceAdjacency(bool hierarchy) : hierarchy_(hierarchy) {}
  [[nodiscard]] Identity identity() const override {
    return {hierarchy_ ? "coppice/adjacency" : "coppice/adjacency-root", COPPICE_BENCH_VERSION, ""};
  }
  [[nodiscard]] bool uses_threads() const override { return true; }
  [[nodiscard]] std::size_t most_points() const override { return dimension == 3 ? some : 20'000; }

  void list(const NearestTask& task) override {
    AdjacencySearchConfig config;
    config.hierarchy = hierarchy_;
    config.most_edges = std::uint64_t{1} << 26;  // in nine dimensions boxes touch by the hundred
    config.executor = Executor(task.threads);
    AllNearest<Real> query;
    query.k = task.k;
    query.executor = config.executor;
    const auto graph = AdjacencySearch<Real>(task.points, config).nearest(query);
    for (std::size_t i = 0; i < graph.ids.size(); ++i) {
      task.ids[i] = static_cast<std::int32_t>(graph.ids[i]);
      task.distances[i] = graph.distances[i];
    }
  }

 private:
  bool hierarchy_;
};

}  // namespace

NearestListerPtr nearest_coppice_adjacency() {
  return std::make_unique<CoppiceAdjacency>(true);
}
NearestListerPtr nearest_coppice_adjacency_root() {
  return std::make_unique<CoppiceAdjacency>(false);
}

}  // namespace coppice::bench
