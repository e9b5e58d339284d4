// What a KdTree and a MultiwayTree own, in the writer's hands: the points under their ids, the records of nodes and
// leaves, their boxes, and copy-on-write while snapshots live (a record born before the youngest snapshot is copied,
// with the path above it, instead of written). How a tree is built, cut and repaired is its own. The bodies stand in
// plane_tree_records.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "coppice/query/plane_tree/view.hpp"
#include "coppice/query/statistics.hpp"
#include "coppice/storage/arena.hpp"
#include "coppice/storage/epochs.hpp"
#include "coppice/storage/id_map.hpp"
#include "coppice/storage/relocation.hpp"

namespace coppice::plane_tree {

/// The writer's part of a leaf.
struct LeafCold {
  std::uint32_t parent = none;  // link_of(parent node, slot); none: of no tree
  storage::StoredEpoch birth = 0;
};

/// The records, shared by the tree and its snapshots.
template <class S, int Width, class NodeCold>
struct Records {
  Records(int dimension, bool wide)
      : wide_ids(wide), nodes(Node<S, Width>::bytes_for(dimension)), leaves(Leaf<S>::bytes_for(dimension, wide)) {}

  const bool wide_ids;

  storage::Arena<NodeCold, TreeView<S, Width>::node_bytes> nodes;
  storage::Arena<LeafCold, 0> leaves;
  std::shared_ptr<storage::EpochRegistry> epochs = std::make_shared<storage::EpochRegistry>();
};

template <class Store>
class Validator;

/// When a construction enters into the id map where its points are: leaf by leaf, or once it is done, by locate_all.
enum class Locating { leaf_by_leaf, afterwards };

/// The base of a `Tree`. `NodeCold` is the writer's part of a node, with a `parent` and a `birth` as leaves have; the
/// rest of a new one is as it says itself.
template <class Tree, class S, int Width, class NodeCold>
class TreeStore {
 public:
  using Scalar = S;
  using Node = plane_tree::Node<S, Width>;
  using Key = RoutingKey<S, Width>;
  using View = TreeView<S, Width>;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] int dimension() const { return dimension_; }
  [[nodiscard]] const IdMap& locations() const { return locations_; }
  void copy_point(point_id id, S* to) const;
  void copy_points(std::vector<point_id>& ids, Points<S>& points) const;
  [[nodiscard]] const View& view() const { return view_; }
  [[nodiscard]] const auto& records() const { return records_; }
  [[nodiscard]] const std::shared_ptr<const std::vector<S>>& origin() const { return origin_; }

  /// The dimension, where it can be as a constant.
  [[nodiscard]] int axes() const {
    if constexpr (Width != 0)
      return Width;
    else
      return dimension_;
  }
  [[nodiscard, gnu::always_inline]] Leaf<S> leaf(Handle h) const {
    return {records_->leaves.hot(h), axes(), records_->wide_ids};
  }
  /// Gives back all records of a subtree, a node or a leaf.
  void release_subtree(Handle child);

 protected:
  friend plane_tree::Validator<TreeStore>;
  using Records = plane_tree::Records<S, Width, NodeCold>;

  explicit TreeStore(int dimension)
      : dimension_(dimension),
        records_(std::make_shared<Records>(dimension, false)),
        origin_(std::make_shared<const std::vector<S>>(static_cast<std::size_t>(dimension), S(0))) {}
  ~TreeStore() = default;
  TreeStore(const TreeStore&) = delete;
  TreeStore& operator=(const TreeStore&) = delete;

  // What a tree may want to hear of its nodes; it hides these by its own.
  void node_released(Handle) {}
  void node_copied(Handle, Handle) {}

