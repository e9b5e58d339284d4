#include "wide_tree.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace coppice::bvh {
namespace {

void fill_lane(TriangleBlock& b, std::size_t lane, std::uint32_t slot, const Stored& s, Primitive primitive) {
  const bool edges = primitive == Primitive::triangle;
  for (std::size_t a = 0; a < 3; ++a) {
    b.column[a][lane] = s.a[a];
    b.column[3 + a][lane] = edges ? s.b[a] - s.a[a] : s.b[a];
    b.column[6 + a][lane] = edges ? s.c[a] - s.a[a] : s.c[a];
  }
  b.slot[lane] = slot;
}
void fill_lane(BoxBlock& b, std::size_t lane, std::uint32_t slot, const Stored& s, Primitive) {
  for (std::size_t a = 0; a < 3; ++a) {
    b.column[a][lane] = s.a[a];
    b.column[3 + a][lane] = s.b[a];
  }
  b.slot[lane] = slot;
}

/// What makes numbers in an empty lane that no ray hits: zero edges; watertight NaN; boxes with lower above upper.
Stored nothing(Primitive primitive) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  if (primitive == Primitive::box) return {{infinite, infinite, infinite}, {-infinite, -infinite, -infinite}, {}};
  if (primitive == Primitive::watertight_triangle) return {{nan, nan, nan}, {nan, nan, nan}, {nan, nan, nan}};
  return {};
}

/// Four numbers from each of four places, by columns.
struct Columns {
  Four column[4];
};
[[gnu::always_inline]] inline Columns columns_of(const float* p, const float* q, const float* r, const float* s) {
  typedef float Anywhere __attribute__((vector_size(16), may_alias, aligned(4)));
  const Four a = *reinterpret_cast<const Anywhere*>(p), b = *reinterpret_cast<const Anywhere*>(q),
             c = *reinterpret_cast<const Anywhere*>(r), d = *reinterpret_cast<const Anywhere*>(s);
  const Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  const Four ef = __builtin_shufflevector(a, b, 2, 6, 3, 7), gh = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  return {{__builtin_shufflevector(ab, cd, 0, 1, 4, 5), __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
           __builtin_shufflevector(ef, gh, 0, 1, 4, 5), __builtin_shufflevector(ef, gh, 2, 3, 6, 7)}};
}

/// Writes all lanes of a block at once.
void fill_block(TriangleBlock& block, const std::array<const Stored*, width>& from, Primitive primitive) {
  static_assert(sizeof(Stored) == 36);
  for (std::size_t half = 0; half < width; half += 4) {
    const float* p[4];
    for (std::size_t i = 0; i < 4; ++i) p[i] = reinterpret_cast<const float*>(from[half + i]);
    const Columns first = columns_of(p[0], p[1], p[2], p[3]);                   // a, and b's x
    const Columns second = columns_of(p[0] + 4, p[1] + 4, p[2] + 4, p[3] + 4);  // b's y and z, c's x and y
    const Columns third = columns_of(p[0] + 5, p[1] + 5, p[2] + 5, p[3] + 5);   // b's z, and c
    Four rows[9] = {first.column[0],  first.column[1],  first.column[2], first.column[3], second.column[0],
                    second.column[1], second.column[2], third.column[2], third.column[3]};
    if (primitive == Primitive::triangle)
      for (std::size_t c = 3; c < 9; ++c) rows[c] -= rows[c % 3];
    for (std::size_t c = 0; c < 9; ++c) *reinterpret_cast<Four*>(&block.column[c][half]) = rows[c];
  }
}
void fill_block(BoxBlock& block, const std::array<const Stored*, width>& from, Primitive) {
  for (std::size_t lane = 0; lane < width; ++lane)
    fill_lane(block, lane, block.slot[lane], *from[lane], Primitive::box);
}

}  // namespace

std::uint32_t WideTree::take_node() {
  std::uint32_t i = 0;
  take_nodes({&i, 1});
  clear_node(i);
  return i;
}

void WideTree::take_nodes(std::span<std::uint32_t> nodes) {
  for (std::uint32_t& i : nodes) {
    if (free_nodes_.empty()) {
      i = static_cast<std::uint32_t>(nodes_.size());
      nodes_.resize(nodes_.size() + 1);
    } else {
      i = free_nodes_.back();
      free_nodes_.pop_back();
    }
  }
}

void WideTree::clear_node(std::uint32_t node) {
  WideNode& n = nodes_[node];
  n = {};
  for (std::size_t row = 0; row < 6; ++row) std::fill_n(n.bounds[row], width, row % 2 == 0 ? infinite : -infinite);
  std::fill_n(n.child, width, no_child);
  n.parent = no_node;
}

std::uint32_t WideTree::take_blocks(std::uint32_t count) {
  auto& runs = free_blocks_[count];
  if (!runs.empty()) {
    const std::uint32_t first = runs.back();
    runs.pop_back();
    return first;
  }
  const std::size_t first = triangles() ? triangle_blocks_.size() : box_blocks_.size();
  if (triangles())
    triangle_blocks_.resize(first + count);
  else
    box_blocks_.resize(first + count);
  return static_cast<std::uint32_t>(first);
}

