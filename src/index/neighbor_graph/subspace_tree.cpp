// The way outward from a leaf in one subspace.
#include "subspace_tree.hpp"

#include <algorithm>
#include <limits>

#include "adjacency_reach.hpp"

namespace coppice::subspace {
namespace {

using Bounded = std::pair<double, std::uint32_t>;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The leaves of the ring that `outward` stands before, within reach and not visited yet, nearest first.
template <class Terms>
class Ring {
 public:
  Ring(const SubspaceTree& tree, std::uint32_t leaf, double reach, std::uint64_t& bounds)
      : tree_(tree), leaf_(tree.hierarchy().last().nodes[leaf]), reach_(reach), bounds_(bounds) {}

  const std::vector<Bounded>& gather(const Outward& outward) {
    found_.clear();
    const AdjacencyHierarchy& hierarchy = tree_.hierarchy();
    const AdjacencyGraph& graph = hierarchy.level(outward.level);
    if (outward.level == hierarchy.levels() - 1) {
      for (const std::uint32_t other : graph.row(outward.vertex)) descend(graph.nodes[other], outward.last);
    } else {
      const AdjacencyGraph& below = hierarchy.level(outward.level + 1);
      const auto near = below.row(outward.vertex);
      const std::uint32_t parent = below.parents[outward.vertex];
      const auto take_children = [&](std::uint32_t box) {
        const std::vector<std::uint32_t>& kids = tree_.kids(outward.level);
        for (std::uint32_t other = kids[box]; other < kids[box + 1]; ++other)
          if (other != outward.vertex && !std::binary_search(near.begin(), near.end(), other))
            descend(below.nodes[other], outward.last);
      };
      take_children(parent);  // these all touch, unless the hierarchy was limited
      for (const std::uint32_t touched : graph.row(parent)) take_children(touched);
    }
    std::sort(found_.begin(), found_.end());
    return found_;
  }

 private:
  void descend(std::uint32_t node, const Bounded& last) {
    stack_.assign(1, node);
    while (!stack_.empty()) {
      const std::uint32_t top = stack_.back();
      stack_.pop_back();
      const double bound = tree_.columns().template least_key<Terms>(leaf_, top);
      ++bounds_;
      if (bound > reach_) continue;
      const PartitionNode& found = tree_.tree().nodes()[top];
      if (found.is_leaf() && Bounded{bound, top} > last) found_.emplace_back(bound, top);
      for (std::uint32_t child = 0; child < found.children; ++child) stack_.push_back(found.first_child + child);
    }
  }

