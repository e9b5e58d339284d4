// Hamerly's method (2010): of every point an upper bound on the distance to its center and a lower one to the others.
// Points whose bounds do not decide are collected and go through the tiles of Lloyd's method.
#include "kmeans_bounds.hpp"

namespace coppice::kmeans {
namespace {

template <class S>
class Hamerly final : public RowEngine<S> {
 public:
  Hamerly(const Problem<S>& problem, std::size_t k)
      : RowEngine<S>(problem, k), upper_(problem.points.size()), lower_(problem.points.size()) {}

  void assign(std::span<const double> centers, Sums& sums, std::int32_t* labels) override {
    const Centers all{centers.data(), static_cast<std::uint32_t>(this->k_), this->d_};
    moves_.update(centers, this->k_, this->d_, this->kernels_);
    const std::vector<double> gaps = half_gaps(all, this->kernels_, this->problem_.executor);
    this->for_chunks([&](std::size_t first, std::size_t last, Sums& changes) {
      const auto d = static_cast<std::size_t>(this->d_);
      std::vector<double> tile(d * tile_rows), scratch(d);
      std::uint32_t open[tile_rows];
      std::size_t count = 0;
      const auto close = [&] {
        std::uint32_t names[tile_rows];
        double squared[tile_rows], second[tile_rows];
        fill_tile(this->problem_.points, open, count, tile.data());
        this->kernels_.nearest(tile.data(), all, names, squared, second);
        for (std::size_t u = 0; u < count; ++u) {
          upper_[open[u]] = rounded_up(std::sqrt(squared[u]));
          lower_[open[u]] = rounded_down(std::sqrt(second[u]));
          this->relabel(open[u], names[u], changes, scratch.data());
        }
        count = 0;
      };
      for (std::size_t i = first; i < last; ++i) {
        if (!decided(i, centers, gaps, scratch.data())) open[count++] = static_cast<std::uint32_t>(i);
        if (count == tile_rows) close();
      }
      if (count > 0) close();
    });
    this->hand_out(sums, labels);
  }

 private:
  bool decided(std::size_t i, std::span<const double> centers, const std::vector<double>& gaps, double* scratch) {
    if (this->labels_[i] < 0) return false;
    const auto own = static_cast<std::size_t>(this->labels_[i]);
    upper_[i] = (upper_[i] + moves_.of(own)) * (1 + 1e-15);
    lower_[i] -= moves_.of_others(own) + std::fabs(lower_[i]) * 1e-15;
    const double others = std::max(gaps[own], lower_[i]);
    if (surely_nearer(upper_[i], others)) return true;
    const double* const x = as_doubles(this->problem_.points.row(i), this->d_, scratch);
    upper_[i] = rounded_up(
        std::sqrt(this->kernels_.near_squared(x, centers.data() + own * static_cast<std::size_t>(this->d_), this->d_)));
    return surely_nearer(upper_[i], others);
  }

  Moves moves_;
  std::vector<double> upper_, lower_;
};

}  // namespace

template <class S>
std::unique_ptr<Engine> make_hamerly(const Problem<S>& problem, std::size_t k) {
  return std::make_unique<Hamerly<S>>(problem, k);
}
template std::unique_ptr<Engine> make_hamerly(const Problem<float>&, std::size_t);
template std::unique_ptr<Engine> make_hamerly(const Problem<double>&, std::size_t);

}  // namespace coppice::kmeans
