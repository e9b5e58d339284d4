// Checks of points, weights and starts.
#include "kmeans_prepare.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_set>

#include "coppice/errors.hpp"
#include "kmeans_trees.hpp"
#include "random.hpp"

namespace coppice::kmeans {
namespace {

constexpr std::size_t most_points = std::size_t{1} << 30;
constexpr double most_total = 0x1p50;
constexpr double least_share = 0x1p-40;
constexpr std::size_t chunk = std::size_t{1} << 15;

/// The range of every axis. Errors: invalid_input for what check_points refuses.
template <class S>
void find_range(PointView<S> points, const Executor& executor, std::vector<double>& lower, std::vector<double>& upper) {
  const auto d = static_cast<std::size_t>(points.dimension());
  const std::size_t n = points.size(), chunks = (n + chunk - 1) / chunk;
  std::vector<double> ranges(chunks * 2 * d);
  std::atomic<bool> good = true;
  const double limit = static_cast<double>(coordinate_limit<S>(points.dimension()));
  const auto with_kernels = [&](auto width, std::size_t first, std::size_t last, double* range) {
    constexpr int D = decltype(width)::value;
    Planting<D> part{};
    part.rows = points.row(0);
    part.is_float = sizeof(S) == sizeof(float);
    part.stride = points.stride();
    part.dimension = points.dimension();
    part.first = first;
    part.last = last;
    kernels().template trees<D>().bounds(part, limit);
    if (!part.finite) good = false;
    std::copy_n(part.sides[0].lower, d, range);
    std::copy_n(part.sides[0].upper, d, range + d);
  };
  executor.for_each_chunk(n, chunk, [&](std::size_t first, std::size_t last) {
    double* const range = ranges.data() + first / chunk * 2 * d;
    if (d == 2) return with_kernels(std::integral_constant<int, 2>{}, first, last, range);
    if (d == 3) return with_kernels(std::integral_constant<int, 3>{}, first, last, range);
    std::fill_n(range, d, std::numeric_limits<double>::infinity());
    std::fill_n(range + d, d, -std::numeric_limits<double>::infinity());
    bool fine = true;
    for (std::size_t i = first; i < last; ++i) {
      const S* const row = points.row(i);
      for (std::size_t a = 0; a < d; ++a) {
        const auto x = static_cast<double>(row[a]);
        fine &= -limit <= x && x <= limit;
        range[a] = std::min(range[a], x);
        range[d + a] = std::max(range[d + a], x);
      }
    }
    if (!fine) good = false;
  });
  if (!good) check_points(points, points.dimension());
  lower.assign(d, std::numeric_limits<double>::infinity());
  upper.assign(d, -std::numeric_limits<double>::infinity());
  for (std::size_t c = 0; c < chunks; ++c)
    for (std::size_t a = 0; a < d; ++a) {
      lower[a] = std::min(lower[a], ranges[c * 2 * d + a]);
      upper[a] = std::max(upper[a], ranges[c * 2 * d + d + a]);
    }
}

/// Whole numbers that stand for the weights, and their unit.
double make_whole(std::span<const double> given, std::vector<double>& whole) {
  double total = 0, least = std::numeric_limits<double>::infinity();
  bool are_whole = true;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const double w = given[i];
    if (!(w > 0 && w <= 1e300))
      throw invalid_input(i, "weight is " + std::to_string(w) + "; expected a positive number");
    total += w;
    least = std::min(least, w);
    are_whole &= w == std::floor(w);
  }
  if (!(total <= 1e300)) throw invalid_input("the weights add up to more than 1e300");
  if (least < total * least_share)
    throw invalid_input("the least weight is " + std::to_string(least / total) +
                        " of the sum of all; expected at least 2^-40");
  double unit = 1;
  if (!are_whole || total > most_total) {
    int exponent;
    (void)std::frexp(total, &exponent);  // total < 2^exponent
    unit = std::ldexp(1.0, exponent - 50);
  }
  for (const double w : given) whole.push_back(std::max(1.0, std::nearbyint(w / unit)));
  return unit;
}

}  // namespace

template <class S>
Prepared<S>::Prepared(PointView<S> points, std::span<const double> weights, const Executor& executor)
    : points_(points), executor_(executor) {
  check_dimension(points.dimension());
  if (points.empty()) throw invalid_input("found no points, expected at least k");
  if (points.size() > most_points)
    throw invalid_input("found " + std::to_string(points.size()) + " points, expected at most 2^30");
  if (!weights.empty() && weights.size() != points.size())
    throw invalid_input("found " + std::to_string(weights.size()) +
                        " weights, expected one a point: " + std::to_string(points.size()));
  std::vector<double> lower, upper;
  find_range(points, executor, lower, upper);
  double total = static_cast<double>(points.size()), largest = 1;
  if (!weights.empty()) {
    weight_unit_ = make_whole(weights, weights_);
    total = 0;
    for (const double w : weights_) {
      total += w;
      largest = std::max(largest, w);
    }
  }
  frame_.emplace(std::move(lower), std::move(upper), total, largest);
}