  // Access.
  [[nodiscard, gnu::always_inline]] Node& node(Handle h) const {
    return *reinterpret_cast<Node*>(records_->nodes.hot(h));
  }
  [[nodiscard, gnu::always_inline]] NodeCold& cold(Handle h) const { return records_->nodes.cold(h); }
  [[nodiscard, gnu::always_inline]] LeafCold& leaf_cold(Handle h) const { return records_->leaves.cold(h); }
  [[nodiscard]] const S* origin_data() const { return origin_->data(); }
  [[nodiscard]] std::uint32_t& parent_of(Handle child) const {
    return (child & leaf_bit) != 0 ? leaf_cold(child & ~leaf_bit).parent : cold(child).parent;
  }
  /// `taken`: the places of a leaf that hold points, 0 for a node.
  void set_child(Handle x, int s, Handle child, std::uint32_t taken) const {
    Node& n = node(x);
    n.child[s] = child;
    n.taken[s] = taken;
    parent_of(child) = link_of(x, s);
  }
  /// What the node above a leaf says of its places.
  [[nodiscard]] std::uint32_t& taken_of(Handle leaf) const {
    const std::uint32_t link = leaf_cold(leaf).parent;
    return node(link >> 3).taken[link & 7];
  }
  /// Calls visit(leaf, taken) for every leaf of a subtree, a node or a leaf, with the places that hold points, in
  /// storage order.
  template <class Visit>
  void each_leaf(Handle child, const Visit& visit) const;
  template <class Visit>
  void each_leaf_below(const Node& n, const Visit& visit) const;

  // The id map.
  /// What to do in a construction of all points, whose ids are in the id map.
  [[nodiscard]] Locating locating() const {
    return storage::Relocation::pays(locations_) ? Locating::afterwards : Locating::leaf_by_leaf;
  }
  /// Enters where every point is. `scratch`: memory that nobody needs any more.
  void locate_all(const Executor& executor, std::span<std::byte> scratch);

  // Boxes.
  [[nodiscard]] S decode(float bound, int axis) const { return decode_bound(bound, origin_data()[axis]); }
  void clear_box(Node& n, int s) const;
  void copy_box(const Node& from, int s, Node& to, int t) const;
  void leaf_box(Node& n, int s) const;
  void union_box(const Node& of, Node& to, int s) const;

  // Records.
  void forget_all(bool wide_ids);
  [[nodiscard]] Handle new_node();
  [[nodiscard]] Handle new_leaf();
  void release_node(Handle h);
  void release_leaf(Handle h);
  // Around every update; in line, since an update of one point is short.
  [[gnu::always_inline]] void begin_write() {
    const storage::Epoch youngest = records_->epochs->youngest();
    if (youngest == 0 && !sharing_) return;  // nothing waits for a snapshot to go
    youngest_ = youngest;
    sharing_ = youngest != 0;
    reclaim();
  }
  [[gnu::always_inline]] void end_write() {
    view_ = {records_->nodes.view(), records_->leaves.view(), root_, dimension_, records_->wide_ids, origin_->data()};
  }

  // Copy on write: the writer's own version of a record, which no snapshot sees; of a node with everything above it.
  [[nodiscard]] Handle own_node(Handle h) { return !sharing_ || cold(h).birth > youngest_ ? h : copy_shared_node(h); }
  [[nodiscard]] Handle own_leaf(Handle h) {
    return !sharing_ || leaf_cold(h).birth > youngest_ ? h : copy_shared_leaf(h);
  }
  [[nodiscard]] Handle own_path(Handle h) { return !sharing_ || cold(h).birth > youngest_ ? h : copy_shared_path(h); }

  // Batches.
  [[nodiscard]] static bool needs_wide_ids(std::span<const point_id> ids);
  bool widen_for(std::span<const point_id> ids);
  /// Building costs about a third of inserting, a point; it must do so for the points that are there already, too.
  [[nodiscard]] bool rivals(std::size_t newcomers) const {
    return newcomers > 2 * leaf_capacity && newcomers >= size_ / 2;
  }
  void build_with(PointView<S> points, std::span<const point_id> ids);
  void move_batch(std::span<const point_id> ids, PointView<S> points);

  void count_bytes(Statistics& result, std::size_t beside) const;

  int dimension_;
  std::shared_ptr<Records> records_;
  std::shared_ptr<const std::vector<S>> origin_;
  Handle root_ = none;
  std::size_t size_ = 0;
  IdMap locations_;
  View view_;

  bool sharing_ = false;  // a snapshot lived when this operation began
  storage::Epoch youngest_ = 0;
  storage::RetiredHandles retired_nodes_;
  storage::RetiredHandles retired_leaves_;

 private:
  [[nodiscard]] Tree& tree() { return static_cast<Tree&>(*this); }
  void reclaim();
  [[nodiscard]] Handle copy_shared_node(Handle h);
  [[nodiscard]] Handle copy_shared_leaf(Handle h);
  [[nodiscard]] Handle copy_shared_path(Handle h);
};

}  // namespace coppice::plane_tree
