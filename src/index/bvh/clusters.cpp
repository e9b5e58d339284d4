// Growth over clusters: references along a Morton curve fall into cells of few, over whose boxes a tree is grown as
// over primitives, only that they weigh what they hold (HLBVH: Pantaleoni and Luebke 2010; Garanzha, Pantaleoni and
// McAllister 2011); what is in a cell is then divided as everywhere. So the levels in which most references pass by the
// most often are spared. Clusters depend on the references alone: every number of threads grows the same tree.
#include <algorithm>
#include <bit>

#include "curve.hpp"
#include "grower.hpp"

namespace coppice::bvh {
namespace {

constexpr std::size_t least_references = std::size_t{1} << 10;    // references that are not worth clusters
constexpr std::size_t references_a_share = std::size_t{1} << 14;  // for threads
constexpr std::size_t cluster_size = 32;
constexpr int axis_bits = 10;
constexpr int choices_above = 40;  // and halves; below, what is left of all choices
// Where most of a scene is a speck, cells are too large for it: a cell may hold so many, or a 16th of all.
constexpr std::size_t most_in_cell = std::size_t{1} << 12;

/// Rows in the order of the curve: code, then row.
using Curve = storage::RawVector<std::uint64_t>;
constexpr int row_bits = 32;

/// The bits of three numbers below 2^10.
[[gnu::always_inline]] inline std::uint32_t interleaved(FourInts v) {
  v = (v | v << 16) & 0x030000ff;
  v = (v | v << 8) & 0x0300f00f;
  v = (v | v << 4) & 0x030c30c3;
  v = (v | v << 2) & 0x09249249;
  return static_cast<std::uint32_t>(v[0] << 2 | v[1] << 1 | v[2]);
}

Curve curve_of(std::span<const Ref> references, Executor executor) {
  std::vector<Box4> middles((references.size() + references_a_share - 1) / references_a_share);
  executor.for_each_chunk(references.size(), references_a_share, [&](std::size_t first, std::size_t last) {
    middles[first / references_a_share] = middles_of(references.subspan(first, last - first));
  });
  Box4 all;
  for (const Box4& m : middles) all.extend(m);
  const Four extent = all.upper - all.lower;
  // Cubes: where a scene is flat, clusters that were flatter still would have larger surfaces.
  const float reach =
      std::max({static_cast<float>(extent[0]), static_cast<float>(extent[1]), static_cast<float>(extent[2])});
  const Four scale = splat(reach > 1e-30f ? static_cast<float>((1 << axis_bits) - 1) / reach : 0);
  Curve curve(references.size());
  executor.for_each_chunk(references.size(), references_a_share, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      Four at = references[i].middle() - all.lower;
      at[3] = 0;
      curve[i] = std::uint64_t{interleaved(truncated(at * scale))} << row_bits | i;
    }
  });
  sort_by_bits(curve, row_bits, 3 * axis_bits, executor);
  return curve;
}

/// Appends where the clusters of a stretch of the curve end: it is cut at the highest bit in which codes differ until
/// few are left.
void cut(std::span<const std::uint64_t> curve, std::size_t first, std::size_t last, std::vector<std::uint32_t>& ends) {
  const std::uint64_t differing = (curve[first] ^ curve[last - 1]) >> row_bits;
  if (last - first <= cluster_size || differing == 0) {
    ends.push_back(static_cast<std::uint32_t>(last));
    return;
  }
  const std::uint64_t bit = std::uint64_t{1} << (63 - std::countl_zero(differing) + row_bits);
  const auto at = std::lower_bound(curve.begin() + static_cast<std::ptrdiff_t>(first),
                                   curve.begin() + static_cast<std::ptrdiff_t>(last), curve[last - 1] & ~(bit - 1));
  const auto middle = static_cast<std::size_t>(at - curve.begin());
  cut(curve, first, middle, ends);
  cut(curve, middle, last, ends);
}

}  // namespace

