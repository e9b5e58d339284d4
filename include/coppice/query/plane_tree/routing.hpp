// Which child of a node a point belongs to: seven comparisons and a match of their bits, free of branches. The compiled
// forms fetch all seven coordinates with one permutation; every form gives the same child.
#pragma once

#include <algorithm>
#include <limits>

#include "coppice/query/hierarchy.hpp"
#include "coppice/query/plane_tree/node.hpp"
#if defined(__AVX2__)
#include "coppice/geometry/pack_avx2.hpp"
#endif
#if defined(__AVX512F__)
#include "coppice/geometry/pack_avx512.hpp"
#include "coppice/storage/prefetch.hpp"
#endif

namespace coppice::plane_tree {

/// A point as planes see it: its coordinates, then its id in three parts of 21 bits.
/// Requires, where the dimension is known at run time only: the point outlives the key.
template <class S, int Width>
class RoutingKey {
 public:
  /// Numbers of a compiled key, so that whole registers can be loaded.
  static constexpr int padded = 8;
  static_assert(Width + id_axes <= padded);

  // Inlined always: a copy of its own, compiled for one instruction set, must not be what the linker gives to others.
  [[gnu::always_inline]] RoutingKey(const S* point, int dimension, point_id id) {
    if constexpr (Width == 0) {
      point_ = point;
      dimension_ = dimension;
      set_id(x_, id);
    } else {
      for (int a = 0; a < Width; ++a) x_[a] = a < dimension ? point[a] : S(0);
      set_id(x_ + Width, id);
      for (int a = Width + id_axes; a < padded; ++a) x_[a] = 0;
    }
  }
  [[nodiscard]] S operator[](int axis) const {
    if constexpr (Width == 0)
      return axis < dimension_ ? point_[axis] : x_[axis - dimension_];
    else
      return x_[axis];
  }
  [[nodiscard]] const S* data() const { return x_; }
  [[nodiscard, gnu::always_inline]] static S id_part(point_id id, int part) {
    return static_cast<S>(static_cast<std::uint64_t>(id) >> (21 * (id_axes - 1 - part)) & 0x1fffff);
  }

 private:
  [[gnu::always_inline]] static void set_id(S* to, point_id id) {
    for (int part = 0; part < id_axes; ++part) to[part] = id_part(id, part);
  }

  S x_[Width != 0 ? padded : id_axes];
  const S* point_ = nullptr;
  int dimension_ = 0;
};

/// The child of `node` that the key belongs to.
template <class T, class S, int Width>
[[gnu::always_inline]] inline int route(const Node<S, Width>& node, const RoutingKey<S, Width>& key) {
  // Registers hold eight planes: the last compares the bytes behind `split`, and its bit is cut off.
  [[maybe_unused]] constexpr unsigned seven = 0x7f;
#if defined(__AVX2__)
  if constexpr (Width != 0 && std::is_same_v<S, float> && !std::is_same_v<T, simd::baseline>) {
    const __m256i axes = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(node.axis)));
    const __m256 x = _mm256_permutevar8x32_ps(_mm256_loadu_ps(key.data()), axes);
    const __m256 right = _mm256_cmp_ps(x, _mm256_loadu_ps(node.split), _CMP_GE_OQ);
    return node.match(static_cast<unsigned>(_mm256_movemask_ps(right)) & seven);
  }
#endif
#if defined(__AVX512F__)
  if constexpr (Width != 0 && std::is_same_v<S, double> && std::is_same_v<T, simd::avx512>) {
    const __m512i axes = _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(node.axis)));
    const __m512d x = _mm512_permutexvar_pd(axes, _mm512_loadu_pd(key.data()));
    return node.match(_mm512_cmp_pd_mask(x, _mm512_loadu_pd(node.split), _CMP_GE_OQ) & seven);
  }
#endif
  unsigned bits = 0;
  for (int j = 0; j < planes; ++j) bits |= static_cast<unsigned>(key[node.axis[j]] >= node.split[j]) << j;
  return node.match(bits);
}

/// The child of `node` that the key belongs to, and how far at least every point of its other children lies from the
/// key's point: squared, and by the very operations of a squared distance, so that it can never exceed one. A plane
/// among ids says nothing about space and makes it 0.
template <class T, class S, int Width>
[[gnu::always_inline]] inline query::Home<S> route_home(const Node<S, Width>& node, const RoutingKey<S, Width>& key,
                                                        int axes) {
#if defined(__AVX512F__)
  if constexpr (Width != 0 && std::is_same_v<S, double> && std::is_same_v<T, simd::avx512>) {
    const __m512i plane_axes = _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(node.axis)));
    const __m512d split = _mm512_loadu_pd(node.split);
    const __m512d x = _mm512_permutexvar_pd(plane_axes, _mm512_loadu_pd(key.data()));
    const int child = node.match(_mm512_cmp_pd_mask(x, split, _CMP_GE_OQ) & 0x7f);
    const __mmask8 in_space = _mm512_cmplt_epi64_mask(plane_axes, _mm512_set1_epi64(axes));
    const __m512d gap = _mm512_maskz_sub_pd(in_space, x, split);
    return {child, _mm512_mask_reduce_min_pd(node.need[child], _mm512_mul_pd(gap, gap))};
  }
#endif
  const int child = route<T>(node, key);
  S least = std::numeric_limits<S>::infinity();
  for (unsigned planes_above = node.need[child]; planes_above != 0; planes_above &= planes_above - 1) {
    const int j = __builtin_ctz(planes_above);
    const S gap = node.axis[j] < axes ? key[node.axis[j]] - node.split[j] : S(0);
    least = std::min(least, gap * gap);
  }
  return {child, least};
}

