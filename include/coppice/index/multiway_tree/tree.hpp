// The writer's side of a MultiwayTree, compiled for one scalar type and width. What it owns, and the operations in the
// order in which one rests on another:
//   build.hpp    a subtree from rows of points: node by node, or two levels and more in one sweep (skeleton.hpp)
//   repair.hpp   runs of siblings that are built anew, with newcomers
//   insert.hpp   batches on their way down; erase.hpp: points that leave, and what merges; moves
//   records.hpp  shape, parts and their boxes
//   validate.hpp invariants and statistics
// Under all of it lie the records of plane trees, copied on write for snapshots: index/plane_tree_store.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "coppice/index/multiway_tree/cdf_model.hpp"
#include "coppice/index/multiway_tree/multiway_tree.hpp"
#include "coppice/index/multiway_tree/node.hpp"
#include "coppice/index/multiway_tree/rows.hpp"
#include "coppice/index/plane_tree_store.hpp"

namespace coppice::multiway_tree {

/// A subtree or leaf that has no place yet.
struct Part {
  Handle child = none;  // with leaf_bit; none: nothing
  std::uint32_t points = 0;
  std::uint32_t height = 0;  // 0: a leaf
};

/// How many points a subtree of the balanced tree has, and how many children its root.
struct Shape {
  std::uint32_t height;
  int children;
};

/// Parts side by side along an axis, and the pivots between them.
template <class S>
struct Slabs {
  int axis = 0;
  int count = 0;
  std::array<Part, fan_out> parts;
  std::array<S, fan_out> pivots;  // pivots[j] between parts j and j + 1

  /// Adds a part right of all others; `pivot`: at most its least key, and more than all keys of theirs.
  void add(const Part& part, S pivot) {
    if (count > 0) pivots[static_cast<std::size_t>(count - 1)] = pivot;
    parts[static_cast<std::size_t>(count++)] = part;
  }
};

template <class S, int Width>
class Builder;
template <class S, int Width>
class Inserter;

template <class S, int Width>
class Tree : public plane_tree::TreeStore<Tree<S, Width>, S, Width, NodeCold> {
  using Store = plane_tree::TreeStore<Tree, S, Width, NodeCold>;

 public:
  using typename Store::Key;
  using typename Store::Node;
  using Config = typename MultiwayTree<S>::Config;

  Tree(int dimension, Config config);

  // Whole sets. Requires, here and below: everything was checked before; points are wrapped.
  void build(PointView<S> points, std::span<const point_id> ids) { build(points, ids, Store::needs_wide_ids(ids)); }
  void clear() { clear(false); }

  // One point is a batch of one.
  void insert(const S* point, point_id id) { insert({point, 1, dimension_}, {&id, 1}); }
  /// False, and nothing done, where the id is unknown.
  bool erase(point_id id) {
    if (locations_.find(id) == IdMap::absent) return false;
    erase({&id, 1});
    return true;
  }
  void move(point_id id, const S* point) { move({&id, 1}, PointView<S>{point, 1, dimension_}); }

  // Many.
  void insert(PointView<S> points, std::span<const point_id> ids);
  /// Requires: known ids, none twice.
  void erase(std::span<const point_id> ids);
  void move(std::span<const point_id> ids, PointView<S> points) { this->move_batch(ids, points); }

  using Store::axes, Store::leaf, Store::release_subtree;
  [[nodiscard]] Statistics statistics() const;
  void validate() const;

 private:
  template <class, int>
  friend class multiway_tree::Builder;
  template <class, int>
  friend class multiway_tree::Inserter;
  friend Store;
  using Rows = multiway_tree::Rows<S, Width>;
  using Buffers = RowBuffers<S, Width>;

  // Access.
  using Store::begin_write, Store::clear_box, Store::cold, Store::each_leaf, Store::end_write, Store::leaf_box;
  using Store::leaf_cold, Store::new_leaf, Store::new_node, Store::node, Store::own_leaf, Store::own_node;
  using Store::own_path, Store::parent_of, Store::release_node, Store::set_child, Store::union_box;

  using Store::dimension_, Store::locations_, Store::origin_, Store::records_, Store::root_, Store::sharing_;
  using Store::size_;

  [[nodiscard]] std::uint32_t points_below(const Node& n, int s) const {
    return n.is_leaf(s) ? static_cast<std::uint32_t>(n.points(s)) : cold(n.child[s]).points;
  }
  [[nodiscard]] std::uint32_t height_of(const Node& n, int s) const {
    return n.is_leaf(s) ? 0 : cold(n.child[s]).height;
  }
  void gather(Handle child, const Rows& to, std::size_t& at) const;

  // Shape: a subtree of height h is built for up to capacity(h) points.
  void choose_partitions(std::size_t n);
  [[nodiscard]] std::uint64_t capacity(std::uint32_t height) const;
  /// The most points of a leaf that is built.
  [[nodiscard]] std::size_t largest_leaf() const {
    return std::min(static_cast<std::size_t>(config_.leaf_fill + config_.leaf_fill / 7), std::size_t{leaf_capacity});
  }
  [[nodiscard]] Shape shape(std::size_t points) const;

  // Boxes.
  [[nodiscard]] bool grow_box(Node& n, int s, const S* point) const;
  void grow_path(std::uint32_t link, const S* point) const;
  void choose_origin(const std::vector<S>& lower, const std::vector<S>& upper);

  // Records.
  void clear(bool wide_ids);
  void build(PointView<S> points, std::span<const point_id> ids, bool wide_ids);
  void admit(std::span<const point_id> ids);
  void plant(const Part& part);
  void attach(Handle x, int s, const Part& part) const;
  void move_slot(Handle x, int from, int to) const;
  /// Models stand beside the records of their nodes.
  void node_released(Handle h);
  void node_copied(Handle from, Handle to);

  // Repairs, inside begin_write and end_write.
  struct Newcomers {
    Rows rows;
    std::size_t first = 0;
    std::size_t count = 0;
  };
  using Arrivals = std::array<Newcomers, fan_out>;  // of every child
  using Sizes = std::array<std::uint64_t, fan_out>;
  [[nodiscard]] Sizes sizes(Handle x, const Arrivals& arrivals) const;
  int rebuild(Handle x, int first, int last, int wanted, Arrivals& arrivals);
  void rebuild_all(Handle x, Arrivals& arrivals);
  [[nodiscard]] std::size_t collect(Handle x, int first, int last, const Arrivals& arrivals, Buffers& buffers);
  void replace(Handle x, int first, int last, const Slabs<S>& slabs);
  void adopt(Handle x, Handle from);
  [[nodiscard]] bool watches(Handle x, std::uint64_t points) const;
  void balance(Handle x, Arrivals& arrivals);
  void measure(Handle x) const;
  void lift_only_child(Handle x, int s);
  void record_repair(std::size_t points);
  void remember(Handle x, const CdfSums& sums);
  [[nodiscard]] CdfSums recalled(Handle x);

  // Points that leave, and what becomes of the nodes above.
  void take_out(point_id id);
  void settle(Handle x);
  void merge_leaves(Handle x);
  [[nodiscard]] bool move_inside_leaf(point_id id, const S* point);

  Config config_;
  int partitions_ = fan_out;  // t in use
  std::uint32_t batch_ = 0;
  std::mutex mutex_;  // of what threads share: repairs_ and models_
  SizeHistogram repairs_{};
  std::unordered_map<Handle, CdfSums> models_;  // of nodes with learned pivots
};

}  // namespace coppice::multiway_tree
