// The scenes with a horizon: mountains, a forest on hills, and the town of the LiDAR simulator with windows and leaves.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "mesh_builder.hpp"
#include "town.hpp"
#include "town_plan.hpp"

namespace coppice::scenes {

namespace {

const double full_turn = 4 * std::acos(0.0);

/// Smooth noise from −1 to 1: random numbers at whole places, blended in between.
double smooth_noise(double x, double z, std::uint64_t seed) {
  const double column = std::floor(x);
  const double row = std::floor(z);
  const auto at = [&](int i, int j) {
    const auto a = static_cast<std::uint64_t>(static_cast<std::int64_t>(column) + i);
    const auto b = static_cast<std::uint64_t>(static_cast<std::int64_t>(row) + j);
    return 2 * lidar::unit(lidar::mix(lidar::mix(seed, a), b)) - 1;
  };
  const auto blend = [](double t) { return t * t * (3 - 2 * t); };
  const double u = blend(x - column);
  const double v = blend(z - row);
  return (at(0, 0) * (1 - u) + at(1, 0) * u) * (1 - v) + (at(0, 1) * (1 - u) + at(1, 1) * u) * v;
}

/// Octaves of noise; `ridged` folds each, which makes crests.
double fractal(double x, double z, std::uint64_t seed, int octaves, bool ridged) {
  double sum = 0;
  double weight = 1;
  for (int i = 0; i < octaves; ++i) {
    const double noise = smooth_noise(x, z, lidar::mix(seed, static_cast<std::uint64_t>(i)));
    sum += weight * (ridged ? 1 - 2 * std::abs(noise) : noise);
    weight *= 0.48;
    x = 1.97 * x + 13.1;
    z = 1.97 * z - 7.7;
  }
  return sum;
}

/// A grid of heights over a square around the origin; `paint` gives the colour from height and steepness.
template <class Height, class Paint>
void add_ground(MeshBuilder& mesh, double side, std::size_t cells, Height&& height, Paint&& paint) {
  const double step = side / static_cast<double>(cells);
  const auto place = [&](std::size_t i) { return static_cast<double>(i) * step - side / 2; };
  std::vector<double> heights((cells + 1) * (cells + 1));
  std::vector<std::uint32_t> rows(heights.size());
  for (std::size_t j = 0; j <= cells; ++j)
    for (std::size_t i = 0; i <= cells; ++i) {
      const std::size_t at = j * (cells + 1) + i;
      heights[at] = height(place(i), place(j));
      rows[at] = mesh.vertex({place(i), heights[at], place(j)});
    }
  for (std::size_t j = 0; j < cells; ++j)
    for (std::size_t i = 0; i < cells; ++i) {
      const std::size_t at = j * (cells + 1) + i;
      const std::size_t below = at + cells + 1;
      const double slope = std::hypot(heights[at + 1] - heights[at], heights[below] - heights[at]) / step;
      paint(heights[at], slope);
      mesh.face(rows[at], rows[below], rows[at + 1]);
      mesh.face(rows[at + 1], rows[below], rows[below + 1]);
    }
}

std::size_t cells_for(double triangles) {
  return std::max<std::size_t>(2, static_cast<std::size_t>(std::sqrt(triangles / 2)));
}

/// A tree about one unit high, with its foot at the origin.
ColoredMesh make_tree(std::size_t triangles, std::uint64_t seed) {
  lidar::Random random(seed);
  MeshBuilder tree;
  const double lean = random.between(-0.04, 0.04);
  const Vec top{lean, 0.95, random.between(-0.04, 0.04)};
  const Vec fork{lean / 3, 0.3, 0};
  tree.color(0.24, 0.17, 0.11);
  tree.tube({0, -0.05, 0}, fork, 0.035, 0.025, 8);
  tree.tube(fork, top, 0.025, 0.004, 8);
  std::vector<Vec> twigs;
  const std::size_t branches = std::clamp<std::size_t>(triangles / 60, 3, 24);
  for (std::size_t i = 0; i < branches; ++i) {
    const double up = random.between(0, 0.85);
    const Vec from = fork + up * (top - fork);
    const double turn = random.between(0, full_turn);
    const double length = (1 - up) * random.between(0.3, 0.45) + 0.05;
    const Vec to = from + Vec{length * std::cos(turn), length * random.between(0.2, 0.6), length * std::sin(turn)};
    tree.tube(from, to, 0.012 * (1.2 - up), 0.003, 5);
    for (const double part : {0.5, 0.75, 1.0}) twigs.push_back(from + part * (to - from));
  }
  twigs.push_back(top);
  const double size = 0.25 / std::sqrt(static_cast<double>(std::max<std::size_t>(triangles, 400)) / 100);
  while (tree.size() + 1 < triangles) {
    const Vec& twig = twigs[static_cast<std::size_t>(random.between(0, static_cast<double>(twigs.size())))];
    tree.color(random, {0.22, 0.36, 0.1}, 0.6, 1.2);
    tree.leaf(twig + 0.12 * random.between(0.1, 1) * any_direction(random), size * random.between(0.6, 1.2), random);
  }
  return tree.take();
}

/// Another copy of a mesh, turned about the vertical, scaled and set down.
void add_copy(MeshBuilder& mesh, const ColoredMesh& model, const Vec& foot, double scale, double turn) {
  const double c = scale * std::cos(turn);
  const double s = scale * std::sin(turn);
  std::uint32_t first = 0;
  for (std::size_t i = 0; i < model.mesh.vertices.size(); ++i) {
    const Vec3& p = model.mesh.vertices[i];
    const std::uint32_t row = mesh.vertex(foot + Vec{c * static_cast<double>(p[0]) + s * static_cast<double>(p[2]),
                                                     scale * static_cast<double>(p[1]),
                                                     c * static_cast<double>(p[2]) - s * static_cast<double>(p[0])});
    if (i == 0) first = row;
  }
  for (std::size_t i = 0; i < model.mesh.faces.size(); ++i) {
    const auto& face = model.mesh.faces[i];
    const Vec3& color = model.colors[i];
    mesh.color(static_cast<double>(color[0]), static_cast<double>(color[1]), static_cast<double>(color[2]));
    mesh.face(first + face[0], first + face[1], first + face[2]);
  }
}

/// From the plane of the town, z up, to scenes.
Vec upright(const lidar::Place& place, double height) {
  return {place[0], height, -place[1]};
}

void add_windows(MeshBuilder& mesh, const lidar::Solid& house, lidar::Random& random) {
  constexpr double floor_height = 3.1;
  const std::array<lidar::Place, 2> axes{house.axis, {-house.axis[1], house.axis[0]}};
  for (std::size_t side = 0; side < 4; ++side) {
    const double sign = side < 2 ? 1 : -1;
    const lidar::Place& outward = axes[side % 2];
    const lidar::Place& along = axes[1 - side % 2];
    const double reach = house.half[1 - side % 2] - 1;
    const double off = sign * (house.half[side % 2] + 0.03);
    for (double level = house.lower + 1; level + 1.5 < house.upper; level += floor_height)
      for (double at = -reach + 0.4; at + 0.7 < reach; at += 2.6) {
        mesh.color(random, {0.08, 0.1, 0.13}, 0.5, 1.5);
        const auto corner = [&](double a, double h) {
          return upright({house.centre[0] + off * outward[0] + (at + a) * along[0],
                          house.centre[1] + off * outward[1] + (at + a) * along[1]},
                         h);
        };
        mesh.quad(corner(0, level), corner(1.1, level), corner(1.1, level + 1.4), corner(0, level + 1.4));
      }
  }
}

}  // namespace

void make_terrain(MeshBuilder& mesh, std::size_t triangles, std::uint64_t seed) {
  lidar::Random random(seed);
  const auto height = [&](double x, double z) {
    const double base = fractal(x / 2500, z / 2500, seed, 9, true);
    return 420 * base + 160 * fractal(x / 4000 + 5, z / 4000, lidar::mix(seed, 7), 3, false);
  };
  add_ground(mesh, 8000, cells_for(static_cast<double>(triangles)), height, [&](double at, double slope) {
    if (slope > 0.8)
      mesh.color(random, {0.32, 0.28, 0.25}, 0.9, 1.1);
    else if (at > 420)
      mesh.color(random, {0.85, 0.87, 0.9}, 0.95, 1.05);
    else
      mesh.color(random, {0.2, 0.28, 0.11}, 0.8, 1.2);
  });
}

void make_forest(MeshBuilder& mesh, std::size_t triangles, std::uint64_t seed) {
  lidar::Random random(seed);
  const std::size_t tree_size = std::clamp<std::size_t>(triangles / 40, 200, 3000);
  const std::size_t trees = std::max<std::size_t>(1, triangles * 9 / 10 / tree_size);
  const double side = 7 * std::sqrt(static_cast<double>(trees)) + 10;
  const auto height = [&](double x, double z) { return 5 * fractal(x / 60, z / 60, seed, 5, false); };
  add_ground(mesh, 1.4 * side, cells_for(static_cast<double>(triangles) / 10), height, [&](double, double) {
    mesh.color(random, {0.3, 0.27, 0.14}, 0.8, 1.2);
  });
  std::array<ColoredMesh, 5> models;
  for (std::size_t i = 0; i < models.size(); ++i) models[i] = make_tree(tree_size, lidar::mix(seed, i));
  const auto columns = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(trees))));
  for (std::size_t i = 0; i < trees; ++i) {
    const double spacing = side / static_cast<double>(columns);
    const double x = (static_cast<double>(i % columns) + random.between(0.1, 0.9)) * spacing - side / 2;
    const double z = (static_cast<double>(i / columns) + random.between(0.1, 0.9)) * spacing - side / 2;
    add_copy(mesh, models[random.bits() % models.size()], {x, height(x, z), z}, random.between(6, 13),
             random.between(0, full_turn));
  }
}

