// The search for the primitives nearest to a point, once an instruction set: eight boxes or primitives at a time give
// lower bounds, padded outward; what they let through is measured one at a time.
#pragma once

#include <cstdint>
#include <type_traits>

#include "../index/bvh/distance_rules.hpp"
#include "ray_walk.hpp"

namespace coppice::kernels {

template <class Target, bool Triangles>
class NearWalk {
  using Lanes = RayLanes<Target>;
  using Vector = typename Lanes::Vector;
  using Rules = bvh::HitRules<Target>;
  using Block = std::conditional_t<Triangles, bvh::TriangleBlock, bvh::BoxBlock>;

 public:
  NearWalk(const bvh::View& view, const Vec3& point) : view_(view), point_(point) {
    const float pad = Rules::padding * (Rules::reach(point) + view.extent);
    for (std::size_t a = 0; a < 3; ++a) {
      above_[a] = Lanes::splat(point[a] + pad);
      below_[a] = Lanes::splat(point[a] - pad);
    }
  }

  void run(bvh::NearSink& sink) const {
    std::uint32_t refs[ray_stack_size];
    float keys[ray_stack_size];
    int waiting = 0;
    bvh::ChildRef at = view_.root;
    const auto* const blocks = static_cast<const Block*>(view_.blocks);
    for (;;) {
      if (!bvh::is_leaf(at)) {
        const bvh::WideNode& n = view_.nodes[at];
        Vector squared = Lanes::splat(0);
        for (int a = 0; a < 3; ++a)
          squared = squared + gap(Lanes::load(n.bounds[2 * a]), Lanes::load(n.bounds[2 * a + 1]), a);
        squared = squared * Lanes::splat(1 - 0x1p-20f);
        unsigned met = Lanes::bits(Lanes::at_most(squared, Lanes::splat(sink.limit)));
        const int first = waiting;
        for (; met != 0; met &= met - 1) {  // sorted into what waits, nearest on top
          const int lane = std::countr_zero(met);
          const float key = squared[lane];
          int i = waiting++;
          for (; i > first && keys[i - 1] < key; --i) {
            keys[i] = keys[i - 1];
            refs[i] = refs[i - 1];
          }
          keys[i] = key;
          refs[i] = n.child[lane];
        }
      } else {
        const Block* b = blocks + bvh::first_block(at);
        for (std::uint32_t i = 0, n = bvh::block_count(at); i < n; ++i) measure(b[i], sink);
      }
      for (;;) {
        if (waiting == 0) return;
        --waiting;
        if (keys[waiting] <= sink.limit) break;
      }
      at = refs[waiting];
    }
  }

 private:
  /// The squared distance on one axis from the padded point to eight intervals.
  [[gnu::always_inline]] Vector gap(Vector lower, Vector upper, int a) const {
    const Vector out = Lanes::max(Lanes::max(lower - above_[a], below_[a] - upper), Lanes::splat(0));
    return out * out;
  }
  void measure(const Block& b, bvh::NearSink& sink) const {
    Vector squared = Lanes::splat(0);
    for (int a = 0; a < 3; ++a) {
      Vector lower = Lanes::load(b.column[a]);
      Vector upper;
      if constexpr (Triangles) {
        Vector p = Lanes::load(b.column[3 + a]), q = Lanes::load(b.column[6 + a]);
        if (view_.primitive == bvh::Primitive::triangle) {  // edges
          p = lower + p;
          q = lower + q;
        }
        upper = Lanes::max(lower, Lanes::max(p, q));
        lower = Lanes::min(lower, Lanes::min(p, q));
      } else {
        upper = Lanes::load(b.column[3 + a]);
      }
      squared = squared + gap(lower, upper, a);
    }
    squared = squared * Lanes::splat(1 - 0x1p-20f);
    unsigned met = Lanes::bits(Lanes::at_most(squared, Lanes::splat(sink.limit)));
    for (; met != 0; met &= met - 1) {
      const std::uint32_t slot = b.slot[std::countr_zero(met)];
      if (slot == bvh::no_slot) continue;
      const bvh::Stored& s = view_.primitives[slot];
      const auto nearest = Triangles ? bvh::DistanceRules<Target>::to_triangle(s, point_)
                                     : bvh::DistanceRules<Target>::to_box(s.a, s.b, point_);
      keep(static_cast<float>(nearest.squared), slot, sink);
    }
  }
  void keep(float squared, std::uint32_t slot, bvh::NearSink& sink) const {
    if (!(squared <= sink.limit)) return;
    if (sink.hits == nullptr) {
      sink.found(sink.context, squared, slot);
      return;
    }
    const point_id id = view_.ids != nullptr ? view_.ids[slot] : static_cast<point_id>(slot);
    std::size_t i = sink.count;
    const auto before = [&](const Hit<float>& h) {
      return squared < h.distance_squared || (squared == h.distance_squared && id < h.id);
    };
    for (std::size_t j = 0; j < sink.count; ++j)  // a primitive that was cut comes more than once
      if (sink.hits[j].id == id && sink.hits[j].distance_squared == squared) return;
    if (sink.count == sink.k) {
      if (!before(sink.hits[i - 1])) return;
      --i;
    } else {
      ++sink.count;
    }
    for (; i > 0 && before(sink.hits[i - 1]); --i) sink.hits[i] = sink.hits[i - 1];
    sink.hits[i] = {squared, id};
    if (sink.count == sink.k) sink.limit = sink.hits[sink.k - 1].distance_squared;
  }

  const bvh::View& view_;
  const Vec3& point_;
  Vector above_[3], below_[3];
};

}  // namespace coppice::kernels
