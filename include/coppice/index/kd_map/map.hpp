// The class KdMap: its contract and its parts. Users include kd_map.hpp, which brings the bodies along.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/balance/criterion.hpp"
#include "coppice/errors.hpp"
#include "coppice/geometry/point_view.hpp"
#include "coppice/geometry/super_key.hpp"
#include "coppice/index/kd_map/builder.hpp"
#include "coppice/index/kd_map/node.hpp"
#include "coppice/index/kd_map/presort.hpp"
#include "coppice/parallel/executor.hpp"
#include "coppice/query/statistics.hpp"

namespace coppice {

/// A set of tuples of `Key` (any arithmetic type but bool), or with `Value` a map from them. `Dim`: their length where
/// it is known when compiling, else 0. Values are default-constructible and assignable.
///
/// Thread safety: any number of concurrent const calls; one writer at a time, and no other call beside it.
/// It can be moved, not copied; one moved from may only be assigned to or destroyed.
/// Limits: 2^26 − 1 tuples. Errors: a call that throws invalid_input has changed nothing.
/// Memory: a node takes 8 bytes and its tuple, rounded up to 8; values lie apart.
template <class Key, int Dim, class Value = void>
class KdMap {
  static_assert(std::is_arithmetic_v<Key> && !std::is_same_v<Key, bool>, "a KdMap holds tuples of numbers");

 public:
  static constexpr bool is_map = !std::is_void_v<Value>;
  using Stored = std::conditional_t<is_map, Value, char>;

  struct Config {
    Balance balance = Balance::red_black();                ///< avl(1 … 8) or red_black
    kd_map::Builder builder = kd_map::Builder::selection;  ///< of subtrees, also of the whole; changes no tree
    std::size_t parallel_cutoff = 1u << 12;                ///< subtrees of fewer tuples are built on one thread
    Executor executor{};

    /// Errors: invalid_input for another balance.
    void check() const {
      balance.check();
      if (balance.kind != BalanceKind::avl && balance.kind != BalanceKind::red_black)
        throw invalid_input("a KdMap cannot be balanced by '" + balance_name(balance) +
                            "'; expected avl-1 to avl-8 or red-black");
    }
  };

  /// An empty map. Errors: invalid_input for a dimension outside 1 … 1,024, or other than `Dim`, or a bad Config.
  explicit KdMap(int dimension = Dim, Config config = {}) : dimension_(dimension), config_(config) {
    check_dimension(dimension);
    if (Dim != 0 && dimension != Dim)
      throw invalid_input("dimension is " + std::to_string(dimension) + "; expected " + std::to_string(Dim));
    config_.check();
    nodes_ = std::make_unique<Pool>(dimension);
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] int dimension() const noexcept {
    if constexpr (Dim != 0)
      return Dim;
    else
      return dimension_;
  }
  [[nodiscard]] const Config& config() const noexcept { return config_; }
  void clear();

  /// Replaces everything by the rows of `keys`; of equal rows the first counts. Returns how many there are. O(n log n).
  /// Errors: invalid_input naming a row with NaN, or another dimension.
  std::size_t build(PointView<Key> keys) requires(!is_map) {
    return build_all(keys, [](Handle, std::size_t) {});
  }
  /// As above, with a value a row.
  std::size_t build(PointView<Key> keys, std::span<const Stored> values) requires(is_map) {
    if (values.size() != keys.size())
      throw invalid_input("there are " + std::to_string(values.size()) + " values for " + std::to_string(keys.size()) +
                          " keys; expected one a key");
    return build_all(keys, [&](Handle h, std::size_t row) { values_[h] = values[row]; });
  }

  /// Adds a tuple; false, and nothing done, where it is there already. O(log n) amortised.
  bool insert(std::span<const Key> key) requires(!is_map) {
    return place(key, [](Handle) {}).second;
  }
  bool insert(std::span<const Key> key, Stored value) requires(is_map) {
    return place(key, [&](Handle h) { values_[h] = std::move(value); }).second;
  }
  /// Sets the value of a tuple, new or not; returns whether it was new.
  bool assign(std::span<const Key> key, Stored value) requires(is_map) {
    const auto [h, fresh] = place(key, [](Handle) {});
    values_[h] = std::move(value);
    return fresh;
  }
  /// Removes a tuple; false where it is not there. O(log n) for most, O(n^(1 − 1/d)) for those near the root.
  bool erase(std::span<const Key> key);