ChildRef WideTree::take_leaf(std::span<const std::uint32_t> slots, std::span<const Stored> primitives) {
  return write_leaf(take_blocks(blocks_for(slots.size())), slots, primitives);
}

ChildRef WideTree::write_leaf(std::uint32_t first, std::span<const std::uint32_t> slots,
                              std::span<const Stored> primitives) {
  const std::uint32_t count = blocks_for(slots.size());
  const Stored empty = nothing(primitive_);
  const auto fill = [&](auto& blocks) {
    for (std::size_t b = 0; b < count; ++b) {
      auto& block = blocks[first + b];
      std::array<const Stored*, width> from;
      for (std::size_t lane = 0; lane < width; ++lane) {
        const std::size_t i = b * width + lane;
        from[lane] = i < slots.size() ? &primitives[slots[i]] : &empty;
        block.slot[lane] = i < slots.size() ? slots[i] : no_slot;
      }
      fill_block(block, from, primitive_);
    }
  };
  triangles() ? fill(triangle_blocks_) : fill(box_blocks_);
  return leaf_bit | first << 4 | count;
}

void WideTree::give_leaf(ChildRef leaf) {
  if (block_count(leaf) > 0) free_blocks_[block_count(leaf)].push_back(first_block(leaf));
}

std::uint32_t& WideTree::slot_at(ChildRef leaf, std::size_t lane) noexcept {
  const std::size_t block = first_block(leaf) + lane / width;
  return triangles() ? triangle_blocks_[block].slot[lane % width] : box_blocks_[block].slot[lane % width];
}

std::size_t WideTree::leaf_size(ChildRef leaf) const noexcept {
  std::size_t n = 0;
  for (std::size_t lane = 0; lane < block_count(leaf) * width; ++lane)
    n += const_cast<WideTree*>(this)->slot_at(leaf, lane) != no_slot;
  return n;
}

void WideTree::slots_of(ChildRef leaf, std::vector<std::uint32_t>& slots) const {
  for (std::size_t lane = 0; lane < block_count(leaf) * width; ++lane)
    if (const std::uint32_t slot = const_cast<WideTree*>(this)->slot_at(leaf, lane); slot != no_slot)
      slots.push_back(slot);
}

void WideTree::write_lane(ChildRef leaf, std::size_t lane, std::uint32_t slot, const Stored& s) {
  const std::size_t block = first_block(leaf) + lane / width;
  if (triangles())
    fill_lane(triangle_blocks_[block], lane % width, slot, s, primitive_);
  else
    fill_lane(box_blocks_[block], lane % width, slot, s, primitive_);
}

void WideTree::clear_lane(ChildRef leaf, std::size_t lane) {
  write_lane(leaf, lane, no_slot, nothing(primitive_));
}

void WideTree::set_child(std::uint32_t node, std::size_t place, ChildRef child, const Box4& box) {
  WideNode& n = nodes_[node];
  n.child[place] = child;
  for (std::size_t a = 0; a < 3; ++a) {
    n.bounds[2 * a][place] = box.lower[static_cast<int>(a)];
    n.bounds[2 * a + 1][place] = box.upper[static_cast<int>(a)];
  }
  if (!is_leaf(child)) {
    nodes_[child].parent = node;
    nodes_[child].place = static_cast<std::uint32_t>(place);
  }
}

Box4 WideTree::child_box(const WideNode& n, std::size_t place) const noexcept {
  return {Four{n.bounds[0][place], n.bounds[2][place], n.bounds[4][place], 0},
          Four{n.bounds[1][place], n.bounds[3][place], n.bounds[5][place], 0}};
}

Box4 WideTree::node_box(const WideNode& n) const noexcept {
  Box4 box;
  for (std::size_t i = 0; i < width; ++i) box.extend(child_box(n, i));
  return box;
}

void WideTree::reserve(std::size_t nodes, std::size_t blocks) {
  nodes_.reserve(nodes);
  triangles() ? triangle_blocks_.reserve(blocks) : box_blocks_.reserve(blocks);
}

View WideTree::view(const Stored* primitives, const point_id* ids, float extent) const noexcept {
  const void* blocks = triangles() ? static_cast<const void*>(triangle_blocks_.data()) : box_blocks_.data();
  return {nodes_.data(), blocks, primitives, ids, root_, extent, primitive_};
}

std::size_t WideTree::bytes() const noexcept {
  return nodes_.capacity() * sizeof(WideNode) + triangle_blocks_.capacity() * sizeof(TriangleBlock) +
         box_blocks_.capacity() * sizeof(BoxBlock);
}

void sum_up(WideTree& tree, std::uint32_t node) {
  WideNode& n = tree.node(node);
  float cost = 0;
  std::uint32_t height = 0;
  Box4 all;
  for (std::size_t i = 0; i < width; ++i) {
    const ChildRef c = n.child[i];
    if (c == no_child) continue;
    const Box4 box = tree.child_box(n, i);
    all.extend(box);
    if (is_leaf(c)) {
      cost += box.half_surface() * block_cost * static_cast<float>(block_count(c));
    } else {
      cost += tree.node(c).cost;
      height = std::max(height, tree.node(c).height);
    }
  }
  n.cost = cost + node_cost * all.half_surface();
  n.height = height + 1;
}

}  // namespace coppice::bvh
