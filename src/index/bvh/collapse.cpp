// The collapse of a binary tree to wide nodes, in four steps: what covers every subtree best, bottom up; which wide
// nodes that makes, top down; their places in memory, in that order; and what stands there. All but the third are done
// for many subtrees side by side. Which subtrees depends on the tree alone, so that every number of threads makes the
// same wide tree.
#include <algorithm>
#include <array>

#include "coppice/storage/prefetch.hpp"
#include "wide_tree.hpp"

namespace coppice::bvh {
namespace {

// Subtrees that are open before threads share them: many, since one may hold most of what is below a few.
constexpr std::size_t open_binary = 4096, open_wide = 256;
constexpr std::size_t alone_below = std::size_t{1} << 12;  // trees of fewer nodes are one thread's
constexpr std::size_t ahead = 2;                           // nodes whose primitives are on their way to the cache
constexpr std::uint32_t elsewhere = 0x40000000u;           // a child that is the root of another part
static_assert(open_wide < elsewhere && leaf_bit > elsewhere);

/// Takes nodes from the front of the row and puts their children, as `open` appends them, at its end, until `most`
/// wait. Returns how many were taken.
template <class Row, class Open>
std::size_t open_breadth_first(Row& row, std::size_t most, Open open) {
  std::size_t head = 0;
  while (head < row.size() && row.size() - head < most) open(row[head++]);
  return head;
}

class Collapse {
 public:
  Collapse(const BinaryTree& binary, std::span<const Stored> primitives, WideTree& wide, Executor executor)
      : binary_(binary), nodes_(binary.nodes), slots_(binary.primitives), primitives_(primitives), wide_(wide) {
    if (nodes_.size() >= alone_below) executor_ = executor;
  }

  Collapsed make() {
    const double cost = cover_all();
    plan_all();
    find_places();
    executor_.for_each_chunk(parts_.size() - 1, 1, [&](std::size_t i, std::size_t) { write(parts_[i + 1]); });
    write(parts_[0]);
    const std::uint32_t root = parts_[0].node_at[0];
    const double surface = nodes_[0].box.half_surface();
    return {root, wide_.node(root).height, surface > 0 ? cost / surface : static_cast<double>(slots_.size())};
  }

 private:
  static constexpr std::size_t most_trees = width - 1;
  /// cost[j − 1]: the least cost of covering a subtree by a forest of at most j wide subtrees or leaves.
  struct Cover {
    float cost[most_trees];
    std::uint32_t references : 31;
    std::uint32_t is_leaf : 1;
  };
  /// The children of a wide node, by their binary nodes.
  struct Children {
    std::array<std::uint32_t, width> node;
    std::size_t count = 0;
  };
  /// A wide node to be: its binary node, its children's, and what they are: a node of this part, a leaf of this part
  /// (leaf_bit) or the first node of another part (elsewhere).
  struct Planned {
    std::uint32_t node;
    Children children;
    std::array<std::uint32_t, width> what;
  };
  /// A connected part of the wide tree.
  struct Part {
    std::vector<Planned> nodes;                     // parents before their children
    std::vector<std::uint32_t> slots;               // of all leaves
    std::vector<std::size_t> leaf_ends;             // in `slots`
    std::vector<std::uint32_t> node_at, blocks_at;  // in the wide tree
  };

  /// Returns what the binary tree costs, not yet divided by its surface.
  double cover_all() {
    covers_.resize(nodes_.size());
    std::vector<std::uint32_t> row{0};
    const std::size_t tops = open_breadth_first(row, open_binary, [&](std::uint32_t i) {
      if (!nodes_[i].is_leaf()) row.insert(row.end(), nodes_[i].child, nodes_[i].child + 2);
    });
    std::vector<double> costs(row.size() - tops);
    executor_.for_each_chunk(costs.size(), 16, [&](std::size_t first, std::size_t last) {
      std::vector<std::uint32_t> order, open;
      for (std::size_t i = first; i < last; ++i) {
        // Parents before children; reversed it goes bottom up, also after reinsertion.
        order.clear();
        open.assign(1, row[tops + i]);
        while (!open.empty()) {
          const std::uint32_t n = open.back();
          open.pop_back();
          order.push_back(n);
          if (!nodes_[n].is_leaf()) open.insert(open.end(), nodes_[n].child, nodes_[n].child + 2);
        }
        for (std::size_t k = order.size(); k-- > 0;) costs[i] += cover(order[k]);
      }
    });
    double cost = 0;
    for (const double c : costs) cost += c;
    for (std::size_t k = tops; k-- > 0;) cost += cover(row[k]);
    return cost;
  }

