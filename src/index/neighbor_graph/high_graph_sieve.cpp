// The sieves of a HighGraph, one a filter: floats of a frame, bytes, sketches.
#include "high_graph_sieve.hpp"

#include <algorithm>
#include <utility>

#include "high_exact.hpp"
#include "high_graph_packed.hpp"
#include "high_sketch_search.hpp"

namespace coppice::high {
namespace {

/// Exact rows reach as far as their bounds.
template <class Scalar, class Filter>
typename Filter::Sum threshold_of_bound(const GraphRows<Scalar>& graph, std::size_t slot, const Filter& filter,
                                        std::size_t position) {
  const Hit<Scalar>& bound = graph.rows.bound(slot);
  if (bound == neighbor_graph::RowStore<Scalar>::everything) return lowest<typename Filter::Sum>;
  return Filter::threshold(filter.key_limit(position, bound.distance_squared));
}

template <class Scalar>
class FloatSieve final : public PackedSieve<Scalar, FloatFilter<Scalar>> {
 public:
  FloatSieve(const Store<Scalar>& store, std::size_t least, const Executor& executor)
      : frame_(store.frame(store)), least_(least) {
    this->packed = pack_floats(store, frame_, executor, with_room(store.size()));
  }
  void set(const GraphRows<Scalar>& graph, std::span<const std::int32_t> slots, const Executor&) override {
    this->grow(graph.store.size());
    std::vector<float> row(graph.store.dimension());
    for (const std::int32_t slot : slots) {
      graph.store.frame_row(frame_, static_cast<std::size_t>(slot), row.data());
      this->packed.set(static_cast<std::size_t>(slot), row.data());
    }
  }
  [[nodiscard]] const Frame& frame() const noexcept override { return frame_; }
  [[nodiscard]] std::size_t least() const noexcept override { return least_; }
  [[nodiscard]] bool is_exact() const noexcept override { return true; }
  [[nodiscard]] const tiles::ListKernels<float>& kernels() const noexcept override {
    return tiles::tile_kernels().floats;
  }
  [[nodiscard]] FloatFilter<Scalar> filter_of(const PackedPoints<float>& rows,
                                              const std::vector<std::int32_t>&) const override {
    return {&frame_, &rows, rows.steps()};
  }

 private:
  [[nodiscard]] std::size_t candidates(const GraphRows<Scalar>& graph) const noexcept override {
    return graph.width + 6;
  }
  [[nodiscard]] float threshold(const GraphRows<Scalar>& graph, std::size_t position) const override {
    return threshold_of_bound(graph, position, filter_of(this->packed, {}), position);
  }

  Frame frame_;
  std::size_t least_;
};

template <class Scalar>
class ByteSieve final : public PackedSieve<Scalar, ByteFilter<Scalar>> {
 public:
  ByteSieve(const Store<Scalar>& store, std::size_t least, const Executor& executor) : least_(least) {
    this->packed = pack_bytes(store, executor, with_room(store.size()));
  }
  void set(const GraphRows<Scalar>& graph, std::span<const std::int32_t> slots, const Executor&) override {
    this->grow(graph.store.size());
    for (const std::int32_t slot : slots)
      pack_byte_row(graph.store, static_cast<std::size_t>(slot), this->packed, static_cast<std::size_t>(slot));
  }
  [[nodiscard]] const Frame& frame() const noexcept override { return frame_; }
  [[nodiscard]] std::size_t least() const noexcept override { return least_; }
  [[nodiscard]] bool is_exact() const noexcept override { return true; }
  [[nodiscard]] const tiles::ListKernels<std::int32_t>& kernels() const noexcept override {
    return tiles::tile_kernels().bytes;
  }
  [[nodiscard]] ByteFilter<Scalar> filter_of(const PackedPoints<std::int32_t>&,
                                             const std::vector<std::int32_t>&) const override {
    return {};
  }

 private:
  [[nodiscard]] std::size_t candidates(const GraphRows<Scalar>& graph) const noexcept override {
    return graph.width + 6;
  }
  [[nodiscard]] std::int32_t threshold(const GraphRows<Scalar>& graph, std::size_t position) const override {
    return threshold_of_bound(graph, position, ByteFilter<Scalar>{}, position);
  }

  Frame frame_;  ///< unused: bytes are bounded
  std::size_t least_;
};

template <class Scalar>
class SketchSieve final : public PackedSieve<Scalar, SketchFilter<Scalar>> {
 public:
  /// `least`: of exact rows; else rows want as many candidates as were planned.
  SketchSieve(KeptSketches&& kept, std::size_t dimension, std::size_t least)
      : frame_(std::move(kept.frame)),
        basis_(std::move(kept.plan.level->basis)),
        errors_(std::move(kept.plan.level->errors)),
        limits_(std::move(kept.limits)),
        largest_error_(kept.plan.level->largest_error),
        stretch_(kept.plan.certain ? basis_.stretch() : 0),
        dimension_(dimension),
        candidates_(kept.plan.candidates),
        least_(kept.plan.certain ? least : kept.plan.candidates),
        certain_(kept.plan.certain) {
    this->packed = std::move(kept.plan.level->points);
    this->order = std::move(kept.plan.level->order);
    this->remember_order();
  }
  void set(const GraphRows<Scalar>& graph, std::span<const std::int32_t> slots, const Executor& executor) override {
    this->grow(graph.store.size());
    errors_.resize(this->packed.size(), 0);
    if (!certain_) limits_.resize(this->packed.size(), 0);
    std::vector<Scalar> rows(slots.size() * dimension_);
    for (std::size_t i = 0; i < slots.size(); ++i)
      graph.store.copy_row(static_cast<std::size_t>(slots[i]), rows.data() + i * dimension_);
    const Store<Scalar> fresh(PointView<Scalar>(rows.data(), slots.size(), static_cast<int>(dimension_)), false,
                              executor);
    const Sketches sketches = make_sketches(fresh, frame_, basis_, executor);
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const std::size_t at = this->position(static_cast<std::size_t>(slots[i]));
      this->packed.set(at, sketches.values.get() + i * 4 * sketches.steps, tiles::tile_kernels().byte_shift);
      errors_[at] = sketches.errors[i];
      largest_error_ = std::max(largest_error_, static_cast<double>(sketches.errors[i]));
    }
  }
  [[nodiscard]] const Frame& frame() const noexcept override { return frame_; }
  [[nodiscard]] std::size_t least() const noexcept override { return least_; }
  [[nodiscard]] bool is_exact() const noexcept override { return certain_; }
  [[nodiscard]] std::size_t memory() const noexcept override {
    return PackedSieve<Scalar, SketchFilter<Scalar>>::memory() + errors_.capacity() * sizeof(float) +
           limits_.capacity() * sizeof(std::int32_t) + basis_.rows.capacity() * sizeof(float);
  }
  [[nodiscard]] const tiles::ListKernels<std::int32_t>& kernels() const noexcept override {
    return tiles::tile_kernels().bytes;
  }

