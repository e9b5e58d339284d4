// The records of a KdTree and the view that searches take of them.
//
// An inner node is a binary k-d tree of up to 7 planes in miniature, with up to 8 children, stored without links: child
// c needs the planes in need[c], and lies right of those in right[c]. A point's side of every plane gives 7 bits, and
// its child is the one c with (bits & need[c]) == right[c]. Beside the planes stand the children's boxes, as floats
// relative to the tree's origin and rounded outward, one cache line an axis.
// A leaf is up to 32 points, one array an axis, and their ids. How many it holds is known to its parent alone.
//
// Planes cut an axis at a value: x ≥ split lies right. Where no axis separates points any more, planes cut the id, seen
// as three further coordinates of 21 bits that every scalar type represents exactly: equal points still split.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "coppice/query/hierarchy.hpp"
#include "coppice/storage/arena.hpp"
#include "coppice/storage/epochs.hpp"
#if defined(__AVX512F__)
#include "coppice/geometry/pack_avx512.hpp"
#endif

namespace coppice::kd_tree {

inline constexpr int fan_out = 8;
inline constexpr int planes = fan_out - 1;
inline constexpr int leaf_capacity = 32;
inline constexpr int id_axes = 3;
inline constexpr Handle none = 0xffffffffu;
inline constexpr Handle leaf_bit = 0x80000000u;

/// Where a point is stored, as the id map keeps it: leaf · 32 + slot.
constexpr std::uint32_t location_of(Handle leaf, int slot) {
  return leaf * leaf_capacity + static_cast<unsigned>(slot);
}
/// A node and one of its slots, as children point back at it.
constexpr std::uint32_t link_of(Handle node, int slot) {
  return node << 3 | static_cast<unsigned>(slot);
}

/// The compiled form that serves a dimension: points of 5 to 8 and 9 to 16 axes are padded with zeros, which change no
/// distance; 1 and more than 16 axes are counted at run time (0).
constexpr int width_for(int dimension) {
  if (dimension == 1 || dimension > 16) return 0;
  return dimension <= 4 ? dimension : dimension <= 8 ? 8 : 16;
}

template <class S, int Width>
struct alignas(storage::cache_line) Node {
  using Axis = std::conditional_t<Width != 0, std::uint8_t, std::uint16_t>;

  S split[planes];
  Axis axis[fan_out];  // the last entry only fills the vector
  std::uint8_t need[fan_out];
  std::uint8_t right[fan_out];
  Handle child[fan_out];
  std::uint8_t count[fan_out];  // points of a leaf child, 0 for an inner one
  std::uint8_t children;

  [[nodiscard]] bool is_leaf(int s) const { return (child[s] & leaf_bit) != 0; }
  [[nodiscard]] unsigned used_planes() const {
    unsigned used = 0;
    for (int s = 0; s < children; ++s) used |= need[s];
    return used;
  }
  /// The child that lies on the given sides of the planes: the lowest slot whose byte of `need & bits ^ right` is 0.
  [[nodiscard]] int match(unsigned bits) const {
    std::uint64_t needs, sides;
    std::memcpy(&needs, need, sizeof needs);
    std::memcpy(&sides, right, sizeof sides);
    constexpr std::uint64_t ones = 0x0101010101010101u;
    const std::uint64_t differs = (needs & (bits * ones)) ^ sides;
    return __builtin_ctzll((differs - ones) & ~differs & (ones << 7)) / 8;
  }

