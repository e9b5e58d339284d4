// Trees along a Morton curve: sorted codes are divided at their highest differing bit (Lauterbach et al. 2009, Karras
// 2012), and on the way up every node's treelet, its largest subtrees, is put together again from the closest pairs
// (agglomerative treelet restructuring: Domingues and Pedrini 2015). A subtree of n leaves has 2n − 1 nodes in a row,
// so threads can work side by side and make the same tree as one.
#include <algorithm>
#include <array>
#include <bit>

#include "binary_tree.hpp"
#include "curve.hpp"

namespace coppice::bvh {
namespace {

constexpr std::size_t side_by_side = std::size_t{1} << 13;
constexpr std::size_t treelet_size = 9;
constexpr int code_bits = 63;

class CurveBuilder {
 public:
  CurveBuilder(const Refs& refs, const std::vector<Coded>& order, BinaryTree& tree, int rearrangements,
               Executor executor)
      : refs_(refs), order_(order), nodes_(tree.nodes), rearrangements_(rearrangements), executor_(executor) {}

  void build(std::size_t first, std::size_t last, std::uint32_t node, std::uint32_t parent) {
    BinaryNode& n = nodes_[node];
    n.parent = parent;
    if (last - first == 1) {
      n.box = refs_[order_[first].row].box;
      n.child[0] = none;
      n.child[1] = static_cast<std::uint32_t>(first);
      n.count = 1;
      return;
    }
    const std::size_t middle = divide(first, last);
    const std::uint32_t left = node + 1;
    const auto right = static_cast<std::uint32_t>(node + 2 * (middle - first));
    n.child[0] = left;
    n.child[1] = right;
    n.count = static_cast<std::uint32_t>(last - first);
    if (last - first > side_by_side) {
      executor_.invoke([&] { build(first, middle, left, node); }, [&] { build(middle, last, right, node); });
    } else {
      build(first, middle, left, node);
      build(middle, last, right, node);
    }
    n.box = join(nodes_[left].box, nodes_[right].box);
    if (last - first > 2)
      for (int i = 0; i < rearrangements_; ++i) rearrange(node);
  }

 private:
  /// The first place whose code has the highest bit in which the ends differ; the middle of equal codes.
  [[nodiscard]] std::size_t divide(std::size_t first, std::size_t last) const {
    const std::uint64_t low = order_[first].code, high = order_[last - 1].code;
    if (low == high) return first + (last - first) / 2;
    const std::uint64_t prefix = high & ~((std::uint64_t{1} << (63 - std::countl_zero(low ^ high))) - 1);
    const auto at = [&](std::size_t i) { return order_.begin() + static_cast<std::ptrdiff_t>(i); };
    const auto found =
        std::lower_bound(at(first), at(last), prefix, [](const Coded& c, std::uint64_t p) { return c.code < p; });
    return static_cast<std::size_t>(found - order_.begin());
  }

