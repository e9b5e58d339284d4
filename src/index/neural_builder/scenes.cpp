// Scenes made by rule. Every shape is a patch: a function of (u, v) over the unit square, cut into a grid of triangles.
#include "coppice/index/neural_builder/scenes.hpp"

#include <cmath>

#include "random.hpp"

namespace coppice::neural_builder {

namespace {

constexpr float tau = 6.2831853f;

class Scene {
 public:
  explicit Scene(std::uint64_t seed, std::uint64_t kind) : random(seed, 0x7363656e65u, kind) {}

  template <class Surface>
  void patch(int rows, int columns, const Surface& surface) {
    const auto at = [&](int i, int j) {
      return surface(static_cast<float>(i) / static_cast<float>(rows),
                     static_cast<float>(j) / static_cast<float>(columns));
    };
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < columns; ++j) {
        const Vec3 a = at(i, j);
        const Vec3 b = at(i + 1, j);
        const Vec3 c = at(i + 1, j + 1);
        const Vec3 d = at(i, j + 1);
        triangles.push_back({a, b, c});
        triangles.push_back({a, c, d});
      }
  }

  /// A box from `lower` to `upper`, each face cut `steps` times each way.
  void box(const Vec3& lower, const Vec3& upper, int steps = 1) {
    for (std::size_t a = 0; a < 3; ++a)
      for (const float side : {lower[a], upper[a]})
        patch(steps, steps, [&](float u, float v) {
          Vec3 p;
          p[a] = side;
          p[(a + 1) % 3] = lower[(a + 1) % 3] + u * (upper[(a + 1) % 3] - lower[(a + 1) % 3]);
          p[(a + 2) % 3] = lower[(a + 2) % 3] + v * (upper[(a + 2) % 3] - lower[(a + 2) % 3]);
          return p;
        });
  }

  void ellipsoid(const Vec3& center, const Vec3& radii, int steps) {
    patch(steps, 2 * steps, [&](float u, float v) {
      const float polar = u * tau / 2;
      return Vec3{center[0] + radii[0] * std::sin(polar) * std::cos(tau * v),
                  center[1] + radii[1] * std::sin(polar) * std::sin(tau * v), center[2] + radii[2] * std::cos(polar)};
    });
  }

  /// A surface of revolution about a line along `axis` through `base`; `profile` gives the radius at height u.
  template <class Profile>
  void turned(const Vec3& base, std::size_t axis, float height, int rows, int columns, const Profile& profile) {
    patch(rows, columns, [&](float u, float v) {
      Vec3 p = base;
      p[axis] += u * height;
      const float r = profile(u);
      p[(axis + 1) % 3] += r * std::cos(tau * v);
      p[(axis + 2) % 3] += r * std::sin(tau * v);
      return p;
    });
  }
  void cylinder(const Vec3& base, std::size_t axis, float height, float radius, int columns) {
    turned(base, axis, height, 2, columns, [&](float) { return radius; });
  }

  /// A sum of a few waves, about −1 … 1.
  struct Waves {
    float part[6][4];
    explicit Waves(Random& random, float lowest, float highest) {
      for (auto& w : part) {
        w[0] = random.uniform(0.1f, 0.3f);
        w[1] = random.uniform(-highest, highest);
        w[2] = random.uniform(lowest, highest);
        w[3] = tau * random.uniform();
      }
    }
    [[nodiscard]] float operator()(float x, float y) const {
      float sum = 0;
      for (const auto& w : part) sum += w[0] * std::sin(w[1] * x + w[2] * y + w[3]);
      return sum;
    }
  };

  void tree(const Vec3& foot, float height) {
    cylinder(foot, 2, height / 2, height / 20, 8);
    const int balls = random.between(1, 4);
    for (int i = 0; i < balls; ++i) {
      const float r = height * random.uniform(0.15f, 0.3f);
      ellipsoid({foot[0] + height * random.uniform(-0.15f, 0.15f), foot[1] + height * random.uniform(-0.15f, 0.15f),
                 foot[2] + height * random.uniform(0.5f, 0.85f)},
                {r, r, r}, random.between(6, 24));
    }
  }

  void room();
  void street();
  void arcade();
  void terrain();
  void body();
  void machine();
  void stairs();
  void spheres();

