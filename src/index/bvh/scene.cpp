// Scenes of two levels. The upper tree is one of boxes; where a ray meets the box of an instance, the test that
// otherwise asks a filter traces the instance and puts its hit in the place of the box.
#include "coppice/index/bvh/scene.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "coppice/errors.hpp"
#include "ray_order.hpp"
#include "tree.hpp"

namespace coppice {
namespace {

constexpr double most_entry = 1e6;
struct Instance {
  std::size_t shape = 0;
  Affine3 transform;
  Affine3 inverse;
  bool present = false;
};

}  // namespace

Vec3 Affine3::apply(const Vec3& p) const noexcept {
  Vec3 q;
  for (std::size_t i = 0; i < 3; ++i) q[i] = rows[i][0] * p[0] + rows[i][1] * p[1] + rows[i][2] * p[2] + rows[i][3];
  return q;
}

Ray Affine3::apply(const Ray& ray) const noexcept {
  Ray moved = ray;
  moved.origin = apply(ray.origin);
  for (std::size_t i = 0; i < 3; ++i)
    moved.direction[i] = rows[i][0] * ray.direction[0] + rows[i][1] * ray.direction[1] + rows[i][2] * ray.direction[2];
  return moved;
}

Affine3 Affine3::inverse() const {
  double m[3][4];
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 4; ++j) {
      m[i][j] = rows[i][j];
      const double limit = j < 3 ? most_entry : static_cast<double>(ray_coordinate_limit);
      if (!(std::abs(m[i][j]) <= limit))
        throw invalid_input("transform, row " + std::to_string(i) + ", column " + std::to_string(j) + ": " +
                            std::to_string(m[i][j]) + "; expected a magnitude of at most " + std::to_string(limit));
    }
  double c[3][3];
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) {
      const int a = (i + 1) % 3, b = (i + 2) % 3, d = (j + 1) % 3, e = (j + 2) % 3;
      c[j][i] = m[a][d] * m[b][e] - m[a][e] * m[b][d];
    }
  const double determinant = m[0][0] * c[0][0] + m[0][1] * c[1][0] + m[0][2] * c[2][0];
  Affine3 inverse;
  for (std::size_t i = 0; i < 3; ++i) {
    double shift = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      const double entry = c[i][j] / determinant;
      if (!(std::abs(entry) <= most_entry))
        throw invalid_input("transform that is singular, or nearly: its determinant is " + std::to_string(determinant));
      inverse.rows[i][j] = static_cast<float>(entry);
      shift -= entry * m[j][3];
    }
    inverse.rows[i][3] = static_cast<float>(shift);
  }
  return inverse;
}

struct BvhScene::State {
  explicit State(bvh::Config c) : config(c), upper(c) {}

  bvh::Config config;
  std::vector<std::shared_ptr<const Bvh>> shapes;
  std::vector<Instance> instances;  ///< by id
  std::size_t size = 0;
  // As of the last commit:
  std::vector<Instance> shown;
  bvh::Tree upper;

  Instance& known(point_id id) {
    if (id < 0 || static_cast<std::size_t>(id) >= instances.size() || !instances[static_cast<std::size_t>(id)].present)
      throw invalid_input("instance " + std::to_string(id) + " is not in the scene");
    return instances[static_cast<std::size_t>(id)];
  }

