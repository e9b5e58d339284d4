// Points against all centers: a tile of 32 points stays in registers, eight a register, while the centers pass by; and
// the small sums over axes that bounds on distances need.
#pragma once

#include "kmeans_lanes.hpp"

namespace coppice::kmeans {

template <class Target>
class Tiles {
  using L = KMeansLanes<Target>;
  using Pack = typename L::Pack;
  static constexpr int groups = tile_rows / 8;

 public:
  static void nearest(const double* tile, const Centers& centers, std::uint32_t* names, double* squared,
                      double* second) {
    if (second != nullptr)
      search<0, true>(tile, centers, names, squared, second);
    else if (centers.dimension == 2)
      search<2, false>(tile, centers, names, squared, nullptr);
    else if (centers.dimension == 3)
      search<3, false>(tile, centers, names, squared, nullptr);
    else
      search<0, false>(tile, centers, names, squared, nullptr);
  }

  static double near_squared(const double* a, const double* b, int dimension) {
    Pack sum[2] = {Pack::broadcast(0), Pack::broadcast(0)};
    int i = 0;
    for (; i + 16 <= dimension; i += 16)
      for (int half = 0; half < 2; ++half) {
        const Pack t = Pack::load(a + i + 8 * half) - Pack::load(b + i + 8 * half);
        sum[half] = L::mul_add(t, t, sum[half]);
      }
    double lanes[8], total = 0;
    (sum[0] + sum[1]).store(lanes);
    for (; i < dimension; ++i) total += (a[i] - b[i]) * (a[i] - b[i]);
    for (const double lane : lanes) total += lane;
    return total;
  }

  static void add(const double* row, int dimension, const Grid& grid, double weight, std::int64_t* sum) {
    const double magnitude = weight < 0 ? -weight : weight;
    const Pack w = Pack::broadcast(magnitude);
    int i = 0;
    for (; i + 8 <= dimension; i += 8) {
      const auto place =
          L::rounded((Pack::load(row + i) - Pack::load(grid.origin + i)) * Pack::load(grid.scale + i) * w);
      alignas(64) std::int64_t lanes[8];
      L::store(lanes, place);
      for (int u = 0; u < 8; ++u) sum[i + u] += weight < 0 ? -lanes[u] : lanes[u];
    }
    for (; i < dimension; ++i) {
      const std::int64_t place = rounded((row[i] - grid.origin[i]) * grid.scale[i] * magnitude);
      sum[i] += weight < 0 ? -place : place;
    }
  }

 private:
  template <int D, bool Second>
  static void search(const double* tile, const Centers& centers, std::uint32_t* names, double* squared,
                     double* second) {
    const int dimension = D == 0 ? centers.dimension : D;
    Pack best[groups], who[groups], next[groups];
    for (int g = 0; g < groups; ++g) {
      best[g] = next[g] = Pack::broadcast(__builtin_inf());
      who[g] = Pack::broadcast(0);
    }
    const auto offer = [&](std::uint32_t j, const Pack(&z)[groups]) {
      const Pack name = Pack::broadcast(j);
      for (int g = 0; g < groups; ++g) {
        if (Second) next[g] = min(next[g], max(best[g], z[g]));
        L::take_less(best[g], who[g], z[g], name);
      }
    };
    std::uint32_t j = 0;
    if (D == 0)
      for (; j + 2 <= centers.k; j += 2) {  // two at a time: every coordinate of a point is loaded for both
        const double* const a = centers.coordinates + static_cast<std::size_t>(j) * static_cast<std::size_t>(dimension);
        const double* const b = a + dimension;
        Pack y[groups], z[groups];
        for (int g = 0; g < groups; ++g) y[g] = z[g] = Pack::broadcast(0);
        const double* x = tile;
        for (int i = 0; i < dimension; ++i, x += tile_rows) {
          const Pack p = Pack::broadcast(a[i]), q = Pack::broadcast(b[i]);
          for (int g = 0; g < groups; ++g) {
            const Pack point = Pack::load(x + 8 * g);
            const Pack s = point - p, t = point - q;
            y[g] = y[g] + s * s;
            z[g] = z[g] + t * t;
          }
        }
        offer(j, y);
        offer(j + 1, z);
      }
    for (; j < centers.k; ++j) {
      const double* const c = centers.coordinates + static_cast<std::size_t>(j) * static_cast<std::size_t>(dimension);
      Pack z[groups];
      for (int g = 0; g < groups; ++g) z[g] = Pack::broadcast(0);
      for (int i = 0; i < dimension; ++i) {
        const Pack q = Pack::broadcast(c[i]);
        for (int g = 0; g < groups; ++g) {
          const Pack t = Pack::load(tile + i * tile_rows + 8 * g) - q;
          z[g] = z[g] + t * t;
        }
      }
      offer(j, z);
    }
    for (int g = 0; g < groups; ++g) {
      double lanes[8];
      who[g].store(lanes);
      for (int u = 0; u < 8; ++u) names[8 * g + u] = static_cast<std::uint32_t>(lanes[u]);
      best[g].store(squared + 8 * g);
      if (Second) next[g].store(second + 8 * g);
    }
  }
};

}  // namespace coppice::kmeans
