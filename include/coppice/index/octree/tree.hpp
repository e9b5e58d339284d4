// The writer's side of an Octree. What it owns, and the operations in the order in which one rests on another.
//
// update.hpp: insert, erase, move; one point, down to its octant and back up.
//
// shape.hpp: leaves that expand, halves and nodes that contract, K and α that change.
//
// batch.hpp: many points at once. sieve.hpp: inserts, sieved down together, on several threads.
//
// build.hpp: construction of a whole subtree, in parallel.
//
// records.hpp: records and their boxes, copy-on-write for snapshots.
//
// levels.hpp: the cells of one size, and the boxes by level.
//
// validate.hpp: invariants and statistics.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "coppice/index/octree/octree.hpp"
#include "coppice/index/octree/search.hpp"
#include "coppice/index/tree_core.hpp"
#include "coppice/query/kernels.hpp"
#include "coppice/storage/columns.hpp"

namespace coppice::octree {

/// The compiled searches for the instruction set in use.
template <class Scalar, int Dim>
[[nodiscard]] const SearchKernels<Scalar>& search_kernels();

/// The records, shared by the tree and its snapshots.
template <class S, int Dim>
struct Records {
  explicit Records(bool wide_ids) : nodes(sizeof(Node<S, Dim>)), leaves(wide_ids) {}

  storage::Arena<NodeCold, sizeof(Node<S, Dim>)> nodes;
  storage::PointRuns<UnitCold, Leaf<S, Dim>::unit_bytes> leaves;
  std::shared_ptr<storage::EpochRegistry> epochs = std::make_shared<storage::EpochRegistry>();
};

/// An axis-parallel box in full precision.
template <class S, int Dim>
struct Extent {
  std::array<S, Dim> lower, upper;
};

/// A subtree that hangs nowhere yet. The box of a node is that of its octants' boxes, rounding included.
template <class S, int Dim>
struct Part {
  Handle child;
  std::uint32_t count;  // of a leaf
  int room;
  Extent<S, Dim> extent;
};

template <class S, int Dim>
class Builder;
template <class S, int Dim>
class Sieve;
template <class S, int Dim>
class Validator;

template <class S, int Dim>
class Tree {
 public:
  using Node = octree::Node<S, Dim>;
  using Leaf = octree::Leaf<S, Dim>;
  using Cell = DyadicCell<S, Dim>;
  using View = TreeView<S, Dim>;
  using Config = typename Octree<S, Dim>::Config;

  static constexpr std::size_t most_points = std::size_t{1} << 28;
  static constexpr double rebuilt_share = 1;  ///< building is quick enough to beat any erase in a box

  explicit Tree(Config settings);

  // Whole sets. Requires, here and below: everything was checked before; points are wrapped.
  void build(PointView<S> points, std::span<const point_id> ids);
  void clear() { clear(false); }
  void set_capacity(int capacity, double alpha);

  // One point.
  void insert(const S* point, point_id id);
  /// False, and nothing done, where the id is unknown.
  bool erase(point_id id);
  void move(point_id id, const S* point);

  // Many.
  void insert(PointView<S> points, std::span<const point_id> ids);
  void erase(std::span<const point_id> ids);
  void move(std::span<const point_id> ids, PointView<S> points);

  [[nodiscard]] static std::string_view called() { return "an Octree"; }
  [[nodiscard]] const PeriodicBox<S>& periodic() const { return config.periodic; }
  [[nodiscard]] const Executor& executor() const { return config.executor; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] static int dimension() { return Dim; }
  [[nodiscard]] const IdMap& locations() const { return locations_; }
  void copy_point(point_id id, S* to) const;
  void copy_points(std::vector<point_id>& ids, Points<S>& points) const;
  [[nodiscard]] std::vector<LevelCell<S, Dim>> level(int exponent) const;

  [[nodiscard]] const View& view() const { return view_; }
  [[nodiscard]] FrozenTree<S> freeze() const { return coppice::freeze(records_, view_, search_target()); }
  [[nodiscard]] SearchTarget<S> search_target() const {
    return {&view_, &search_kernels<S, Dim>(), Dim, size_, &config.periodic};
  }
  [[nodiscard]] Statistics statistics() const;
  [[nodiscard]] std::vector<LevelBox<S>> boxes(int max_level) const;
  void validate() const;

  Config config;
  point_id next_id = 0;  ///< larger than every id used since the last build

 private:
  template <class, int>
  friend class octree::Builder;
  template <class, int>
  friend class octree::Sieve;
  template <class, int>
  friend class octree::Validator;
  using Extent = octree::Extent<S, Dim>;
  using Part = octree::Part<S, Dim>;

  /// A run of units that waits for snapshots to go.
  struct RetiredLeaf {
    Handle first;
    int room;
  };

