// Where centers start: distinct rows at random, or k-means++ (Arthur and Vassilvitskii 2007). For the latter the points
// are sorted along a space-filling curve and cut into blocks with boxes: a new center only changes the blocks that are
// nearer to it than their worst point is to the centers before.
#include <algorithm>
#include <limits>
#include <numeric>
#include <unordered_set>

#include "kmeans_problem.hpp"
#include "random.hpp"

namespace coppice::kmeans {
namespace {

using lidar::mix;
using lidar::Random;
using lidar::unit;

/// The potentials of k-means++: of every point the weighted squared distance to the nearest center so far.
class Potentials {
 public:
  Potentials(const RowSource& rows, std::vector<std::uint32_t> order, std::span<const double> weights)
      : rows_(rows),
        d_(static_cast<std::size_t>(rows.dimension())),
        order_(std::move(order)),
        squared_(rows.size(), std::numeric_limits<double>::infinity()),
        weights_(weights) {
    if (order_.empty()) {
      order_.resize(rows.size());
      std::iota(order_.begin(), order_.end(), 0u);
    }
    const std::size_t blocks = (order_.size() + block - 1) / block;
    lower_.assign(blocks * d_, std::numeric_limits<double>::infinity());
    upper_.assign(blocks * d_, -std::numeric_limits<double>::infinity());
    worst_.assign(blocks, std::numeric_limits<double>::infinity());
    sums_.assign(blocks, 0.0);
    std::vector<double> x(d_);
    for (std::size_t i = 0; i < order_.size(); ++i) {
      rows_.read(order_[i], x.data());
      for (std::size_t a = 0; a < d_; ++a) {
        double& least = lower_[i / block * d_ + a];
        double& most = upper_[i / block * d_ + a];
        least = std::min(least, x[a]);
        most = std::max(most, x[a]);
      }
    }
  }

  void add(std::uint32_t row, const Executor& executor) {
    std::vector<double> center(d_);
    rows_.read(row, center.data());
    executor.for_each_chunk(worst_.size(), 4096, [&](std::size_t first, std::size_t last) {
      std::vector<double> x(d_);
      for (std::size_t b = first; b < last; ++b)
        if (nearest(b, center) < worst_[b]) update(b, center, x.data());
    });
  }

  /// The row where the running sum of potentials passes `share` (0 … 1) of the whole; no row of potential 0.
  [[nodiscard]] std::uint32_t at(double share) const {
    double total = 0;
    for (const double sum : sums_) total += sum;
    double rest = share * total;
    std::size_t b = 0, last = sums_.size();
    for (; b < sums_.size(); ++b) {
      if (sums_[b] > 0) last = b;
      if (rest < sums_[b]) break;
      rest -= sums_[b];
    }
    if (last == sums_.size()) return order_.front();  // all squares underflow
    b = std::min(b, last);                            // rounding may carry past the end
    std::size_t found = b * block;
    for (std::size_t i = b * block; i < std::min(order_.size(), (b + 1) * block); ++i) {
      const double p = potential(i);
      if (p > 0) found = i;
      if (p > 0 && rest < p) break;
      rest -= p;
    }
    return order_[found];
  }

 private:
  static constexpr std::size_t block = 32;

  [[nodiscard]] double potential(std::size_t i) const {
    return weights_.empty() ? squared_[i] : squared_[i] * weights_[order_[i]];
  }
  [[nodiscard]] double nearest(std::size_t b, const std::vector<double>& center) const {
    double sum = 0;
    for (std::size_t a = 0; a < d_; ++a) {
      const double below = lower_[b * d_ + a] - center[a], above = center[a] - upper_[b * d_ + a];
      const double gap = std::max({below, above, 0.0});
      sum += gap * gap;
    }
    return sum;
  }
  void update(std::size_t b, const std::vector<double>& center, double* x) {
    double worst = 0, sum = 0;
    for (std::size_t i = b * block; i < std::min(order_.size(), (b + 1) * block); ++i) {
      rows_.read(order_[i], x);
      const double square = squared_distance(x, center.data(), static_cast<int>(d_));
      squared_[i] = std::min(squared_[i], square);
      worst = std::max(worst, squared_[i]);
      sum += potential(i);
    }
    worst_[b] = worst;
    sums_[b] = sum;
  }

  const RowSource& rows_;
  std::size_t d_;
  std::vector<std::uint32_t> order_;
  std::vector<double> squared_, lower_, upper_, worst_, sums_;
  std::span<const double> weights_;
};

std::vector<std::uint32_t> rows_of_plus_plus(const RowSource& source, std::vector<std::uint32_t> order,
                                             std::span<const double> weights, std::size_t k, Random& random,
                                             const Executor& executor) {
  Potentials potentials(source, std::move(order), weights);
  const std::size_t n = source.size();
  // The first one like the others, of equal potentials: by weight.
  std::uint32_t row = 0;
  if (weights.empty()) {
    row = static_cast<std::uint32_t>(random.bits() % n);
  } else {
    double total = 0;
    for (const double w : weights) total += w;
    double rest = unit(random.bits()) * total;
    while (row + 1 < n && rest >= weights[row]) rest -= weights[row++];
  }
  std::vector<std::uint32_t> rows{row};
  while (rows.size() < k) {
    potentials.add(rows.back(), executor);
    rows.push_back(potentials.at(unit(random.bits())));
  }
  return rows;
}

std::vector<std::uint32_t> random_rows(std::size_t n, std::size_t k, Random& random) {
  std::unordered_set<std::uint32_t> taken;
  std::vector<std::uint32_t> rows;
  for (std::size_t i = n - k; i < n; ++i) {  // Floyd's: every subset equally likely
    const auto row = static_cast<std::uint32_t>(random.bits() % (i + 1));
    rows.push_back(taken.insert(row).second ? row : static_cast<std::uint32_t>(i));
    taken.insert(rows.back());
  }
  return rows;
}

}  // namespace

std::vector<double> starting_centers(const RowSource& rows, std::vector<std::uint32_t> order,
                                     std::span<const double> weights, std::size_t k, KMeansInit init,
                                     std::uint64_t seed, const Executor& executor) {
  Random random(mix(seed, 0x6b6d65616e73));
  const auto chosen = init == KMeansInit::random
                          ? random_rows(rows.size(), k, random)
                          : rows_of_plus_plus(rows, std::move(order), weights, k, random, executor);
  const auto d = static_cast<std::size_t>(rows.dimension());
  std::vector<double> centers(k * d);
  for (std::size_t j = 0; j < k; ++j) rows.read(chosen[j], centers.data() + j * d);
  return centers;
}

}  // namespace coppice::kmeans
