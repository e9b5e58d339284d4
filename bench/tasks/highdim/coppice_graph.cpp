// Coppice's HighNeighbors in the task `highdim`.
#include <algorithm>
#include <cmath>

#include "coppice/index/neighbor_graph/high_dimension.hpp"
#include "tasks/highdim/contestants.hpp"

namespace coppice::bench {
namespace {

class CoppiceGraph final : public HighLister {
 public:
  [[nodiscard]] Identity identity() const override { return {"coppice/graph", COPPICE_BENCH_VERSION, ""}; }
  [[nodiscard]] bool can(Effort effort, PointView<Real> points) const override {
    if (effort != Effort::brute_bytes) return true;
    for (std::size_t i = 0; i < points.size(); ++i)
      for (const Real x : points[i])
        if (x < 0 || x > 255 || x != std::round(x)) return false;
    return true;
  }

  void list(const HighTask& task) override {
    facts_.clear();
    const Executor executor(task.threads);
    const HighNeighbors<Real> all(task.points, executor);
    HighNearest<Real> query;
    query.k = task.k;
    query.recall = task.effort == Effort::recall ? task.recall : 1;
    if (task.effort == Effort::brute || task.effort == Effort::brute_bytes) query.method = HighMethod::tiles;
    query.executor = executor;
    all.nearest(query, task.ids, task.distances);
    const HighStatistics done = all.statistics();
    facts_ = {{"has_bytes", all.has_bytes() ? 1 : 0},
              {"method", static_cast<double>(done.method)},
              {"sketch_dimension", done.sketch_dimension},
              {"candidates", static_cast<double>(done.candidates)},
              {"recall_of_sample", done.recall},
              {"recall_margin", done.recall_margin},
              {"pairs", static_cast<double>(done.pairs)},
              {"distances", static_cast<double>(done.distances)},
              {"certain_rows", static_cast<double>(done.certain_rows)},
              {"finished_rows", static_cast<double>(done.finished_rows)}};
  }
  [[nodiscard]] std::map<std::string, double> facts() const override { return facts_; }

 private:
  std::map<std::string, double> facts_;
};

}  // namespace

std::unique_ptr<HighLister> high_coppice_graph() {
  return std::make_unique<CoppiceGraph>();
}

}  // namespace coppice::bench
