// The task `adjacency`: what Iliopoulos's dissertation states of the adjacency graph hierarchy, measured.
//   hierarchy   Table 3.1: construction by qodes beside the dual tree, 2 to 20 axes; growth estimated and true
//   cap         a hierarchy whose boxes follow few neighbours: how much it knows that it lacks (Remark 3.2)
//   partition   chapter 4: uniform beside partial partition, and what a capped search finds in either
//   all-knn, all-rnn   chapter 5: searches from box to touching box beside the same from the root down
// Figures are CPU seconds of the process, the least of a few rounds. bench/adjacency_table.py prints them as tables.
#include <ctime>

#include <algorithm>
#include <functional>
#include <limits>

#include "coppice/errors.hpp"
#include "coppice/index/neighbor_graph/adjacency.hpp"
#include "coppice/index/neighbor_graph/adjacency_growth.hpp"
#include "coppice/index/neighbor_graph/adjacency_search.hpp"
#include "coppice/index/neighbor_graph/partial_partition.hpp"
#include "harness/options.hpp"
#include "harness/report.hpp"
#include "harness/timing.hpp"
#include "tasks/adjacency/sets.hpp"

namespace coppice::bench {
namespace {

constexpr std::uint64_t most_edges = 6'000'000;  // of a level: 240 MB

double cpu_now() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// The least CPU seconds of a few rounds.
double cpu_seconds(const Options& options, const std::function<void()>& work) {
  double least = std::numeric_limits<double>::infinity();
  double spent = 0;
  for (int round = 0; round < options.rounds() && (round == 0 || spent < 4 * options.seconds_a_round()); ++round) {
    const double start = cpu_now();
    work();
    const double taken = cpu_now() - start;
    least = std::min(least, taken);
    spent += taken;
  }
  return least;
}

/// Sums that depend on what is added and not on the order.
class Digest {
 public:
  void add(std::uint64_t a, std::uint64_t b) {
    std::uint64_t x = a * 0x9e3779b97f4a7c15 ^ (b + 0x7f4a7c15) * 0xbf58476d1ce4e5b9;
    x ^= x >> 31;
    sum_ += x * 0x94d049bb133111eb;
  }
  [[nodiscard]] std::string text() const {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(sum_));
    return text;
  }