  void rearrange(std::uint32_t root) {
    std::array<std::uint32_t, treelet_size> leaf{};
    std::array<std::uint32_t, treelet_size> inner{};  // the treelet's inner nodes, root first
    std::size_t leaves = 2, inners = 1;
    leaf[0] = nodes_[root].child[0];
    leaf[1] = nodes_[root].child[1];
    inner[0] = root;
    float old = 0;
    while (leaves < treelet_size) {
      std::size_t largest = leaves;
      float most = -1;
      for (std::size_t i = 0; i < leaves; ++i)
        if (!nodes_[leaf[i]].is_leaf() && nodes_[leaf[i]].box.half_surface() > most) {
          most = nodes_[leaf[i]].box.half_surface();
          largest = i;
        }
      if (largest == leaves) break;
      const std::uint32_t opened = leaf[largest];
      old += most;
      inner[inners++] = opened;
      leaf[largest] = nodes_[opened].child[0];
      leaf[leaves++] = nodes_[opened].child[1];
    }
    if (leaves < 3) return;
    // Pairs are joined first on paper: the treelet stays as it is unless the new one is smaller.
    std::array<Box4, treelet_size> box;
    std::array<std::uint8_t, treelet_size> name{};
    for (std::size_t i = 0; i < leaves; ++i) {
      box[i] = nodes_[leaf[i]].box;
      name[i] = static_cast<std::uint8_t>(i);
    }
    std::array<std::array<float, treelet_size>, treelet_size> surface;
    for (std::size_t i = 1; i < leaves; ++i)
      for (std::size_t j = 0; j < i; ++j) surface[i][j] = join(box[i], box[j]).half_surface();
    struct Joined {
      std::uint8_t a, b;  // names: leaves, then joined pairs from treelet_size on
      Box4 box;
    };
    std::array<Joined, treelet_size> joined;
    std::size_t made = 0;
    float fresh = 0;
    for (std::size_t left = leaves; left > 1; --left) {
      std::size_t a = 1, b = 0;
      for (std::size_t i = 1; i < left; ++i)
        for (std::size_t j = 0; j < i; ++j)
          if (surface[i][j] < surface[a][b]) {
            a = i;
            b = j;
          }
      joined[made] = {name[a], name[b], join(box[a], box[b])};
      if (left > 2) {
        fresh += surface[a][b];
        if (!(fresh < old)) return;
      }
      box[b] = joined[made].box;
      name[b] = static_cast<std::uint8_t>(treelet_size + made++);
      const std::size_t last = left - 1;
      box[a] = box[last];
      name[a] = name[last];
      for (std::size_t i = 0; i < last; ++i) {
        if (i != a && a != last) surface[std::max(i, a)][std::min(i, a)] = surface[last][i];
      }
      for (std::size_t i = 0; i < last; ++i)
        if (i != b) surface[std::max(i, b)][std::min(i, b)] = join(box[i], box[b]).half_surface();
    }
    const auto node_of = [&](std::uint8_t n) {
      return n < treelet_size ? leaf[n] : inner[made - 1 - (n - treelet_size)];
    };
    for (std::size_t m = 0; m < made; ++m) {
      const std::uint32_t at = inner[made - 1 - m];
      const std::uint32_t children[2] = {node_of(joined[m].a), node_of(joined[m].b)};
      for (std::size_t c = 0; c < 2; ++c) {
        nodes_[at].child[c] = children[c];
        nodes_[children[c]].parent = at;
      }
      nodes_[at].box = joined[m].box;
    }
  }

  const Refs& refs_;
  const std::vector<Coded>& order_;
  storage::RawVector<BinaryNode>& nodes_;
  int rearrangements_;
  Executor executor_;
};

}  // namespace

BinaryTree grow_along_curve(Refs&& references, int rearrangements, Executor executor) {
  BinaryTree tree;
  const std::size_t n = references.size();
  if (n == 0) return tree;
  Box4 middles;
  for (const Ref& r : references) middles.extend(r.middle());
  const Four extent = middles.upper - middles.lower;
  Four scale = splat(0);
  for (int a = 0; a < 3; ++a)
    if (extent[a] > 1e-30f) scale[a] = 2097151.0f / static_cast<float>(extent[a]);
  std::vector<Coded> order(n);
  executor.for_each_chunk(n, std::size_t{1} << 15, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      Four at = references[i].middle() - middles.lower;
      at[3] = 0;
      const FourInts cell = truncated(at * scale);
      order[i] = {interleaved(static_cast<std::uint32_t>(cell[0]), static_cast<std::uint32_t>(cell[1]),
                              static_cast<std::uint32_t>(cell[2])),
                  static_cast<std::uint32_t>(i)};
    }
  });
  sort_by_code(order, code_bits);
  tree.nodes.resize(2 * n - 1);
  CurveBuilder(references, order, tree, rearrangements, executor).build(0, n, 0, none);
  tree.primitives.resize(n);
  for (std::size_t i = 0; i < n; ++i) tree.primitives[i] = references[order[i].row].primitive();
  return tree;
}

}  // namespace coppice::bvh
