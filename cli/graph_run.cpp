// Reading, searching and telling; see graph_run.hpp.
#include "graph_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "available_memory.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/neighbor_graph/all_neighbors.hpp"
#include "coppice/index/neighbor_graph/high_dimension.hpp"
#include "coppice/io/image.hpp"
#include "data.hpp"
#include "graph_output.hpp"
#include "io/counted.hpp"
#include "options.hpp"
#include "output.hpp"
#include "progress.hpp"

namespace coppice::cli {

namespace {

constexpr int tree_dimensions = 16;  // beyond, no tree helps

using AnyPoints = std::variant<Points<double>, Points<float>>;

AnyPoints read(const GraphFlags& flags) {
  AnyPoints points;
  if (flags.patches) {
    points = as_bad_input(flags.file, [&] {
      const Activity reading("reading " + flags.file);
      return io::image_patches(io::read_image(flags.file), static_cast<std::size_t>(*flags.patches));
    });
  } else {
    Dataset data = read_dataset(flags.file);
    std::visit([&](auto&& rows) { points = std::forward<decltype(rows)>(rows); }, std::move(data.points));
  }
  if (auto* narrow = std::get_if<Points<float>>(&points); narrow != nullptr && flags.widen)
    points = Points<double>{{narrow->coordinates.begin(), narrow->coordinates.end()}, narrow->dimension};
  return points;
}

class Stopwatch {
 public:
  /// Seconds since it was made, or read last.
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(start_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// One run: makes the graph, and tells about it.
template <class Scalar>
class GraphRun {
 public:
  GraphRun(const GraphFlags& flags, const GlobalOptions& global, Points<Scalar> points)
      : flags_(flags), global_(global), points_(std::move(points)), metric_(metric_of(flags)) {
    if (flags_.radius) radius_ = checked_radius<Scalar>("-r", *flags_.radius);
    head_ = {{"file", flags_.file},
             {"points", points_.size()},
             {"dimension", points_.dimension},
             {"scalar", std::is_same_v<Scalar, float> ? "float32" : "float64"},
             {"metric", flags_.metric},
             {"self", flags_.self}};
    if (flags_.k) head_["k"] = *flags_.k;
    if (flags_.radius) head_["radius"] = *flags_.radius;
  }

  void run() {
    as_bad_input(flags_.file, [&] {
      check_dimension(points_.dimension);
      check_points<Scalar>(points_, points_.dimension);
    });
    if (!flags_.out.empty()) file_.emplace(flags_.out);
    flags_.k ? nearest() : within();
  }

 private:
  [[nodiscard]] Executor executor() const { return global_.executor(); }
  [[nodiscard]] bool is_exact() const { return flags_.epsilon == 0 && flags_.recall.value_or(1) == 1; }

  /// Refuses a graph that does not fit.
  void check_memory(double bytes, std::uint64_t available, const std::string& what) const {
    if (bytes <= static_cast<double>(available)) return;
    constexpr double gigabyte = 1e9;
    throw Failure(ExitCode::bad_input,
                  fmt::format("{}: {} would take {:.3g} GB, and {:.3g} GB of memory are available", flags_.file, what,
                              bytes / gigabyte, static_cast<double>(available) / gigabyte));
  }

  void nearest() {
    const auto wanted = static_cast<std::size_t>(*flags_.k);
    const std::size_t others = points_.size() - (flags_.self || points_.size() == 0 ? 0 : 1);
    const std::size_t k = std::max<std::size_t>(1, std::min(wanted, others));  // more there are not
    const auto entries = static_cast<double>(points_.size()) * static_cast<double>(flags_.out.empty() ? k : wanted);
    constexpr double copied = std::is_same_v<Scalar, float> ? sizeof(double) : 0;  // npz files have float64
    check_memory(entries * (sizeof(point_id) + sizeof(Scalar) + (flags_.out.empty() ? 0 : copied)), available_memory(),
                 fmt::format("a graph of {} with {} each", io::counted(points_.size(), "point"),
                             io::counted(flags_.out.empty() ? k : wanted, "neighbour")));
    DenseGraph<Scalar> graph{k, {}, {}};
    if (points_.size() > 0) {
      const bool exact_only = flags_.radius || flags_.epsilon > 0 || metric_ != MetricKind::l2;
      if (points_.dimension > tree_dimensions && !exact_only)
        graph = nearest_of_many_dimensions(k);
      else
        graph = nearest_by_tree(k);
    }
    const GraphView<Scalar> view(graph);
    summarize(view, true);
    if (!file_) return print(view);
    {
      const Activity writing("writing " + flags_.out);
      write_graph(*file_, graph, wanted);
    }
    report();
  }

  DenseGraph<Scalar> nearest_by_tree(std::size_t k) {
    const auto index = build();
    AllNearest<Scalar> query;
    query.k = k;
    query.radius = radius_;
    query.self = flags_.self;
    query.metric = metric_;
    query.epsilon = static_cast<Scalar>(flags_.epsilon);
    query.executor = executor();
    const Activity searching("searching");
    auto graph = index.nearest(query);
    summary_.search_seconds = watch_.lap();
    return graph;
  }

  DenseGraph<Scalar> nearest_of_many_dimensions(std::size_t k) {
    const Activity searching("searching");
    const HighNeighbors<Scalar> index(points_, executor());
    summary_.build_seconds = watch_.lap();
    HighNearest<Scalar> query;
    query.k = k;
    query.self = flags_.self;
    query.recall = flags_.recall.value_or(1);
    query.seed = global_.seed;
    query.executor = executor();
    auto graph = index.nearest(query);
    summary_.search_seconds = watch_.lap();
    if (flags_.recall) head_["recall"] = {{"wanted", *flags_.recall}, {"sampled", index.statistics().recall}};
    return graph;
  }

  AllNeighbors<Scalar> build() {
    const Activity building("building");
    watch_.lap();
    AllNeighbors<Scalar> index(points_, executor());
    summary_.build_seconds = watch_.lap();
    return index;
  }

  void within() {
    SparseGraph<Scalar> graph;
    graph.offsets.assign(points_.size() + 1, 0);
    if (points_.size() > 0) {
      const auto index = build();
      AllWithin<Scalar> query;
      query.radius = radius_;
      query.self = flags_.self;
      query.metric = metric_;
      query.order = Order::by_distance;
      query.executor = executor();
      std::vector<std::int64_t> degrees(points_.size());
      const std::int64_t edges = [&] {
        const Activity counting("counting");
        return index.count_within(query, degrees);
      }();
      constexpr double copied = std::is_same_v<Scalar, float> ? sizeof(double) : 0;
      const double edge_bytes = sizeof(point_id) + sizeof(Scalar) + (flags_.out.empty() ? 0 : copied);
      const std::uint64_t available = available_memory();
      if (!flags_.out.empty() && static_cast<double>(edges) * edge_bytes > static_cast<double>(available))
        return within_in_pieces(index, query, degrees, static_cast<double>(available) / 4 / edge_bytes);
      check_memory(static_cast<double>(edges) * edge_bytes, available,
                   fmt::format("a graph of {} edges (--out writes it piece by piece)", edges));
      const Activity searching("searching");
      graph = index.within(query);
      summary_.search_seconds = watch_.lap();
    }
    const GraphView<Scalar> view(graph);
    summarize(view, false);
    if (!file_) return print(view);
    {
      const Activity writing("writing " + flags_.out);
      write_graph(*file_, graph);
    }
    report();
  }

  /// Rows of about `most` edges at a time.
  void within_in_pieces(const AllNeighbors<Scalar>& index, const AllWithin<Scalar>& query,
                        const std::vector<std::int64_t>& lengths, double most) {
    GraphFile file(*file_, flags_.out);
    ComponentFinder parts(points_.size());
    Degrees& all = summary_.degrees;
    {
      Progress progress("graph", points_.size());
      for (std::size_t first = 0; first < points_.size();) {
        std::size_t last = first;
        double held = 0;
        while (last < points_.size() && (last == first || held + static_cast<double>(lengths[last]) <= most))
          held += static_cast<double>(lengths[last++]);
        const auto rows = index.within(query, first, last - first);
        parts.join(GraphView<Scalar>(rows), first, executor());
        file.add(rows);
        if (!rows.distances.empty())
          all.longest = std::max(all.longest,
                                 static_cast<double>(*std::max_element(rows.distances.begin(), rows.distances.end())));
        first = last;
        progress.update(first);
      }
    }
    const Activity writing("writing " + flags_.out);
    const std::int64_t own = flags_.self ? 1 : 0;
    for (const std::int64_t length : lengths) all.edges += length - own;
    all.smallest = *std::min_element(lengths.begin(), lengths.end()) - own;
    all.largest = *std::max_element(lengths.begin(), lengths.end()) - own;
    all.mean = static_cast<double>(all.edges) / static_cast<double>(points_.size());
    summary_.components = parts.components().count;
    file.finish();
    summary_.search_seconds = watch_.lap();
    add_critical(nullptr);
    report();
  }

  /// `by_count`: the graph holds the k nearest, not all within a radius.
  void summarize(const GraphView<Scalar>& graph, bool by_count) {
    const Activity looking("looking at the graph");
    watch_.lap();
    summary_.degrees = degrees(graph);
    summary_.components = weak_components(graph, executor()).count;
    summary_.mutual_share = by_count ? mutual_share(graph, executor()) : 1;
    const bool nearest_only = by_count && is_exact() && !flags_.radius;
    add_critical(nearest_only ? &graph : nullptr);
    summary_.facts_seconds = watch_.lap();
  }

  /// `nearest`, if any, holds the exact k nearest of every point.
  void add_critical(const GraphView<Scalar>* nearest) {
    if (!flags_.facts) return;
    summary_.has_critical = true;
    if (points_.size() < 2) {
      summary_.critical_k = 0;
      return;
    }
    constexpr std::size_t most = 128;
    const std::size_t affordable = available_memory() / 8 / points_.size();
    summary_.most_k = std::max<std::size_t>(8, std::min(most, affordable));
    if (nearest != nullptr) summary_.critical_k = critical_k(*nearest, executor());
    if (!summary_.critical_k) summary_.critical_k = critical_k<Scalar>(points_, metric_, summary_.most_k, executor());
    const bool has_neighbours = nearest != nullptr && summary_.degrees.smallest > 0;
    summary_.critical_radius =
        static_cast<double>(has_neighbours ? critical_radius<Scalar>(points_, *nearest, metric_, executor())
                                           : critical_radius<Scalar>(points_, metric_, executor()));
  }

  void print(const GraphView<Scalar>& graph) {
    summary_.add_to(head_);
    print_graph(graph, global_.json, head_);
    if (global_.json) return;
    std::fflush(stdout);  // so that the summary comes last where both go to one place
    summary_.print(flags_.file, points_.size(), points_.dimension);
  }

  void report() {
    summary_.add_to(head_);
    head_["out"] = flags_.out;
    if (global_.json) return print_json(head_);
    summary_.print(flags_.file, points_.size(), points_.dimension);
    fmt::print(stderr, "written to {}\n", flags_.out);
  }

  const GraphFlags& flags_;
  const GlobalOptions& global_;
  Points<Scalar> points_;
  MetricKind metric_;
  Scalar radius_ = std::numeric_limits<Scalar>::infinity();
  nlohmann::ordered_json head_;
  GraphSummary summary_;
  std::optional<io::NpzWriter> file_;
  Stopwatch watch_;
};

}  // namespace

MetricKind metric_of(const GraphFlags& flags) {
  try {
    return metric_from_name(flags.metric);
  } catch (const invalid_input& refusal) {
    throw usage_error(fmt::format("--metric: {}", refusal.reason()));
  }
}

void make_graph(const GraphFlags& flags, const GlobalOptions& global) {
  std::visit([&]<class Scalar>(Points<Scalar>&& points) { GraphRun<Scalar>(flags, global, std::move(points)).run(); },
             read(flags));
}

}  // namespace coppice::cli