 private:
  std::uint64_t sum_ = 0;
};

Row make_row(const std::string& contestant, const std::string& operation, const Cloud& cloud, double seconds,
             const Options& options) {
  Row row{contestant, COPPICE_BENCH_VERSION, operation, cloud.name, cloud.points.size(), options.threads};
  row.seconds = seconds;
  row.per_op_us = seconds * 1e6 / static_cast<double>(cloud.points.size());
  return row;
}

std::string digest(const AdjacencyHierarchy& hierarchy) {
  Digest sum;
  for (int level = 0; level < hierarchy.levels(); ++level) {
    const AdjacencyGraph& graph = hierarchy.level(level);
    for (std::size_t v = 0; v < graph.size(); ++v)
      for (const std::uint32_t w : graph.row(v)) sum.add(graph.nodes[v], graph.nodes[w]);
  }
  return sum.text();
}

/// As many levels as fit: the first that would be too large ends it.
int levels_that_fit(const PartitionTree<double>& tree) {
  for (int last = tree.levels() - 1; last > 0; --last) {
    try {
      const AdjacencyHierarchy hierarchy(tree, {.last_level = last, .keep_levels = false, .most_edges = most_edges});
      return last;
    } catch (const invalid_input&) {
      continue;
    }
  }
  return 0;
}

std::map<std::string, double> hierarchy_facts(const PartitionTree<double>& tree, const AdjacencyHierarchy& hierarchy) {
  std::map<std::string, double> facts;
  double expansion = 0;
  double mass = 0;
  for (int level = 0; level < hierarchy.levels(); ++level) {
    const AdjacencyLevel& sums = hierarchy.statistics()[static_cast<std::size_t>(level)];
    const std::string name = "level_" + std::to_string(level) + "_";
    facts["visits"] += static_cast<double>(sums.visits);
    facts["operations"] += static_cast<double>(sums.operations);
    facts["edges"] += static_cast<double>(sums.edges);
    facts[name + "edges"] = static_cast<double>(sums.edges);
    facts[name + "expected"] = sums.expected_edges;
    if (level == 0) continue;
    facts["least_visits"] += static_cast<double>(sums.vertices + sums.edges);
    const AdjacencyMeasures measures = measure(tree, hierarchy.level(level));
    expansion = std::max(expansion, static_cast<double>(measures.expansion));
    if (level + 1 == hierarchy.levels()) mass = static_cast<double>(measures.neighborhood);
    facts[name + "c_a"] = static_cast<double>(measures.expansion);
    facts[name + "dimension"] = measures.effective_dimension;
  }
  facts["levels"] = hierarchy.levels() - 1;
  facts["c_a"] = expansion;
  facts["c_m"] = mass;
  facts["log3_c_a"] = std::log(std::max(expansion, 1.0)) / std::log(3.0);
  return facts;
}

void run_hierarchy(const Cloud& cloud, const Options& options, Report& report) {
  const PartitionTree<double> tree(cloud.points, {.levels = 10, .mass = 8, .executor = Executor(options.threads)});
  const int last = levels_that_fit(tree);
  for (const AdjacencyMethod method : {AdjacencyMethod::qodes, AdjacencyMethod::dual_tree}) {
    const std::string name = method == AdjacencyMethod::qodes ? "coppice/qodes" : "dual tree";
    if (!options.takes_part(name)) continue;
    const AdjacencyConfig config{.method = method, .last_level = last, .executor = Executor(options.threads)};
    const AdjacencyHierarchy hierarchy(tree, config);
    Row row = make_row(name, "hierarchy", cloud,
                       cpu_seconds(options, [&] { consume(AdjacencyHierarchy(tree, config).levels()); }), options);
    row.checksum = digest(hierarchy);
    row.facts = hierarchy_facts(tree, hierarchy);
    row.bytes_per_point = static_cast<double>(hierarchy.bytes()) / static_cast<double>(cloud.points.size());
    row.note = std::to_string(last) + " of " + std::to_string(tree.levels() - 1) + " levels";
    report.add(std::move(row));
  }
}

void run_cap(const Cloud& cloud, const Options& options, Report& report) {
  const PartitionTree<double> tree(cloud.points, {.levels = 10, .mass = 8});
  AdjacencyConfig config{.vertices = AdjacencyVertices::canopy, .most_edges = 4 * most_edges};
  const AdjacencyHierarchy truth(tree, config);
  for (const std::size_t most : {8u, 32u, 128u}) {
    const std::string name = "coppice/cap " + std::to_string(most);
    if (!options.takes_part(name)) continue;
    config.most_neighbors = most;
    const AdjacencyHierarchy hierarchy(tree, config);
    Row row = make_row(name, "cap", cloud,
                       cpu_seconds(options, [&] { consume(AdjacencyHierarchy(tree, config).levels()); }), options);
    const AdjacencyLevel& leaves = hierarchy.statistics().back();
    row.facts = {{"edges", static_cast<double>(leaves.edges)},
                 {"true_edges", static_cast<double>(truth.last().edges())},
                 {"left_out", leaves.left_out},
                 {"confidence", leaves.confidence()},
                 {"share", static_cast<double>(leaves.edges) / static_cast<double>(truth.last().edges())}};
    report.add(std::move(row));
  }
}

/// The share of the true neighbours that a graph holds.
double recall(const DenseGraph<double>& truth, const DenseGraph<double>& graph) {
  std::size_t found = 0;
  for (std::size_t row = 0; row < truth.ids.size(); row += truth.k) {
    const auto first = graph.ids.begin() + static_cast<std::ptrdiff_t>(row);
    const auto last = first + static_cast<std::ptrdiff_t>(truth.k);
    for (std::size_t j = 0; j < truth.k; ++j) found += std::find(first, last, truth.ids[row + j]) != last ? 1 : 0;
  }
  return static_cast<double>(found) / static_cast<double>(truth.ids.size());
}

void run_partition(const Cloud& cloud, const Options& options, Report& report) {
  AllNearest<double> query;
  query.executor = Executor(options.threads);
  PartialPartitionConfig config{
      .levels = 9, .mass = 64, .most_edges = 4 * most_edges, .executor = Executor(options.threads)};
  const DenseGraph<double> truth =
      AdjacencySearch<double>(cloud.points, {.levels = 9, .mass = 32, .hierarchy = false}).nearest(query);
  for (const bool uniform : {true, false}) {
    const std::string name = uniform ? "coppice/uniform" : "coppice/partial";
    if (!options.takes_part(name)) continue;
    config.uniform = uniform;
    const PartialPartition<double> partition(cloud.points, config);
    Row row = make_row(name, "partition", cloud,
                       cpu_seconds(options, [&] { consume(PartialPartition<double>(cloud.points, config).leaves()); }),
                       options);
    std::size_t single = 0;
    for (const PartitionNode& node : partition.nodes()) single += node.is_leaf() && node.mass() == 1 ? 1 : 0;
    const AdjacencyMeasures measures = measure(partition, partition.leaf_graph());
    row.facts = {{"leaves", static_cast<double>(partition.leaves())},
                 {"single_point_leaves", static_cast<double>(single)},
                 {"edges", static_cast<double>(partition.leaf_graph().edges())},
                 {"c_a", static_cast<double>(measures.expansion)},
                 {"mean_c_a", measures.mean_expansion},
                 {"log3_c_a", measures.effective_dimension}};
    for (const std::size_t most : {8u, 32u, 128u}) {
      AdjacencySearchCounts counts;
      const double start = cpu_now();
      const auto graph =
          nearest_in_touching_leaves<double>(cloud.points, partition, partition.leaf_graph(), query, most, &counts);
      const std::string suffix = std::string("_").append(std::to_string(most));
      row.facts["seconds" + suffix] = cpu_now() - start;
      row.facts["recall" + suffix] = recall(truth, graph);
      row.facts["pairs" + suffix] = static_cast<double>(counts.pairs);
    }
    row.bytes_per_point =
        static_cast<double>(partition.leaf_graph().bytes()) / static_cast<double>(cloud.points.size());
    report.add(std::move(row));
  }
}

/// The radius that reaches 30 others of a point in one place out of ten, the densest: rows stay short enough elsewhere.
double radius_of(const Cloud& cloud, const AdjacencySearch<double>& search, const Options& options) {
  AllNearest<double> query;
  query.k = 30;
  query.executor = Executor(options.threads);
  const auto graph = search.nearest(query);
  std::vector<double> distances;
  for (std::size_t i = 0; i < cloud.points.size(); ++i) distances.push_back(graph.distances[i * query.k + query.k - 1]);
  return quantile(distances, 0.1);
}

template <class Graph>
std::string digest_of_rows(const Graph& graph) {
  Digest sum;
  const GraphView<double> view(graph);
  for (std::size_t i = 0; i < view.size(); ++i)
    for (const point_id id : view.row(i)) sum.add(i, static_cast<std::uint64_t>(id));
  return sum.text();
}

void run_searches(const Cloud& cloud, std::size_t mass, const Options& options, Report& report) {
  const Executor executor(options.threads);
  double radius = 0;
  for (const bool hierarchy : {true, false}) {
    const std::string name = hierarchy ? "coppice/adjacency" : "coppice/root";
    if (!options.takes_part(name)) continue;
    const double start = cpu_now();
    const AdjacencySearch<double> search(cloud.points,
                                         {.levels = 12, .mass = mass, .hierarchy = hierarchy, .executor = executor});
    const double build = cpu_now() - start;
    if (radius == 0) radius = radius_of(cloud, search, options);
    const auto add = [&](const std::string& operation, double seconds, const AdjacencySearchCounts& counts,
                         std::string checksum) {
      Row row = make_row(name, operation, cloud, seconds, options);
      row.checksum = std::move(checksum);
      row.facts = {{"build_seconds", build},
                   {"pairs", static_cast<double>(counts.pairs)},
                   {"bounds", static_cast<double>(counts.bounds)},
                   {"leaf_pairs", static_cast<double>(counts.leaves)},
                   {"rings", static_cast<double>(counts.rings)},
                   {"hierarchy_bytes", static_cast<double>(search.hierarchy().bytes())}};
      report.add(std::move(row));
    };
    AdjacencySearchCounts counts;
    AllNearest<double> nearest;
    nearest.executor = executor;
    DenseGraph<double> rows;
    double seconds = cpu_seconds(options, [&] { rows = search.nearest(nearest, &counts); });
    add("all-knn", seconds, counts, digest_of_rows(rows));
    AllWithin<double> within;
    within.radius = radius;
    within.executor = executor;
    SparseGraph<double> pairs;
    seconds = cpu_seconds(options, [&] { pairs = search.within(within, &counts); });
    add("all-rnn", seconds, counts, digest_of_rows(pairs));
  }
}

int run(const Options& options) {
  Report report("adjacency");
  for (const std::size_t n : options.sizes) {
    for (const int d : {2, 3, 4, 5, 6, 8, 10, 12, 16, 20}) {
      // Rows grow with the dimension faster than memory: the more axes, the fewer points.
      const std::size_t some = std::max<std::size_t>(200, d <= 3 ? n : d <= 6 ? n / 4 : d <= 8 ? n / 16 : n / 32);
      for (const auto& make : {uniform_cloud, clustered_cloud})
        if (const Cloud cloud = make(some, d); options.uses(cloud.name)) {
          run_hierarchy(cloud, options, report);
          if (d == 3 || d == 6) run_cap(cloud, options, report);
        }
    }
    std::vector<Cloud> nine;
    if (options.uses("clustered-9")) nine.push_back(clustered_cloud(n, 9));
    if (options.uses("ct-9") && n >= 100'000)
      if (auto patches = ct_patches(options)) nine.push_back(std::move(*patches));
    for (const Cloud& cloud : nine) run_partition(cloud, options, report);
    for (const auto& make : {uniform_cloud, clustered_cloud})
      if (const Cloud cloud = make(n, 3); options.uses(cloud.name)) run_searches(cloud, 16, options, report);
    for (const Cloud& cloud : nine)
      if (cloud.name == "ct-9") run_searches(cloud, 32, options, report);
  }
  return finish(report, options.json);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run, {{100'000}, {100'000, 400'000}});
}