BinaryTree grow_over_clusters(Refs&& references, const Growth& growth, Executor executor) {
  const std::size_t n = references.size();
  if (n < least_references) return grow(std::move(references), growth, {}, executor);
  storage::RawArray<Ref> sorted(n);
  std::vector<std::uint32_t> ends;
  {
    const Curve curve = curve_of(references, executor);
    cut(curve, 0, n, ends);
    for (std::size_t c = 0; c < ends.size(); ++c)
      if (ends[c] - (c == 0 ? 0 : ends[c - 1]) > std::max(most_in_cell, n / 16))
        return grow(std::move(references), growth, {}, executor);
    executor.for_each_chunk(n, references_a_share, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) sorted.get()[i] = references[static_cast<std::uint32_t>(curve[i])];
    });
  }
  const std::size_t clusters = ends.size();
  Refs over(clusters);
  executor.for_each_chunk(clusters, 256, [&](std::size_t first, std::size_t last) {
    for (std::size_t c = first; c < last; ++c) {
      const std::uint32_t begin = c == 0 ? 0 : ends[c - 1];
      Ref cluster;
      for (std::uint32_t i = begin; i < ends[c]; ++i) cluster.box.extend(sorted.get()[i].box);
      cluster.name(static_cast<std::uint32_t>(c), ends[c] - begin);
      over[c] = cluster;
    }
  });
  Growth above;
  above.bins = 16;
  above.weighted = true;
  above.fragment_size = std::size_t{1} << 11;
  above.deepest_choice = choices_above;
  BinaryTree tree = grow(std::move(over), above, {}, executor);
  std::vector<std::uint32_t> roots(clusters);
  std::vector<int> depths(tree.nodes.size(), 0), root_depths(clusters);
  for (std::uint32_t i = 0; i < tree.nodes.size(); ++i) {
    const BinaryNode& node = tree.nodes[i];
    if (i > 0) depths[i] = depths[node.parent] + 1;
    if (!node.is_leaf()) continue;
    const std::uint32_t cluster = tree.primitives[node.child[1]];
    roots[cluster] = i;
    root_depths[cluster] = depths[i];
  }

  // Fragments of whole clusters.
  std::vector<std::size_t> cuts{0};  // first clusters
  for (std::size_t c = 0, begin = 0; c < clusters; ++c)
    if (ends[c] - begin >= references_a_share || c + 1 == clusters) {
      cuts.push_back(c + 1);
      begin = ends[c];
    }
  std::vector<Fragment> fragments(cuts.size() - 1);
  executor.for_each_chunk(fragments.size(), 1, [&](std::size_t i, std::size_t) {
    Fragment& f = fragments[i];
    const std::uint32_t first = cuts[i] == 0 ? 0 : ends[cuts[i] - 1];
    f.refs = sorted.get() + first;
    f.size = ends[cuts[i + 1] - 1] - first;
    const auto grower = std::make_unique<Grower>(f, growth, std::span<const Triangle>());
    const std::size_t groups = cuts[i + 1] - cuts[i];
    grower->grow_groups(std::span(ends).subspan(cuts[i], groups), first,
                        std::span(root_depths).subspan(cuts[i], groups));
  });
  std::vector<std::size_t> first_node, first_primitive;
  std::size_t nodes = tree.nodes.size(), primitives = 0;
  for (std::size_t i = 0; i < fragments.size(); ++i) {
    first_node.push_back(nodes);
    first_primitive.push_back(primitives);
    nodes += fragments[i].nodes.size() - (cuts[i + 1] - cuts[i]);
    primitives += fragments[i].primitives.size();
  }
  tree.nodes.resize(nodes);
  tree.primitives.resize(primitives);
  executor.for_each_chunk(fragments.size(), 1, [&](std::size_t i, std::size_t) {
    put(tree, std::span(roots).subspan(cuts[i], cuts[i + 1] - cuts[i]), fragments[i].nodes, fragments[i].primitives,
        first_node[i], first_primitive[i]);
  });
  return tree;
}

}  // namespace coppice::bvh
