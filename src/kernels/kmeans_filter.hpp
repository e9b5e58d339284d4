// Filtering (Kanungo et al. 2002): points go down a k-d tree together with the centers that may be nearest to any of
// them. A center is dropped where another one is nearer in every corner of the node's box, rounding included; a node
// with one center left is taken as a whole, and a small one is finished point by point.
#pragma once

#include "coppice/storage/prefetch.hpp"
#include "kmeans_split.hpp"

namespace coppice::kmeans {

template <class Target, int D>
class Filter {
  using L = KMeansLanes<Target>;
  using Pack = typename L::Pack;
  using Integers = typename L::Integers;
  static constexpr double infinity = __builtin_inf();
  static constexpr int deepest = 96;  ///< below, nodes are not split: no input makes the recursion deeper

 public:
  Filter(Tree<D>& tree, Work<D>& work, const Pass& pass) : tree_(tree), work_(work), pass_(pass) {
    for (int a = 0; a < D; ++a) {
      origin_[a] = Pack::broadcast(pass.grid.origin[a]);
      scale_[a] = Pack::broadcast(pass.grid.scale[a]);
    }
  }

  static void run(Tree<D>& tree, Work<D>& work, const Pass& pass, std::uint32_t from, std::uint32_t count) {
    Filter(tree, work, pass).visit(0, from, count, (from + count + 7) & ~7u, 0);
  }

  static std::uint32_t prune(const Node<D>& node, Work<D>& work, std::uint32_t from, std::uint32_t count,
                             std::uint32_t to, double margin) {
    Pack lower[D], upper[D], middle[D], c[D];
    for (int a = 0; a < D; ++a) {
      lower[a] = Pack::broadcast(node.lower[a]);
      upper[a] = Pack::broadcast(node.upper[a]);
      middle[a] = (lower[a] + upper[a]) * Pack::broadcast(0.5);
    }
    // Whoever is nearest to the middle of the box shall beat the others.
    Pack best = Pack::broadcast(infinity), who = Pack::broadcast(0);
    for (std::uint32_t i = 0; i < count; i += 8) {
      Pack z = squared(middle, work, from + i, c);
      if (count - i < 8) z = select(live(count - i), Pack::broadcast(infinity), z);
      L::take_less(best, who, z, Pack::broadcast(i));
    }
    const double least = L::least(best);
    const int lane = __builtin_ctz(equal(best, Pack::broadcast(least)) | 256u) & 7;
    const std::uint32_t winner =
        from + (count <= 8 ? 0 : static_cast<std::uint32_t>(who.lane(lane))) + static_cast<std::uint32_t>(lane);
    Pack z[D], twice_lower[D], twice_upper[D];
    for (int a = 0; a < D; ++a) {
      z[a] = Pack::broadcast(work.candidates[static_cast<std::size_t>(a) * work.room + winner]);
      twice_lower[a] = lower[a] + lower[a] - z[a];
      twice_upper[a] = upper[a] + upper[a] - z[a];
    }
    const Pack limit = Pack::broadcast(-margin);
    std::uint32_t out = to;
    for (std::uint32_t i = 0; i < count; i += 8) {
      // The corner that lies farthest towards c: the sum is |corner − z|² − |corner − c|².
      Pack ahead = Pack::broadcast(0);
      for (int a = 0; a < D; ++a) {
        c[a] = Pack::load(work.candidates + static_cast<std::size_t>(a) * work.room + from + i);
        const Pack u = c[a] - z[a];
        ahead = L::mul_add(u, L::where_negative(u, twice_upper[a], twice_lower[a]) - c[a], ahead);
      }
      const Mask kept = less_equal(limit, ahead) & live(count - i);
      for (int a = 0; a < D; ++a)
        compress_store(work.candidates + static_cast<std::size_t>(a) * work.room + out, kept, c[a]);
      L::compress(work.names + out, kept, L::rows(work.names + from + i));
      out += L::count(kept);
    }
    return out - to;
  }

  void visit(std::uint32_t at, std::uint32_t from, std::uint32_t count, std::uint32_t top, int depth) {
    const Node<D> node = tree_.nodes[at];  // a copy: splitting may move the array
    if (count > 1) {
      if (top + count + 16 > work_.room) work_.grow(work_, top + count + 16);
      count = prune(node, work_, from, count, top, pass_.margin);
      from = top;
      top = (top + count + 7) & ~7u;
    }
    descend(node, at, from, count, top, depth);
  }

