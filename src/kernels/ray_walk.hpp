// The traversal of a wide hierarchy by one ray, once an instruction set, a kind of primitive and a purpose.
// Children come nearest first: one, two or three of them by branches, which the processor predicts ahead of the
// distances, more by a sorting network. What was put off is looked at again when it is taken up.
#pragma once

#include <limits>

#include "coppice/storage/prefetch.hpp"
#include "ray_leaves.hpp"

namespace coppice::kernels {

/// What a traversal is for.
enum class RayPurpose { closest, any, count };

/// A wide tree is at most so high (src/index/bvh/collapse.cpp sees to it); eight children a level wait at most.
inline constexpr int ray_stack_size = 8 * 100 + 8;

template <class Target, class Leaf, RayPurpose Purpose, bool Tested>
class RayWalk {
  using Lanes = RayLanes<Target>;
  using Vector = typename Lanes::Vector;

 public:
  RayWalk(const bvh::View& view, const bvh::HitTest* test, std::uint64_t* counters)
      : view_(view), test_(test), counters_(counters) {}

  /// True when something was hit.
  [[gnu::noinline]] bool run(const Ray& ray, RayHit& hit) const {
    const RayTerms<Target> r(ray, view_.extent);
    const typename Leaf::Frame frame(ray);
    RayBest best{ray.t_max, std::numeric_limits<point_id>::max(), bvh::no_slot, 0, 0};
    RayHit kept;  // of tests that change hits
    float limit = best.t * Leaf::limit_factor;
    alignas(32) std::uint32_t refs[ray_stack_size];
    alignas(32) std::int32_t keys[ray_stack_size];
    int waiting = 0;
    bvh::ChildRef at = view_.root;
    const bvh::WideNode* const nodes = view_.nodes;
    const auto* const blocks = static_cast<const typename Leaf::Block*>(view_.blocks);
    const Vector ix = Lanes::splat(r.inverse[0]), iy = Lanes::splat(r.inverse[1]), iz = Lanes::splat(r.inverse[2]);
    const Vector nx = Lanes::splat(r.near[0]), ny = Lanes::splat(r.near[1]), nz = Lanes::splat(r.near[2]);
    const Vector fx = Lanes::splat(r.far[0]), fy = Lanes::splat(r.far[1]), fz = Lanes::splat(r.far[2]);
    const Vector least = Lanes::splat(ray.t_min);

    for (;;) {
      while (!bvh::is_leaf(at)) {
        const bvh::WideNode& n = nodes[at];
        if constexpr (Purpose == RayPurpose::count) ++counters_[0];
        const Vector enters = Lanes::max(Lanes::max(Lanes::bound(Lanes::load(n.bounds[r.lower[0]]), ix, nx),
                                                    Lanes::bound(Lanes::load(n.bounds[r.lower[1]]), iy, ny)),
                                         Lanes::max(Lanes::bound(Lanes::load(n.bounds[r.lower[2]]), iz, nz), least));
        const Vector leaves =
            Lanes::min(Lanes::min(Lanes::bound(Lanes::load(n.bounds[r.upper[0]]), ix, fx),
                                  Lanes::bound(Lanes::load(n.bounds[r.upper[1]]), iy, fy)),
                       Lanes::min(Lanes::bound(Lanes::load(n.bounds[r.upper[2]]), iz, fz), Lanes::splat(best.t)));
        const unsigned met = Lanes::bits(Lanes::at_most(enters, leaves));
        if (met == 0) {
          if (!take_up(refs, keys, waiting, best.t, at)) return finish(best, kept, hit);
          continue;
        }
        at = enter(n, met, enters, refs, keys, waiting);
        if (waiting > 0) prefetch(nodes, blocks, refs[waiting - 1]);
      }
      const typename Leaf::Block* b = blocks + bvh::first_block(at);
      const std::uint32_t count = bvh::block_count(at);
      if constexpr (Purpose == RayPurpose::count) {
        ++counters_[1];
        counters_[2] += count;
      }
      for (std::uint32_t i = 0; i < count; ++i) {
        typename Leaf::Found found;
        unsigned met = Leaf::test(b[i], r, frame, limit, found);
        if (__builtin_expect(met != 0, 0)) {
          for (; met != 0; met &= met - 1) consider(b[i], std::countr_zero(met), r, frame, found, best, kept);
          if (Purpose == RayPurpose::any && best.slot != bvh::no_slot) return finish(best, kept, hit);
          limit = best.t * Leaf::limit_factor;
        }
      }
      if (!take_up(refs, keys, waiting, best.t, at)) return finish(best, kept, hit);
    }
  }

