// The writer's side of a KdTree, compiled for one scalar type and width. What it owns, and the operations in the order
// in which one rests on another:
//   update.hpp   insert, erase, move: one point, down to its leaf and back up its path
//   places.hpp   the places of a leaf, taken and given back
//   batch.hpp    many points at once; sieve.hpp: inserts, sieved down together, on several threads; settle.hpp: how
//                leaves take them in
//   grow.hpp     leaves and nodes that split; cleave.hpp: cuts through whole subtrees; shrink.hpp: what merges
//   rebalance.hpp  partial rebuilds where the balance policy asks
//   planes.hpp   a node's planes as a binary tree
//   build.hpp    bulk construction of a whole subtree, in parallel
//   records.hpp  boxes, and the origin that they are relative to
//   validate.hpp invariants and statistics
// Under all of it lie the records of plane trees, copied on write for snapshots: index/plane_tree_store.hpp.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "coppice/balance/partial_rebuild.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/index/kd_tree/node.hpp"
#include "coppice/index/kd_tree/routing.hpp"
#include "coppice/index/kd_tree/search.hpp"
#include "coppice/index/plane_tree_store.hpp"
#include "coppice/query/kernels.hpp"
#include "coppice/query/statistics.hpp"
#include "coppice/storage/columns.hpp"

namespace coppice::kd_tree {

/// One number an axis, on the stack.
template <class S, int Width>
using AxisArray = std::array<S, Width != 0 ? Width : max_dimension>;

/// An axis-parallel box in full precision; axes beyond the record's are not set.
template <class S, int Width>
struct Extent {
  AxisArray<S, Width> lower, upper;
};

/// What batches need, kept to spare its allocation.
struct BatchScratch {
  std::vector<std::uint32_t> rows, sorted_rows;
  std::vector<std::uint8_t> slots;

  [[nodiscard]] std::size_t bytes() const {
    return (rows.capacity() + sorted_rows.capacity()) * sizeof(std::uint32_t) + slots.capacity();
  }
};

template <class S, int Width>
class Builder;
template <class S, int Width>
class Sieve;
template <class S, int Width>
class Settler;

template <class S, int Width>
class Tree : public plane_tree::TreeStore<Tree<S, Width>, S, Width, NodeCold> {
  using Store = plane_tree::TreeStore<Tree, S, Width, NodeCold>;

 public:
  using typename Store::Key;
  using typename Store::Node;

  Tree(int dimension, typename KdTree<S>::Config config);

  // Whole sets. Requires, here and below: everything was checked before; points are wrapped.
  void build(PointView<S> points, std::span<const point_id> ids);
  void clear() { clear(false); }

  // One point.
  void insert(const S* point, point_id id);
  /// False, and nothing done, where the id is unknown.
  bool erase(point_id id);
  void move(point_id id, const S* point);

  // Many.
  void insert(PointView<S> points, std::span<const point_id> ids);
  void erase(std::span<const point_id> ids);
  void move(std::span<const point_id> ids, PointView<S> points);

  using Store::axes, Store::leaf, Store::copy_points, Store::release_subtree;
  [[nodiscard]] Handle root() const { return root_; }
  [[nodiscard]] Statistics statistics() const;
  void validate() const;

  // What the partial-rebuild engine needs.
  using Subtree = Handle;
  struct Gathered {
    storage::Columns<S> columns;
    std::size_t points;
  };
  [[nodiscard]] std::size_t count_points(Handle x) const;
  [[nodiscard]] Gathered gather(Handle child, std::size_t points, std::size_t more = 0) const;
  [[nodiscard]] Handle construct(Gathered& gathered, const Executor& executor);
  void replace(Handle child, Handle fresh, Handle top = none);

 private:
  template <class, int>
  friend class kd_tree::Builder;
  template <class, int>
  friend class kd_tree::Sieve;
  template <class, int>
  friend class kd_tree::Settler;
  friend Store;
  using Axes = AxisArray<S, Width>;

  /// A leaf that was split: its right half, and the plane that parts it from the left.
  struct LeafSplit {
    Handle right;
    int axis;
    S value;
  };
  /// What became of a leaf that was cut: `kept` points stayed, the others moved to `right`.
  struct LeafHalves {
    Handle right = none;
    int kept = 0;
    Extent<S, Width> boxes[2];
  };
  /// A leaf that lost a point: how many are left, and its link.
  struct Loss {
    int left;
    std::uint32_t link;
  };
  /// A plane through a subtree; axis −1: none.
  struct MiddlePlane {
    int axis = -1;
    S value = 0;
  };
  /// How a full node may be cut in two.
  struct CutChoice {
    int axis;
    S value;
    unsigned right;  // children right of the cut, one bit each
    bool balanced;
  };

  // Access.
  using Store::begin_write, Store::clear_box, Store::cold, Store::copy_box, Store::decode, Store::each_leaf;
  using Store::leaf_box, Store::leaf_cold, Store::new_leaf, Store::new_node, Store::node, Store::origin_data;
  using Store::own_leaf, Store::own_node, Store::own_path, Store::parent_of, Store::release_leaf, Store::release_node;
  using Store::set_child, Store::taken_of, Store::union_box;

