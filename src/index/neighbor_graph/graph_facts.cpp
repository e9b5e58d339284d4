// Components, degrees and the critical k of a graph. A part of the points is named by its smallest one, and parents
// only ever become smaller, so the outcome of any number of joining threads is one and the same.
#include "coppice/index/neighbor_graph/graph_facts.hpp"

#include <algorithm>
#include <atomic>
#include <numeric>

namespace coppice {

namespace {

constexpr std::size_t rows_a_piece = 4096;

std::atomic_ref<std::int64_t> shared(std::int64_t& value) {
  return std::atomic_ref<std::int64_t>(value);
}

}  // namespace

ComponentFinder::ComponentFinder(std::size_t points) : parents_(points) {
  std::iota(parents_.begin(), parents_.end(), std::int64_t{0});
}

std::int64_t ComponentFinder::root(std::int64_t point) noexcept {
  for (;;) {
    auto& slot = parents_[static_cast<std::size_t>(point)];
    const std::int64_t parent = shared(slot).load(std::memory_order_relaxed);
    if (parent == point) return point;
    const std::int64_t above = shared(parents_[static_cast<std::size_t>(parent)]).load(std::memory_order_relaxed);
    // Another thread may have gone further already; what is stored here is an ancestor all the same.
    if (above != parent) shared(slot).store(above, std::memory_order_relaxed);
    point = above;
  }
}

bool ComponentFinder::join(std::size_t a, std::size_t b) noexcept {
  auto low = static_cast<std::int64_t>(a);
  auto high = static_cast<std::int64_t>(b);
  for (;;) {
    low = root(low);
    high = root(high);
    if (low == high) return false;
    if (low > high) std::swap(low, high);
    std::int64_t expected = high;  // still a root?
    if (shared(parents_[static_cast<std::size_t>(high)]).compare_exchange_strong(expected, low)) return true;
  }
}

template <class Scalar, GraphIndex Index>
void ComponentFinder::join(const GraphView<Scalar, Index>& rows, std::size_t first, Executor executor) {
  executor.for_each_chunk(rows.size(), rows_a_piece, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      for (const Index other : rows.row(i)) (void)join(first + i, static_cast<std::size_t>(other));
  });
}

std::size_t ComponentFinder::smallest(std::size_t point) const noexcept {
  while (static_cast<std::size_t>(parents_[point]) != point) point = static_cast<std::size_t>(parents_[point]);
  return point;
}

Components ComponentFinder::components() const {
  Components found;
  found.labels.resize(size());
  for (std::size_t i = 0; i < size(); ++i) {
    const auto parent = static_cast<std::size_t>(parents_[i]);
    if (parent == i) {
      found.labels[i] = static_cast<std::int64_t>(found.count++);
      found.sizes.push_back(0);
    } else {
      found.labels[i] = found.labels[parent];  // the parent is smaller, so it has its label already
    }
    ++found.sizes[static_cast<std::size_t>(found.labels[i])];
  }
  return found;
}

template <class Scalar, GraphIndex Index>
Components weak_components(const GraphView<Scalar, Index>& graph, Executor executor) {
  ComponentFinder finder(graph.size());
  finder.join(graph, 0, executor);
  return finder.components();
}

template <class Scalar, GraphIndex Index>
Degrees degrees(const GraphView<Scalar, Index>& graph) {
  Degrees found;
  std::vector<std::int64_t> reversed(graph.size(), 0);
  for (std::size_t i = 0; i < graph.size(); ++i) {
    const auto ids = graph.row(i);
    const auto lengths = graph.distances(i);
    std::int64_t degree = 0;
    for (std::size_t j = 0; j < ids.size(); ++j) {
      const auto other = static_cast<std::size_t>(ids[j]);
      if (other == i) continue;
      ++degree;
      ++reversed[other];
      if (!lengths.empty()) found.longest = std::max(found.longest, static_cast<double>(lengths[j]));
    }
    found.edges += degree;
    found.smallest = i == 0 ? degree : std::min(found.smallest, degree);
    found.largest = std::max(found.largest, degree);
  }
  if (graph.size() == 0) return found;
  found.mean = static_cast<double>(found.edges) / static_cast<double>(graph.size());
  found.reversed = *std::max_element(reversed.begin(), reversed.end());
  return found;
}

template <class Scalar, GraphIndex Index>
std::optional<std::size_t> critical_k(const GraphView<Scalar, Index>& graph, Executor executor) {
  const std::size_t n = graph.size();
  if (n < 2) return 0;
  ComponentFinder finder(n);
  std::atomic<std::size_t> parts = n;
  std::vector<std::uint8_t> self_seen(n, 0);  // whether the point itself stands before the column
  for (std::size_t column = 0;; ++column) {
    std::atomic<bool> any = false;
    executor.for_each_chunk(n, rows_a_piece, [&](std::size_t begin, std::size_t end) {
      std::size_t joined = 0;
      bool found = false;
      for (std::size_t i = begin; i < end; ++i) {
        const auto row = graph.row(i);
        std::size_t at = column + self_seen[i];
        if (at < row.size() && static_cast<std::size_t>(row[at]) == i) {
          self_seen[i] = 1;
          ++at;
        }
        if (at >= row.size()) continue;
        found = true;
        joined += finder.join(i, static_cast<std::size_t>(row[at])) ? 1 : 0;
      }
      parts -= joined;
      if (found) any = true;
    });
    if (parts == 1) return column + 1;
    if (!any) return std::nullopt;
  }
}

#define COPPICE_INSTANTIATE(Scalar, Index)                                                     \
  template void ComponentFinder::join(const GraphView<Scalar, Index>&, std::size_t, Executor); \
  template Components weak_components(const GraphView<Scalar, Index>&, Executor);              \
  template Degrees degrees(const GraphView<Scalar, Index>&);                                   \
  template std::optional<std::size_t> critical_k(const GraphView<Scalar, Index>&, Executor);
COPPICE_INSTANTIATE(float, std::int32_t)
COPPICE_INSTANTIATE(float, std::int64_t)
COPPICE_INSTANTIATE(double, std::int32_t)
COPPICE_INSTANTIATE(double, std::int64_t)
#undef COPPICE_INSTANTIATE

}  // namespace coppice
