// What decides in the coordinates as given: keys by the definition of exactness (geometry/metric.hpp), rows in order,
// and their way into the caller's arrays. Only the kernel units in src/ instantiate this, without fused multiply-add.
#pragma once

#include "coppice/geometry/metric.hpp"
#include "coppice/index/neighbor_graph/row_kernels.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::neighbor_graph {

template <class Target, class S, int Axes, MetricKind Kind>
struct ExactRows {
  /// One term more; a sum that starts at 0 is exact.
  [[gnu::always_inline]] static S add(S sum, S difference) {
    const S d = difference < 0 ? -difference : difference;
    if constexpr (Kind == MetricKind::l2) return sum + d * d;
    if constexpr (Kind == MetricKind::l1) return sum + d;
    return sum < d ? d : sum;
  }
  [[gnu::always_inline]] static S combine(S a, S b) {
    if constexpr (Kind == MetricKind::linf)
      return a < b ? b : a;
    else
      return a + b;
  }

  [[gnu::always_inline]] static S key(const S* a, const S* b, int dimension) {
    if constexpr (Axes > 0) {
      S sum = 0;
      for (int axis = 0; axis < Axes; ++axis) sum = add(sum, a[axis] - b[axis]);
      return sum;
    }
    if (dimension <= 16) {
      S sum = 0;
      for (int axis = 0; axis < dimension; ++axis) sum = add(sum, a[axis] - b[axis]);
      return sum;
    }
    S partial[16] = {};
    int axis = 0;
    for (; axis + 16 <= dimension; axis += 16)
      for (int lane = 0; lane < 16; ++lane) partial[lane] = add(partial[lane], a[axis + lane] - b[axis + lane]);
    for (int lane = 0; axis + lane < dimension; ++lane)
      partial[lane] = add(partial[lane], a[axis + lane] - b[axis + lane]);
    for (int half = 8; half > 0; half /= 2)
      for (int lane = 0; lane < half; ++lane) partial[lane] = combine(partial[lane], partial[lane + half]);
    return partial[0];
  }

  static bool before(S key_a, std::int32_t id_a, S key_b, std::int32_t id_b) {
    return key_a < key_b || (key_a == key_b && id_a < id_b);
  }

  /// Sorts what is nearly in order.
  static void insertion_sort(S* keys, std::int32_t* ids, std::size_t count) {
    for (std::size_t i = 1; i < count; ++i) {
      const S k = keys[i];
      const std::int32_t id = ids[i];
      std::size_t at = i;
      for (; at > 0 && before(k, id, keys[at - 1], ids[at - 1]); --at) {
        keys[at] = keys[at - 1];
        ids[at] = ids[at - 1];
      }
      keys[at] = k;
      ids[at] = id;
    }
  }

  static void sink(S* keys, std::int32_t* ids, std::size_t at, std::size_t count) {
    const S k = keys[at];
    const std::int32_t id = ids[at];
    for (;;) {
      std::size_t child = 2 * at + 1;
      if (child >= count) break;
      if (child + 1 < count && before(keys[child], ids[child], keys[child + 1], ids[child + 1])) ++child;
      if (!before(k, id, keys[child], ids[child])) break;
      keys[at] = keys[child];
      ids[at] = ids[child];
      at = child;
    }
    keys[at] = k;
    ids[at] = id;
  }

  /// Sorts a heap whose root is the last.
  static void heap_sort(S* keys, std::int32_t* ids, std::size_t count) {
    while (count > 1) {
      --count;
      const S k = keys[0];
      const std::int32_t id = ids[0];
      keys[0] = keys[count];
      ids[0] = ids[count];
      keys[count] = k;
      ids[count] = id;
      sink(keys, ids, 0, count);
    }
  }
  static void sort(S* keys, std::int32_t* ids, std::size_t count) {
    for (std::size_t i = count / 2; i-- > 0;) sink(keys, ids, i, count);
    heap_sort(keys, ids, count);
  }

