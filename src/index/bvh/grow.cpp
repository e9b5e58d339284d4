// Top-down growth: nodes of many references are divided out of place into fragments of their own, which threads may
// grow side by side; below that, a fragment's references lie in one array, of which a node has the tail. The cut into
// fragments depends on the references alone, so every number of threads grows the same tree.
#include <memory>

#include "grower.hpp"

namespace coppice::bvh {
namespace {

constexpr std::size_t boxes_a_share = std::size_t{1} << 14;

void grow_fragment(Fragment& f, const Growth& growth, std::span<const Triangle> triangles, Executor executor) {
  {
    const auto grower = std::make_unique<Grower>(f, growth, triangles);
    if (f.size < growth.fragment_size || f.depth >= growth.deepest_choice) {
      grower->grow_all();
      return;
    }
    grower->divide_out();
  }
  executor.invoke([&] { grow_fragment(*f.left, growth, triangles, executor); },
                  [&] { grow_fragment(*f.right, growth, triangles, executor); });
}

/// Fragments that were grown, and where their nodes come to stand in the tree.
struct Placed {
  Fragment* fragment;
  std::uint32_t root;
  std::size_t nodes, primitives;
};

void place(Fragment& f, std::uint32_t at, BinaryTree& tree, std::vector<Placed>& placed) {
  if (!f.left) {
    placed.push_back({&f, at, 0, 0});
    return;
  }
  const auto child = static_cast<std::uint32_t>(tree.nodes.size());
  tree.nodes[at].box = f.box;
  tree.nodes[at].child[0] = child;
  tree.nodes[at].child[1] = child + 1;
  tree.nodes.push_back({{}, {none, 0}, at, 0});
  tree.nodes.push_back({{}, {none, 0}, at, 0});
  place(*f.left, child, tree, placed);
  place(*f.right, child + 1, tree, placed);
}

}  // namespace

BinaryTree grow(Refs&& references, const Growth& growth, std::span<const Triangle> triangles, Executor executor) {
  BinaryTree tree;
  tree.repeats = growth.spatial;
  if (references.empty()) return tree;
  Fragment root;
  struct Boxes {
    Box4 all, middles;
  };
  std::vector<Boxes> shares((references.size() + boxes_a_share - 1) / boxes_a_share);
  executor.for_each_chunk(references.size(), boxes_a_share, [&](std::size_t first, std::size_t last) {
    Boxes boxes;
    for (std::size_t i = first; i < last; ++i) {
      boxes.all.extend(references[i].box);
      boxes.middles.extend(references[i].middle());
    }
    shares[first / boxes_a_share] = boxes;
  });
  for (const Boxes& boxes : shares) {
    root.box.extend(boxes.all);
    root.middles.extend(boxes.middles);
  }
  root.size = references.size();
  root.refs = references.data();
  storage::RawArray<Ref> room;
  if (growth.spatial) {
    root.own = std::move(references);
    root.refs = root.own.data();
  } else {
    room = storage::RawArray<Ref>(root.size);
    root.room = room.get();
  }
  Growth here = growth;
  if (here.root_surface == 0) here.root_surface = root.box.half_surface();
  grow_fragment(root, here, triangles, executor);
  if (!root.left) {
    tree.nodes = std::move(root.nodes);
    tree.primitives = std::move(root.primitives);
    return tree;
  }
  std::vector<Placed> placed;
  tree.nodes.push_back({});
  place(root, 0, tree, placed);
  std::size_t nodes = tree.nodes.size(), primitives = 0;
  for (Placed& p : placed) {
    p.nodes = nodes;
    p.primitives = primitives;
    nodes += p.fragment->nodes.size() - 1;
    primitives += p.fragment->primitives.size();
  }
  tree.nodes.resize(nodes);
  tree.primitives.resize(primitives);
  executor.for_each_chunk(placed.size(), 1, [&](std::size_t i, std::size_t) {
    const Placed& p = placed[i];
    put(tree, {&p.root, 1}, p.fragment->nodes, p.fragment->primitives, p.nodes, p.primitives);
    p.fragment->nodes = {};
    p.fragment->primitives = {};
  });
  return tree;
}

}  // namespace coppice::bvh
