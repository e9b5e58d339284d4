// The rows of a search while they are being found: the k best of every point by (key, id).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "coppice/geometry/metric.hpp"
#include "coppice/index/neighbor_graph/graph.hpp"
#include "high_store.hpp"

namespace coppice::subspace {

template <class Scalar>
class Rows {
 public:
  struct Entry {
    Scalar key;
    std::int32_t id;
    [[nodiscard]] bool before(const Entry& other) const noexcept {
      return key != other.key ? key < other.key : id < other.id;
    }
  };

  Rows(std::size_t size, std::size_t k) : k_(k), entries_(size * k), found_(size, 0) {}

  [[nodiscard]] std::size_t k() const noexcept { return k_; }
  [[nodiscard]] std::size_t size() const noexcept { return found_.size(); }
  [[nodiscard]] std::span<const Entry> row(std::size_t i) const noexcept {
    return {entries_.data() + i * k_, found_[i]};
  }
  /// The k-th key; infinite while there are fewer.
  [[nodiscard]] Scalar last_key(std::size_t i) const noexcept {
    return found_[i] < k_ ? std::numeric_limits<Scalar>::infinity() : entries_[(i + 1) * k_ - 1].key;
  }
  /// Puts a point in its place, unless it is there.
  void add(std::size_t i, Entry entry) {
    if (entry.key > last_key(i)) return;
    Entry* const row = entries_.data() + i * k_;
    for (std::size_t j = 0; j < found_[i]; ++j)
      if (row[j].id == entry.id) return;
    std::size_t place = found_[i];
    if (place == k_) {
      if (!entry.before(row[place - 1])) return;
      --place;
    } else {
      ++found_[i];
    }
    for (; place > 0 && entry.before(row[place - 1]); --place) row[place] = row[place - 1];
    row[place] = entry;
  }

  [[nodiscard]] DenseGraph<Scalar> graph(const Metric<Scalar>& metric) const {
    DenseGraph<Scalar> graph{k_, std::vector<point_id>(size() * k_, no_point),
                             std::vector<Scalar>(size() * k_, std::numeric_limits<Scalar>::infinity())};
    for (std::size_t i = 0; i < size(); ++i)
      for (std::size_t j = 0; j < found_[i]; ++j) {
        graph.ids[i * k_ + j] = entries_[i * k_ + j].id;
        graph.distances[i * k_ + j] = metric.distance_of(entries_[i * k_ + j].key);
      }
    return graph;
  }

 private:
  std::size_t k_;
  std::vector<Entry> entries_;
  std::vector<std::size_t> found_;
};

/// Keys in all dimensions. Requires: no bytes in the store unless the metric is l2.
template <class Scalar>
void full_keys(const high::Store<Scalar>& points, MetricKind kind, std::size_t row, std::span<const std::int32_t> ids,
               Scalar* keys) {
  if (kind == MetricKind::l2) {
    points.keys(points, row, ids.data(), ids.size(), keys);
    return;
  }
  const Metric<Scalar> metric{kind, {}};
  const PeriodicBox<Scalar> open{};
  for (std::size_t j = 0; j < ids.size(); ++j)
    keys[j] = metric_key(points.row(row), points.row(static_cast<std::size_t>(ids[j])),
                         static_cast<int>(points.dimension()), metric, open);
}

/// One round of neighbours' neighbours: every row tries the rows of its neighbours and of up to k points, the nearest,
/// whose neighbour it is. All rows as they were before. Gives how many distances were evaluated.
template <class Scalar>
[[nodiscard]] std::uint64_t refine(const high::Store<Scalar>& points, MetricKind kind, bool self, Rows<Scalar>& rows,
                                   const Executor& executor);

}  // namespace coppice::subspace