  /// Returns what the node adds to the cost of the binary tree.
  double cover(std::uint32_t i) {
    const BinaryNode& n = nodes_[i];
    const float surface = n.box.half_surface();
    Cover& c = covers_[i];
    const std::uint32_t references =
        n.is_leaf() ? n.count : covers_[n.child[0]].references + covers_[n.child[1]].references;
    c.references = references & 0x7fffffffu;
    const std::uint32_t blocks = blocks_for(references);
    const float as_leaf = blocks <= leaf_blocks ? surface * block_cost * static_cast<float>(blocks) : infinite;
    if (n.is_leaf()) {
      for (float& x : c.cost) x = as_leaf;
      c.is_leaf = 1;
      return static_cast<double>(surface) * n.count;
    }
    const Cover& l = covers_[n.child[0]];
    const Cover& r = covers_[n.child[1]];
    float forest[width + 1];
    for (std::size_t j = 2; j <= width; ++j) {
      float least = infinite;
      for (std::size_t k = 1; k < j; ++k) least = std::min(least, l.cost[k - 1] + r.cost[j - k - 1]);
      forest[j] = least;
    }
    const float as_node = surface * node_cost + forest[width];
    c.is_leaf = as_leaf <= as_node;
    c.cost[0] = std::min(as_leaf, as_node);
    for (std::size_t j = 2; j <= most_trees; ++j) c.cost[j - 1] = std::min(forest[j], c.cost[j - 2]);
    return 1.2 * static_cast<double>(surface);
  }

  /// The trees of the best forest of at most `places` below i.
  void spread(std::uint32_t i, std::size_t places, Children& to) const {
    const Cover& l = covers_[nodes_[i].child[0]];
    const Cover& r = covers_[nodes_[i].child[1]];
    float least = infinite;
    std::size_t left = 1;
    for (std::size_t k = 1; k < places; ++k)
      if (const float cost = l.cost[k - 1] + r.cost[places - k - 1]; cost < least) {
        least = cost;
        left = k;
      }
    descend(nodes_[i].child[0], left, to);
    descend(nodes_[i].child[1], places - left, to);
  }
  void descend(std::uint32_t i, std::size_t places, Children& to) const {
    while (places > 1 && covers_[i].cost[places - 1] == covers_[i].cost[places - 2]) --places;
    if (places == 1 || nodes_[i].is_leaf())
      to.node[to.count++] = i;
    else
      spread(i, places, to);
  }

  void plan_all() {
    parts_.resize(1);
    if (nodes_.size() < alone_below) {
      plan(parts_[0], 0);
      return;
    }
    struct Waiting {
      std::uint32_t node, parent, place;
    };
    std::vector<Waiting> row{{0, no_node, 0}};
    const std::size_t tops = open_breadth_first(row, open_wide, [&](const Waiting w) {
      const std::uint32_t at = plan_one(parts_[0], w.node);
      if (w.parent != no_node) parts_[0].nodes[w.parent].what[w.place] = at;
      const Children& children = parts_[0].nodes[at].children;
      for (std::uint32_t k = 0; k < children.count; ++k)
        if (!covers_[children.node[k]].is_leaf) row.push_back({children.node[k], at, k});
    });
    parts_.resize(1 + row.size() - tops);
    for (std::size_t i = tops; i < row.size(); ++i)
      parts_[0].nodes[row[i].parent].what[row[i].place] = elsewhere | static_cast<std::uint32_t>(1 + i - tops);
    executor_.for_each_chunk(row.size() - tops, 1,
                             [&](std::size_t i, std::size_t) { plan(parts_[1 + i], row[tops + i].node); });
  }

  /// Depth first.
  std::uint32_t plan(Part& part, std::uint32_t i) const {
    const std::uint32_t at = plan_one(part, i);
    const Children children = part.nodes[at].children;
    for (std::size_t k = 0; k < children.count; ++k)
      if (!covers_[children.node[k]].is_leaf) {
        const std::uint32_t below = plan(part, children.node[k]);
        part.nodes[at].what[k] = below;
      }
    return at;
  }

