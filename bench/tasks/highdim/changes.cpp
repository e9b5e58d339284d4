// A HighGraph under change, beside HighNeighbors made anew.
#include "tasks/highdim/changes.hpp"

#include <cstdio>
#include <vector>

#include "coppice/index/neighbor_graph/high_graph.hpp"
#include "harness/turns.hpp"
#include "tasks/highdim/recall.hpp"

namespace coppice::bench {
namespace {

constexpr std::size_t part = 100;

struct Parts {
  explicit Parts(PointView<Real> points) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      const bool moving = i % part == part / 2;
      Points<Real>& to = moving ? some : others;
      to.coordinates.insert(to.coordinates.end(), points.row(i), points.row(i) + dimension);
      (moving ? some_ids : other_ids).push_back(static_cast<point_id>(i));
    }
  }
  Points<Real> some{{}, dimension};
  Points<Real> others{{}, dimension};
  std::vector<point_id> some_ids, other_ids;
};

}  // namespace

Outcome change_once(const HighTask& task, bool insert, bool check) {
  const Parts parts(task.points);
  HighNearest<Real> query;
  query.k = task.k;
  query.recall = task.effort == Effort::recall ? task.recall : 1;
  query.executor = Executor(task.threads);
  HighGraph<Real> graph(dimension, query);
  if (insert)
    graph.build(parts.others, parts.other_ids);
  else
    graph.build(task.points);
  Outcome outcome{{},
                  usage_numbers(usage_of([&] {
                    if (insert)
                      graph.insert(parts.some, parts.some_ids);
                    else
                      graph.erase(parts.some_ids);
                  })),
                  {}};
  const PointView<Real> now = insert ? task.points : parts.others.view();
  const HighRepair repair = graph.last_repair();
  DenseGraph<Real, std::int32_t> fresh;
  const Usage anew =
      usage_of([&] { fresh = HighNeighbors<Real>(now, query.executor).template nearest<std::int32_t>(query); });
  outcome.numbers["fresh_cpu_seconds"] = anew.cpu_seconds;
  outcome.numbers["share_of_fresh"] = outcome.numbers["cpu_seconds"] / anew.cpu_seconds;
  outcome.numbers["all_anew"] = repair.all_anew ? 1 : 0;
  outcome.numbers["evaluated"] = static_cast<double>(repair.evaluated);
  outcome.numbers["searched"] = static_cast<double>(repair.searched);
  outcome.numbers["audited"] = static_cast<double>(repair.audited);
  outcome.numbers["graph_bytes"] = static_cast<double>(graph.bytes());
  outcome.numbers["input_bytes"] = static_cast<double>(task.points.size() * dimension * sizeof(Real));
  if (!check) return outcome;
  const auto found = graph.graph<std::int32_t>();
  query.recall = 1;
  const auto exact = HighNeighbors<Real>(now, query.executor).template nearest<std::int32_t>(query);
  const auto rows = [&](const DenseGraph<Real, std::int32_t>& of) {
    return GraphRows{of.ids.data(), of.distances.data(), task.k};
  };
  const double recall = recall_of(rows(found), rows(exact), now);
  outcome.numbers["recall"] = recall;
  outcome.numbers["fresh_recall"] = recall_of(rows(fresh), rows(exact), now);
  char text[80];
  if (recall < task.recall) {
    std::snprintf(text, sizeof text, "recall %.4f is less than %.2f", recall, task.recall);
    outcome.texts["problem"] = text;
  } else if (task.effort != Effort::recall && !(found == exact)) {
    outcome.texts["problem"] = "differs from the exact graph";
  }
  outcome.texts["checksum"] = outcome.texts.contains("problem") ? outcome.texts["problem"] : "recall reached";
  return outcome;
}

}  // namespace coppice::bench
