// Passes of centers over trees of points: memory for what threads need, and how a pass is shared between them. Whether
// the trees were planted from rows or borrowed from an index is the business of whoever fills `parts`.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "coppice/storage/memory.hpp"
#include "kmeans_center_tree.hpp"
#include "kmeans_problem.hpp"

namespace coppice::kmeans {

/// A tree and the memory of its nodes.
template <int D>
struct Part {
  Tree<D> tree{};
  std::vector<Node<D>> nodes;
  std::vector<std::int64_t> node_weights;

  /// Room for `count` nodes; the tree points there.
  void reserve(std::size_t count) {
    nodes.resize(std::max(count, nodes.size()));
    if (tree.weights != nullptr) node_weights.resize(nodes.size());
    tree.nodes = nodes.data();
    tree.node_weights = tree.weights != nullptr ? node_weights.data() : nullptr;
    tree.capacity = static_cast<std::uint32_t>(nodes.size());
    tree.owner = this;
    tree.grow = [](Tree<D>& grown) { static_cast<Part*>(grown.owner)->reserve(2 * std::size_t{grown.capacity} + 64); };
  }
};

/// The nodes above the parts: what they cover, and their two children or the part that they are.
template <int D>
struct TopNode {
  Node<D> node;
  std::size_t children[2];  ///< 0: none
  std::size_t part;
};

/// All centers as a list of candidates.
template <int D>
struct Candidates {
  std::vector<double> coordinates;  ///< [axis][room]
  std::vector<std::uint32_t> names;
  std::uint32_t count = 0;
};

/// What one thread works with.
template <int D>
class Worker {
 public:
  explicit Worker(std::size_t k) : sums_(k, D), lanes_(8 * k * D) {
    for (std::size_t i = 0; i < 8 * k * D; ++i) lanes_.get()[i] = 0;
    work.owner = this;
    work.room = 0;
    work.grow = [](Work<D>& grown, std::size_t more) { static_cast<Worker*>(grown.owner)->make_room(more); };
    work.lanes = lanes_.get();
    work.sums = sums_.places.data();
    work.weights = sums_.weights.data();
    make_room(4 * k + 1024);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void begin(std::int32_t* labels) {
    sums_.clear();
    work.labels = labels;
  }
  /// Puts a list at the bottom of the stack.
  void load(const Candidates<D>& list) {
    if (list.names.size() > work.room) make_room(list.names.size());
    const std::size_t room = list.names.size();
    for (std::size_t a = 0; a < D; ++a)
      std::copy_n(list.coordinates.data() + a * room, room, work.candidates + a * work.room);
    std::copy_n(list.names.data(), room, work.names);
  }
  /// Adds what the lanes hold to the sums.
  const Sums& finish() {
    std::int64_t* lanes = lanes_.get();
    for (std::int64_t& sum : sums_.places)
      for (int i = 0; i < 8; ++i, ++lanes) {
        sum += *lanes;
        *lanes = 0;
      }
    return sums_;
  }

  Work<D> work{};

 private:
  void make_room(std::size_t size) {
    const std::size_t room = (std::max(size, 2 * work.room) + 63) / 64 * 64;
    storage::RawArray<double> coordinates(room * D);
    storage::RawArray<std::uint32_t> names(room);
    for (std::size_t a = 0; a < D; ++a)
      std::copy_n(work.candidates + a * work.room, work.room, coordinates.get() + a * room);
    std::copy_n(work.names, work.room, names.get());
    coordinates_ = std::move(coordinates);
    names_ = std::move(names);
    work.candidates = coordinates_.get();
    work.names = names_.get();
    work.room = room;
  }

  Sums sums_;
  storage::RawArray<std::int64_t> lanes_;
  storage::RawArray<double> coordinates_;
  storage::RawArray<std::uint32_t> names_;
};

/// An engine over parts of a tree.
template <int D>
class TreeEngine : public Engine {
 public:
  void assign(std::span<const double> centers, Sums& sums, std::int32_t* labels) override {
    const auto d = static_cast<std::size_t>(frame_.dimension());
    const Pass pass{frame_.grid(), frame_.margin(centers), many_};
    list_all(centers, d);
    CenterTreeMemory<D> center_tree;
    if (two_trees_) center_tree.build(centers, frame_.dimension());
    std::vector<std::atomic<bool>> taken(parts_.size());
    executor_.for_each_chunk(workers_.size(), 1, [&](std::size_t w, std::size_t) {
      Worker<D>& worker = *workers_[w];
      worker.begin(labels);
      if (two_trees_) {
        for (std::size_t i = 0; i < parts_.size(); ++i)
          if (!taken[i].exchange(true))
            kernels().trees<D>().two_trees(parts_[i]->tree, worker.work, pass, center_tree.view());
      } else {
        worker.load(all_);
        Share{*this, worker.work, pass, taken, w}.visit(0, 0, all_.count, 0);
      }
      worker.finish();
    });
    sums.clear();
    for (const auto& worker : workers_) {
      const Work<D>& work = worker->work;
      for (std::size_t j = 0; j < sums.weights.size(); ++j) {
        sums.weights[j] += work.weights[j];
        for (std::size_t a = 0; a < d; ++a) sums.places[j * d + a] += work.sums[j * D + a];
      }
    }
  }

