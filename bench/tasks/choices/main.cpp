// The task `choices`: what was chosen inside a KdTree beside what could have been, on the same points in the same run.
// Each family of variants is measured in turns; the median round counts. Answers are the same for all of them, so there
// is nothing to agree on: the conformance tests see to that.
#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <vector>

#include "coppice/geometry/instruction_set.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "harness/datasets.hpp"
#include "harness/options.hpp"
#include "harness/report.hpp"
#include "harness/timing.hpp"
#include "harness/workload.hpp"

namespace coppice::bench {
namespace {

using Tree = KdTree<Real>;

/// One figure to take: `run` gives µs an operation.
struct Figure {
  std::string variant;
  std::string operation;
  std::function<double()> run;
  std::string note{};
  std::vector<double> rounds{};
};

struct Bench {
  const Dataset& dataset;
  const Workload& work;
  const Options& options;
  Report& report;

  [[nodiscard]] PointView<Real> points() const { return dataset.points; }
};

std::shared_ptr<Tree> built(PointView<Real> points, Tree::Config config = {}) {
  auto tree = std::make_shared<Tree>(dimension, config);
  tree->build(points);
  return tree;
}

double per_op(std::size_t operations, const std::function<void()>& work) {
  return seconds_of(work) * 1e6 / static_cast<double>(operations);
}

void measure(std::vector<Figure> figures, const Bench& bench) {
  for (int round = 0; round < bench.options.rounds(); ++round)
    for (Figure& figure : figures) figure.rounds.push_back(figure.run());
  for (const Figure& figure : figures) {
    Row row{"coppice/kd " + figure.variant, COPPICE_BENCH_VERSION, figure.operation, bench.dataset.name,
            bench.points().size()};
    row.per_op_us = median(figure.rounds);
    row.note = figure.note;
    bench.report.add(row);
  }
}

/// k nearest, one query at a time in random order; a few before the clock starts bring the tree back into the caches.
double ask_nearest(const Tree& tree, PointView<Real> queries, Nearest<Real> query) {
  std::vector<Hit<Real>> hits(query.k);
  const auto ask = [&](std::size_t limit) {
    for (std::size_t i = 0; i < limit; ++i) consume(tree.nearest({queries.row(i), dimension}, query, hits));
  };
  const std::size_t trial = std::min<std::size_t>(queries.size(), 10);
  const double each_us = per_op(trial, [&] { ask(trial); });
  constexpr double budget_us = 150'000;
  const std::size_t count =
      std::clamp(static_cast<std::size_t>(budget_us / each_us), trial, std::max(trial, queries.size()));
  ask(count / 8);
  return per_op(count, [&] { ask(count); });
}

double ask_radius(const Tree& tree, const Bench& bench) {
  HitList<Real> hits;
  const PointView<Real> queries = bench.work.shuffled.points;
  const std::size_t count = std::min<std::size_t>(queries.size(), 10'000);
  const auto ask = [&](std::size_t limit) {
    for (std::size_t i = 0; i < limit; ++i) {
      tree.within({queries.row(i), dimension}, {.radius = bench.work.radius}, hits);
      consume(hits.ids().size());
    }
  };
  ask(count / 8);
  return per_op(count, [&] { ask(count); });
}

/// The last tenth of the points goes into a tree of the others, in batches of `batch` points or one by one.
double insert_tenth(const Bench& bench, Tree::Config config, std::size_t batch) {
  const PointView<Real> points = bench.points();
  const std::size_t first = points.size() / 10 * 9;
  const auto tree = built(points.slice(0, first), config);
  // Small batches are many: a part of them will do.
  const std::size_t last = std::min(points.size(), first + std::max<std::size_t>(100'000, batch));
  return per_op(last - first, [&] {
    for (std::size_t i = first; i < last; i += batch) {
      if (batch == 1)
        tree->insert({points.row(i), dimension});
      else
        tree->insert(points.slice(i, std::min(batch, last - i)));
    }
  });
}

void leaf_fill(const Bench& bench) {
  std::vector<Figure> figures;
  for (const int fill : {32, 28, 24, 16, 8}) {
    Tree::Config config;
    config.leaf_fill = fill;
    const auto tree = built(bench.points(), config);
    const std::string name = "leaf_fill " + std::to_string(fill);
    const std::string bytes = shown(tree->statistics().bytes_per_point) + " bytes a point";
    figures.push_back({name, "build",
                       [&bench, config] {
                         const double start = now();
                         consume(built(bench.points(), config)->size());
                         return (now() - start) * 1e6 / static_cast<double>(bench.points().size());
                       },
                       bytes});
    for (const std::size_t k : {1, 10, 100})
      figures.push_back({name, "knn" + std::to_string(k),
                         [&bench, tree, k] { return ask_nearest(*tree, bench.work.shuffled.points, {.k = k}); }});
    figures.push_back({name, "radius", [&bench, tree] { return ask_radius(*tree, bench); }});
    figures.push_back({name, "insert", [&bench, config] { return insert_tenth(bench, config, 1); }});
  }
  measure(std::move(figures), bench);
}

void traversal(const Bench& bench) {
  const auto tree = built(bench.points());
  std::vector<Figure> figures;
  for (const auto& [name, strategy] :
       {std::pair{"automatic", Strategy{}},
        std::pair{"depth-first, boxes", Strategy{Traversal::depth_first, Volume::box}},
        std::pair{"depth-first, balls", Strategy{Traversal::depth_first, Volume::ball}},
        std::pair{"best-first, boxes", Strategy{Traversal::best_first, Volume::box}},
        std::pair{"best-first, balls", Strategy{Traversal::best_first, Volume::ball}},
        std::pair{"breadth-first, boxes", Strategy{Traversal::breadth_first, Volume::box}},
        std::pair{"breadth-first, balls", Strategy{Traversal::breadth_first, Volume::ball}}})
    for (const std::size_t k : {1, 10, 100})
      figures.push_back({name, "knn" + std::to_string(k), [&bench, tree, k = k, strategy = strategy] {
                           return ask_nearest(*tree, bench.work.shuffled.points, {.k = k, .strategy = strategy});
                         }});
  measure(std::move(figures), bench);
}

void query_order(const Bench& bench) {
  const auto tree = built(bench.points());
  const Executor executor(bench.options.threads);
  std::vector<Figure> figures;
  for (const std::size_t k : {1, 10, 100}) {
    const std::string operation = "knn" + std::to_string(k);
    figures.push_back({"one by one, shuffled", operation,
                       [&bench, tree, k] { return ask_nearest(*tree, bench.work.shuffled.points, {.k = k}); }});
    figures.push_back({"one by one, sorted", operation,
                       [&bench, tree, k] { return ask_nearest(*tree, bench.work.sorted.points, {.k = k}); }});
    figures.push_back({"a batch", operation,
                       [&bench, tree, k, executor] {
                         const PointView<Real> queries = bench.work.shuffled.points;
                         const std::size_t count = std::min<std::size_t>(queries.size(), 2'000'000 / k);
                         return per_op(count, [&] {
                           consume(tree->nearest(queries.slice(0, count), {.k = k, .executor = executor}).ids.data());
                         });
                       },
                       std::to_string(executor.threads()) + " thread(s)"});
  }
  measure(std::move(figures), bench);
}

void instructions(const Bench& bench) {
  const auto tree = built(bench.points());
  const InstructionSet best = instruction_set();
  std::vector<Figure> figures;
  for (const InstructionSet set : available_instruction_sets()) {
    const std::string name(instruction_set_name(set));
    const auto with = [set, best](auto run) {
      return [set, best, run] {
        force_instruction_set(set);
        const double us = run();
        force_instruction_set(best);
        return us;
      };
    };
    figures.push_back({name, "build", with([&bench] {
                         return per_op(bench.points().size(), [&] { consume(built(bench.points())->size()); });
                       })});
    for (const std::size_t k : {1, 10, 100})
      figures.push_back({name, "knn" + std::to_string(k),
                         with([&bench, tree, k] { return ask_nearest(*tree, bench.work.shuffled.points, {.k = k}); })});
    figures.push_back({name, "radius", with([&bench, tree] { return ask_radius(*tree, bench); })});
    figures.push_back({name, "insert", with([&bench] { return insert_tenth(bench, {}, 1); })});
  }
  measure(std::move(figures), bench);
}

void balance(const Bench& bench) {
  std::vector<Figure> figures;
  for (const char* policy : {"growth", "weight", "avl-1", "avl-4", "red-black"}) {
    Tree::Config config;
    config.balance = balance_from_name(policy);
    const auto tree = std::make_shared<Tree>(dimension, config);
    const PointView<Real> points = bench.points();
    figures.push_back({policy, "insert", [tree, points] {
                         tree->clear();
                         return per_op(points.size(), [&] {
                           for (std::size_t i = 0; i < points.size(); ++i)
                             tree->insert({points.row(i), dimension}, static_cast<point_id>(i));
                         });
                       }});
    figures.push_back(
        {policy, "knn10_grown", [tree, &bench] { return ask_nearest(*tree, bench.work.shuffled.points, {.k = 10}); }});
    figures.push_back({policy, "erase", [tree] {
                         const auto leaving = shuffled_ids(tree->size(), 9);
                         return per_op(leaving.size() / 2, [&] {
                           for (std::size_t i = 0; i < leaving.size() / 2; ++i) tree->erase(leaving[i]);
                         });
                       }});
  }
  measure(std::move(figures), bench);
}

void batch_size(const Bench& bench) {
  std::vector<Figure> figures;
  Tree::Config config;
  config.executor = Executor(bench.options.threads);
  for (const std::size_t batch : {1, 10, 100, 1000, 10'000, 100'000})
    figures.push_back({"batches of " + std::to_string(batch), "insert",
                       [&bench, config, batch] { return insert_tenth(bench, config, batch); },
                       std::to_string(bench.options.threads) + " thread(s)"});
  measure(std::move(figures), bench);
}

int run(const Options& options) {
  Report report("choices");
  for (const std::size_t n : options.sizes)
    for (const std::string& name : dataset_names(options)) {
      const Dataset dataset = make_dataset(name, n, query_count(n), options);
      const Workload work = make_workload(dataset);
      const Bench bench{dataset, work, options, report};
      leaf_fill(bench);
      traversal(bench);
      query_order(bench);
      instructions(bench);
      balance(bench);
      batch_size(bench);
    }
  return finish(report, options.json);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run);
}