  /// What is done with a node and the candidates that are left at it.
  void descend(const Node<D>& node, std::uint32_t at, std::uint32_t from, std::uint32_t count, std::uint32_t top,
               int depth) {
    if (count == 1) return take(node, at, work_.names[from]);
    if (is_last(node, count, depth)) return assign(node, at, from, count);
    const std::uint32_t child = child_of(node, at), children = tree_.nodes[at].children;
    for (std::uint32_t i = 0; i < children; ++i) visit(child + i, from, count, top, depth + 1);
  }

  [[nodiscard]] bool is_last(const Node<D>& node, std::uint32_t count, int depth) const {
    return node.child == leaf_node || depth == deepest ||
           (tree_.coordinates != nullptr && static_cast<std::uint64_t>(node.count) * count <= pass_.many);
  }
  /// The first child of a node that is no leaf, after splitting it where it was not.
  std::uint32_t child_of(const Node<D>& node, std::uint32_t at) {
    if (node.child == unsplit_node) TreeSplit<Target, D>::split(tree_, at, pass_.grid);
    const std::uint32_t child = tree_.nodes[at].child, children = tree_.nodes[at].children;
    for (std::uint32_t i = 0; i < children; ++i) storage::prefetch(&tree_.nodes[child + i]);
    return child;
  }

  /// All of a node to one center.
  void take(const Node<D>& node, std::uint32_t at, std::uint32_t name) {
    for (int a = 0; a < D; ++a)
      work_.sums[static_cast<std::size_t>(name) * D + static_cast<std::size_t>(a)] += node.sum[a];
    work_.weights[name] += weight_of(node, at);
    if (work_.labels == nullptr) return;
    for (std::uint32_t i = node.begin; i < node.begin + node.count; ++i)
      work_.labels[tree_.rows == nullptr ? i : tree_.rows[i]] = static_cast<std::int32_t>(name);
  }

  /// Each point of a node to the nearest of the candidates. The first candidate gets the node's sum, and gives away
  /// what goes to the others: exact, in integers.
  void assign(const Node<D>& node, std::uint32_t at, std::uint32_t from, std::uint32_t count) {
    if (!sorted_) sort(from, count);
    const std::uint32_t first_name = work_.names[from];
    for (int a = 0; a < D; ++a)
      work_.sums[static_cast<std::size_t>(first_name) * D + static_cast<std::size_t>(a)] += node.sum[a];
    work_.weights[first_name] += weight_of(node, at);
    if (tree_.coordinates != nullptr) {
      for (std::uint32_t i = 0; i < node.count; i += 64)
        assign_block({tree_.coordinates + node.begin + i, tree_.stride}, node.begin + i,
                     node.count - i < 64 ? node.count - i : 64, from, count);
    } else {
      alignas(64) double scratch[D * 64];
      assign_block(tree_.block(tree_, node, scratch), node.begin, node.count, from, count);
    }
  }

 protected:
  static Mask live(std::uint32_t n) { return n >= 8 ? 0xffu : (1u << n) - 1; }

  [[gnu::always_inline]] static Pack squared(const Pack (&p)[D], const Work<D>& work, std::uint32_t at, Pack (&c)[D]) {
    c[0] = Pack::load(work.candidates + at);
    Pack t = p[0] - c[0], z = t * t;
    for (int a = 1; a < D; ++a) {
      c[a] = Pack::load(work.candidates + static_cast<std::size_t>(a) * work.room + at);
      t = p[a] - c[a];
      z = L::mul_add(t, t, z);
    }
    return z;
  }
  [[nodiscard]] std::int64_t weight_of(const Node<D>& node, std::uint32_t at) const {
    return tree_.weights == nullptr ? node.count : tree_.node_weights[at];
  }

  /// By number: of two centers that are equally near the lower one counts.
  void sort(std::uint32_t from, std::uint32_t count) {
    std::uint32_t* const names = work_.names + from;
    double* const x = work_.candidates + from;
    const std::size_t room = work_.room;
    // Shell's: lists are short but for a few nodes far outside.
    for (const std::uint32_t gap : {13201u, 3301u, 701u, 301u, 132u, 57u, 23u, 10u, 4u, 1u})
      for (std::uint32_t i = gap; i < count; ++i) {
        const std::uint32_t name = names[i];
        double moved[D];
        for (int a = 0; a < D; ++a) moved[a] = x[static_cast<std::size_t>(a) * room + i];
        std::uint32_t j = i;
        for (; j >= gap && names[j - gap] > name; j -= gap) {
          names[j] = names[j - gap];
          for (int a = 0; a < D; ++a)
            x[static_cast<std::size_t>(a) * room + j] = x[static_cast<std::size_t>(a) * room + j - gap];
        }
        names[j] = name;
        for (int a = 0; a < D; ++a) x[static_cast<std::size_t>(a) * room + j] = moved[a];
      }
  }

