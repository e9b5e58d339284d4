// Builds, and what a tree says about itself.
#include "tree.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <string>

#include "coppice/storage/id_check.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::bvh {

constexpr std::size_t primitives_a_share = std::size_t{1} << 14;  // of primitives, for threads

Tree::Tree(Config config) : config_(config) {
  config_.check();
}

Growth Tree::growth() const {
  Growth g;
  g.split_overlap = config_.split_overlap;
  switch (config_.builder) {
    case BvhBuilder::fast:
      g.bins = 8;
      g.leaf_size = leaf_blocks * width;
      break;
    case BvhBuilder::sweep:
      g.sweep_below = std::numeric_limits<std::size_t>::max();
      break;
    case BvhBuilder::sbvh:
      g.spatial = kind_ == Kind::triangles;
      break;
    case BvhBuilder::lbvh:
    case BvhBuilder::binned:
      break;
  }
  return g;
}

void Tree::optimise(BinaryTree& tree) const {
  int passes = config_.reinsertion_passes;
  if (passes < 0) passes = config_.builder == BvhBuilder::lbvh ? 0 : 2;
  float share = config_.reinsertion_share;
  if (share < 0) {
    share = config_.builder == BvhBuilder::fast ? 0.05f : 0.1f;
  }
  for (int i = 0; i < passes; ++i) reinsert(tree, share, config_.executor);
}

BinaryTree Tree::grow_references(Refs&& references, float root_surface, Executor executor) const {
  Growth g = growth();
  g.root_surface = root_surface;
  if (config_.builder == BvhBuilder::lbvh) return grow_along_curve(std::move(references), 1, executor);
  if (config_.builder == BvhBuilder::fast) return grow_over_clusters(std::move(references), g, executor);
  return grow(std::move(references), g, primitives_, executor);
}

void Tree::widen(const Stored& s) noexcept {
  for (std::size_t a = 0; a < 3; ++a)
    extent_ = std::max({extent_, std::abs(s.a[a]), std::abs(s.b[a]), std::abs(s.c[a])});
}

void Tree::clear() {
  wide_ = WideTree(wide_.primitive());
  primitives_.clear();
  ids_.clear();
  map_.clear();
  free_slots_.clear();
  size_ = 0;
  extent_ = 0;
  cut_ = false;
  binary_cost_ = build_seconds_ = 0;
}

