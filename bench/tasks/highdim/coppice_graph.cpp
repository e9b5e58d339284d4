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
    // Bytes are found by the points being whole numbers. Half of each is as exact, and is no whole number.
    const bool halved = task.effort == Effort::brute && can(Effort::brute_bytes, task.points);
    Points<Real> halves;
    if (halved) {
      halves = {{task.points.row(0), task.points.row(0) + task.points.size() * dimension}, dimension};
      for (Real& x : halves.coordinates) x /= 2;
    }
    const HighNeighbors<Real> all(halved ? halves.view() : task.points, executor);
    HighNearest<Real> query;
    query.k = task.k;
    query.recall = task.effort == Effort::recall ? task.recall : 1;
    if (task.effort == Effort::brute || task.effort == Effort::brute_bytes) query.method = HighMethod::tiles;
    query.executor = executor;
    all.nearest(query, task.ids, task.distances);
    if (halved)
      for (std::size_t i = 0; i < task.points.size() * task.k; ++i) task.distances[i] *= 2;
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