  /// The k first of all that were offered, as a heap whose root is the last of them.
  struct Smallest {
    S* keys;
    std::int32_t* ids;
    std::size_t k;
    std::size_t size = 0;

    void offer(S key, std::int32_t id) {
      if (size == k) {
        if (!before(key, id, keys[0], ids[0])) return;
        keys[0] = key;
        ids[0] = id;
        sink(keys, ids, 0, size);
        return;
      }
      std::size_t at = size++;
      for (; at > 0 && before(keys[(at - 1) / 2], ids[(at - 1) / 2], key, id); at = (at - 1) / 2) {
        keys[at] = keys[(at - 1) / 2];
        ids[at] = ids[(at - 1) / 2];
      }
      keys[at] = key;
      ids[at] = id;
    }
  };

  static S distance(S key) {
    if constexpr (Kind != MetricKind::l2) return key;
    if constexpr (sizeof(S) == sizeof(float))
      return __builtin_sqrtf(key);
    else
      return __builtin_sqrt(key);
  }
};

/// Keys of a block of points at a time. The points are named by packed numbers, whose bits under `mask` are places in a
/// table of slots. A form for an instruction set may load whole registers: rows are then read as they stand in memory.
template <class Target, class S, int Axes, MetricKind Kind>
struct KeyBlock {
  static constexpr std::size_t size = 16;

  /// Keys and ids of the first `count` of a block, at most `size`; true: the keys ascend.
  static bool keys(const LeafSetView<S>& set, const std::int32_t* table, const std::uint32_t* packed,
                   std::uint32_t mask, std::size_t count, const S* x, S* keys, std::int32_t* ids) {
    bool ascending = true;
    S before = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto slot = static_cast<std::ptrdiff_t>(table[packed[i] & mask]);
      const S key = ExactRows<Target, S, Axes, Kind>::key(set.rows + slot * set.stride, x, set.dimension);
      ascending &= i == 0 || before < key;
      before = key;
      keys[i] = key;
      ids[i] = set.id_of(static_cast<std::size_t>(slot));
    }
    return ascending;
  }
};

/// Where answers go: names of 32 or 64 bits, distances or none.
template <class S>
struct RowOutput {
  std::int32_t* ids32;
  std::int64_t* ids64;
  S* distances;

  template <class Exact>
  void put(std::size_t at, const S* keys, const std::int32_t* ids, std::size_t count) const {
    if (ids32 != nullptr)
      for (std::size_t i = 0; i < count; ++i) ids32[at + i] = ids[i];
    else
      for (std::size_t i = 0; i < count; ++i) ids64[at + i] = ids[i];
    if (distances != nullptr)
      for (std::size_t i = 0; i < count; ++i) distances[at + i] = Exact::distance(keys[i]);
  }
  /// Rows lie in the caller's order, so each is a miss of the caches: to be fetched while others are searched for.
  void fetch(std::size_t at, std::size_t count) const {
    if (ids32 != nullptr) fetch_all(ids32 + at, count);
    if (ids64 != nullptr) fetch_all(ids64 + at, count);
    if (distances != nullptr) fetch_all(distances + at, count);
  }
  void pad(std::size_t at, std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i) {
      if (ids32 != nullptr)
        ids32[at + i] = -1;
      else
        ids64[at + i] = -1;
      if (distances != nullptr) distances[at + i] = static_cast<S>(__builtin_inf());
    }
  }

 private:
  template <class T>
  static void fetch_all(const T* first, std::size_t count) {
    constexpr std::size_t most = 256;  // of a row's bytes: more would drive out what the search needs
    const std::size_t bytes = count * sizeof(T) < most ? count * sizeof(T) : most;
    const char* const row = reinterpret_cast<const char*>(first);
    for (std::size_t b = 0; b < bytes; b += 64) storage::prefetch_to_write(row + b);
    if (bytes > 0) storage::prefetch_to_write(row + bytes - 1);
  }
};

}  // namespace coppice::neighbor_graph