 private:
  [[nodiscard]] SketchFilter<Scalar> filter(const float* errors) const {
    return {&frame_, errors, largest_error_, stretch_, dimension_};
  }
  [[nodiscard]] SketchFilter<Scalar> filter_of(const PackedPoints<std::int32_t>&,
                                               const std::vector<std::int32_t>& positions) const override {
    chosen_errors_.clear();
    for (const std::int32_t position : positions) chosen_errors_.push_back(errors_[static_cast<std::size_t>(position)]);
    return filter(chosen_errors_.data());
  }
  [[nodiscard]] std::size_t candidates(const GraphRows<Scalar>& graph) const noexcept override {
    return certain_ ? std::max(candidates_, graph.width + 6) : graph.width;
  }
  [[nodiscard]] std::int32_t threshold(const GraphRows<Scalar>& graph, std::size_t position) const override {
    if (certain_) return threshold_of_bound(graph, this->slot(position), filter(errors_.data()), position);
    return SketchFilter<Scalar>::threshold(std::min(limits_[position], 1 << 28));
  }
  void found(const std::vector<std::int32_t>& positions, const CandidateLists<std::int32_t>& lists,
             const Executor& executor) override {
    if (certain_) return;
    const std::vector<std::int32_t> reaches = lists.reaches(executor);
    for (std::size_t i = 0; i < positions.size(); ++i) limits_[static_cast<std::size_t>(positions[i])] = reaches[i];
  }

  Frame frame_;
  SketchBasis basis_;
  std::vector<float> errors_;         ///< by position
  std::vector<std::int32_t> limits_;  ///< likewise: keys up to which a row's candidates are complete
  double largest_error_;
  double stretch_;
  std::size_t dimension_;
  std::size_t candidates_;
  std::size_t least_;
  bool certain_;
  mutable std::vector<float> chosen_errors_;
};

}  // namespace

template <class Scalar>
std::unique_ptr<GraphSieve<Scalar>> search_graph(GraphRows<Scalar>& graph, const GraphTask<Scalar>& task,
                                                 HighStatistics& done) {
  const Executor& executor = task.query.executor;
  const Store<Scalar>& store = graph.store;
  const std::size_t exact_width = std::max<std::size_t>(task.others + task.spare, 1);
  const auto rows_of_width = [&](std::size_t width) {
    graph.width = width;
    graph.rows = neighbor_graph::RowStore<Scalar>(width);
    graph.rows.reset(store.size());
    for (std::size_t slot = 0; slot < store.size(); ++slot) graph.rows.set_id(slot, graph.names[slot]);
  };
  graph.live = store.size();
  done = {};
  rows_of_width(exact_width);
  if (store.size() == 0) return nullptr;

  Problem<Scalar> problem;
  problem.points = problem.queries = &store;
  problem.executor = executor;
  problem.output = slots_into_rows(graph, task.query.recall < 1 ? std::max<std::size_t>(task.others, 1) : exact_width);
  KeptSketches kept;
  kept.least_spare = task.spare;
  kept.make_room = rows_of_width;
  if (const auto sketched = search_by_sketch(problem, task.query, &kept)) {
    done = *sketched;
    return std::make_unique<SketchSieve<Scalar>>(std::move(kept), store.dimension(), task.others);
  }
  problem.output = slots_into_rows(graph, exact_width);
  done.method = HighMethod::tiles;
  const auto n = static_cast<std::int64_t>(store.size());
  done.pairs = n * (n - 1) / 2;
  const auto finish = [&](const Resolved& resolved) {
    done.distances = resolved.keys;
    done.finished_rows = resolved.open;
    done.certain_rows = n - resolved.open;
  };
  if (store.has_bytes()) {
    auto sieve = std::make_unique<ByteSieve<Scalar>>(store, task.others, executor);
    finish(search_packed(problem, sieve->kernels(), sieve->packed, sieve->packed, ByteFilter<Scalar>{}));
    return sieve;
  }
  auto sieve = std::make_unique<FloatSieve<Scalar>>(store, task.others, executor);
  finish(search_packed(problem, sieve->kernels(), sieve->packed, sieve->packed, sieve->filter_of(sieve->packed, {})));
  return sieve;
}
template std::unique_ptr<GraphSieve<float>> search_graph(GraphRows<float>&, const GraphTask<float>&, HighStatistics&);
template std::unique_ptr<GraphSieve<double>> search_graph(GraphRows<double>&, const GraphTask<double>&,
                                                          HighStatistics&);

}  // namespace coppice::high
