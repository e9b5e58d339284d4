// KdMultiMap: several values a tuple. A KdMap whose values are sequences; a tuple is there while it has a value.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "coppice/index/kd_map/kd_map.hpp"
#include "coppice/index/kd_map/values.hpp"

namespace coppice {

/// A map from tuples of `Key` to one or more values each, kept in the order in which they came. `Value`: movable, not
/// bool; copied by `build`, compared by `erase(key, value)` alone.
///
/// Thread safety, limits and the requirements on keys are those of KdMap. Errors: a call that throws invalid_input, or
/// what a value throws when it is copied, moved or compared, has changed nothing.
template <class Key, int Dim, class Value>
class KdMultiMap {
  using Values = kd_map::Values<Value>;
  using Map = KdMap<Key, Dim, Values>;

 public:
  using Config = typename Map::Config;
  using Distance = typename Map::Distance;
  using Neighbor = typename Map::Neighbor;

  /// Empty. Errors: as KdMap.
  explicit KdMultiMap(int dimension = Dim, Config config = {}) : map_(dimension, std::move(config)) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }          ///< values
  [[nodiscard]] std::size_t tuples() const noexcept { return map_.size(); }  ///< different keys
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] int dimension() const noexcept { return map_.dimension(); }
  [[nodiscard]] const Config& config() const noexcept { return map_.config(); }
  void clear() {
    map_.clear();
    size_ = 0;
  }

  /// Replaces everything by a value a row; those of equal rows gather in their order. Returns how many tuples there
  /// are. O(n log n). Errors: invalid_input naming a row with NaN, or another dimension or number of values.
  std::size_t build(PointView<Key> keys, std::span<const Value> values) {
    if (values.size() != keys.size())
      throw invalid_input("there are " + std::to_string(values.size()) + " values for " + std::to_string(keys.size()) +
                          " keys; expected one a key");
    Map built(dimension(), config());
    built.build(keys, std::vector<Values>(keys.size()));
    for (std::size_t row = 0; row < keys.size(); ++row) built.find(keys[row])->push_back(values[row]);
    map_ = std::move(built);
    size_ = values.size();
    return map_.size();
  }

  /// Adds a value behind those of its tuple; returns whether the tuple is new. O(log n) amortised.
  bool insert(std::span<const Key> key, Value value) {
    Values* there = map_.find(key);
    if (there != nullptr)
      there->push_back(std::move(value));
    else
      map_.insert(key, Values(std::move(value)));
    ++size_;
    return there == nullptr;
  }

  /// Removes a tuple with its values; returns how many these were. Complexity: as KdMap::erase.
  std::size_t erase(std::span<const Key> key) {
    const std::size_t count = values(key).size();
    if (count != 0) map_.erase(key);
    size_ -= count;
    return count;
  }
  /// Removes the first value of a tuple that equals `value`; the tuple goes with its last. False where there is none.
  bool erase(std::span<const Key> key, const Value& value) {
    Values* there = map_.find(key);
    if (there == nullptr) return false;
    if (there->size() > 1) {
      if (!there->erase(value)) return false;
    } else {
      if (!(*there->begin() == value)) return false;
      map_.erase(key);
    }
    --size_;
    return true;
  }

  [[nodiscard]] bool contains(std::span<const Key> key) const { return map_.contains(key); }
  [[nodiscard]] std::vector<std::uint8_t> contains(PointView<Key> keys) const { return map_.contains(keys); }
  /// The values of a tuple, in the order in which they came; empty where it is not there. They stay where they are
  /// until those of this tuple change.
  [[nodiscard]] std::span<const Value> values(std::span<const Key> key) const {
    const Values* there = map_.find(key);
    return there == nullptr ? std::span<const Value>() : there->span();
  }

  /// Calls visit(key, value) for every value in a box, as KdMap::in_box.
  template <class Visit>
  void in_box(std::span<const Key> lower, std::span<const Key> upper, Visit visit,
              std::span<const bool> mask = {}) const {
    map_.in_box(lower, upper, each_value(visit), mask);
  }
  /// Calls visit(key, value) for every value, ascending in the super-key of `axis`. O(n log n).
  template <class Visit>
  void each_in_order(Visit visit, int axis = 0) const {
    map_.each_in_order(each_value(visit), axis);
  }

  /// The k nearest tuples, whatever the number of their values, as KdMap::nearest.
  [[nodiscard]] std::vector<Neighbor> nearest(std::span<const Key> point, std::size_t k,
                                              std::span<const bool> mask = {}) const {
    return map_.nearest(point, k, mask);
  }
  /// The tuples that have `point` among their k nearest others, as KdMap::reverse_nearest.
  [[nodiscard]] std::vector<Neighbor> reverse_nearest(std::span<const Key> point, std::size_t k = 1,
                                                      std::span<const bool> mask = {}) const {
    return map_.reverse_nearest(point, k, mask);
  }

  /// O(n). `points` are values, `nodes` tuples.
  [[nodiscard]] Statistics statistics() const {
    Statistics result = map_.statistics();
    result.points = size_;
    each_sequence(map_.root(), [&](const Values& values) { result.bytes += values.bytes(); });
    result.bytes_per_point = size_ == 0 ? 0 : static_cast<double>(result.bytes) / static_cast<double>(size_);
    return result;
  }
  [[nodiscard]] double mean_height() const { return map_.mean_height(); }
  /// Checks the map, that every tuple has a value, and their number. Errors: std::logic_error naming what is broken.
  void validate() const {
    map_.validate();
    std::size_t count = 0;
    each_sequence(map_.root(), [&](const Values& values) {
      if (values.empty()) throw std::logic_error("KdMultiMap: a tuple has no value");
      count += values.size();
    });
    if (count != size_) throw std::logic_error("KdMultiMap: there are not size() values");
  }

 private:
  template <class Visit>
  [[nodiscard]] static auto each_value(Visit& visit) {
    return [&visit](std::span<const Key> key, const Values& values) {
      for (const Value& value : values.span()) visit(key, value);
    };
  }
  template <class Cursor, class Visit>
  static void each_sequence(const Cursor& at, const Visit& visit) {
    if (!at) return;
    each_sequence(at.left(), visit);
    visit(at.value());
    each_sequence(at.right(), visit);
  }

  Map map_;
  std::size_t size_ = 0;
};

}  // namespace coppice
