// Elkan's method (2003): a lower bound on the distance of every point to every center, and the distances between
// centers. Distances are summed in any order; where two are too close to tell, the one that decides is taken.
#include "kmeans_bounds.hpp"

namespace coppice::kmeans {
namespace {

/// With more centers, the distances between all of them would cost more than they spare.
constexpr std::size_t most_pairs = 1024;

template <class S>
class Elkan final : public RowEngine<S> {
 public:
  Elkan(const Problem<S>& problem, std::size_t k)
      : RowEngine<S>(problem, k), upper_(problem.points.size()), lower_(problem.points.size() * k, 0.0f) {}

  void assign(std::span<const double> centers, Sums& sums, std::int32_t* labels) override {
    const Centers all{centers.data(), static_cast<std::uint32_t>(this->k_), this->d_};
    moves_.update(centers, this->k_, this->d_, this->kernels_);
    gaps_ = half_gaps(all, this->kernels_, this->problem_.executor);
    if (this->k_ <= most_pairs) find_pairs(centers);
    std::vector<float> moved(this->k_);
    for (std::size_t j = 0; j < this->k_; ++j) moved[j] = up(moves_.of(j));
    this->for_chunks([&](std::size_t first, std::size_t last, Sums& changes) {
      std::vector<double> scratch(static_cast<std::size_t>(this->d_));
      for (std::size_t i = first; i < last; ++i) {
        float* const lower = lower_.data() + i * this->k_;
        for (std::size_t j = 0; j < this->k_; ++j) lower[j] = (lower[j] - moved[j]) * (1 - 1e-6f);
        const std::size_t own = nearest(i, centers, lower, scratch.data());
        this->relabel(i, static_cast<std::uint32_t>(own), changes, scratch.data());
      }
    });
    this->hand_out(sums, labels);
  }

 private:
  static float up(double x) { return static_cast<float>(x * (1 + 1e-6)) + (x > 0 ? 1e-37f : 0.0f); }
  static float down(double x) { return static_cast<float>(std::min(1e38, rounded_down(x) * (1 - 1e-6))); }

  void find_pairs(std::span<const double> centers) {
    const auto d = static_cast<std::size_t>(this->d_);
    pairs_.resize(this->k_ * this->k_);
    this->problem_.executor.for_each_chunk(this->k_, 64, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i)
        for (std::size_t j = 0; j < this->k_; ++j)
          pairs_[i * this->k_ + j] =
              down(std::sqrt(this->kernels_.near_squared(centers.data() + i * d, centers.data() + j * d, this->d_))) /
              2;
    });
  }

  std::size_t nearest(std::size_t i, std::span<const double> centers, float* lower, double* scratch) {
    const auto d = static_cast<std::size_t>(this->d_);
    const bool known = this->labels_[i] >= 0;
    std::size_t own = known ? static_cast<std::size_t>(this->labels_[i]) : 0;
    double upper = known ? (upper_[i] + moves_.of(own)) * (1 + 1e-15) : 0;
    upper_[i] = upper;
    if (known && surely_nearer(upper, gaps_[own])) return own;
    const S* const row = this->problem_.points.row(i);
    const double* const x = as_doubles(row, this->d_, scratch);
    const auto square_to = [&](std::size_t j) {
      const double square = this->kernels_.near_squared(x, centers.data() + j * d, this->d_);
      lower[j] = down(std::sqrt(square));
      return square;
    };
    double square = 0;
    bool tight = false;
    if (!known) {
      square = square_to(own);
      tight = true;
      upper = rounded_up(std::sqrt(square));
    }
    for (std::size_t j = 0; j < this->k_; ++j) {
      if (j == own || ruled_out(upper, own, j, lower)) continue;
      if (!tight) {
        square = square_to(own);
        tight = true;
        upper = rounded_up(std::sqrt(square));
        if (ruled_out(upper, own, j, lower)) continue;
      }
      const double other = square_to(j);
      bool nearer = other < square;
      if (std::fabs(other - square) <= 1e-12 * (other + square) + 1e-300) {
        const double a = squared_distance(row, centers.data() + own * d, this->d_);
        const double b = squared_distance(row, centers.data() + j * d, this->d_);
        nearer = b < a || (b == a && j < own);
      }
      if (!nearer) continue;
      own = j;
      square = other;
      upper = rounded_up(std::sqrt(square));
    }
    upper_[i] = upper;
    return own;
  }
  [[nodiscard]] bool ruled_out(double upper, std::size_t own, std::size_t j, const float* lower) const {
    if (surely_nearer(upper, static_cast<double>(lower[j]))) return true;
    return !pairs_.empty() && surely_nearer(upper, static_cast<double>(pairs_[own * this->k_ + j]));
  }

  Moves moves_;
  std::vector<double> upper_, gaps_;
  std::vector<float> lower_, pairs_;  ///< n × k; k × k, halves of distances between centers
};

}  // namespace

template <class S>
std::unique_ptr<Engine> make_elkan(const Problem<S>& problem, std::size_t k) {
  return std::make_unique<Elkan<S>>(problem, k);
}
template std::unique_ptr<Engine> make_elkan(const Problem<float>&, std::size_t);
template std::unique_ptr<Engine> make_elkan(const Problem<double>&, std::size_t);

}  // namespace coppice::kmeans
