// Neighbours of neighbours, and how good a graph is.
#include <numeric>
#include <string>

#include "subspace_rows.hpp"

#include "coppice/errors.hpp"
#include "coppice/index/neighbor_graph/subspace_search.hpp"

namespace coppice {
namespace subspace {
namespace {

/// For every row the points in whose rows it is, the nearest first, at most k of them.
template <class Scalar>
std::vector<std::vector<std::int32_t>> points_that_name(const Rows<Scalar>& rows) {
  using Entry = typename Rows<Scalar>::Entry;
  std::vector<std::vector<Entry>> named(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (const Entry& entry : rows.row(i))
      named[static_cast<std::size_t>(entry.id)].push_back({entry.key, static_cast<std::int32_t>(i)});
  std::vector<std::vector<std::int32_t>> ids(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::sort(named[i].begin(), named[i].end(), [](const Entry& a, const Entry& b) { return a.before(b); });
    for (std::size_t j = 0; j < std::min(rows.k(), named[i].size()); ++j) ids[i].push_back(named[i][j].id);
  }
  return ids;
}

}  // namespace

template <class Scalar>
std::uint64_t refine(const high::Store<Scalar>& points, MetricKind kind, bool self, Rows<Scalar>& rows,
                     const Executor& executor) {
  constexpr std::size_t rows_at_once = 512;
  const Rows<Scalar> before = rows;
  const auto named = points_that_name(before);
  std::vector<std::uint64_t> pairs((rows.size() + rows_at_once - 1) / rows_at_once, 0);
  executor.for_each_chunk(rows.size(), rows_at_once, [&](std::size_t first, std::size_t last) {
    std::vector<std::int32_t> ids;
    std::vector<Scalar> keys;
    for (std::size_t i = first; i < last; ++i) {
      ids.clear();
      const auto take_row = [&](std::int32_t through) {
        for (const auto& entry : before.row(static_cast<std::size_t>(through))) ids.push_back(entry.id);
      };
      for (const auto& entry : before.row(i)) take_row(entry.id);
      for (const std::int32_t through : named[i]) {
        ids.push_back(through);
        take_row(through);
      }
      std::sort(ids.begin(), ids.end());
      ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
      std::erase_if(ids, [&](std::int32_t id) {
        if (id == static_cast<std::int32_t>(i)) return !self;
        return std::ranges::any_of(before.row(i), [&](const auto& entry) { return entry.id == id; });
      });
      keys.resize(ids.size());
      full_keys(points, kind, i, ids, keys.data());
      pairs[first / rows_at_once] += ids.size();
      for (std::size_t j = 0; j < ids.size(); ++j) rows.add(i, {keys[j], ids[j]});
    }
  });
  return std::accumulate(pairs.begin(), pairs.end(), std::uint64_t{0});
}
template std::uint64_t refine(const high::Store<float>&, MetricKind, bool, Rows<float>&, const Executor&);
template std::uint64_t refine(const high::Store<double>&, MetricKind, bool, Rows<double>&, const Executor&);

}  // namespace subspace

template <class Scalar>
double recall_of(const GraphView<Scalar>& graph, const GraphView<Scalar>& exact) {
  if (graph.size() != exact.size())
    throw invalid_input("the graph has " + std::to_string(graph.size()) + " rows, the exact one " +
                        std::to_string(exact.size()));
  std::size_t wanted = 0, hits = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const auto truth = exact.row(i), row = graph.row(i);
    if (truth.empty()) continue;
    const Scalar farthest = exact.distances(i).back();
    std::size_t of_row = 0;
    for (std::size_t j = 0; j < row.size(); ++j) of_row += graph.distances(i)[j] <= farthest;
    wanted += truth.size();
    hits += std::min(of_row, truth.size());
  }
  return wanted == 0 ? 1 : static_cast<double>(hits) / static_cast<double>(wanted);
}
template double recall_of(const GraphView<float>&, const GraphView<float>&);
template double recall_of(const GraphView<double>&, const GraphView<double>&);

}  // namespace coppice
