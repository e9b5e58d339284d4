// Rows, arrays and facts of graphs; see graph_output.hpp.
#include "graph_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <type_traits>

#include "io/counted.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "search.hpp"

namespace coppice::cli {

namespace {

/// The numbers as float64, which npz files have: themselves, or a copy in `room`.
template <class Scalar>
std::span<const double> as_double(const std::vector<Scalar>& numbers, std::vector<double>& room) {
  if constexpr (std::is_same_v<Scalar, double>) {
    return numbers;
  } else {
    room.assign(numbers.begin(), numbers.end());
    return room;
  }
}

/// Rows of `from` numbers as rows of `to`, filled up.
template <class T>
std::vector<T> padded(const std::vector<T>& rows, std::size_t from, std::size_t to, T filling) {
  const std::size_t count = from == 0 ? 0 : rows.size() / from;
  std::vector<T> wide(count * to, filling);
  for (std::size_t row = 0; row < count; ++row)
    std::copy_n(rows.begin() + static_cast<std::ptrdiff_t>(row * from), from,
                wide.begin() + static_cast<std::ptrdiff_t>(row * to));
  return wide;
}

}  // namespace

void GraphSummary::add_to(nlohmann::ordered_json& head) const {
  head["edges"] = degrees.edges;
  head["degree"] = {{"mean", degrees.mean}, {"smallest", degrees.smallest}, {"largest", degrees.largest}};
  head["r_k"] = degrees.longest;
  head["k_r"] = degrees.smallest;
  head["components"] = components;
  head["mutual_share"] = mutual_share;
  if (has_critical) {
    head["critical_k"] = critical_k ? nlohmann::ordered_json(*critical_k) : nlohmann::ordered_json();
    head["critical_radius"] = critical_radius;
  }
  head["seconds"] = {{"build", build_seconds}, {"search", search_seconds}, {"facts", facts_seconds}};
}

void GraphSummary::print(const std::string& file, std::size_t points, int dimension) const {
  fmt::print(stderr, "{}: {} of dimension {}: {}, {:.4g} a point ({} … {}), longest {:.6g}\n", file,
             io::counted(points, "point"), dimension, io::counted(degrees.edges, "edge"), degrees.mean,
             degrees.smallest, degrees.largest, degrees.longest);
  std::string critical;
  if (has_critical)
    critical = fmt::format("; critical k {}, critical r {:.6g}",
                           critical_k ? fmt::to_string(*critical_k) : fmt::format("above {}", most_k), critical_radius);
  fmt::print(
      stderr, "{}, {:.4g} % of the edges mutual{}; {:.3f} s to build, {:.3f} s to search, {:.3f} s for the facts\n",
      io::counted(components, "component"), 100 * mutual_share, critical, build_seconds, search_seconds, facts_seconds);
}

template <class Scalar>
void print_graph(const GraphView<Scalar>& graph, bool json, const nlohmann::ordered_json& head) {
  AnswerWriter writer({graph.size(), 0, true}, {}, json, head);
  std::vector<point_id> labels;
  for_each_slice("graph", graph.size(), [&](std::size_t first, std::size_t count) {
    Neighbors<Scalar> rows;
    for (std::size_t i = first; i < first + count; ++i) {
      rows.ids.insert(rows.ids.end(), graph.row(i).begin(), graph.row(i).end());
      rows.distances.insert(rows.distances.end(), graph.distances(i).begin(), graph.distances(i).end());
      rows.offsets.push_back(static_cast<std::int64_t>(rows.ids.size()));
    }
    labels.resize(count);
    std::iota(labels.begin(), labels.end(), static_cast<point_id>(first));
    writer.add(labels, rows);
  });
  writer.finish();
}

template <class Scalar>
void write_graph(io::NpzWriter& file, const DenseGraph<Scalar>& graph, std::size_t k) {
  std::vector<double> room;
  const std::vector<std::size_t> shape{graph.size(), k};
  if (graph.k == k) {
    file.add("ids", io::ArrayView(graph.ids, shape));
    file.add("distances", io::ArrayView(as_double(graph.distances, room), shape));
  } else {
    file.add("ids", io::ArrayView(padded(graph.ids, graph.k, k, no_point), shape));
    const auto wide = padded(graph.distances, graph.k, k, std::numeric_limits<Scalar>::infinity());
    file.add("distances", io::ArrayView(as_double(wide, room), shape));
  }
  file.close();
}

template <class Scalar>
void write_graph(io::NpzWriter& file, const SparseGraph<Scalar>& graph) {
  std::vector<double> room;
  file.add("offsets", graph.offsets);
  file.add("ids", graph.ids);
  file.add("distances", io::ArrayView(as_double(graph.distances, room), {graph.distances.size()}));
  file.close();
}

GraphFile::GraphFile(io::NpzWriter& file, const std::string& path) : file_(file), ids_(path), distances_(path) {}

template <class Scalar>
void GraphFile::add(const SparseGraph<Scalar>& rows) {
  std::vector<double> room;
  ids_.append(std::as_bytes(std::span(rows.ids)));
  distances_.append(std::as_bytes(as_double(rows.distances, room)));
  const std::int64_t start = offsets_.back();
  for (std::size_t i = 0; i < rows.size(); ++i) offsets_.push_back(start + rows.offsets[i + 1]);
}

void GraphFile::finish() {
  const auto numbers = [&]<class T>(T, std::span<const std::byte> bytes) {
    return std::span(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T));
  };
  file_.add("offsets", offsets_);
  const auto ids = numbers(std::int64_t{}, ids_.bytes());
  file_.add("ids", io::ArrayView(ids, {ids.size()}));
  const auto distances = numbers(double{}, distances_.bytes());
  file_.add("distances", io::ArrayView(distances, {distances.size()}));
  file_.close();
}

#define COPPICE_INSTANTIATE(Scalar)                                                         \
  template void print_graph(const GraphView<Scalar>&, bool, const nlohmann::ordered_json&); \
  template void write_graph(io::NpzWriter&, const DenseGraph<Scalar>&, std::size_t);        \
  template void write_graph(io::NpzWriter&, const SparseGraph<Scalar>&);                    \
  template void GraphFile::add(const SparseGraph<Scalar>&);
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice::cli