 protected:
  TreeEngine(const Frame& frame, std::size_t k, const Executor& executor, bool two_trees, std::uint32_t many)
      : frame_(frame), executor_(executor), two_trees_(two_trees), many_(many) {
    for (int i = 0; i < executor.threads(); ++i) workers_.push_back(std::make_unique<Worker<D>>(k));
  }

  const Frame& frame_;
  Executor executor_;
  std::vector<std::unique_ptr<Part<D>>> parts_;
  std::vector<TopNode<D>> top_;  ///< the first is the root

 private:
  /// What one thread does in a pass: it goes down to the parts that nobody has taken yet. Above them it prunes the list
  /// as a tree does below, on its own stack; threads set out for different ends.
  struct Share {
    TreeEngine& engine;
    Work<D>& work;
    const Pass& pass;
    std::vector<std::atomic<bool>>& taken;
    std::size_t thread;

    void visit(std::size_t at, std::uint32_t from, std::uint32_t count, int depth) {
      const TopNode<D>& top = engine.top_[at];
      const auto& trees = kernels().trees<D>();
      if (top.children[0] == 0) {
        if (!taken[top.part].exchange(true)) trees.filter(engine.parts_[top.part]->tree, work, pass, from, count);
        return;
      }
      if (!is_waiting(at)) return;
      const std::uint32_t kept_from = (from + count + 7) & ~7u;
      if (std::size_t{kept_from} + count + 16 > work.room) work.grow(work, std::size_t{kept_from} + count + 16);
      const std::uint32_t kept = trees.prune(top.node, work, from, count, kept_from, pass.margin);
      const std::size_t first = thread >> depth & 1;
      visit(top.children[first], kept_from, kept, depth + 1);
      visit(top.children[1 - first], kept_from, kept, depth + 1);
    }
    /// Whether a part below has not been taken.
    [[nodiscard]] bool is_waiting(std::size_t at) const {
      const TopNode<D>& top = engine.top_[at];
      if (top.children[0] == 0) return !taken[top.part].load(std::memory_order_relaxed);
      return is_waiting(top.children[0]) || is_waiting(top.children[1]);
    }
  };

  void list_all(std::span<const double> centers, std::size_t d) {
    const std::size_t k = centers.size() / d, room = (k + 7) / 8 * 8;
    all_.count = static_cast<std::uint32_t>(k);
    all_.coordinates.assign(room * D, 0.0);
    all_.names.assign(room, 0);
    for (std::size_t j = 0; j < k; ++j) {
      for (std::size_t a = 0; a < d; ++a) all_.coordinates[a * room + j] = centers[j * d + a];
      all_.names[j] = static_cast<std::uint32_t>(j);
    }
  }

  bool two_trees_;
  std::uint32_t many_;
  std::vector<std::unique_ptr<Worker<D>>> workers_;
  Candidates<D> all_;
};

/// The compiled width that serves a dimension; up to 8.
[[nodiscard]] constexpr int tree_width(int dimension) {
  return dimension <= 2 ? 2 : dimension <= 4 ? dimension : 8;
}
inline constexpr int most_tree_axes = 8;

}  // namespace coppice::kmeans
