// Reinsertion (Meister and Bittner 2018; Bittner, Hapala and Havran 2013): the nodes of largest surface are taken out
// and put back where the sum of all surfaces shrinks most. Batches of them look for their places side by side in a tree
// that nobody changes; then they move one after the other, each only if that still makes the sum smaller. Batches
// depend on the tree alone, so that every number of threads makes the same moves.
#include <algorithm>
#include <bit>
#include <numeric>

#include "binary_tree.hpp"

namespace coppice::bvh {
namespace {

/// The next batch has this share of those that have had their turn: what moves early is large, and changes the places
/// of all others most.
constexpr std::size_t first_batch = 8;
constexpr std::size_t share_of_past = 4;
constexpr std::size_t candidates_a_share = 64;

using Nodes = storage::RawVector<BinaryNode>;

std::uint32_t sibling_of(const Nodes& nodes, std::uint32_t x) {
  const BinaryNode& p = nodes[nodes[x].parent];
  return p.child[p.child[0] == x ? 1 : 0];
}
bool can_move(const Nodes& nodes, std::uint32_t x) {
  return nodes[x].parent != 0 && nodes[x].parent != none;
}

/// Where a node had best go.
class PlaceSearch {
 public:
  explicit PlaceSearch(const Nodes& nodes) : nodes_(nodes) {}

  /// The node whose sibling x should become; none: it is where it should be. What lies near x is looked at first, so
  /// that much of what is far can be left out.
  std::uint32_t best_place(std::uint32_t x) {
    box_ = nodes_[x].box;
    surface_ = box_.half_surface();
    best_ = 0;
    place_ = none;
    std::uint32_t at = nodes_[x].parent;
    std::uint32_t other = sibling_of(nodes_, x);
    removed_ = nodes_[at].box.half_surface();
    Box4 shrunk = nodes_[other].box;  // what remains of the node `at`
    look_below(other);
    while (nodes_[at].parent != none) {
      other = sibling_of(nodes_, at);
      look_below(other);
      at = nodes_[at].parent;
      shrunk.extend(nodes_[other].box);
      const float surface = nodes_[at].box.half_surface();
      removed_ += surface - shrunk.half_surface();
      if (at != 0) offer(at, removed_ - surface);
    }
    return place_;
  }

 private:
  struct Open {
    float gain;  // what is gained before anything below the node is paid for
    std::uint32_t node;
  };
  void offer(std::uint32_t place, float gain) {
    if (!(gain > best_)) return;
    best_ = gain;
    place_ = place;
  }
  /// `gain`: before the node is paid for.
  void meet(std::uint32_t node, float gain) {
    const BinaryNode& n = nodes_[node];
    const float joined = join(n.box, box_).half_surface();
    offer(node, gain - joined);
    if (n.is_leaf()) return;
    const float below = gain - joined + n.box.half_surface();
    if (below - surface_ > best_) open_.push_back({below, node});
  }
  void look_below(std::uint32_t root) {
    meet(root, removed_);
    while (!open_.empty()) {
      const Open o = open_.back();
      open_.pop_back();
      if (!(o.gain - surface_ > best_)) continue;
      const std::size_t first = open_.size();
      meet(nodes_[o.node].child[0], o.gain);
      meet(nodes_[o.node].child[1], o.gain);
      if (open_.size() == first + 2 && open_[first].gain > open_[first + 1].gain)
        std::swap(open_[first], open_[first + 1]);
    }
  }

  const Nodes& nodes_;
  Box4 box_;
  float surface_ = 0, removed_ = 0, best_ = 0;
  std::uint32_t place_ = none;
  std::vector<Open> open_;
};

/// Moves nodes, where that still pays.
class NodeMover {
 public:
  explicit NodeMover(Nodes& nodes) : nodes_(nodes), visit_(nodes.size(), 0) {}

  void move(std::uint32_t x, std::uint32_t at) {
    if (!can_move(nodes_, x) || at == nodes_[x].parent || at == sibling_of(nodes_, x) || !(gain(x, at) > 0)) return;
    const std::uint32_t p = nodes_[x].parent;
    const std::uint32_t g = nodes_[p].parent;
    replace(g, p, sibling_of(nodes_, x));
    refit(g);
    const std::uint32_t above = nodes_[at].parent;
    replace(above, at, p);
    nodes_[p].child[0] = at;
    nodes_[p].child[1] = x;
    nodes_[at].parent = nodes_[x].parent = p;
    nodes_[p].box = join(nodes_[at].box, nodes_[x].box);
    refit(above);
  }

