// The undirected forms of a graph. Each row is laid beside those that name its point; sorted by id, the two either
// unite or intersect.
#include <algorithm>
#include <atomic>
#include <iterator>
#include <span>
#include <utility>

#include "coppice/index/neighbor_graph/graph_facts.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice {

namespace {

constexpr std::size_t rows_a_task = 2048;

enum class Keep { either, both };

template <class Scalar, class Index>
struct Edge {
  Index id;
  Scalar distance;  // 0 where the graph has none
};

/// The edges of every row, then the reversed ones that lead to its point; none from a point to itself.
template <class Scalar, class Index>
class BothWays {
 public:
  BothWays(const GraphView<Scalar, Index>& graph, Executor executor)
      : own_(graph.size(), 0), starts_(graph.size() + 1, 0) {
    std::vector<std::int64_t> reversed(graph.size(), 0);
    for_each_edge(graph, executor, [&](std::size_t i, std::size_t other, Scalar) {
      ++own_[i];
      std::atomic_ref(reversed[other]).fetch_add(1, std::memory_order_relaxed);
    });
    for (std::size_t i = 0; i < graph.size(); ++i) starts_[i + 1] = starts_[i] + own_[i] + reversed[i];
    edges_ = storage::RawArray<Edge<Scalar, Index>>(static_cast<std::size_t>(starts_.back()));
    std::vector<std::int64_t> next_own(starts_.begin(), starts_.end() - 1);
    for (std::size_t i = 0; i < graph.size(); ++i) reversed[i] = starts_[i] + own_[i];
    auto& next_reversed = reversed;
    for_each_edge(graph, executor, [&](std::size_t i, std::size_t other, Scalar distance) {
      edges_.get()[next_own[i]++] = {static_cast<Index>(other), distance};
      const auto at = std::atomic_ref(next_reversed[other]).fetch_add(1, std::memory_order_relaxed);
      edges_.get()[at] = {static_cast<Index>(i), distance};
    });
  }

  [[nodiscard]] std::span<Edge<Scalar, Index>> own(std::size_t i) noexcept {
    return {edges_.get() + starts_[i], static_cast<std::size_t>(own_[i])};
  }
  [[nodiscard]] std::span<Edge<Scalar, Index>> reversed(std::size_t i) noexcept {
    return {edges_.get() + starts_[i] + own_[i], static_cast<std::size_t>(starts_[i + 1] - starts_[i] - own_[i])};
  }

 private:
  template <class Call>
  static void for_each_edge(const GraphView<Scalar, Index>& graph, Executor executor, Call&& call) {
    executor.for_each_chunk(graph.size(), rows_a_task, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const auto ids = graph.row(i);
        const auto distances = graph.distances(i);
        for (std::size_t j = 0; j < ids.size(); ++j)
          if (static_cast<std::size_t>(ids[j]) != i)
            call(i, static_cast<std::size_t>(ids[j]), distances.empty() ? Scalar(0) : distances[j]);
      }
    });
  }

  std::vector<std::int64_t> own_;
  std::vector<std::int64_t> starts_;
  storage::RawArray<Edge<Scalar, Index>> edges_;
};

constexpr auto by_id = [](const auto& a, const auto& b) { return a.id < b.id; };
constexpr auto by_distance = [](const auto& a, const auto& b) {
  return a.distance < b.distance || (a.distance == b.distance && a.id < b.id);
};

/// Sorts both parts of row i and calls take(edges that are kept).
template <class Scalar, class Index, class Take>
void merge_row(BothWays<Scalar, Index>& graph, std::size_t i, Keep keep, std::vector<Edge<Scalar, Index>>& merged,
               Take&& take) {
  const auto own = graph.own(i);
  const auto reversed = graph.reversed(i);
  std::sort(own.begin(), own.end(), by_id);
  std::sort(reversed.begin(), reversed.end(), by_id);
  merged.clear();
  if (keep == Keep::either)
    std::set_union(own.begin(), own.end(), reversed.begin(), reversed.end(), std::back_inserter(merged), by_id);
  else
    std::set_intersection(own.begin(), own.end(), reversed.begin(), reversed.end(), std::back_inserter(merged), by_id);
  take(merged);
}