template <class S>
void check_start(const typename KMeans<S>::Config& config, int dimension) {
  if (config.init != KMeansInit::given) return;
  if (config.centers.dimension != dimension)
    throw invalid_input("centers have " + std::to_string(config.centers.dimension) +
                        " axes, expected as many as the points: " + std::to_string(dimension));
  try {
    check_points(config.centers.view(), dimension);
  } catch (const invalid_input& refusal) {
    throw invalid_input(std::string("centers: ") + refusal.what());
  }
}

void check_distinct(const RowSource& rows, std::size_t k) {
  const auto d = static_cast<std::size_t>(rows.dimension());
  std::vector<double> seen_numbers;  // of the distinct rows
  const auto hash = [&](std::uint32_t i) {
    std::uint64_t h = 0;
    for (std::size_t a = 0; a < d; ++a) h = lidar::mix(h, static_cast<std::uint64_t>(bits_of(seen_numbers[i * d + a])));
    return static_cast<std::size_t>(h);
  };
  const auto same = [&](std::uint32_t i, std::uint32_t j) {
    return std::equal(seen_numbers.begin() + static_cast<std::ptrdiff_t>(i * d),
                      seen_numbers.begin() + static_cast<std::ptrdiff_t>((i + 1) * d),
                      seen_numbers.begin() + static_cast<std::ptrdiff_t>(j * d));
  };
  std::unordered_set<std::uint32_t, decltype(hash), decltype(same)> seen(2 * std::min(k, rows.size()), hash, same);
  for (std::size_t row = 0; row < rows.size() && seen.size() < k; ++row) {
    const std::size_t next = seen.size();
    seen_numbers.resize((next + 1) * d);
    double* const x = seen_numbers.data() + next * d;
    rows.read(row, x);
    for (std::size_t a = 0; a < d; ++a) x[a] = x[a] == 0 ? 0 : x[a];  // −0 is 0
    seen.insert(static_cast<std::uint32_t>(next));
  }
  if (seen.size() < k)
    throw invalid_input("k is " + std::to_string(k) + "; found " + std::to_string(seen.size()) +
                        (seen.size() == 1 ? " distinct point" : " distinct points") + ", expected at least k");
}

namespace {

/// The mean variance of an axis: by blocks of rows, in order, about the middle of the range.
double mean_variance(const RowSource& rows, const Frame& frame, std::span<const double> weights,
                     const Executor& executor) {
  const auto d = static_cast<std::size_t>(rows.dimension());
  const std::size_t n = rows.size(), chunks = (n + chunk - 1) / chunk;
  std::vector<double> parts(chunks * (2 * d + 1));
  executor.for_each_chunk(n, chunk, [&](std::size_t first, std::size_t last) {
    double* const sums = parts.data() + first / chunk * (2 * d + 1);
    std::vector<double> x(d);
    for (std::size_t i = first; i < last; ++i) {
      rows.read(i, x.data());
      const double w = weights.empty() ? 1 : weights[i];
      sums[2 * d] += w;
      for (std::size_t a = 0; a < d; ++a) {
        const double t = x[a] - frame.grid().origin[a];
        sums[a] += w * t;
        sums[d + a] += w * t * t;
      }
    }
  });
  std::vector<double> sums(2 * d + 1);
  for (std::size_t i = 0; i < parts.size(); ++i) sums[i % (2 * d + 1)] += parts[i];
  double variance = 0;
  for (std::size_t a = 0; a < d; ++a) {
    const double mean = sums[a] / sums[2 * d];
    variance += std::max(0.0, sums[d + a] / sums[2 * d] - mean * mean) / static_cast<double>(d);
  }
  return variance;
}

}  // namespace

Course course_of(const RowSource& rows, const Frame& frame, std::span<const double> weights, std::size_t k,
                 int iterations, double tolerance, const Executor& executor, double (*to_scalar)(double)) {
  const auto d = static_cast<std::size_t>(rows.dimension());
  return {frame,
          k,
          iterations,
          tolerance > 0 ? tolerance * mean_variance(rows, frame, weights, executor) : 0,
          to_scalar,
          [&rows, d](std::span<const double> centers, const std::int32_t* labels, std::vector<double>& squared) {
            std::vector<double> x(d);
            for (std::size_t i = 0; i < squared.size(); ++i) {
              rows.read(i, x.data());
              squared[i] = squared_distance(x.data(), centers.data() + static_cast<std::size_t>(labels[i]) * d,
                                            static_cast<int>(d));
            }
          },
          [&rows, &frame, weights, d](std::size_t row, int sign, std::size_t center, Sums& sums) {
            std::vector<double> x(d);
            rows.read(row, x.data());
            const double weight = sign * (weights.empty() ? 1 : weights[row]);
            kernels().add(x.data(), static_cast<int>(d), frame.grid(), weight, sums.places.data() + center * d);
            sums.weights[center] += static_cast<std::int64_t>(weight);
          },
          rows.size()};
}

#define COPPICE_INSTANTIATE(S) \
  template class Prepared<S>;  \
  template void check_start<S>(const typename KMeans<S>::Config&, int);
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice::kmeans