  // Access.
  [[nodiscard, gnu::always_inline]] Node& node(Handle h) const {
    return *reinterpret_cast<Node*>(records_->nodes.hot(h));
  }
  [[nodiscard, gnu::always_inline]] NodeCold& cold(Handle h) const { return records_->nodes.cold(h); }
  [[nodiscard, gnu::always_inline]] UnitCold& unit_cold(Handle unit) const { return records_->leaves.cold(unit); }
  [[nodiscard, gnu::always_inline]] Leaf leaf(Handle first) const {
    const auto runs = records_->leaves.view();
    return {reinterpret_cast<S*>(runs.coordinates(first)), runs.ids(first)};
  }
  [[nodiscard]] Leaf leaf(const Node& n, int s) const { return leaf(n.child[s] & ~leaf_bit); }
  /// Calls visit(leaf, count) for every leaf below, in the order of a Morton curve.
  template <class Visit>
  void each_leaf(Handle x, Visit visit) const;

  // Balance: leaves hold at most `most_`, which is αK; nodes more than `least_`, which is K/α.
  void set_bounds();
  [[nodiscard]] bool divides(const Cell& cell) const { return cell.half > 0 && cell.edge() > config.smallest_cell; }

  // Boxes.
  static void clear_box(Node& n, int s);
  static void set_box(Node& n, int s, const Extent& extent);
  [[nodiscard]] static bool grow_box(Node& n, int s, const S* lower, const S* upper);
  void grow_path(std::uint32_t link, const S* point) const;
  void grow_box_above(Handle x, Extent below) const;
  [[nodiscard]] Extent leaf_extent(const Leaf& l, std::uint32_t count) const;
  [[nodiscard]] static Extent box_of(const Node& n, int s);
  [[nodiscard]] static Extent extent_of(const Node& n);
  [[nodiscard]] Cell smallest_cell_of(const Node& n, int s) const;

  // Records.
  void clear(bool wide_ids);
  void admit(std::span<const point_id> ids);
  void widen_ids();
  void build_from(PointView<S> points, std::span<const point_id> ids);
  [[nodiscard]] Handle new_node(const Cell& cell);
  [[nodiscard]] Handle new_leaf(int room, std::uint32_t link);
  void release_node(Handle h);
  void release_leaf(Handle first, int room);
  void set_link(Handle child, int room, std::uint32_t link) const;
  void attach(Handle x, int s, const Part& part) const;
  void recount(Handle x) const;
  void set_empty(Node& n, int s) const;
  [[gnu::always_inline]] void begin_write() {
    const storage::Epoch youngest = records_->epochs->youngest();
    if (youngest == 0 && !sharing_) return;  // nothing waits for a snapshot to go
    youngest_ = youngest;
    sharing_ = youngest != 0;
    reclaim();
  }
  [[gnu::always_inline]] void end_write() { view_ = {records_->nodes.view(), records_->leaves.view(), anchor_}; }
  void reclaim();
  /// The writer's own version of a record, which no snapshot sees; of a node with everything above it.
  [[nodiscard]] Handle own_node(Handle h) { return !sharing_ || cold(h).birth > youngest_ ? h : copy_shared_node(h); }
  [[nodiscard]] Handle own_path(Handle h) { return !sharing_ || cold(h).birth > youngest_ ? h : copy_shared_path(h); }
  void own_leaf(Handle x, int s) {
    if (sharing_) copy_shared_leaf(x, s);
  }
  [[nodiscard]] Handle copy_shared_node(Handle h);
  [[nodiscard]] Handle copy_shared_path(Handle h);
  void copy_shared_leaf(Handle x, int s);
  void move_leaf(Handle x, int s, int room);

  // Updates, inside begin_write and end_write.
  void insert_below(Handle x, int s, const S* point, point_id id);
  void put(Handle x, int s, const S* point, point_id id);
  [[nodiscard]] bool is_one_cell(const Node& n, int s, const S* point) const;
  void expand(Handle x, int s, const S* point, point_id id);
  [[nodiscard]] Handle part_from(Handle x, int s, const S* point);
  void take(Handle x, int s, std::uint32_t location);
  void settle(Handle x, int s);
  [[nodiscard]] int merge(Handle x, int s);
  void append(const Leaf& to, std::uint32_t at, const Leaf& from, std::uint32_t count, Handle first);
  void contract(Handle x);
  void hand_up(Handle x, const Part& part);
  void lift(Handle x, int only);
  void adapt(Handle x, int s);
  void erase_at(std::uint32_t location);
  [[nodiscard]] bool stays(std::uint32_t location, const S* point) const;
  std::uint32_t write_inside(std::uint32_t location, const S* point);
  template <class Visit>
  void each_row(std::span<const point_id> ids, const Visit& visit);
  void move_out(std::uint32_t location, point_id id, const S* point);
  void prepare(std::span<const point_id> ids, std::size_t i) const;

  std::shared_ptr<Records<S, Dim>> records_;
  Handle anchor_ = none;
  std::size_t size_ = 0;
  IdMap locations_;
  View view_;
  std::uint32_t most_ = 0;
  std::uint32_t least_ = 0;
  SizeHistogram repairs_{};

  bool sharing_ = false;  // a snapshot lived when this operation began
  storage::Epoch youngest_ = 0;
  storage::RetiredHandles retired_nodes_;
  storage::Retired<RetiredLeaf> retired_leaves_;
};

}  // namespace coppice::octree