/// Nodes by their handles.
template <class S, int Width>
using NodeView = storage::ArenaView<Width == 0 ? 0 : Node<S, Width>::bytes_for(Width)>;

/// Routing for the writer, compiled for one instruction set.
template <class S, int Width>
struct RoutingKernels {
  int (*route)(const Node<S, Width>& node, const RoutingKey<S, Width>& key);
  /// The link to the leaf that a point belongs to, from node x down. The key never goes through memory: stores of a few
  /// bytes that are read back as one register make the processor wait for all stores before them, and an insert leaves
  /// many behind that miss the caches. (For the same reason the view comes by reference: a copy of it would be such a
  /// read.)
  std::uint32_t (*descend)(const NodeView<S, Width>& nodes, Handle x, const S* point, int dimension, point_id id);
  /// Routes point rows[i] of a batch for i < count: slots[i] is the child, and histogram[child] counts them.
  void (*route_rows)(const Node<S, Width>& node, const PointView<S>& points, const point_id* ids,
                     const std::uint32_t* rows, std::size_t count, std::uint8_t* slots, std::uint32_t* histogram);
};

/// Only the kernel units in src/ instantiate this.
template <class T, class S, int Width>
class RoutingKernelsOf {
 public:
  static constexpr RoutingKernels<S, Width> table() { return {&one, &descend, &rows}; }

 private:
  using Key = RoutingKey<S, Width>;
  static int one(const Node<S, Width>& node, const Key& key) { return route<T>(node, key); }
  static std::uint32_t descend(const NodeView<S, Width>& nodes, Handle x, const S* point, int dimension, point_id id) {
#if defined(__AVX512F__)
    if constexpr (Width != 0 && std::is_same_v<S, double> && std::is_same_v<T, simd::avx512>) {
      const auto coordinates = static_cast<__mmask8>((1u << dimension) - 1);
      constexpr auto parts = static_cast<__mmask8>(7u << Width);
      const __m512i shifts = _mm512_maskz_expand_epi64(parts, _mm512_set_epi64(0, 0, 0, 0, 0, 0, 21, 42));
      const __m512i words =
          _mm512_and_si512(_mm512_srlv_epi64(_mm512_set1_epi64(id), shifts), _mm512_set1_epi64(0x1fffff));
      const __m512d key = _mm512_mask_cvtepi64_pd(_mm512_maskz_loadu_pd(coordinates, point), parts, words);
      return walk(nodes, x, [key](const Node<S, Width>& node) {
        const __m512i axes = _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(node.axis)));
        const __m512d at = _mm512_permutexvar_pd(axes, key);
        return node.match(_mm512_cmp_pd_mask(at, _mm512_loadu_pd(node.split), _CMP_GE_OQ) & 0x7fu);
      });
    }
#endif
    const Key key(point, dimension, id);
    return walk(nodes, x, [&key](const Node<S, Width>& node) { return route<T>(node, key); });
  }
  template <class ChildOf>
  [[gnu::always_inline]] static std::uint32_t walk(const NodeView<S, Width>& nodes, Handle x, ChildOf child_of) {
    for (;;) {
      const auto& node = *reinterpret_cast<const Node<S, Width>*>(nodes[x]);
      const int s = child_of(node);
      if (node.is_leaf(s)) return link_of(x, s);
      x = node.child[s];
      constexpr std::size_t lines = 8;  // the planes for this walk, the boxes for who comes back
      const std::byte* record = nodes[x];
      for (std::size_t b = 0; b < std::min(nodes.record_bytes(), lines * storage::cache_line); b += storage::cache_line)
        storage::prefetch(record + b);
    }
  }
  static void rows(const Node<S, Width>& node, const PointView<S>& points, const point_id* ids,
                   const std::uint32_t* rows, std::size_t count, std::uint8_t* slots, std::uint32_t* histogram) {
    const auto each = [&](auto child_of) {
      constexpr std::size_t ahead = 16;
      for (std::size_t i = 0; i < count; ++i) {
        if (i + ahead < count) storage::prefetch(points.row(rows[i + ahead]));
        const int child = child_of(rows[i]);
        slots[i] = static_cast<std::uint8_t>(child);
        ++histogram[child];
      }
    };
#if defined(__AVX512F__)
    // A row goes into the register as it is, where no plane asks for its id.
    if constexpr (Width != 0 && std::is_same_v<S, double> && std::is_same_v<T, simd::avx512>) {
      if (!asks_for_ids(node)) {
        const auto coordinates = static_cast<__mmask8>((1u << points.dimension()) - 1);
        const __m512i axes = _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(node.axis)));
        const __m512d split = _mm512_loadu_pd(node.split);
        each([&](std::uint32_t row) {
          const __m512d x = _mm512_permutexvar_pd(axes, _mm512_maskz_loadu_pd(coordinates, points.row(row)));
          return node.match(_mm512_cmp_pd_mask(x, split, _CMP_GE_OQ) & 0x7fu);
        });
        return;
      }
    }
#endif
    each([&](std::uint32_t row) { return route<T>(node, Key(points.row(row), points.dimension(), ids[row])); });
  }
  [[maybe_unused]] static bool asks_for_ids(const Node<S, Width>& node) {
    for (unsigned used = node.used_planes(); used != 0; used &= used - 1)
      if (node.axis[__builtin_ctz(used)] >= Width) return true;
    return false;
  }
};

/// The routing kernels of the instruction set in use.
template <class S, int Width>
[[nodiscard]] const RoutingKernels<S, Width>& routing_kernels();

}  // namespace coppice::plane_tree
