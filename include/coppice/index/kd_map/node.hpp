// The nodes of a KdMap: a tuple and two links. A link is a handle and, in its upper six bits, the height of what it
// leads to, so that both heights of a node are read with the node itself: 32 bytes for three 64-bit numbers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "coppice/storage/arena.hpp"
#include "coppice/storage/prefetch.hpp"

namespace coppice::kd_map {

using Link = std::uint32_t;

inline constexpr int handle_bits = 26;
inline constexpr Link nil = (Link{1} << handle_bits) - 1;  // height 0, no node
inline constexpr std::size_t most_nodes = nil;
/// A path never has more nodes: six bits of height, and a subtree that reaches them is rebuilt.
inline constexpr int longest_path = 64;

constexpr Handle handle_of(Link link) {
  return link & nil;
}
constexpr std::uint32_t height_of(Link link) {
  return link >> handle_bits;
}
constexpr Link link_to(Handle node, std::uint32_t height) {
  return height << handle_bits | node;
}

/// The first part of a record; the tuple stands behind it.
struct Links {
  Link child[2] = {nil, nil};
};

/// Bytes of a record.
template <class Key>
constexpr std::size_t node_bytes(int dimension) {
  const std::size_t bytes = sizeof(Links) + static_cast<std::size_t>(dimension) * sizeof(Key);
  return (bytes + 7) / 8 * 8;
}

/// Where the nodes of one map lie.
template <class Key, int Dim>
class NodePool {
 public:
  explicit NodePool(int dimension) : arena_(node_bytes<Key>(dimension)) {}

  [[nodiscard]] Links& links(Handle h) const { return *reinterpret_cast<Links*>(arena_.hot(h)); }
  [[nodiscard]] Key* key(Handle h) const { return reinterpret_cast<Key*>(arena_.hot(h) + sizeof(Links)); }
  void prefetch(Handle h) const { storage::prefetch(arena_.hot(h)); }

  [[nodiscard]] Handle allocate() { return arena_.allocate(); }
  /// Handles 0 … count − 1. Requires: none is in use.
  void allocate_first(std::size_t count) { arena_.allocate_first(count); }
  void release(Handle h) { arena_.release(h); }
  void clear() { arena_.clear(); }
  [[nodiscard]] std::size_t live() const { return arena_.live(); }
  [[nodiscard]] std::size_t bytes() const { return arena_.bytes(); }

 private:
  struct Nothing {};
  storage::Arena<Nothing, Dim == 0 ? 0 : node_bytes<Key>(Dim)> arena_;
};

/// The way from the root to a place: nodes and the sides taken from them.
struct Path {
  std::array<Handle, longest_path> node;
  std::array<std::uint8_t, longest_path> side;
  int depth = 0;  ///< nodes on it

  void push(Handle h) { node[static_cast<std::size_t>(depth++)] = h; }
};

}  // namespace coppice::kd_map