  /// The children's boxes: for every axis 8 lower then 8 upper bounds.
  [[nodiscard]] float* bounds(int a) { return reinterpret_cast<float*>(this + 1) + 2 * fan_out * a; }
  [[nodiscard]] const float* bounds(int a) const { return reinterpret_cast<const float*>(this + 1) + 2 * fan_out * a; }
  static constexpr std::size_t bytes_for(int dimension) {
    return sizeof(Node) + static_cast<std::size_t>(dimension) * 2 * fan_out * sizeof(float);
  }
};

/// The writer's part of a node.
struct NodeCold {
  std::uint32_t parent;  // link_of(parent node, slot), or none
  std::uint32_t leaves;  // leaf blocks below
  std::uint32_t height;  // planes on the longest path below; kept where the balance policy looks at it
  std::uint32_t leaves_at_rebuild;
  storage::Epoch birth;
};
/// The writer's part of a leaf.
struct LeafCold {
  std::uint32_t parent;
  storage::Epoch birth;
};

/// A leaf record: coordinates axis by axis, then ids.
template <class S>
struct Leaf {
  S* coordinates;
  point_id* ids;

  Leaf(std::byte* record, int dimension)
      : coordinates(reinterpret_cast<S*>(record)),
        ids(reinterpret_cast<point_id*>(coordinates + static_cast<std::size_t>(dimension) * leaf_capacity)) {}
  [[nodiscard]] S* axis(int a) const { return coordinates + static_cast<std::size_t>(a) * leaf_capacity; }
  static constexpr std::size_t bytes_for(int dimension) {
    return leaf_capacity * (static_cast<std::size_t>(dimension) * sizeof(S) + sizeof(point_id));
  }
};

/// A point as planes see it: its coordinates, then its id in three parts of 21 bits.
template <class S, int Width>
class RoutingKey {
 public:
  RoutingKey(const S* point, int dimension, point_id id) {
    if constexpr (Width == 0) {
      point_ = point;
      dimension_ = dimension;
      set_id(id_part_, id);
    } else {
      for (int a = 0; a < Width; ++a) x_[a] = a < dimension ? point[a] : S(0);
      for (int a = Width + id_axes; a < padded; ++a) x_[a] = 0;
      set_id(x_ + Width, id);
    }
  }
  [[nodiscard]] S operator[](int axis) const {
    if constexpr (Width == 0)
      return axis < dimension_ ? point_[axis] : id_part_[axis - dimension_];
    else
      return x_[axis];
  }
  [[nodiscard]] static S id_part(point_id id, int part) {
    return static_cast<S>(static_cast<std::uint64_t>(id) >> (21 * (id_axes - 1 - part)) & 0x1fffff);
  }
  [[nodiscard]] const S* data() const requires(Width != 0) { return x_; }

 private:
  static constexpr int padded = Width + id_axes < 8 ? 8 : Width + id_axes;
  static void set_id(S* to, point_id id) {
    for (int part = 0; part < id_axes; ++part) to[part] = id_part(id, part);
  }

  struct Nothing {};
  [[no_unique_address]] std::conditional_t<Width != 0, S[padded], Nothing> x_;
  [[no_unique_address]] std::conditional_t<Width == 0, S[id_axes], Nothing> id_part_;
  const S* point_ = nullptr;
  int dimension_ = 0;
};

/// The child of `node` that the key belongs to.
template <class S, int Width>
[[gnu::always_inline]] inline int route(const Node<S, Width>& node, const RoutingKey<S, Width>& key) {
  unsigned bits = 0;
  for (int j = 0; j < planes; ++j) bits |= static_cast<unsigned>(key[node.axis[j]] >= node.split[j]) << j;
  return node.match(bits);
}

/// The eight boxes of a node's children for the kernels.
template <class T, class S>
struct ChildBoxes {
  using Pack = typename T::template Pack<S>;
  const float* bounds;
  const S* origin;

  [[nodiscard]] Pack lower(int a) const { return decode(bounds + 2 * fan_out * a, a); }
  [[nodiscard]] Pack upper(int a) const { return decode(bounds + 2 * fan_out * a + fan_out, a); }