  [[nodiscard]] bool contains(std::span<const Key> key) const {
    check_key(key, 0);
    return locate(key.data()) != kd_map::nil;
  }
  /// The value of a tuple, or null. It stays where it is until the tuple goes.
  [[nodiscard]] const Stored* find(std::span<const Key> key) const requires(is_map) {
    check_key(key, 0);
    const Handle h = locate(key.data());
    return h == kd_map::nil ? nullptr : &values_[h];
  }
  /// As above, to be changed in place.
  [[nodiscard]] Stored* find(std::span<const Key> key) requires(is_map) {
    return const_cast<Stored*>(std::as_const(*this).find(key));
  }

  // For structures that stand on a map. A handle names a tuple from when it enters until it goes, whatever comes and
  // goes around it.
  /// The handle of a tuple, which enters with an empty value where it is new; and whether it is.
  std::pair<Handle, bool> enter(std::span<const Key> key) {
    return place(key, [](Handle) {});
  }
  [[nodiscard]] std::span<const Key> key_of(Handle h) const { return tuple(h); }
  [[nodiscard]] Stored& value_of(Handle h) requires(is_map) { return values_[h]; }
  [[nodiscard]] const Stored& value_of(Handle h) const requires(is_map) { return values_[h]; }

  /// A node of the tree or none, to be read until the next change. What lies to its left precedes its tuple in the
  /// order of its axis, what lies to its right follows.
  class Cursor {
   public:
    Cursor() = default;
    explicit operator bool() const noexcept { return node_ != kd_map::nil; }
    [[nodiscard]] Handle handle() const noexcept { return node_; }
    [[nodiscard]] const Key* key() const { return map_->nodes_->key(node_); }
    [[nodiscard]] const Stored& value() const requires(is_map) { return map_->values_[node_]; }
    [[nodiscard]] int axis() const noexcept { return axis_; }
    [[nodiscard]] Cursor left() const { return below(0); }
    [[nodiscard]] Cursor right() const { return below(1); }

   private:
    friend KdMap;
    Cursor(const KdMap* map, kd_map::Link link, int axis) : map_(map), node_(kd_map::handle_of(link)), axis_(axis) {}
    [[nodiscard]] Cursor below(int side) const {
      return {map_, map_->nodes_->links(node_).child[side], map_->next(axis_)};
    }
    const KdMap* map_ = nullptr;
    Handle node_ = kd_map::nil;
    int axis_ = 0;
  };
  [[nodiscard]] Cursor root() const { return {this, root_, 0}; }

  /// 1 for every row that is there, else 0. Sixteen lookups go down side by side, so that none waits for memory alone.
  [[nodiscard]] std::vector<std::uint8_t> contains(PointView<Key> keys) const;

  /// Calls visit(key) or visit(key, value) for every tuple with lower[a] ≤ key[a] ≤ upper[a] on the axes that `mask`
  /// enables (none given: all), in the order of the tree. Errors: invalid_input for lower > upper on one of them.
  template <class Visit>
  void in_box(std::span<const Key> lower, std::span<const Key> upper, Visit visit,
              std::span<const bool> mask = {}) const;

  /// A tuple and its squared Euclidean distance, summed over the enabled axes in order, in double (float for float).
  using Distance = std::conditional_t<std::is_same_v<Key, float>, float, double>;
  struct Neighbor {
    Distance distance_squared;
    std::span<const Key> key;  ///< in the map; valid until the tuple goes
  };
  /// The k nearest tuples, ordered by (distance, super-key of axis 0). Errors: invalid_input for k = 0 or a bad mask.
  [[nodiscard]] std::vector<Neighbor> nearest(std::span<const Key> point, std::size_t k,
                                              std::span<const bool> mask = {}) const;

  /// The tuples that have `point` among their k nearest others: every tuple t ≠ point for which fewer than k others,
  /// neither t nor point, precede point in the order (squared distance to t, super-key of axis 0). Whether point itself
  /// is in the map makes no difference. Ordered by (distance to point, super-key of axis 0). Errors: as `nearest`.
  [[nodiscard]] std::vector<Neighbor> reverse_nearest(std::span<const Key> point, std::size_t k = 1,
                                                      std::span<const bool> mask = {}) const;

