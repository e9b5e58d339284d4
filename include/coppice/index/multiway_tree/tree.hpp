// The writer's side of a MultiwayTree, compiled for one scalar type and width. What it owns, and the operations in the
// order in which one rests on another:
//   build.hpp    a subtree from rows of points: node by node, or two levels and more in one sweep (skeleton.hpp)
//   repair.hpp   runs of siblings that are built anew, with newcomers
//   insert.hpp   batches on their way down; erase.hpp: points that leave, and what merges; moves
//   records.hpp  records and their boxes, copy-on-write for snapshots
//   validate.hpp invariants and statistics
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
#include "coppice/query/plane_tree/view.hpp"
#include "coppice/storage/epochs.hpp"
#include "coppice/storage/id_map.hpp"

namespace coppice::multiway_tree {

/// The records, shared by the tree and its snapshots.
template <class S, int Width>
struct Records {
  using View = plane_tree::TreeView<S, Width>;
  Records(int dimension, bool wide)
      : wide_ids(wide), nodes(Node<S, Width>::bytes_for(dimension)), leaves(Leaf<S>::bytes_for(dimension, wide)) {}

  const bool wide_ids;

  storage::Arena<NodeCold, View::node_bytes> nodes;
  storage::Arena<LeafCold, 0> leaves;
  std::shared_ptr<storage::EpochRegistry> epochs = std::make_shared<storage::EpochRegistry>();
};

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
class Validator;

template <class S, int Width>
class Tree {
 public:
  using Node = multiway_tree::Node<S, Width>;
  using View = plane_tree::TreeView<S, Width>;
  using Key = plane_tree::RoutingKey<S, Width>;
  using SharedRecords = Records<S, Width>;
  using Config = typename MultiwayTree<S>::Config;

  Tree(int dimension, Config config);

  // Whole sets. Requires, here and below: everything was checked before; points are wrapped.
  void build(PointView<S> points, std::span<const point_id> ids) { build(points, ids, false); }
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
  void move(std::span<const point_id> ids, PointView<S> points);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] int dimension() const { return dimension_; }
  [[nodiscard]] const IdMap& locations() const { return locations_; }
  void copy_point(point_id id, S* to) const;
  void copy_points(std::vector<point_id>& ids, Points<S>& points) const;

  [[nodiscard]] const View& view() const { return view_; }
  [[nodiscard]] const std::shared_ptr<Records<S, Width>>& records() const { return records_; }
  [[nodiscard]] const std::shared_ptr<const std::vector<S>>& origin() const { return origin_; }
  [[nodiscard]] Statistics statistics() const;
  void validate() const;

 private:
  template <class, int>
  friend class multiway_tree::Builder;
  template <class, int>
  friend class multiway_tree::Inserter;
  template <class, int>
  friend class multiway_tree::Validator;
  using Rows = multiway_tree::Rows<S, Width>;
  using Buffers = RowBuffers<S, Width>;

  // Access.
  [[nodiscard, gnu::always_inline]] Node& node(Handle h) const {
    return *reinterpret_cast<Node*>(records_->nodes.hot(h));
  }
  [[nodiscard, gnu::always_inline]] NodeCold& cold(Handle h) const { return records_->nodes.cold(h); }
  [[nodiscard, gnu::always_inline]] LeafCold& leaf_cold(Handle h) const { return records_->leaves.cold(h); }
  [[nodiscard, gnu::always_inline]] Leaf<S> leaf(Handle h) const {
    return {records_->leaves.hot(h), axes(), records_->wide_ids};
  }
  [[nodiscard]] int axes() const { return Width != 0 ? Width : dimension_; }
  [[nodiscard]] std::uint32_t& parent_of(Handle child) const {
    return (child & leaf_bit) != 0 ? leaf_cold(child & ~leaf_bit).parent : cold(child).parent;
  }
  [[nodiscard]] std::uint32_t points_below(const Node& n, int s) const {
    return n.is_leaf(s) ? n.count[s] : cold(n.child[s]).points;
  }
  [[nodiscard]] std::uint32_t height_of(const Node& n, int s) const {
    return n.is_leaf(s) ? 0 : cold(n.child[s]).height;
  }
  /// Calls visit(leaf, count) for every leaf below a child, in storage order.
  template <class Visit>
  void each_leaf(Handle child, int count, Visit visit) const;
  void gather(Handle child, int count, const Rows& to, std::size_t& at) const;

  // Shape: a subtree of height h is built for up to capacity(h) points.
  void choose_partitions(std::size_t n);
  [[nodiscard]] std::uint64_t capacity(std::uint32_t height) const;
  /// The most points of a leaf that is built.
  [[nodiscard]] std::size_t largest_leaf() const {
    return std::min(static_cast<std::size_t>(config_.leaf_fill + config_.leaf_fill / 7), std::size_t{leaf_capacity});
  }
  [[nodiscard]] Shape shape(std::size_t points) const;

  // Boxes.
  void clear_box(Node& n, int s) const;
  void leaf_box(Node& n, int s) const;
  void union_box(const Node& of, Node& to, int s) const;
  [[nodiscard]] bool grow_box(Node& n, int s, const S* point) const;
  void grow_path(std::uint32_t link, const S* point) const;
  void choose_origin(const std::vector<S>& lower, const std::vector<S>& upper);

  // Records.
  void clear(bool wide_ids);
  void build(PointView<S> points, std::span<const point_id> ids, bool wide_ids);
  void admit(std::span<const point_id> ids);
  void plant(const Part& part);
  [[nodiscard]] Handle new_node();
  [[nodiscard]] Handle new_leaf();
  void release_node(Handle h);
  void release_leaf(Handle h);
  void release_subtree(Handle child);
  void attach(Handle x, int s, const Part& part) const;
  void move_slot(Handle x, int from, int to) const;
  void begin_write();
  void end_write() {
    view_ = {records_->nodes.view(), records_->leaves.view(), root_, dimension_, records_->wide_ids, origin_->data()};
  }

  // Copy on write: the writer's own version of a record, which no snapshot sees; of a node with everything above it.
  [[nodiscard]] Handle own_node(Handle h) { return !sharing_ || cold(h).birth > youngest_ ? h : copy_shared_node(h); }
  [[nodiscard]] Handle own_leaf(Handle h) {
    return !sharing_ || leaf_cold(h).birth > youngest_ ? h : copy_shared_leaf(h);
  }
  [[nodiscard]] Handle own_path(Handle h);
  [[nodiscard]] Handle copy_shared_node(Handle h);
  [[nodiscard]] Handle copy_shared_leaf(Handle h);

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

  int dimension_;
  Config config_;
  int partitions_ = fan_out;  // t in use
  std::shared_ptr<Records<S, Width>> records_;
  std::shared_ptr<const std::vector<S>> origin_;
  Handle root_ = none;
  std::size_t size_ = 0;
  IdMap locations_;
  View view_;

  bool sharing_ = false;  // a snapshot lived when this operation began
  storage::Epoch youngest_ = 0;
  storage::RetiredHandles retired_nodes_;
  storage::RetiredHandles retired_leaves_;

  std::uint32_t batch_ = 0;
  std::mutex mutex_;  // of what threads share: repairs_ and models_
  SizeHistogram repairs_{};
  std::unordered_map<Handle, CdfSums> models_;  // of nodes with learned pivots
};

}  // namespace coppice::multiway_tree