  /// A node and those of its children that are leaves.
  std::uint32_t plan_one(Part& part, std::uint32_t i) const {
    part.nodes.push_back({i, {}, {}});
    Planned& planned = part.nodes.back();
    Children& children = planned.children;
    if (nodes_[i].is_leaf())
      children.node[children.count++] = i;
    else
      spread(i, width, children);
    std::sort(children.node.begin(), children.node.begin() + static_cast<std::ptrdiff_t>(children.count),
              [&](std::uint32_t a, std::uint32_t b) {
                const float s = nodes_[a].box.half_surface(), t = nodes_[b].box.half_surface();
                return s > t || (s == t && a < b);
              });
    for (std::size_t k = 0; k < children.count; ++k) {
      if (!covers_[children.node[k]].is_leaf) continue;
      planned.what[k] = leaf_bit | static_cast<std::uint32_t>(part.leaf_ends.size());
      const auto first = static_cast<std::ptrdiff_t>(part.slots.size());
      gather(children.node[k], part.slots);
      if (binary_.repeats) {  // parts that meet again
        std::sort(part.slots.begin() + first, part.slots.end());
        part.slots.erase(std::unique(part.slots.begin() + first, part.slots.end()), part.slots.end());
      }
      part.leaf_ends.push_back(part.slots.size());
    }
    return static_cast<std::uint32_t>(part.nodes.size() - 1);
  }

  /// Requires: few references, so that no path is long.
  void gather(std::uint32_t i, std::vector<std::uint32_t>& slots) const {
    const BinaryNode& n = nodes_[i];
    if (n.is_leaf()) {
      slots.insert(slots.end(), slots_.begin() + n.child[1], slots_.begin() + n.child[1] + n.count);
      return;
    }
    gather(n.child[0], slots);
    gather(n.child[1], slots);
  }

  void prefetch(const Part& part, const Planned& planned) const {
    for (std::size_t k = 0; k < planned.children.count; ++k)
      if (const std::uint32_t what = planned.what[k]; (what & leaf_bit) != 0)
        for (const std::uint32_t slot : leaf_of(part, what & ~leaf_bit)) storage::prefetch(&primitives_[slot]);
  }

  [[nodiscard]] static std::span<const std::uint32_t> leaf_of(const Part& part, std::size_t i) {
    const std::size_t first = i == 0 ? 0 : part.leaf_ends[i - 1];
    return {part.slots.data() + first, part.leaf_ends[i] - first};
  }

  void find_places() {
    std::size_t nodes = 0, blocks = 0;
    for (Part& part : parts_) {
      nodes += part.nodes.size();
      part.blocks_at.resize(part.leaf_ends.size());
      for (std::size_t i = 0; i < part.leaf_ends.size(); ++i) blocks += blocks_for(leaf_of(part, i).size());
    }
    if (wide_.empty()) wide_.reserve(nodes, blocks);
    for (Part& part : parts_) {
      part.node_at.resize(part.nodes.size());
      wide_.take_nodes(part.node_at);
      for (std::size_t i = 0; i < part.leaf_ends.size(); ++i)
        part.blocks_at[i] = wide_.take_blocks(blocks_for(leaf_of(part, i).size()));
    }
  }

  void write(const Part& part) {
    for (std::size_t i = part.nodes.size(); i-- > 0;) {
      if (i >= ahead) prefetch(part, part.nodes[i - ahead]);
      const Planned& planned = part.nodes[i];
      const std::uint32_t node = part.node_at[i];
      wide_.clear_node(node);
      for (std::size_t k = 0; k < planned.children.count; ++k) {
        const std::uint32_t what = planned.what[k];
        ChildRef child = 0;
        if ((what & leaf_bit) != 0)
          child = wide_.write_leaf(part.blocks_at[what & ~leaf_bit], leaf_of(part, what & ~leaf_bit), primitives_);
        else
          child = (what & elsewhere) != 0 ? parts_[what & ~elsewhere].node_at[0] : part.node_at[what];
        wide_.set_child(node, k, child, nodes_[planned.children.node[k]].box);
      }
      sum_up(wide_, node);
      WideNode& n = wide_.node(node);
      const float surface = nodes_[planned.node].box.half_surface();
      n.built_cost = surface > 0 ? n.cost / surface : 0;
    }
  }

  const BinaryTree& binary_;
  std::span<const BinaryNode> nodes_;
  std::span<const std::uint32_t> slots_;
  std::span<const Stored> primitives_;
  WideTree& wide_;
  Executor executor_;
  storage::RawVector<Cover> covers_;
  std::vector<Part> parts_;  // the first holds the root
};

}  // namespace

Collapsed collapse(const BinaryTree& binary, std::span<const Stored> primitives, WideTree& wide, Executor executor) {
  if (binary.nodes.empty()) return {};
  return Collapse(binary, primitives, wide, executor).make();
}

}  // namespace coppice::bvh