void Tree::build(Kind kind, StoredPrimitives&& primitives, std::span<const point_id> ids, const Top* top) {
  const auto start = std::chrono::steady_clock::now();
  clear();
  kind_ = kind;
  primitives_ = std::move(primitives);
  size_ = primitives_.size();
  next_id_ = static_cast<point_id>(size_);
  if (!ids.empty()) {
    ids_.assign(ids.begin(), ids.end());
    next_id_ = storage::next_after(0, ids);
    for (std::size_t i = 0; i < ids.size(); ++i) map_.assign(ids[i], static_cast<std::uint32_t>(i));
  }
  const Primitive arithmetic = kind != Kind::triangles ? Primitive::box
                               : config_.watertight    ? Primitive::watertight_triangle
                                                       : Primitive::triangle;
  wide_ = WideTree(arithmetic);
  const bool triangles = kind == Kind::triangles;

  std::vector<Box4> boxes((size_ + primitives_a_share - 1) / primitives_a_share);
  config_.executor.for_each_chunk(size_, primitives_a_share, [&](std::size_t first, std::size_t last) {
    Box4 box;
    for (std::size_t i = first; i < last; ++i) box.extend(box4_of(primitives_[i], triangles));
    boxes[first / primitives_a_share] = box;
  });
  Box4 scene;
  for (const Box4& box : boxes) scene.extend(box);
  if (size_ > 0) widen({scene.plain().lower, scene.plain().upper, {}});
  BinaryTree binary;
  const auto grow_all = [&] {
    if (top == nullptr) {
      Refs references(size_);
      config_.executor.for_each_chunk(size_, primitives_a_share, [&](std::size_t first, std::size_t last) {
        for (std::size_t i = first; i < last; ++i) {
          Ref r{box4_of(primitives_[i], triangles)};
          r.name(static_cast<std::uint32_t>(i));
          references[i] = r;
        }
      });
      return grow_references(std::move(references), 0, config_.executor);
    }
    std::vector<BinaryTree> parts(top->offsets.size() - 1);
    config_.executor.for_each_chunk(parts.size(), 1, [&](std::size_t first, std::size_t last) {
      for (std::size_t g = first; g < last; ++g) {
        Refs group;
        for (std::size_t i = top->offsets[g]; i < top->offsets[g + 1]; ++i) {
          Ref r{box4(top->references[i].box)};
          r.name(top->references[i].primitive);
          group.push_back(r);
        }
        parts[g] = grow_references(std::move(group), scene.half_surface(), config_.executor);
      }
    });
    return graft(*top, parts);
  };
  binary = grow_all();
  optimise(binary);
  Collapsed made = collapse(binary, primitives_, wide_, config_.executor);
  if (made.height > most_height) {  // moved about too much: searches have stacks of fixed size
    wide_ = WideTree(arithmetic);
    binary = grow_all();
    made = collapse(binary, primitives_, wide_, config_.executor);
  }
  wide_.set_root(made.root);
  binary_cost_ = made.binary_cost;
  cut_ = binary.primitives.size() > size_;
  build_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::uint32_t Tree::slot_of(point_id id) const noexcept {
  if (!ids_.empty()) {
    const std::uint32_t slot = map_.find(id);
    return slot == IdMap::absent ? no_slot : slot;
  }
  return id >= 0 && static_cast<std::size_t>(id) < primitives_.size() ? static_cast<std::uint32_t>(id) : no_slot;
}

std::vector<std::uint32_t> Tree::slots() const {
  std::vector<std::uint32_t> live;
  live.reserve(size_);
  for (std::uint32_t s = 0; s < primitives_.size(); ++s)
    if (id_of(s) != no_point) live.push_back(s);
  if (!ids_.empty()) std::sort(live.begin(), live.end(), [&](auto a, auto b) { return ids_[a] < ids_[b]; });
  return live;
}

Box3 Tree::bounds() const noexcept {
  if (wide_.empty()) return {};
  return wide_.node_box(wide_.node(wide_.root())).plain();
}

Quality Tree::quality() const {
  Quality q;
  q.binary_cost = binary_cost_;
  q.build_seconds = build_seconds_;
  q.bytes = wide_.bytes() + primitives_.capacity() * sizeof(Stored) + ids_.capacity() * sizeof(point_id);
  if (wide_.empty()) return q;
  const WideNode& root = wide_.node(wide_.root());
  const double surface = wide_.node_box(root).half_surface();
  q.cost = surface > 0 ? static_cast<double>(root.cost) / surface : 0;
  q.height = root.height;
  std::vector<std::uint32_t> open{wide_.root()};
  while (!open.empty()) {
    const WideNode& n = wide_.node(open.back());
    open.pop_back();
    ++q.nodes;
    for (const ChildRef c : n.child) {
      if (c == no_child) continue;
      if (!is_leaf(c)) {
        open.push_back(c);
        continue;
      }
      ++q.leaves;
      q.blocks += block_count(c);
      q.references += wide_.leaf_size(c);
    }
  }
  return q;
}

void Tree::validate() const {
  const auto fail = [](const std::string& what) { throw std::logic_error("Bvh: " + what); };
  std::vector<std::uint32_t> seen(primitives_.size(), 0);
  if (wide_.empty()) {
    if (size_ != 0) fail("primitives without a tree");
    return;
  }
  if (is_leaf(wide_.root())) fail("the root is a leaf");
  std::vector<std::uint32_t> open{wide_.root()}, slots;
  while (!open.empty()) {
    const std::uint32_t at = open.back();
    const WideNode& n = wide_.node(at);
    open.pop_back();
    if (n.height > most_height) fail("a tree too high for the searches");
    for (std::size_t i = 0; i < width; ++i) {
      const ChildRef c = n.child[i];
      const Box4 box = wide_.child_box(n, i);
      if (c == no_child) {
        if (!box.empty()) fail("a box in an empty place");
        continue;
      }
      if (!is_leaf(c)) {
        const WideNode& below = wide_.node(c);
        if (below.parent != at || below.place != i) fail("a child that does not know its parent");
        if (!join(box, wide_.node_box(below)).same(box)) fail("a box that does not hold those below it");
        if (below.height >= n.height) fail("a height that is not above those below it");
        open.push_back(c);
        continue;
      }
      slots.clear();
      wide_.slots_of(c, slots);
      if (slots.empty()) fail("a leaf without primitives");
      for (const std::uint32_t slot : slots) {
        if (slot >= primitives_.size() || id_of(slot) == no_point) fail("a leaf with an unknown primitive");
        ++seen[slot];
        Box4 part = box4_of(primitives_[slot], kind_ == Kind::triangles);
        part.cut(box);
        if (part.empty()) fail("a leaf's box beside its primitive");
      }
    }
  }
  std::size_t live = 0;
  for (std::uint32_t slot = 0; slot < seen.size(); ++slot) {
    const bool present = id_of(slot) != no_point;
    live += present;
    if (present != (seen[slot] > 0)) fail("primitive " + std::to_string(slot) + " is not where it should be");
    if (seen[slot] > 1 && !cut_) fail("a primitive twice");
  }
  if (live != size_) fail("a wrong number of primitives");
}

}  // namespace coppice::bvh