void make_city(MeshBuilder& mesh, std::size_t triangles, std::uint64_t seed) {
  lidar::Random random(seed);
  const lidar::TownPlan plan = lidar::plan_town(seed);
  double reach = 0;
  std::size_t crowns = 0;
  for (const lidar::Solid& solid : plan.solids) {
    reach = std::max({reach, std::abs(solid.centre[0]), std::abs(solid.centre[1])});
    crowns += solid.shape == lidar::Solid::Shape::sphere ? 1 : 0;
  }
  mesh.color(0.16, 0.16, 0.17);
  add_ground(
      mesh, 2.3 * reach, 64, [](double, double) { return 0.0; }, [](double, double) {});
  for (const lidar::Solid& solid : plan.solids) {
    const double middle = (solid.lower + solid.upper) / 2;
    if (solid.shape == lidar::Solid::Shape::cylinder) {
      mesh.color(0.24, 0.2, 0.16);
      mesh.tube(upright(solid.centre, solid.lower), upright(solid.centre, solid.upper), solid.half[0],
                0.7 * solid.half[0], 8);
    } else if (solid.shape == lidar::Solid::Shape::box) {
      const double height = solid.upper - solid.lower;
      const bool is_house = height > 2.5 && solid.half[0] > 2 && solid.half[1] > 2;
      const bool is_car = solid.lower > 0.2;
      if (is_car)
        mesh.color(random.between(0.1, 0.7), random.between(0.1, 0.4), random.between(0.1, 0.5));
      else if (is_house)
        mesh.color(random, {0.72, random.between(0.55, 0.68), random.between(0.42, 0.6)}, 0.8, 1.1);
      else
        mesh.color(random, height < 0.2 ? Vec{0.36, 0.36, 0.33} : Vec{0.4, 0.34, 0.28}, 0.9, 1.1);
      mesh.box(upright(solid.centre, middle), upright(solid.axis, 0), upright({-solid.axis[1], solid.axis[0]}, 0),
               {solid.half[0], height / 2, solid.half[1]});
      if (is_house) add_windows(mesh, solid, random);
    }
  }
  if (crowns == 0) return;
  const std::size_t left = triangles > mesh.size() ? triangles - mesh.size() : 0;
  const std::size_t leaves = std::max<std::size_t>(left / crowns / 2, 12);
  for (const lidar::Solid& solid : plan.solids) {
    if (solid.shape != lidar::Solid::Shape::sphere) continue;
    const double radius = solid.half[0];
    const double size = 1.6 * radius / std::sqrt(static_cast<double>(leaves));
    for (std::size_t i = 0; i < leaves; ++i) {
      mesh.color(random, {0.2, 0.34, 0.1}, 0.6, 1.2);
      mesh.leaf(upright(solid.centre, (solid.lower + solid.upper) / 2) +
                    radius * std::cbrt(random.between(0.2, 1)) * any_direction(random),
                size, random);
    }
  }
}

}  // namespace coppice::scenes