  struct Closest {
    const State& state;
    const Ray& ray;
    const bvh::RayKernels& kernels;
    RayHit best;
    float limit;
  };
  static bool trace_closest(void* context, RayHit& hit) {
    auto& c = *static_cast<Closest*>(context);
    const point_id id = hit.primitive;
    const Instance& instance = c.state.shown[static_cast<std::size_t>(id)];
    Ray local = instance.inverse.apply(c.ray);
    local.t_max = c.limit;
    RayHit found;
    c.kernels.closest(c.state.shapes[instance.shape]->tree().view(), &local, &found, 1);
    if (!found) return false;
    found.instance = id;
    if (c.best && !(found < c.best)) return false;
    c.best = hit = found;
    c.limit = found.t;
    return true;
  }
  static bool trace_any(void* context, RayHit& hit) {
    const auto& c = *static_cast<const Closest*>(context);
    const Instance& instance = c.state.shown[static_cast<std::size_t>(hit.primitive)];
    const Ray local = instance.inverse.apply(c.ray);
    std::uint8_t found = 0;
    c.kernels.any(c.state.shapes[instance.shape]->tree().view(), &local, &found, 1);
    return found != 0;
  }
  [[nodiscard]] RayHit closest(const bvh::View& view, const bvh::RayKernels& kernels, const Ray& ray,
                               const HitFilter& filter) const {
    Closest c{*this, ray, kernels, {}, ray.t_max};
    RayHit hit;
    if (filter) {
      for_filter(view, kernels, ray, filter, hit, false);
      return hit;
    }
    kernels.closest_accepted(view, ray, {&trace_closest, &c}, hit);
    return hit;
  }
  [[nodiscard]] bool any(const bvh::View& view, const bvh::RayKernels& kernels, const Ray& ray,
                         const HitFilter& filter) const {
    Closest c{*this, ray, kernels, {}, ray.t_max};
    if (filter) {
      RayHit hit;
      return for_filter(view, kernels, ray, filter, hit, true);
    }
    return kernels.any_accepted(view, ray, {&trace_any, &c});
  }

  /// With a filter of the caller's, which sees hits with their instance.
  struct Filtered {
    const State& state;
    const Ray& ray;
    const bvh::RayKernels& kernels;
    const HitFilter& filter;
    bool any;
    RayHit best;
    float limit;
    point_id instance;
  };
  static bool trace_filtered(void* context, RayHit& hit) {
    auto& f = *static_cast<Filtered*>(context);
    f.instance = hit.primitive;
    const Instance& instance = f.state.shown[static_cast<std::size_t>(f.instance)];
    Ray local = instance.inverse.apply(f.ray);
    local.t_max = f.limit;
    const bvh::HitTest test{[](void* inner, RayHit& found) {
                              auto& g = *static_cast<Filtered*>(inner);
                              RayHit seen = found;
                              seen.instance = g.instance;
                              return g.filter(seen);
                            },
                            &f};
    const bvh::View below = f.state.shapes[instance.shape]->tree().view();
    if (f.any) return f.kernels.any_accepted(below, local, test);
    RayHit found;
    f.kernels.closest_accepted(below, local, test, found);
    if (!found) return false;
    found.instance = f.instance;
    if (f.best && !(found < f.best)) return false;
    f.best = hit = found;
    f.limit = found.t;
    return true;
  }
  bool for_filter(const bvh::View& view, const bvh::RayKernels& kernels, const Ray& ray, const HitFilter& filter,
                  RayHit& hit, bool any) const {
    Filtered f{*this, ray, kernels, filter, any, {}, ray.t_max, no_point};
    if (any) return kernels.any_accepted(view, ray, {&trace_filtered, &f});
    kernels.closest_accepted(view, ray, {&trace_filtered, &f}, hit);
    return static_cast<bool>(hit);
  }
};

BvhScene::BvhScene(bvh::Config config) : state_(std::make_unique<State>(config)) {}
BvhScene::BvhScene(BvhScene&&) noexcept = default;
BvhScene& BvhScene::operator=(BvhScene&&) noexcept = default;
BvhScene::~BvhScene() = default;

std::size_t BvhScene::add(std::shared_ptr<const Bvh> shape) {
  if (!shape) throw invalid_input("a shape that is none");
  if (!shape->empty() && shape->kind() == bvh::Kind::points)
    throw unsupported("a scene of points; rays meet triangles and boxes");
  state_->shapes.push_back(std::move(shape));
  return state_->shapes.size() - 1;
}