  const SubspaceTree& tree_;
  std::uint32_t leaf_;
  double reach_;
  std::uint64_t& bounds_;
  std::vector<Bounded> found_;
  std::vector<std::uint32_t> stack_;
};

}  // namespace

SubspaceTree::SubspaceTree(PointView<double> coordinates, const SubspaceConfig& config)
    : metric_(config.metric),
      complete_(config.most_neighbors == 0),
      tree_(coordinates, {.levels = config.levels, .mass = config.mass, .executor = config.executor}),
      hierarchy_(tree_, {.vertices = AdjacencyVertices::canopy,
                         .keep_faces = false,
                         .most_edges = config.most_edges,
                         .most_neighbors = config.most_neighbors,
                         .executor = config.executor}),
      columns_(coordinates, tree_),
      leaf_of_(coordinates.size()),
      place_(coordinates.size()) {
  for (int level = 1; level < hierarchy_.levels(); ++level)
    kids_.push_back(children_of(hierarchy_.level(level - 1), hierarchy_.level(level)));
  for (std::size_t v = 0; v < leaves(); ++v)
    for (std::uint32_t at = leaf(v).begin; at < leaf(v).end; ++at) {
      leaf_of_[tree_.order()[at]] = static_cast<std::uint32_t>(v);
      place_[tree_.order()[at]] = at - leaf(v).begin;
    }
}

std::uint32_t SubspaceTree::vertex_of(std::size_t row, int level) const noexcept {
  std::uint32_t vertex = leaf_of_[row];
  for (int above = hierarchy_.levels() - 1; above > level; --above) vertex = hierarchy_.level(above).parents[vertex];
  return vertex;
}

void SubspaceTree::point(std::size_t row, std::vector<double>& to) const {
  const PartitionNode& own = leaf(leaf_of_[row]);
  to.resize(columns_.dimension());
  for (std::size_t a = 0; a < to.size(); ++a) to[a] = columns_.block(own)[a * own.mass() + place_[row]];
}

double SubspaceTree::key_beyond(int level) const noexcept {
  if (!complete_) return 0;
  return level == 0 ? infinity : neighbor_graph::key_beyond(tree_, level, metric_);
}

std::size_t SubspaceTree::bytes() const noexcept {
  std::size_t bytes = hierarchy_.bytes() + tree_.nodes().size() * sizeof(PartitionNode) +
                      tree_.nodes().size() * 2 * columns_.dimension() * sizeof(double) +
                      tree_.size() * (columns_.dimension() * sizeof(double) + 3 * sizeof(std::uint32_t));
  for (const auto& kids : kids_) bytes += kids.size() * sizeof(std::uint32_t);
  return bytes;
}

template <class Terms>
void step(const SubspaceTree& tree, std::uint32_t leaf, const StepCaps& caps, Outward& outward,
          std::vector<std::uint32_t>& visits, std::uint64_t& bounds) {
  std::size_t points = 0;
  const auto mass_of = [&](std::uint32_t node) { return tree.tree().nodes()[node].mass(); };
  const auto is_capped = [&] {
    return (caps.most_boxes != 0 && outward.boxes >= caps.most_boxes) ||
           (caps.most_points != 0 && outward.points >= caps.most_points);
  };
  if (!outward.own) {
    outward.own = true;
    visits.push_back(tree.hierarchy().last().nodes[leaf]);
    points += mass_of(visits.back());
  }
  Ring<Terms> ring(tree, leaf, caps.reach, bounds);
  while (!outward.ended) {
    const auto& found = ring.gather(outward);
    std::size_t taken = 0;
    for (; taken < found.size() && !is_capped(); ++taken) {
      if (visits.size() >= caps.boxes_a_step || points >= caps.points_a_step) break;
      outward.last = found[taken];
      visits.push_back(outward.last.second);
      points += mass_of(outward.last.second);
      outward.points += mass_of(outward.last.second);
      ++outward.boxes;
    }
    const double beyond = tree.key_beyond(outward.level);
    if (taken < found.size()) {
      outward.ended = is_capped();
      if (tree.is_complete()) outward.gap = std::max(outward.gap, std::min(found[taken].first, beyond));
      return;
    }
    outward.gap = std::max(outward.gap, beyond);
    outward.last = {-1, 0};
    if (outward.level == 0) {
      outward.ended = true;
      return;
    }
    if (outward.level + 1 < tree.hierarchy().levels())
      outward.vertex = tree.hierarchy().level(outward.level + 1).parents[outward.vertex];
    --outward.level;
    if (is_capped()) {
      outward.ended = true;
      return;
    }
    if (points >= caps.points_a_step || visits.size() >= caps.boxes_a_step) return;
  }
}

template void step<neighbor_graph::Terms<MetricKind::l2>>(const SubspaceTree&, std::uint32_t, const StepCaps&, Outward&,
                                                          std::vector<std::uint32_t>&, std::uint64_t&);
template void step<neighbor_graph::Terms<MetricKind::l1>>(const SubspaceTree&, std::uint32_t, const StepCaps&, Outward&,
                                                          std::vector<std::uint32_t>&, std::uint64_t&);
template void step<neighbor_graph::Terms<MetricKind::linf>>(const SubspaceTree&, std::uint32_t, const StepCaps&,
                                                            Outward&, std::vector<std::uint32_t>&, std::uint64_t&);

}  // namespace coppice::subspace
