// Orders in which points may arrive that unbalance a tree.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/query/hit.hpp"

namespace coppice::test {

inline constexpr std::size_t arrivals = 40000;

/// An order of arrival: the i-th point, with random numbers in [0, 1) at hand.
struct Arrival {
  std::string name;
  bool needs_cleaving;  // somewhere no plane between the children of a full node balances it
  std::function<void(double i, const std::function<double()>& random, double* point)> place;
};

inline std::vector<Arrival> all_arrivals() {
  return {
      {"spiral", true,
       [](double i, const auto& random, double* p) {
         const double radius = std::sqrt(i + 1);
         p[0] = radius * std::cos(i * 0.01);
         p[1] = radius * std::sin(i * 0.01);
         p[2] = random();
       }},
      {"into a corner", true,
       [](double i, const auto& random, double* p) {
         const double size = std::pow(0.5, i * 40 / arrivals);
         for (int a = 0; a < 3; ++a) p[a] = random() * size;
       }},
      {"growing ball", false,
       [](double i, const auto& random, double* p) {
         const double size = std::cbrt(i + 1);
         for (int a = 0; a < 3; ++a) p[a] = (random() - 0.5) * size;
       }},
      {"shells", false,
       [](double i, const auto& random, double* p) {
         const double z = 2 * random() - 1;
         const double angle = 2 * std::numbers::pi * random();
         const double radius = 1 + i * 1e-5;
         p[0] = radius * std::sqrt(1 - z * z) * std::cos(angle);
         p[1] = radius * std::sqrt(1 - z * z) * std::sin(angle);
         p[2] = radius * z;
       }},
      {"along a line", false,
       [](double i, const auto& random, double* p) {
         p[0] = i;
         p[1] = random();
         p[2] = random();
       }},
      {"growing cloud, densest in its middle", false,
       [](double i, const auto& random, double* p) {
         const double size = std::pow(random(), 4) * (1 + i / 2500);
         for (int a = 0; a < 3; ++a) p[a] = (random() - 0.5) * size;
       }},
      {"walk through heavy tails", false,
       [](double i, const auto& random, double* p) {
         const double angle = 2 * std::numbers::pi * random();
         const double radius = std::tan(1.55 * random());
         p[0] = i / 2500 + radius * std::cos(angle);
         p[1] = radius * std::sin(angle);
         p[2] = 0.1 * radius * random();
       }},
      {"equal points", false, [](double, const auto&, double* p) { p[0] = p[1] = p[2] = 1; }},
  };
}

/// The i-th point of an order of arrival, appended to `points`.
template <class Scalar>
void place_next(const Arrival& arrival, double i, const std::function<double()>& random, Points<Scalar>& points) {
  double at[3];
  arrival.place(i, random, at);
  for (const double x : at) points.coordinates.push_back(static_cast<Scalar>(x));
}

template <class Scalar>
void expect_same_nearest(const Neighbors<Scalar>& found, const Neighbors<Scalar>& expected) {
  EXPECT_EQ(found.ids, expected.ids);
  EXPECT_EQ(found.distances, expected.distances);
}

}  // namespace coppice::test