 private:
  [[gnu::always_inline]] static bool take_up(const std::uint32_t* refs, const std::int32_t* keys, int& waiting, float t,
                                             bvh::ChildRef& at) {
    while (waiting > 0) {
      --waiting;
      if (std::bit_cast<float>(keys[waiting]) <= t) {
        at = refs[waiting];
        return true;
      }
    }
    return false;
  }

  /// The child to go on with; the others wait, farthest below.
  [[gnu::always_inline]] static bvh::ChildRef enter(const bvh::WideNode& n, unsigned met, Vector enters,
                                                    std::uint32_t* refs, std::int32_t* keys, int& waiting) {
    const int i = std::countr_zero(met);
    unsigned rest = met & (met - 1);
    if (rest == 0) return n.child[i];
    alignas(32) float near[8];
    const int j = std::countr_zero(rest);
    rest &= rest - 1;
    if (rest == 0) {
      Lanes::store(near, enters);
      const bool swapped = near[j] < near[i];
      const int first = swapped ? j : i;
      const int second = swapped ? i : j;
      wait(n, second, near, refs, keys, waiting);
      return n.child[first];
    }
    if ((rest & (rest - 1)) == 0) {
      Lanes::store(near, enters);
      int a = i, b = j, c = std::countr_zero(rest);
      if (near[b] < near[a]) swap(a, b);
      if (near[c] < near[b]) {
        swap(b, c);
        if (near[b] < near[a]) swap(a, b);
      }
      wait(n, c, near, refs, keys, waiting);
      wait(n, b, near, refs, keys, waiting);
      return n.child[a];
    }
    const int count = std::popcount(met);
    Lanes::push_sorted(met, count, enters, n.child, refs + waiting, keys + waiting);
    waiting += count - 1;
    return refs[waiting];
  }
  [[gnu::always_inline]] static void wait(const bvh::WideNode& n, int child, const float* near, std::uint32_t* refs,
                                          std::int32_t* keys, int& waiting) {
    refs[waiting] = n.child[child];
    keys[waiting] = std::bit_cast<std::int32_t>(near[child]);
    ++waiting;
  }
  [[gnu::always_inline]] static void swap(int& a, int& b) {
    const int c = a;
    a = b;
    b = c;
  }
  [[gnu::always_inline]] static void prefetch(const bvh::WideNode* nodes, const typename Leaf::Block* blocks,
                                              bvh::ChildRef ref) {
    const bool leaf = bvh::is_leaf(ref);
    const char* p = leaf ? reinterpret_cast<const char*>(blocks + bvh::first_block(ref))
                         : reinterpret_cast<const char*>(nodes + ref);
    storage::prefetch(p);
    storage::prefetch(p + 64);
    storage::prefetch(p + 128);
    storage::prefetch(p + 192);
    if (leaf && sizeof(typename Leaf::Block) > 256) storage::prefetch(p + 256);
  }

  [[gnu::always_inline]] void consider(const typename Leaf::Block& b, int lane, const RayTerms<Target>& r,
                                       const typename Leaf::Frame& frame, const typename Leaf::Found& found,
                                       RayBest& best, RayHit& kept) const {
    RayHit hit;
    if (!Leaf::confirm(b, lane, r, frame, found, view_, hit) || !(hit.t <= best.t)) return;
    const std::uint32_t slot = b.slot[lane];
    const point_id id = view_.ids != nullptr ? view_.ids[slot] : static_cast<point_id>(slot);
    if (hit.t == best.t && id >= best.id) return;
    if constexpr (Tested) {
      hit.primitive = id;
      if (!test_->accepts(test_->context, hit)) return;
      kept = hit;
    }
    best = {hit.t, id, slot, hit.u, hit.v};
  }

  static bool finish(const RayBest& best, const RayHit& kept, RayHit& hit) {
    if (best.slot == bvh::no_slot) {
      hit.t = std::numeric_limits<float>::infinity();
      hit.u = hit.v = 0;
      hit.primitive = hit.instance = no_point;
      return false;
    }
    if constexpr (Tested) {
      hit = kept;
    } else {
      hit.t = best.t;
      hit.u = best.u;
      hit.v = best.v;
      hit.primitive = best.id;
      hit.instance = no_point;
    }
    return true;
  }

  const bvh::View& view_;
  const bvh::HitTest* test_;
  std::uint64_t* counters_;
};

}  // namespace coppice::kernels
