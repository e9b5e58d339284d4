// Bvh's rays: single ones, batches in chunks for threads or along a Morton curve, filters, all hits.
#include <algorithm>
#include <numeric>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/geometry/morton.hpp"
#include "coppice/index/bvh/bvh.hpp"
#include "ray_order.hpp"
#include "tree.hpp"

namespace coppice {
namespace {

bvh::HitTest test_of(const HitFilter& filter) {
  return {[](void* context, RayHit& hit) {
            const RayHit copy = hit;
            return (*static_cast<const HitFilter*>(context))(copy);
          },
          const_cast<HitFilter*>(&filter)};
}

void check_sizes(std::size_t rays, std::size_t results) {
  if (rays != results)
    throw invalid_input(std::to_string(results) + " results for " + std::to_string(rays) + " rays; expected as many");
}

}  // namespace

RayHit Bvh::closest(const Ray& ray) const {
  check_rays({&ray, 1});
  RayHit hit;
  bvh::ray_kernels().closest(tree_->view(), &ray, &hit, 1);
  return hit;
}

RayHit Bvh::closest(const Ray& ray, const HitFilter& filter) const {
  if (!filter) return closest(ray);
  check_rays({&ray, 1});
  RayHit hit;
  bvh::ray_kernels().closest_accepted(tree_->view(), ray, test_of(filter), hit);
  return hit;
}

void Bvh::closest(std::span<const Ray> rays, std::span<RayHit> hits, const RayBatch& batch) const {
  check_sizes(rays.size(), hits.size());
  check_rays(rays);
  const bvh::View view = tree_->view();
  const bvh::RayKernels& kernels = bvh::ray_kernels();
  if (batch.filter) {
    const bvh::HitTest test = test_of(batch.filter);
    batch.executor.for_each_chunk(rays.size(), bvh::rays_a_chunk, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) kernels.closest_accepted(view, rays[i], test, hits[i]);
    });
    return;
  }
  if (!batch.sorted) {
    batch.executor.for_each_chunk(rays.size(), bvh::rays_a_chunk, [&](std::size_t first, std::size_t last) {
      kernels.closest(view, rays.data() + first, hits.data() + first, last - first);
    });
    return;
  }
  const std::vector<std::uint32_t> order = bvh::ray_order(rays);
  batch.executor.for_each_chunk(rays.size(), bvh::rays_a_chunk, [&](std::size_t first, std::size_t last) {
    std::vector<Ray> together(last - first);
    std::vector<RayHit> found(last - first);
    for (std::size_t i = first; i < last; ++i) together[i - first] = rays[order[i]];
    kernels.closest(view, together.data(), found.data(), together.size());
    for (std::size_t i = first; i < last; ++i) hits[order[i]] = found[i - first];
  });
}

bool Bvh::any(const Ray& ray) const {
  check_rays({&ray, 1});
  std::uint8_t hit = 0;
  bvh::ray_kernels().any(tree_->view(), &ray, &hit, 1);
  return hit != 0;
}

bool Bvh::any(const Ray& ray, const HitFilter& filter) const {
  if (!filter) return any(ray);
  check_rays({&ray, 1});
  return bvh::ray_kernels().any_accepted(tree_->view(), ray, test_of(filter));
}

void Bvh::any(std::span<const Ray> rays, std::span<std::uint8_t> hit, const RayBatch& batch) const {
  check_sizes(rays.size(), hit.size());
  check_rays(rays);
  const bvh::View view = tree_->view();
  const bvh::RayKernels& kernels = bvh::ray_kernels();
  const std::vector<std::uint32_t> order = batch.sorted ? bvh::ray_order(rays) : std::vector<std::uint32_t>();
  const bvh::HitTest test = test_of(batch.filter);
  batch.executor.for_each_chunk(rays.size(), bvh::rays_a_chunk, [&](std::size_t first, std::size_t last) {
    if (!batch.filter && order.empty()) {
      kernels.any(view, rays.data() + first, hit.data() + first, last - first);
      return;
    }
    for (std::size_t k = first; k < last; ++k) {
      const std::size_t i = order.empty() ? k : order[k];
      if (batch.filter)
        hit[i] = kernels.any_accepted(view, rays[i], test);
      else
        kernels.any(view, &rays[i], &hit[i], 1);
    }
  });
}

std::vector<RayHit> Bvh::all(const Ray& ray, const HitFilter& filter) const {
  check_rays({&ray, 1});
  struct Found {
    std::vector<RayHit> hits;
    const HitFilter& filter;
  } found{{}, filter};
  // Nothing is accepted, so the search goes on to the end of the ray.
  const bvh::HitTest test{[](void* context, RayHit& hit) {
                            auto& f = *static_cast<Found*>(context);
                            if (!f.filter || f.filter(hit)) f.hits.push_back(hit);
                            return false;
                          },
                          &found};
  RayHit none;
  bvh::ray_kernels().closest_accepted(tree_->view(), ray, test, none);
  std::sort(found.hits.begin(), found.hits.end());
  found.hits.erase(std::unique(found.hits.begin(), found.hits.end()), found.hits.end());  // parts of one primitive
  return std::move(found.hits);
}

RayWork Bvh::work(std::span<const Ray> rays) const {
  check_rays(rays);
  std::uint64_t counters[4] = {};
  bvh::ray_kernels().count_work(tree_->view(), rays.data(), rays.size(), counters);
  return {rays.size(), counters[0], counters[1], counters[2], counters[3]};
}

}  // namespace coppice