  using Store::dimension_, Store::locations_, Store::origin_, Store::records_, Store::root_, Store::sharing_;
  using Store::size_;

  /// Where the next newcomer of a leaf goes: the lowest hole, or behind the last point; leaf_capacity: it is full.
  [[nodiscard]] static int free_place(std::uint32_t taken) { return std::countr_one(taken); }
  void close_holes(Handle leaf_handle, std::uint32_t& taken);

  [[nodiscard]] std::uint32_t leaves_below(Handle child) const {
    return (child & leaf_bit) != 0 ? 1 : cold(child).leaves;
  }
  [[nodiscard]] std::uint32_t height_below(Handle child) const {
    return (child & leaf_bit) != 0 ? 0 : cold(child).height;
  }

  // Boxes.
  void set_box(Node& n, int s, const S* lower, const S* upper) const;
  void leaf_extent(const Leaf<S>& l, int count, Extent<S, Width>& extent) const;
  void refit_path(Handle x, std::int64_t new_leaves);
  [[nodiscard]] bool grow_box(Node& n, int s, const float* lower, const float* upper) const;
  void grow_path(std::uint32_t link, const float* lower, const float* upper, Handle top) const;
  void encode(const S* point, float* lower, float* upper) const;
  /// Whether a slot's box holds a point, as searches will see it.
  [[nodiscard]] bool box_holds(const Node& n, int s, const S* point) const {
    bool inside = true;
    for (int a = 0; a < dimension_; ++a) {
      inside &= decode(n.bounds(a)[s], a) <= point[a];
      inside &= point[a] <= decode(n.bounds(a)[fan_out + s], a);
    }
    return inside;
  }
  [[nodiscard]] bool choose_origin(const Extent<S, Width>& extent);
  void reconsider_origin();
  void refit(Handle x);

  // Records.
  void clear(bool wide_ids);
  void build(PointView<S> points, std::span<const point_id> ids, bool wide_ids);
  void admit(std::span<const point_id> ids);
  [[gnu::always_inline]] void end_write() {
    if (taller_ && !sharing_) {
      taller_ = false;
      reconsider_origin();
    }
    Store::end_write();
  }

  // Shape.
  void add_leaves(Handle x, std::int64_t difference, Handle top = none);
  void plant_root();
  [[nodiscard]] bool make_room(Handle child, Handle top, bool may_repair);
  LeafSplit split_leaf(Handle leaf_handle, Handle top);
  [[nodiscard]] CutChoice best_cut(Handle x) const;
  void id_range(const Node& n, int s, int axis, S& first, S& last) const;
  void divide(Handle x, const CutChoice& cut);
  void adopt_group(Handle to, const Node& from, unsigned group);
  void attach(Handle parent, int s, Handle half);
  LeafHalves part_leaf(Handle left, int count, const S* keys, S value);
  void put_halves(Handle x, Handle left, Handle right, int axis, S value);
  void repair(Handle x);
  [[nodiscard]] MiddlePlane middle_plane(Handle x) const;
  [[nodiscard]] std::pair<Handle, Handle> cleave(Handle x, int axis, S value, std::uint64_t& divided);
  void put_part(Handle x, int s, Handle part, int points);
  void tidy(Handle x);
  [[nodiscard]] int add_plane(Node& n, int s, int axis, S value) const;
  void remove_child(Handle x, int s);
  [[nodiscard]] int sibling(const Node& n, int s, int& plane) const;
  [[nodiscard]] bool merge_leaf(Handle x, int s);
  [[nodiscard]] bool merge_node(Handle p, int s);
  void leaf_shrunk(Handle x, int s);
  void node_shrunk(Handle x);
  void merge_nodes(Handle p, int s, int t, int plane);
  void dissolve(Handle x);
  void move_children(const Node& from, Handle to, unsigned need, unsigned right, unsigned& used, int first);
  void rebalance(Handle x);
  [[nodiscard]] bool keeps_heights() const {
    return config_.balance.kind == BalanceKind::avl || config_.balance.kind == BalanceKind::red_black;
  }
  template <class Visit>
  Side each_plane(const Node& n, unsigned group, unsigned above, Visit visit) const;

  // Updates, inside begin_write and end_write.
  [[nodiscard]] bool insert_one(const S* point, point_id id);
  [[nodiscard]] bool erase_at(std::uint32_t location, point_id id);
  void move_one(point_id id, const S* point);
  void write_point(const Leaf<S>& l, int slot, const S* point, point_id id);
  [[nodiscard]] bool take_out(Handle leaf_handle, int slot);
  Loss leave_hole(Handle leaf_handle, int slot);
  void erase_together(std::span<const point_id> ids);
  template <class IdAt>
  void prepare_erase(std::size_t count, std::size_t i, IdAt id_at) const;
  bool move_inside_leaf(point_id id, const S* point);
  void fetch_slot(const Leaf<S>& l, std::size_t slot) const;

  typename KdTree<S>::Config config_;
  bool taller_ = false;                                // the root has got a parent since the origin was chosen
  const RoutingKernels<S, Width>* routing_ = nullptr;  // of the instruction set in use when this operation began
  balance::RebuildEngine rebuilder_;
  SizeHistogram cleavings_{};
  BatchScratch scratch_;
};

}  // namespace coppice::kd_tree