 private:
  /// By how much the sum of surfaces shrinks; negative where `at` has come to lie below x.
  float gain(std::uint32_t x, std::uint32_t at) {
    ++ticket_;
    for (std::uint32_t i = at; i != none; i = nodes_[i].parent) visit_[i] = ticket_;
    if (visit_[x] == ticket_) return -1;
    const Box4 box = nodes_[x].box;
    std::uint32_t common = nodes_[x].parent;
    float gained = nodes_[common].box.half_surface();
    Box4 shrunk = nodes_[sibling_of(nodes_, x)].box;
    while (visit_[common] != ticket_ || common == at) {
      if (common == at && visit_[common] == ticket_) return gained - nodes_[at].box.half_surface();
      shrunk.extend(nodes_[sibling_of(nodes_, common)].box);
      common = nodes_[common].parent;
      if (visit_[common] != ticket_ || common == at)
        gained += nodes_[common].box.half_surface() - shrunk.half_surface();
    }
    gained -= join(nodes_[at].box, box).half_surface();
    for (std::uint32_t i = nodes_[at].parent; i != common; i = nodes_[i].parent)
      gained -= join(nodes_[i].box, box).half_surface() - nodes_[i].box.half_surface();
    return gained;
  }
  void replace(std::uint32_t parent, std::uint32_t child, std::uint32_t by) {
    nodes_[parent].child[nodes_[parent].child[0] == child ? 0 : 1] = by;
    nodes_[by].parent = parent;
  }
  void refit(std::uint32_t i) {
    for (; i != none; i = nodes_[i].parent) {
      BinaryNode& n = nodes_[i];
      const Box4 box = join(nodes_[n.child[0]].box, nodes_[n.child[1]].box);
      if (box.same(n.box)) return;
      n.box = box;
    }
  }

  Nodes& nodes_;
  std::vector<std::uint32_t> visit_;  // by node: the last move on whose way up it was
  std::uint32_t ticket_ = 0;
};

struct Candidate {
  float surface;
  std::uint32_t node;

  friend bool operator<(const Candidate& a, const Candidate& b) {
    return a.surface > b.surface || (a.surface == b.surface && a.node > b.node);
  }
};
using Candidates = std::vector<Candidate>;

void sort_side_by_side(std::span<Candidate> all, Executor executor) {
  if (all.size() < std::size_t{1} << 12) {
    std::sort(all.begin(), all.end());
    return;
  }
  const std::size_t half = all.size() / 2;
  executor.invoke([&] { sort_side_by_side(all.first(half), executor); },
                  [&] { sort_side_by_side(all.subspan(half), executor); });
  std::inplace_merge(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(half), all.end());
}

/// A share of the nodes that can move, those of largest surface, by surface. The first bits of surfaces are counted, so
/// that only those are looked at closely that may be among them.
Candidates largest(const Nodes& nodes, float share, Executor executor) {
  constexpr std::size_t nodes_a_share = std::size_t{1} << 14;
  constexpr int first_bits = 20;  // sign, exponent, and three bits of the fraction are above
  constexpr std::size_t classes = std::size_t{1} << (32 - first_bits);
  const auto class_of = [](float surface) { return std::bit_cast<std::uint32_t>(surface) >> first_bits; };
  const std::size_t shares = (nodes.size() + nodes_a_share - 1) / nodes_a_share;
  std::vector<std::vector<std::uint32_t>> counts(shares);
  const auto for_each_candidate = [&](std::size_t first, std::size_t last, auto&& visit) {
    for (auto i = static_cast<std::uint32_t>(first); i < last; ++i)
      if (can_move(nodes, i)) visit(Candidate{nodes[i].box.half_surface(), i});
  };
  executor.for_each_chunk(nodes.size(), nodes_a_share, [&](std::size_t first, std::size_t last) {
    std::vector<std::uint32_t>& mine = counts[first / nodes_a_share];
    mine.assign(classes, 0);
    for_each_candidate(first, last, [&](const Candidate& c) { ++mine[class_of(c.surface)]; });
  });
  std::vector<std::size_t> total(classes, 0);
  for (const auto& of_share : counts)
    for (std::size_t c = 0; c < classes; ++c) total[c] += of_share[c];
  const std::size_t all = std::accumulate(total.begin(), total.end(), std::size_t{0});
  const auto wanted = static_cast<std::size_t>(static_cast<double>(all) * static_cast<double>(share));
  if (wanted == 0) return {};
  std::size_t least = classes, above = 0;
  while (above < wanted) above += total[--least];
  std::vector<Candidates> found(shares);
  executor.for_each_chunk(nodes.size(), nodes_a_share, [&](std::size_t first, std::size_t last) {
    Candidates& mine = found[first / nodes_a_share];
    for_each_candidate(first, last, [&](const Candidate& c) {
      if (class_of(c.surface) >= least) mine.push_back(c);
    });
  });
  Candidates candidates;
  candidates.reserve(above);
  for (const Candidates& of_share : found) candidates.insert(candidates.end(), of_share.begin(), of_share.end());
  sort_side_by_side(candidates, executor);
  candidates.resize(wanted);
  return candidates;
}

}  // namespace

void reinsert(BinaryTree& tree, float share, Executor executor) {
  const Candidates candidates = largest(tree.nodes, share, executor);
  const std::size_t count = candidates.size();
  if (count == 0) return;
  NodeMover mover(tree.nodes);
  std::vector<std::uint32_t> places(first_batch + count / share_of_past);
  for (std::size_t first = 0, size = 0; first < count; first += size) {
    size = std::min(first_batch + first / share_of_past, count - first);
    executor.for_each_chunk(size, candidates_a_share, [&](std::size_t begin, std::size_t finish) {
      PlaceSearch search(tree.nodes);
      for (std::size_t i = begin; i < finish; ++i) places[i] = search.best_place(candidates[first + i].node);
    });
    for (std::size_t i = 0; i < size; ++i)
      if (places[i] != none) mover.move(candidates[first + i].node, places[i]);
  }
}

}  // namespace coppice::bvh
