// Collectors keep the k best candidates by (key, id) while a search runs. Each takes eight candidates at once, already
// masked by `threshold()`: one hit in scalars (k = 1), a few in a sorted array (k ≤ 32; in registers with AVX-512),
// many in a pool (best_many.hpp). Ids are compared as unsigned numbers, so the padding id −1 sorts after every real
// one. collectors_avx512.hpp has the forms that live in registers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "coppice/geometry/pack_baseline.hpp"

namespace coppice::query {

using simd::Mask;

/// k = 1.
template <class T, class S>
class BestOne {
 public:
  using Pack = typename T::template Pack<S>;
  explicit BestOne(std::size_t) {}

  void reset(S limit) {
    key_ = limit;
    id_ = no_point;
    threshold_ = Pack::broadcast(limit);
  }
  [[nodiscard]] Pack threshold() const { return threshold_; }

  void take(Pack keys, Mask m, const point_id* ids) {
    do {
      const int i = __builtin_ctz(m);
      m &= m - 1;
      const S key = keys.lane(i);
      if (key < key_ || (key == key_ && static_cast<std::uint64_t>(ids[i]) < static_cast<std::uint64_t>(id_))) {
        key_ = key;
        id_ = ids[i];
      }
    } while (m != 0);
    threshold_ = Pack::broadcast(key_);
  }

  /// Writes the hits in order and returns how many there are.
  std::size_t finish(S* keys, point_id* ids) {
    if (id_ == no_point) return 0;
    *keys = key_;
    *ids = id_;
    return 1;
  }

 private:
  Pack threshold_;
  S key_;
  point_id id_;
};

/// 1 ≤ k ≤ Capacity: insertion into a sorted array.
template <class T, class S, std::size_t Capacity>
class BestFew {
 public:
  using Pack = typename T::template Pack<S>;
  explicit BestFew(std::size_t k) : k_(k) {}

  void reset(S limit) {
    count_ = 0;
    threshold_ = Pack::broadcast(limit);
  }
  [[nodiscard]] Pack threshold() const { return threshold_; }

  void take(Pack keys, Mask m, const point_id* ids) {
    S lane[simd::lanes];
    keys.store(lane);
    do {
      const int i = __builtin_ctz(m);
      m &= m - 1;
      const S key = lane[i];
      const point_id id = ids[i];
      if (count_ == k_ && !precedes(key, id, k_ - 1)) continue;
      std::size_t at = count_ < k_ ? count_++ : k_ - 1;
      for (; at > 0 && precedes(key, id, at - 1); --at) {
        keys_[at] = keys_[at - 1];
        ids_[at] = ids_[at - 1];
      }
      keys_[at] = key;
      ids_[at] = id;
    } while (m != 0);
    if (count_ == k_) threshold_ = Pack::broadcast(keys_[k_ - 1]);
  }

  std::size_t finish(S* keys, point_id* ids) {
    std::copy_n(keys_, count_, keys);
    std::copy_n(ids_, count_, ids);
    return count_;
  }

 private:
  [[nodiscard]] bool precedes(S key, point_id id, std::size_t at) const {
    return key < keys_[at] || (key == keys_[at] && id < ids_[at]);
  }

  Pack threshold_;
  std::size_t k_;
  std::size_t count_ = 0;
  S keys_[Capacity];
  point_id ids_[Capacity];
};

}  // namespace coppice::query
