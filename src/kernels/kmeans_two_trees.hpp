// Two trees: points go down theirs together with boxes of centers, eight boxes a vector, and only where few boxes are
// left with the centers themselves. A box of centers is dropped where some center is nearer than everything in the box,
// whatever the point of the node: along an axis dist(p, box)² − (p − z)² is concave in p, so that the corners decide.
#pragma once

#include "kmeans_filter.hpp"

namespace coppice::kmeans {

template <class Target, int D>
class TwoTrees : Filter<Target, D> {
  using Base = Filter<Target, D>;
  using L = KMeansLanes<Target>;
  using Pack = typename L::Pack;
  static constexpr double infinity = __builtin_inf();
  static constexpr std::uint32_t few = 8;  ///< blocks that are taken apart

 public:
  TwoTrees(Tree<D>& tree, Work<D>& work, const Pass& pass, const CenterTree<D>& centers)
      : Base(tree, work, pass), centers_(centers) {
    this->sorted_ = false;
  }

  static void run(Tree<D>& tree, Work<D>& work, const Pass& pass, const CenterTree<D>& centers) {
    const std::uint32_t groups = (centers.blocks + 7) / 8;
    if (2 * groups + 32 > work.room) work.grow(work, 2 * groups + 32);
    // An entry is a group of eight blocks and the mask of those that are left of them.
    for (std::uint32_t g = 0; g < groups; ++g) work.names[g] = g << 8 | Base::live(centers.blocks - 8 * g);
    TwoTrees(tree, work, pass, centers).visit_groups(0, 0, groups, (groups + 7) & ~7u, 0);
  }

 private:
  void visit_groups(std::uint32_t at, std::uint32_t from, std::uint32_t count, std::uint32_t top, int depth) {
    const Node<D> node = this->tree_.nodes[at];
    if (top + count + 128 > this->work_.room) this->work_.grow(this->work_, top + count + 128);
    std::uint32_t* const entries = this->work_.names;
    Pack lower[D], upper[D], middle[D];
    for (int a = 0; a < D; ++a) {
      lower[a] = Pack::broadcast(node.lower[a]);
      upper[a] = Pack::broadcast(node.upper[a]);
      middle[a] = (lower[a] + upper[a]) * Pack::broadcast(0.5);
    }
    Pack z[D];
    find_near(middle, entries + from, count, z);
    Pack lower_square[D], upper_square[D];
    for (int a = 0; a < D; ++a) {
      const Pack s = lower[a] - z[a], t = upper[a] - z[a];
      lower_square[a] = s * s;
      upper_square[a] = t * t;
    }
    const Pack limit = Pack::broadcast(this->pass_.margin), zero = Pack::broadcast(0);
    std::uint32_t kept = 0, blocks = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t entry = entries[from + i];
      const double* const boxes = centers_.boxes + static_cast<std::size_t>(entry >> 8) * (2 * D * 8);
      Pack ahead = zero;
      for (int a = 0; a < D; ++a) {
        const Pack l = Pack::load(boxes + 8 * a), u = Pack::load(boxes + 8 * (D + a));
        const Pack s = max(max(l - lower[a], lower[a] - u), zero), t = max(max(l - upper[a], upper[a] - u), zero);
        ahead = ahead + min(s * s - lower_square[a], t * t - upper_square[a]);
      }
      const Mask m = less_equal(ahead, limit) & (entry & 0xff);
      entries[top + kept] = (entry & ~0xffu) | m;
      kept += m != 0 ? 1 : 0;
      blocks += L::count(m);
    }
    if (blocks > few && !this->is_last(node, 8 * blocks, depth)) {
      const std::uint32_t child = this->child_of(node, at), children = this->tree_.nodes[at].children;
      for (std::uint32_t i = 0; i < children; ++i)
        visit_groups(child + i, top, kept, (top + kept + 7) & ~7u, depth + 1);
      return;
    }
    take_apart(node, at, top, kept, blocks, depth);
  }

  /// A center near the middle of the node: the best one of the nearest block.
  [[gnu::always_inline]] void find_near(const Pack (&middle)[D], const std::uint32_t* entries, std::uint32_t count,
                                        Pack (&z)[D]) const {
    Pack best = Pack::broadcast(infinity), who = Pack::broadcast(0);
    const Pack zero = Pack::broadcast(0);
    for (std::uint32_t i = 0; i < count; ++i) {
      const double* const boxes = centers_.boxes + static_cast<std::size_t>(entries[i] >> 8) * (2 * D * 8);
      Pack sum = zero;
      for (int a = 0; a < D; ++a) {
        const Pack gap =
            max(max(Pack::load(boxes + 8 * a) - middle[a], middle[a] - Pack::load(boxes + 8 * (D + a))), zero);
        sum = L::mul_add(gap, gap, sum);
      }
      L::take_less(best, who, select(entries[i] & 0xff, Pack::broadcast(infinity), sum),
                   Pack::broadcast(entries[i] >> 8));
    }
    const int lane = __builtin_ctz(equal(best, Pack::broadcast(L::least(best))) | 256u) & 7;
    const double* const block =
        coordinates(static_cast<std::uint32_t>(who.lane(lane)) * 8 + static_cast<unsigned>(lane));
    Pack sum = zero;
    for (int a = 0; a < D; ++a) {
      const Pack t = Pack::load(block + 8 * a) - middle[a];
      sum = L::mul_add(t, t, sum);
    }
    const int nearest = __builtin_ctz(equal(sum, Pack::broadcast(L::least(sum))) | 256u) & 7;
    for (int a = 0; a < D; ++a) z[a] = Pack::broadcast(block[8 * a + nearest]);
  }

  /// From blocks to centers, those that can be nearest; then as in filtering.
  void take_apart(const Node<D>& node, std::uint32_t at, std::uint32_t from, std::uint32_t count, std::uint32_t blocks,
                  int depth) {
    const std::uint32_t list = (from + count + 7) & ~7u;
    const std::uint32_t needed = list + 16 * blocks + 64;
    if (needed > this->work_.room) this->work_.grow(this->work_, needed);
    std::uint32_t out = list;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t entry = this->work_.names[from + i];
      for (Mask m = entry & 0xff; m != 0; m &= m - 1) {
        const std::uint32_t block = (entry >> 8) * 8 + static_cast<std::uint32_t>(__builtin_ctz(m));
        const double* const x = coordinates(block);
        const std::uint32_t* const names = centers_.names + static_cast<std::size_t>(block) * 8;
        for (int a = 0; a < D; ++a)
          Pack::load(x + 8 * a).store(this->work_.candidates + static_cast<std::size_t>(a) * this->work_.room + out);
        for (std::uint32_t u = 0; u < 8; ++u) this->work_.names[out + u] = names[u];
        unsigned live = 8;
        while (names[live - 1] == 0xffffffffu) --live;  // padding stands at the end
        out += live;
      }
    }
    std::uint32_t candidates = out - list;
    const std::uint32_t to = (out + 7) & ~7u;
    candidates = Base::prune(node, this->work_, list, candidates, to, this->pass_.margin);
    this->descend(node, at, to, candidates, (to + candidates + 7) & ~7u, depth);
  }

  [[nodiscard]] const double* coordinates(std::uint32_t block) const {
    return centers_.coordinates + static_cast<std::size_t>(block) * (8 * D);
  }

  const CenterTree<D>& centers_;
};

}  // namespace coppice::kmeans