point_id BvhScene::place(std::size_t shape, const Affine3& transform) {
  if (shape >= state_->shapes.size())
    throw invalid_input("shape " + std::to_string(shape) + " of " + std::to_string(state_->shapes.size()));
  state_->instances.push_back({shape, transform, transform.inverse(), true});
  ++state_->size;
  return static_cast<point_id>(state_->instances.size()) - 1;
}

void BvhScene::move(point_id instance, const Affine3& transform) {
  Instance& known = state_->known(instance);
  known.inverse = transform.inverse();
  known.transform = transform;
}

void BvhScene::remove(point_id instance) {
  state_->known(instance).present = false;
  --state_->size;
}

void BvhScene::commit() {
  bvh::StoredPrimitives boxes;
  std::vector<point_id> ids;
  for (std::size_t i = 0; i < state_->instances.size(); ++i) {
    const Instance& instance = state_->instances[i];
    if (!instance.present) continue;
    const Box3 shape = state_->shapes[instance.shape]->bounds();
    if (shape.empty()) continue;
    Box3 box;
    for (unsigned corner = 0; corner < 8; ++corner)
      box.extend(instance.transform.apply(Vec3{corner & 1 ? shape.upper[0] : shape.lower[0],
                                               corner & 2 ? shape.upper[1] : shape.lower[1],
                                               corner & 4 ? shape.upper[2] : shape.lower[2]}));
    float most = 0;
    for (std::size_t a = 0; a < 3; ++a) most = std::max({most, std::abs(box.lower[a]), std::abs(box.upper[a])});
    for (std::size_t a = 0; a < 3; ++a) {
      box.lower[a] -= 0x1p-14f * most;
      box.upper[a] += 0x1p-14f * most;
    }
    check_boxes({&box, 1});
    boxes.push_back({box.lower, box.upper, box.lower});
    ids.push_back(static_cast<point_id>(i));
  }
  state_->upper.build(bvh::Kind::boxes, std::move(boxes), ids, nullptr);
  state_->shown = state_->instances;
}

std::size_t BvhScene::size() const noexcept {
  return state_->size;
}
Box3 BvhScene::bounds() const noexcept {
  return state_->upper.bounds();
}

RayHit BvhScene::closest(const Ray& ray) const {
  check_rays({&ray, 1});
  return state_->closest(state_->upper.view(), bvh::ray_kernels(), ray, {});
}

bool BvhScene::any(const Ray& ray) const {
  check_rays({&ray, 1});
  return state_->any(state_->upper.view(), bvh::ray_kernels(), ray, {});
}

namespace {

/// Calls body(row) for every ray, as the batch wants it.
template <class Result, class Body>
void trace_batch(std::span<const Ray> rays, std::span<Result> results, const RayBatch& batch, Body body) {
  if (rays.size() != results.size())
    throw invalid_input(std::to_string(results.size()) + " results for " + std::to_string(rays.size()) +
                        " rays; expected as many");
  check_rays(rays);
  const std::vector<std::uint32_t> order = batch.sorted ? bvh::ray_order(rays) : std::vector<std::uint32_t>();
  batch.executor.for_each_chunk(rays.size(), bvh::rays_a_chunk, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) body(order.empty() ? i : order[i]);
  });
}

}  // namespace

void BvhScene::closest(std::span<const Ray> rays, std::span<RayHit> hits, const RayBatch& batch) const {
  const bvh::View view = state_->upper.view();
  const bvh::RayKernels& kernels = bvh::ray_kernels();
  trace_batch(rays, hits, batch,
              [&](std::size_t i) { hits[i] = state_->closest(view, kernels, rays[i], batch.filter); });
}

void BvhScene::any(std::span<const Ray> rays, std::span<std::uint8_t> hit, const RayBatch& batch) const {
  const bvh::View view = state_->upper.view();
  const bvh::RayKernels& kernels = bvh::ray_kernels();
  trace_batch(rays, hit, batch, [&](std::size_t i) { hit[i] = state_->any(view, kernels, rays[i], batch.filter); });
}

}  // namespace coppice
