// How many dimensions sketches should have, guessed before any are made: on the sample and its true neighbours, and on
// the points whose covariance gave the axes. Each stands for many, so ranks are rough; they tell dimensions apart, and
// nothing else depends on them.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "high_sketch_search.hpp"

namespace coppice::high {
namespace {

constexpr std::size_t neighbors_each = 12;  ///< of a sample row

/// Squared distances of rows and columns grow by those along `steps` further axes. Coordinates are `stride` apart.
void add_distances(const float* rows, std::size_t count, const float* columns, std::size_t size, std::size_t stride,
                   std::size_t steps, std::vector<float>& to) {
  const auto square = [&](const float* x) {
    float sum = 0;
    for (std::size_t s = 0; s < steps; ++s) sum += x[s] * x[s];
    return sum;
  };
  const std::size_t groups = groups_of(size);
  storage::RawArray<float> packed(groups * group * steps);
  std::vector<float> squares(groups * group, 0.0f);
  for (std::size_t i = 0; i < groups * group; ++i) {
    for (std::size_t s = 0; s < steps; ++s)
      packed.get()[(i / group * steps + s) * group + i % group] = i < size ? columns[i * stride + s] : 0.0f;
    if (i < size) squares[i] = square(columns + i * stride);
  }
  std::vector<float> left(8 * steps, 0.0f);
  std::vector<float> products(8 * groups * group);
  for (std::size_t first = 0; first < count; first += 8) {
    const std::size_t last = std::min(count, first + 8);
    for (std::size_t r = first; r < last; ++r) std::copy_n(rows + r * stride, steps, left.data() + (r - first) * steps);
    tiles::tile_kernels().project(steps, left.data(), steps, packed.get(), groups, products.data(), groups * group);
    for (std::size_t r = first; r < last; ++r) {
      const float of_row = square(rows + r * stride);
      const float* const product = products.data() + (r - first) * groups * group;
      for (std::size_t i = 0; i < size; ++i) to[r * size + i] += of_row + squares[i] - 2 * product[i];
    }
  }
}

}  // namespace

template <class Scalar>
std::size_t SketchSearch<Scalar>::promising_dimension(double recall) {
  const std::size_t d = problem_.points->dimension();
  const std::size_t most = std::min(guessed_dimension, d);
  const Executor& executor = problem_.executor;
  // Sample rows, and some of the neighbours of each.
  std::vector<std::size_t> begins;
  std::vector<float> rows;
  const auto add = [&](const Store<Scalar>& store, std::size_t row) {
    rows.resize(rows.size() + d);
    store.frame_row(frame_, row, rows.data() + rows.size() - d);
  };
  for (const std::int32_t row : sample_.rows()) add(*problem_.queries, static_cast<std::size_t>(row));
  for (std::size_t j = 0; j < sample_.rows().size(); ++j) {
    const auto& hits = sample_.hits(j);
    begins.push_back(rows.size() / d);
    const std::size_t step = (hits.size() + neighbors_each - 1) / neighbors_each;
    for (std::size_t h = 0; h < hits.size(); h += step) add(*problem_.points, static_cast<std::size_t>(hits[h].id));
  }
  begins.push_back(rows.size() / d);
  const std::vector<float> placed = axes_.along(rows.data(), begins.back(), most, executor);
  const std::vector<float> others = axes_.sample_along(most, executor);
  const std::size_t size = others.size() / most;
  const std::size_t count = sample_.rows().size();

  std::vector<float> distances(count * size, 0.0f);
  std::vector<float> of_neighbors(begins.back(), 0.0f);
  std::vector<double> ranks;
  std::size_t best = most;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t before = 0, p; before < most; before = p) {
    p = std::min(before + group, most);
    add_distances(placed.data() + before, count, others.data() + before, size, most, p - before, distances);
    ranks.clear();
    for (std::size_t j = 0; j < count; ++j)
      for (std::size_t h = begins[j]; h < begins[j + 1]; ++h) {
        for (std::size_t s = before; s < p; ++s) {
          const float difference = placed[j * most + s] - placed[h * most + s];
          of_neighbors[h] += difference * difference;
        }
        const float* const of_row = distances.data() + j * size;
        const auto nearer = std::count_if(of_row, of_row + size, [&](float x) { return x < of_neighbors[h]; });
        ranks.push_back(static_cast<double>(nearer));
      }
    if (ranks.empty()) return most;
    // The rank that a part of the neighbours exceeds, half of what may be missed: a mean of a few is less rough.
    std::sort(ranks.begin(), ranks.end(), std::greater<>());
    const auto missed =
        std::max<std::size_t>(1, static_cast<std::size_t>((1 - recall) / 2 * static_cast<double>(ranks.size())));
    double sum = 0;
    for (std::size_t i = missed / 2; i < missed / 2 + missed; ++i) sum += ranks[std::min(i, ranks.size() - 1)];
    const double rank = sum / static_cast<double>(missed) * costs_.points / static_cast<double>(size);
    const double m = std::max(rank, static_cast<double>(problem_.output.k + 2));
    const double cost =
        costs_.sketches(static_cast<double>(p)) + costs_.brute(static_cast<double>(p)) + costs_.rerank(m);
    if (m <= static_cast<double>(most_candidates) && cost < least) {
      least = cost;
      best = p;
    }
  }
  return best;
}

template std::size_t SketchSearch<float>::promising_dimension(double);
template std::size_t SketchSearch<double>::promising_dimension(double);

}  // namespace coppice::high