  /// Up to 64 points.
  void assign_block(Block block, std::uint32_t begin, std::uint32_t points, std::uint32_t from, std::uint32_t count) {
    constexpr int most = 8;
    Pack who[most];
    Integers place[most][D], weight[most];
    const double* const candidates = work_.candidates + from;
    const std::size_t room = work_.room;
    int groups = 0;
    for (std::uint32_t i = 0; i < points; i += 8, ++groups) {
      // Behind the last point begin those of another node, which another thread may be dividing.
      const Mask here = live(points - i);
      Pack p[D], w = Pack::broadcast(0);
      for (int a = 0; a < D; ++a)
        p[a] = L::load_first(here, block.coordinates + static_cast<std::size_t>(a) * block.stride + i);
      if (tree_.weights != nullptr) w = L::load_first(here, tree_.weights + begin + i);
      Pack best = Pack::broadcast(infinity), name = Pack::broadcast(0);
      for (std::uint32_t j = 0; j < count; ++j) {
        Pack t = p[0] - Pack::broadcast(candidates[j]), z = t * t;
        for (int a = 1; a < D; ++a) {
          t = p[a] - Pack::broadcast(candidates[static_cast<std::size_t>(a) * room + j]);
          z = z + t * t;  // the one distance: not fused
        }
        L::take_less(best, name, z, Pack::broadcast(j));
      }
      // Idle lanes count as the first candidate's, which is not at all.
      who[groups] = points - i < 8 ? select(here, Pack::broadcast(0), name) : name;
      for (int a = 0; a < D; ++a) {
        Pack x = (p[a] - origin_[a]) * scale_[a];
        if (tree_.weights != nullptr) x = x * w;
        place[groups][a] = L::rounded(x);
      }
      if (tree_.weights != nullptr) weight[groups] = L::rounded(w);
    }
    Integers given[D];
    std::int64_t given_weight = 0;
    for (int a = 0; a < D; ++a) given[a] = L::zero();
    for (std::uint32_t j = 1; j < count; ++j) {
      Integers sum[D], sum_weight = L::zero();
      for (int a = 0; a < D; ++a) sum[a] = L::zero();
      const Pack name = Pack::broadcast(j);
      unsigned taken = 0;
      for (int g = 0; g < groups; ++g) {
        const Mask m = equal(who[g], name);
        taken += L::count(m);
        for (int a = 0; a < D; ++a) sum[a] = L::add_where(m, sum[a], place[g][a]);
        if (tree_.weights != nullptr) sum_weight = L::add_where(m, sum_weight, weight[g]);
      }
      if (taken == 0) continue;
      const std::uint32_t center = work_.names[from + j];
      add_lanes(center, sum, given);
      const std::int64_t w = tree_.weights == nullptr ? taken : L::total(sum_weight);
      work_.weights[center] += w;
      given_weight += w;
    }
    const std::uint32_t first_name = work_.names[from];
    for (int a = 0; a < D; ++a) {
      std::int64_t* const lanes = lanes_of(first_name, a);
      L::store(lanes, L::subtract(L::load(lanes), given[a]));
    }
    work_.weights[first_name] -= given_weight;
    if (work_.labels != nullptr)
      for (int g = 0; g < groups; ++g) {
        alignas(64) double names[8];
        who[g].store(names);
        const std::uint32_t i = static_cast<std::uint32_t>(8 * g);
        for (std::uint32_t u = 0; u < 8 && i + u < points; ++u) {
          const std::uint32_t slot = begin + i + u;
          work_.labels[tree_.rows == nullptr ? slot : tree_.rows[slot]] =
              static_cast<std::int32_t>(work_.names[from + static_cast<std::uint32_t>(names[u])]);
        }
      }
  }

  [[gnu::always_inline]] void add_lanes(std::uint32_t center, const Integers (&sum)[D], Integers (&given)[D]) {
    for (int a = 0; a < D; ++a) {
      std::int64_t* const lanes = lanes_of(center, a);
      L::store(lanes, L::add(L::load(lanes), sum[a]));
      given[a] = L::add(given[a], sum[a]);
    }
  }
  [[nodiscard]] std::int64_t* lanes_of(std::uint32_t center, int axis) const {
    return work_.lanes + (static_cast<std::size_t>(center) * D + static_cast<std::size_t>(axis)) * 8;
  }

  Tree<D>& tree_;
  Work<D>& work_;
  const Pass& pass_;
  Pack origin_[D], scale_[D];
  bool sorted_ = true;  ///< whether lists are in the order of the centers' numbers
};

}  // namespace coppice::kmeans
