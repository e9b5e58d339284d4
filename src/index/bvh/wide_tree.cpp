#include "wide_tree.hpp"

#include <algorithm>

namespace coppice::bvh {
namespace {

/// Numbers that no ray hits: zero edges; watertight NaN; boxes with lower above upper.
template <class Block>
void empty_lane(Block& b, std::size_t lane, Primitive primitive) {
  constexpr std::size_t columns = sizeof b.column / sizeof b.column[0];
  for (std::size_t c = 0; c < columns; ++c) {
    float value = 0;
    if (primitive == Primitive::watertight_triangle) value = std::numeric_limits<float>::quiet_NaN();
    if (primitive == Primitive::box) value = c < 3 ? infinite : -infinite;
    b.column[c][lane] = value;
  }
  b.slot[lane] = no_slot;
}

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
  const auto fill = [&](auto& blocks) {
    for (std::size_t b = 0; b < count; ++b) {
      auto& block = blocks[first + b];
      for (std::size_t lane = 0; lane < width; ++lane) {
        const std::size_t i = b * width + lane;
        if (i < slots.size())
          fill_lane(block, lane, slots[i], primitives[slots[i]], primitive_);
        else
          empty_lane(block, lane, primitive_);
      }
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
  const std::size_t block = first_block(leaf) + lane / width;
  if (triangles())
    empty_lane(triangle_blocks_[block], lane % width, primitive_);
  else
    empty_lane(box_blocks_[block], lane % width, primitive_);
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