template <class Scalar, class Index>
SparseGraph<Scalar, Index> undirected(const GraphView<Scalar, Index>& graph, Keep keep, Executor executor) {
  const std::size_t n = graph.size();
  bool has_distances = true;
  for (std::size_t i = 0; i < n; ++i)
    if (!graph.row(i).empty()) {
      has_distances = !graph.distances(i).empty();
      break;
    }
  BothWays<Scalar, Index> both(graph, executor);
  SparseGraph<Scalar, Index> result;
  result.offsets.assign(n + 1, 0);
  executor.for_each_chunk(n, rows_a_task, [&](std::size_t begin, std::size_t end) {
    std::vector<Edge<Scalar, Index>> merged;
    for (std::size_t i = begin; i < end; ++i)
      merge_row(both, i, keep, merged, [&](const auto& row) {
        result.offsets[i + 1] = static_cast<std::int64_t>(row.size());
        // The row is no longer than both parts, so it can wait in their place.
        std::copy(row.begin(), row.end(), both.own(i).data());
      });
  });
  for (std::size_t i = 0; i < n; ++i) result.offsets[i + 1] += result.offsets[i];
  result.ids.resize(static_cast<std::size_t>(result.offsets.back()));
  if (has_distances) result.distances.resize(result.ids.size());
  executor.for_each_chunk(n, rows_a_task, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto first = static_cast<std::size_t>(result.offsets[i]);
      const std::span row(both.own(i).data(), static_cast<std::size_t>(result.offsets[i + 1]) - first);
      if (has_distances) std::sort(row.begin(), row.end(), by_distance);
      for (std::size_t j = 0; j < row.size(); ++j) {
        result.ids[first + j] = row[j].id;
        if (has_distances) result.distances[first + j] = row[j].distance;
      }
    }
  });
  return result;
}

}  // namespace

template <class Scalar, GraphIndex Index>
SparseGraph<Scalar, Index> symmetric_graph(const GraphView<Scalar, Index>& graph, Executor executor) {
  return undirected(graph, Keep::either, executor);
}

template <class Scalar, GraphIndex Index>
SparseGraph<Scalar, Index> mutual_graph(const GraphView<Scalar, Index>& graph, Executor executor) {
  return undirected(graph, Keep::both, executor);
}

template <class Scalar, GraphIndex Index>
double mutual_share(const GraphView<Scalar, Index>& graph, Executor executor) {
  // Short rows are looked through as they lie; among long ones merging takes less time, if more memory.
  constexpr std::size_t short_row = 64;
  std::int64_t edges = 0;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < graph.size(); ++i) {
    const auto row = graph.row(i);
    longest = std::max(longest, row.size());
    edges += static_cast<std::int64_t>(row.size()) - std::count(row.begin(), row.end(), static_cast<Index>(i));
  }
  if (edges == 0) return 1;
  std::int64_t mutual = 0;
  if (longest > short_row) {
    mutual = undirected(graph, Keep::both, executor).offsets.back();
  } else {
    std::atomic<std::int64_t> found = 0;
    executor.for_each_chunk(graph.size(), rows_a_task, [&](std::size_t begin, std::size_t end) {
      std::int64_t returned = 0;
      for (std::size_t i = begin; i < end; ++i)
        for (const Index other : graph.row(i)) {
          if (static_cast<std::size_t>(other) == i) continue;
          const auto back = graph.row(static_cast<std::size_t>(other));
          returned += std::find(back.begin(), back.end(), static_cast<Index>(i)) != back.end() ? 1 : 0;
        }
      found += returned;
    });
    mutual = found;
  }
  return static_cast<double>(mutual) / static_cast<double>(edges);
}

#define COPPICE_INSTANTIATE(Scalar, Index)                                                        \
  template SparseGraph<Scalar, Index> symmetric_graph(const GraphView<Scalar, Index>&, Executor); \
  template SparseGraph<Scalar, Index> mutual_graph(const GraphView<Scalar, Index>&, Executor);    \
  template double mutual_share(const GraphView<Scalar, Index>&, Executor);
COPPICE_INSTANTIATE(float, std::int32_t)
COPPICE_INSTANTIATE(float, std::int64_t)
COPPICE_INSTANTIATE(double, std::int32_t)
COPPICE_INSTANTIATE(double, std::int64_t)
#undef COPPICE_INSTANTIATE

}  // namespace coppice
