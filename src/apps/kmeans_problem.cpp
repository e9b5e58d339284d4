// The grid of integers that sums are taken on, and what rounding can do to distances.
#include "kmeans_problem.hpp"

#include <algorithm>
#include <cmath>

namespace coppice::kmeans {
namespace {

constexpr std::size_t padded_axes = 8;
constexpr double least_range = 1e-270;
constexpr std::size_t block = 4096;  ///< rows whose squares are summed together

/// The least e with x ≤ 2^e.
int ceiling_log2(double x) {
  int exponent;
  const double fraction = std::frexp(x, &exponent);
  return fraction == 0.5 ? exponent - 1 : exponent;
}

}  // namespace

Frame::Frame(std::vector<double> lower, std::vector<double> upper, double total, double largest)
    : dimension_(static_cast<int>(lower.size())), lower_(std::move(lower)), upper_(std::move(upper)) {
  const std::size_t axes = std::max(padded_axes, lower_.size());
  origin_.assign(axes, 0.0);
  scale_.assign(axes, 1.0);
  inverse_.assign(axes, 1.0);
  // |one place| ≤ 2^50 so that adding `rounder` rounds it, |their sum| ≤ 2^61.
  const int bits = std::min(61 - ceiling_log2(total), 50 - ceiling_log2(largest));
  for (std::size_t a = 0; a < lower_.size(); ++a) {
    origin_[a] = lower_[a] / 2 + upper_[a] / 2;
    const double half = std::max(upper_[a] - origin_[a], origin_[a] - lower_[a]);
    if (2 * half < least_range) {
      scale_[a] = inverse_[a] = 0;
      continue;
    }
    const int exponent = bits - ceiling_log2(half);
    scale_[a] = std::ldexp(1.0, exponent);
    inverse_[a] = std::ldexp(1.0, -exponent);
  }
}

double Frame::margin(std::span<const double> centers) const {
  double farthest = 0, widest = 0;
  const auto d = static_cast<std::size_t>(dimension_);
  for (std::size_t a = 0; a < d; ++a) {
    double least = lower_[a], most = upper_[a];
    for (std::size_t i = a; i < centers.size(); i += d) {
      least = std::min(least, centers[i]);
      most = std::max(most, centers[i]);
    }
    farthest = std::max({farthest, std::fabs(least), std::fabs(most)});
    widest = std::max(widest, most - least);
  }
  // A dozen roundings of numbers up to 4 · farthest, times differences up to `widest`, an axis; and what underflows.
  return 0x1p-46 * static_cast<double>(dimension_) * farthest * widest + 1e-300;
}

void Sums::clear() {
  std::fill(places.begin(), places.end(), 0);
  std::fill(weights.begin(), weights.end(), 0);
}

void Sums::add(const Sums& other) {
  for (std::size_t i = 0; i < places.size(); ++i) places[i] += other.places[i];
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] += other.weights[i];
}

double sum_of_squares(const RowSource& rows, std::span<const double> centers, const std::int32_t* labels,
                      const Executor& executor) {
  const auto d = static_cast<std::size_t>(rows.dimension());
  std::vector<double> parts((rows.size() + block - 1) / block);
  executor.for_each_chunk(rows.size(), block, [&](std::size_t first, std::size_t last) {
    std::vector<double> x(d);
    double sums[4] = {};
    for (std::size_t i = first; i < last; ++i) {
      rows.read(i, x.data());
      sums[(i - first) % 4] +=
          squared_distance(x.data(), centers.data() + static_cast<std::size_t>(labels[i]) * d, static_cast<int>(d));
    }
    parts[first / block] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  });
  double total = 0;
  for (const double part : parts) total += part;
  return total;
}

template <class S>
double sum_of_squares(const Problem<S>& problem, std::span<const double> centers, const std::int32_t* labels) {
  const std::size_t n = problem.points.size();
  const int d = problem.points.dimension();
  std::vector<double> parts((n + block - 1) / block);
  problem.executor.for_each_chunk(n, block, [&](std::size_t first, std::size_t last) {
    const auto part = [&](auto fixed, bool weighted) {
      constexpr int known = decltype(fixed)::value;
      double sums[4] = {};
      for (std::size_t i = first; i < last; ++i) {
        const double* const c = centers.data() + static_cast<std::size_t>(labels[i]) * static_cast<std::size_t>(d);
        const double square = squared_distance(problem.points.row(i), c, known == 0 ? d : known);
        sums[(i - first) % 4] += weighted ? square * problem.weights[i] : square;
      }
      parts[first / block] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    };
    if (d == 2 && problem.weights.empty())
      part(std::integral_constant<int, 2>{}, false);
    else if (d == 3 && problem.weights.empty())
      part(std::integral_constant<int, 3>{}, false);
    else
      part(std::integral_constant<int, 0>{}, !problem.weights.empty());
  });
  double total = 0;
  for (const double part : parts) total += part;
  return total * problem.weight_unit;
}

template double sum_of_squares(const Problem<float>&, std::span<const double>, const std::int32_t*);
template double sum_of_squares(const Problem<double>&, std::span<const double>, const std::int32_t*);

}  // namespace coppice::kmeans