 private:
  [[nodiscard]] Pack decode(const float* eight, int a) const {
    if constexpr (std::is_same_v<S, float>)
      return Pack::load(eight);
    else
      return Pack::broadcast(origin[a]) + Pack::load(eight);
  }
};

/// The outermost float f with origin + f ≤ x (or ≥ x), in the very arithmetic that decodes it.
template <class S>
float encode_lower(S x, S origin) {
  if constexpr (std::is_same_v<S, float>) {
    return x;
  } else {
    float f = static_cast<float>(x - origin);
    while (origin + static_cast<S>(f) > x) f = std::nextafterf(f, -std::numeric_limits<float>::infinity());
    return f;
  }
}
template <class S>
float encode_upper(S x, S origin) {
  if constexpr (std::is_same_v<S, float>) {
    return x;
  } else {
    float f = static_cast<float>(x - origin);
    while (origin + static_cast<S>(f) < x) f = std::nextafterf(f, std::numeric_limits<float>::infinity());
    return f;
  }
}

/// What a search sees: the Hierarchy of one moment.
template <class S, int Width>
class TreeView {
 public:
  using Scalar = S;
  using Node = kd_tree::Node<S, Width>;
  static constexpr int compiled_dimension = Width;
  static constexpr std::size_t node_bytes = Width == 0 ? 0 : Node::bytes_for(Width);
  static constexpr std::size_t leaf_bytes = Width == 0 ? 0 : Leaf<S>::bytes_for(Width);

  storage::ArenaView<node_bytes> nodes;
  storage::ArenaView<leaf_bytes> leaves;
  Handle root_node = none;
  int real_dimension = Width;
  const S* origin = nullptr;

  [[nodiscard]] int dimension() const { return real_dimension; }
  /// Axes of a record.
  [[nodiscard]] int stored_dimension() const { return Width != 0 ? Width : real_dimension; }
  [[nodiscard]] query::Child root() const { return {root_node, 0, false}; }
  [[nodiscard]] const Node& node(query::Child c) const { return *reinterpret_cast<const Node*>(nodes[c.handle]); }
  [[nodiscard]] int children(const Node& node) const { return node.children; }
  [[nodiscard]] query::Child child(const Node& node, int s) const {
    const Handle h = node.child[s];
    return {h & ~leaf_bit, node.count[s], (h & leaf_bit) != 0};
  }
  [[nodiscard]] query::LeafBlock<S> block(query::Child c) const {
    const Leaf<S> leaf(leaves[c.handle], stored_dimension());
    return {leaf.coordinates, leaf_capacity, leaf.ids, static_cast<int>(c.count)};
  }
  template <class T>
  [[nodiscard]] ChildBoxes<T, S> boxes(const Node& node) const {
    return {node.bounds(0), origin};
  }
  [[nodiscard]] RoutingKey<S, Width> key(const S* point) const { return {point, real_dimension, 0}; }
  template <class T>
  [[nodiscard]] int home(const Node& node, const RoutingKey<S, Width>& key) const {
#if defined(__AVX512F__)
    if constexpr (std::is_same_v<T, simd::avx512> && std::is_same_v<S, double> && Width != 0 && Width + id_axes <= 8) {
      // One permutation brings every plane its coordinate; the eighth lane compares bytes of `axis` and is cut off.
      const __m512i axes = _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(node.axis)));
      const __m512d x = _mm512_permutexvar_pd(axes, _mm512_loadu_pd(key.data()));
      return node.match(_mm512_cmp_pd_mask(x, _mm512_loadu_pd(node.split), _CMP_GE_OQ) & 0x7fu);
    }
#endif
    return route(node, key);
  }
  void prefetch(query::Child c) const {
    const std::byte* record = c.is_leaf ? leaves[c.handle] : nodes[c.handle];
    const std::size_t bytes = c.is_leaf ? Leaf<S>::bytes_for(stored_dimension()) - leaf_capacity * sizeof(point_id)
                                        : Node::bytes_for(stored_dimension());
    constexpr std::size_t most = 16 * storage::cache_line;  // beyond, the hardware's own prefetcher has caught up
    for (std::size_t b = 0; b < bytes && b < most; b += storage::cache_line) __builtin_prefetch(record + b);
  }
};

}  // namespace coppice::kd_tree