  Random random;
  std::vector<Triangle> triangles;
};

void Scene::room() {
  const float w = random.uniform(3, 10);
  const float d = random.uniform(3, 8);
  const float h = random.uniform(2.4f, 4);
  box({0, 0, 0}, {w, d, h}, random.between(1, 4));
  const int pieces = random.between(8, 30);
  for (int i = 0; i < pieces; ++i) {
    const float x = random.uniform(0, w - 1);
    const float y = random.uniform(0, d - 1);
    const float s = random.uniform(0.3f, 1);
    switch (random.between(0, 5)) {
      case 0: {  // a table
        const float top = random.uniform(0.5f, 1);
        box({x, y, top - 0.05f}, {x + 2 * s, y + s, top}, random.between(1, 8));
        for (int leg = 0; leg < 4; ++leg)
          cylinder({x + (leg % 2 ? 2 * s - 0.1f : 0.1f), y + (leg / 2 ? s - 0.1f : 0.1f), 0}, 2, top, 0.04f,
                   random.between(6, 20));
        break;
      }
      case 1:  // a cupboard
        box({x, y, 0}, {x + s, y + s / 2, random.uniform(0.5f, 0.9f * h)}, random.between(1, 12));
        break;
      case 2:  // a lamp
        cylinder({x, y, 0}, 2, h / 2, 0.02f, 10);
        ellipsoid({x, y, h / 2}, {s / 3, s / 3, s / 4}, random.between(10, 40));
        break;
      case 3: {  // a vase on the floor
        const float wave = random.uniform(2, 9);
        turned({x, y, 0}, 2, s, random.between(10, 40), random.between(10, 40),
               [&](float u) { return s * (0.2f + 0.1f * std::sin(wave * u)); });
        break;
      }
      case 4: {  // a curtain on the wall
        const Waves waves(random, 2, 30);
        patch(random.between(5, 60), random.between(5, 60), [&](float u, float v) {
          return Vec3{x + s * u, d - 0.1f + 0.08f * waves(u, 0.2f * v), h * (0.2f + 0.7f * v)};
        });
        break;
      }
      default:  // books on a shelf
        for (int b = 0; b < 20; ++b)
          box({x + 0.05f * static_cast<float>(b), y, 1.5f},
              {x + 0.05f * static_cast<float>(b) + 0.04f, y + 0.2f, 1.5f + random.uniform(0.15f, 0.3f)});
    }
  }
}

void Scene::street() {
  const int blocks = random.between(2, 5);
  const float pitch = random.uniform(15, 40);
  const float size = static_cast<float>(blocks) * pitch;
  const int grid = random.between(1, 40);
  patch(grid, grid, [&](float u, float v) { return Vec3{size * u, size * v, 0}; });
  for (int i = 0; i < blocks; ++i)
    for (int j = 0; j < blocks; ++j) {
      const float x = pitch * static_cast<float>(i);
      const float y = pitch * static_cast<float>(j);
      const float inset = random.uniform(2, pitch / 4);
      const float height = random.uniform(4, 30);
      box({x + inset, y + inset, 0}, {x + pitch - inset, y + pitch - inset, height}, random.between(1, 30));
      if (random.uniform() < 0.5f)
        box({x + 1.5f * inset, y + 1.5f * inset, height}, {x + pitch / 2, y + pitch / 2, height * 1.3f});
      const int trees = random.between(0, 5);
      for (int t = 0; t < trees; ++t)
        tree({x + random.uniform(0, 2), y + random.uniform(0, pitch), 0}, random.uniform(3, 9));
      if (random.uniform() < 0.7f) {  // a car
        const Vec3 at{x + 1, y + random.uniform(0, pitch), 0.3f};
        box(at, {at[0] + 1.7f, at[1] + 4, 1}, random.between(1, 10));
        ellipsoid({at[0] + 0.8f, at[1] + 2, 1}, {0.8f, 1.4f, 0.6f}, random.between(5, 30));
      }
    }
}

void Scene::arcade() {
  const int columns = random.between(4, 10);
  const int stories = random.between(1, 3);
  const float pitch = random.uniform(2, 4);
  const float length = pitch * static_cast<float>(columns);
  const float width = random.uniform(4, 12);
  const float height = random.uniform(3, 6);
  const int around = random.between(8, 32);
  const float flute = random.uniform(0, 0.06f);
  box({0, -3, 0}, {length, width + 3, height * static_cast<float>(stories)}, random.between(1, 6));
  for (int s = 0; s < stories; ++s) {
    const float floor = height * static_cast<float>(s);
    for (const float side : {0.f, width}) {
      box({0, side - (side > 0 ? 0.f : 3.f), floor - 0.2f}, {length, side + (side > 0 ? 3.f : 0.f), floor}, 2);
      for (int c = 0; c < columns; ++c) {
        const float x = pitch * (static_cast<float>(c) + 0.5f);
        turned({x, side, floor}, 2, height * 0.7f, 12, around,
               [&](float u) { return 0.25f + flute * std::cos(40 * u) - 0.1f * u; });
        box({x - 0.35f, side - 0.35f, floor}, {x + 0.35f, side + 0.35f, floor + 0.3f}, random.between(1, 3));
        const int rows = around / 2;
        patch(rows, 4, [&](float u, float v) {  // an arch to the next column
          const float turn = u * tau / 2;
          return Vec3{x + pitch / 2 - pitch / 2 * std::cos(turn), side + 0.3f * (v - 0.5f),
                      floor + height * 0.7f + height * 0.25f * std::sin(turn)};
        });
      }
    }
    const int cloths = random.between(0, 5);
    for (int c = 0; c < cloths; ++c) {
      const Waves waves(random, 3, 25);
      const float x = random.uniform(0, length - pitch);
      const int steps = random.between(20, 60);
      patch(steps, steps, [&](float u, float v) {
        return Vec3{x + pitch * u, 0.3f + 0.3f * waves(u, 0.3f * v), floor + height * (0.1f + 0.6f * v)};
      });
    }
  }
  const float wave = random.uniform(3, 8);
  const int vases = random.between(0, 6);
  for (int i = 0; i < vases; ++i)
    turned({random.uniform(0, length), random.uniform(1, width - 1), 0}, 2, 1.2f, 30, 30,
           [&](float u) { return 0.3f + 0.15f * std::sin(wave * u); });
}

void Scene::terrain() {
  const float size = random.uniform(4, 20);
  const float height = size * random.uniform(0.03f, 0.3f);
  const Waves wide(random, 1, 6);
  const Waves fine(random, 10, 40);
  const auto ground = [&](float u, float v) { return height * (wide(u, v) + 0.1f * fine(u, v)); };
  const int steps = random.between(40, 160);
  patch(steps, steps, [&](float u, float v) { return Vec3{size * u, size * v, ground(u, v)}; });
  const int stones = random.between(0, 20);
  for (int i = 0; i < stones; ++i) {
    const float u = random.uniform();
    const float v = random.uniform();
    const float r = size * random.uniform(0.003f, 0.02f);
    ellipsoid({size * u, size * v, ground(u, v)}, {r, r * random.uniform(0.5f, 1.5f), r}, random.between(5, 15));
  }
  const int trees = random.between(0, 25);
  for (int i = 0; i < trees; ++i) {
    const float u = random.uniform();
    const float v = random.uniform();
    tree({size * u, size * v, ground(u, v)}, size * random.uniform(0.02f, 0.08f));
  }
}

void Scene::body() {
  const int parts = random.between(1, 5);
  const int steps = random.between(40, 110);
  for (int i = 0; i < parts; ++i) {
    const Waves bumps(random, 1, 8);
    const Waves skin(random, 15, 60);
    const float rough = random.uniform(0, 0.05f);
    const float swell = random.uniform(0, 0.5f);
    const Vec3 center{random.uniform(-1, 1), random.uniform(-1, 1), random.uniform(-1, 1)};
    const Vec3 radii{random.uniform(0.3f, 1), random.uniform(0.3f, 1), random.uniform(0.3f, 1.3f)};
    const float hole = random.uniform() < 0.3f ? random.uniform(0.2f, 0.5f) : 0;  // a ring instead of a ball
    patch(steps, steps, [&](float u, float v) {
      const float r = 1 + swell * bumps(tau * u, std::sin(tau * v)) + rough * skin(tau * u, tau * v);
      const float turn = tau * v;
      if (hole > 0)
        return Vec3{center[0] + radii[0] * (1 + hole * r * std::cos(tau * u)) * std::cos(turn),
                    center[1] + radii[1] * (1 + hole * r * std::cos(tau * u)) * std::sin(turn),
                    center[2] + hole * r * std::sin(tau * u)};
      const float polar = u * tau / 2;
      return Vec3{center[0] + radii[0] * r * std::sin(polar) * std::cos(turn),
                  center[1] + radii[1] * r * std::sin(polar) * std::sin(turn),
                  center[2] + radii[2] * r * std::cos(polar)};
    });
  }
  if (random.uniform() < 0.4f) patch(2, 2, [&](float u, float v) { return Vec3{6 * u - 3, 6 * v - 3, -1.5f}; });
}

void Scene::machine() {
  const float size = random.uniform(3, 12);
  const int pipes = random.between(40, 160);
  const int hubs = random.between(2, 6);
  std::vector<Vec3> hub(static_cast<std::size_t>(hubs));
  for (Vec3& h : hub) h = {size * random.uniform(), size * random.uniform(), size / 2 * random.uniform()};
  for (int i = 0; i < pipes; ++i) {
    const Vec3& h = hub[random.below(hub.size())];
    const float spread = size * random.uniform(0.02f, 0.2f);
    const Vec3 at{h[0] + spread * random.normal(), h[1] + spread * random.normal(), h[2] + spread * random.normal()};
    const std::size_t axis = random.below(3);
    const float length = size * random.uniform(0.02f, 0.5f);
    const float radius = size * random.uniform(0.003f, 0.03f);
    const int kind = random.between(0, 4);
    if (kind < 3)
      turned(at, axis, length, random.between(2, 20), random.between(6, 24), [&](float) { return radius; });
    else if (kind == 3)
      ellipsoid(at, {2 * radius, 2 * radius, 2 * radius}, random.between(6, 24));
    else
      box(at, {at[0] + 3 * radius, at[1] + 4 * radius, at[2] + 5 * radius}, random.between(1, 6));
  }
  if (random.uniform() < 0.7f) box({0, 0, -0.1f}, {size, size, 0}, random.between(1, 10));
}

void Scene::stairs() {
  const int steps = random.between(10, 40);
  const float width = random.uniform(1, 4);
  const bool spiral = random.uniform() < 0.4f;
  const float rise = 0.18f;
  const int balusters = random.between(1, 3);
  const int around = random.between(6, 16);
  for (int i = 0; i < steps; ++i) {
    const auto number = static_cast<float>(i);
    const float turn = spiral ? 0.25f * number : 0;
    const Vec3 at = spiral ? Vec3{1.5f * width * std::cos(turn), 1.5f * width * std::sin(turn), rise * number}
                           : Vec3{0.28f * number, 0, rise * number};
    box(at, {at[0] + (spiral ? width : 0.3f), at[1] + width, at[2] + 0.05f}, random.between(1, 3));
    for (int b = 0; b < balusters; ++b)
      turned({at[0] + 0.1f * static_cast<float>(b), at[1], at[2]}, 2, 0.9f, 10, around,
             [&](float u) { return 0.02f + 0.015f * std::sin(12 * u); });
  }
  const float length = 0.28f * static_cast<float>(steps);
  box({-2, -2, 0}, {length + 2, width + 2, rise * static_cast<float>(steps) + 2.5f}, random.between(1, 8));
  tree({length, width, 0}, 1.5f);
}

void Scene::spheres() {
  const int clusters = random.between(2, 8);
  for (int c = 0; c < clusters; ++c) {
    const Vec3 center{10 * random.uniform(), 10 * random.uniform(), 10 * random.uniform()};
    const float spread = random.uniform(0.2f, 3);
    const int balls = random.between(5, 40);
    for (int i = 0; i < balls; ++i) {
      const float r = spread * random.uniform(0.02f, 0.3f);
      ellipsoid({center[0] + spread * random.normal(), center[1] + spread * random.normal(),
                 center[2] + spread * random.normal()},
                {r, r, r * random.uniform(0.5f, 2)}, random.between(5, 20));
    }
  }
}

}  // namespace

std::string_view scene_name(SceneKind kind) noexcept {
  constexpr std::string_view names[] = {"room", "street", "arcade", "terrain", "body", "machine", "stairs", "spheres"};
  return names[static_cast<std::size_t>(kind)];
}

std::vector<Triangle> make_scene(SceneKind kind, std::uint64_t seed) {
  Scene scene(seed, static_cast<std::uint64_t>(kind));
  constexpr void (Scene::*makers[])() = {&Scene::room, &Scene::street,  &Scene::arcade, &Scene::terrain,
                                         &Scene::body, &Scene::machine, &Scene::stairs, &Scene::spheres};
  (scene.*makers[static_cast<std::size_t>(kind)])();
  return std::move(scene.triangles);
}

}  // namespace coppice::neural_builder