  /// The reverse neighbours of every tuple, by rows: a row is a tuple's place in the order of the super-key of axis 0.
  struct ReverseGraph {
    std::vector<std::span<const Key>> keys;   ///< of every row; in the map; valid until the tuple goes
    std::vector<std::size_t> offsets;         ///< row r has the entries offsets[r] … offsets[r + 1] − 1
    std::vector<std::uint32_t> rows;          ///< an entry's tuple
    std::vector<Distance> distances_squared;  ///< and how far it is
  };
  /// What `reverse_nearest` gives for each tuple, from the k nearest of all; the same for any number of threads.
  /// O(n k log n) expected, on config().executor. Errors: as `nearest`.
  [[nodiscard]] ReverseGraph all_reverse_nearest(std::size_t k = 1, std::span<const bool> mask = {}) const;

  /// Calls visit(key) or visit(key, value) for every tuple, ascending in the super-key of `axis`. O(n log n).
  template <class Visit>
  void each_in_order(Visit visit, int axis = 0) const;

  /// O(n). `height` and `binary_height` count nodes on the longest path; leaves do not apply.
  [[nodiscard]] Statistics statistics() const;
  /// The mean number of nodes on the way to a tuple, its own included. O(n).
  [[nodiscard]] double mean_height() const;
  /// Checks order, heights, balance and counts; O(n · height). Errors: std::logic_error naming what is broken.
  void validate() const;

 private:
  using Link = kd_map::Link;
  using Path = kd_map::Path;
  using Pool = kd_map::NodePool<Key, Dim>;

  [[nodiscard]] int next(int axis) const { return axis + 1 == dimension() ? 0 : axis + 1; }
  [[nodiscard]] int compare(const Key* a, const Key* b, int axis) const {
    return compare_super_keys<Dim>(a, b, axis, dimension_);
  }
  [[nodiscard]] std::span<const Key> tuple(Handle h) const {
    return {nodes_->key(h), static_cast<std::size_t>(dimension())};
  }
  template <class Visit>
  void hand_over(Handle h, Visit& visit) const {
    if constexpr (is_map)
      visit(tuple(h), values_[h]);
    else
      visit(tuple(h));
  }
  [[nodiscard]] std::vector<bool> check_mask(std::span<const bool> mask) const;
  void check_key(std::span<const Key> key, std::size_t row) const;

  // update.hpp
  [[nodiscard]] Handle locate(const Key* key) const;
  /// Which side a comparison will take is guessed wrongly half the time; so both are fetched.
  void prefetch_children(Handle h) const {
    for (const Link child : nodes_->links(h).child)
      if (kd_map::handle_of(child) != kd_map::nil) nodes_->prefetch(kd_map::handle_of(child));
  }
  template <class Fill>
  std::pair<Handle, bool> place(std::span<const Key> key, Fill fill);
  template <class Fill>
  std::size_t build_all(PointView<Key> keys, Fill fill);
  [[nodiscard]] Handle new_node(const Key* key);
  [[nodiscard]] Link joined(Handle h) const;
  void set_link(const Path& path, int depth, Link below);
  void repair_upwards(Path& path, int depth, Link below);
  [[nodiscard]] Handle extreme(Link below, int axis_of_node, int axis, int side) const;

  void widen_extents(const Key* key);

  // build.hpp
  void gather(Link link, std::vector<Handle>& nodes) const;
  [[nodiscard]] Link rebuilt(Link link, int axis);
  struct Existing;
  struct Arriving;
  template <class Source>
  [[nodiscard]] Link balanced(const Source& source, int axis);
  template <class Source>
  [[nodiscard]] Link selected(const Source& source, int axis, const Executor& executor);
  template <class Source>
  [[nodiscard]] Link presorted(const Source& source, int axis, const Executor& executor);
  template <class Median>
  [[nodiscard]] Link linked(const kd_map::Part& part, const Median& median, const Executor& executor);

  // search.hpp
  struct Search;
  void search_nearest(Link link, int axis, Search& search) const;
  [[nodiscard]] Distance term(Key a, Key b) const;

  // reverse.hpp
  class ReverseSearch;

  int dimension_;
  Config config_;
  std::unique_ptr<Pool> nodes_;
  std::deque<Stored> values_;  // by handle; empty in a set
  Link root_ = kd_map::nil;
  std::size_t size_ = 0;
  std::vector<Key> extents_;  // lowest of every axis, then highest, of all tuples since the last clear
  std::vector<Handle> scratch_;
  SizeHistogram rebuilds_{};
};

}  // namespace coppice
