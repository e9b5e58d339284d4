// Lloyd's method: every point against every center.
#include "kmeans_rows.hpp"

namespace coppice::kmeans {
namespace {

template <class S>
class Lloyd final : public RowEngine<S> {
 public:
  Lloyd(const Problem<S>& problem, std::size_t k) : RowEngine<S>(problem, k) {}

  void assign(std::span<const double> centers, Sums& sums, std::int32_t* labels) override {
    const Centers all{centers.data(), static_cast<std::uint32_t>(this->k_), this->d_};
    this->for_chunks([&](std::size_t first, std::size_t last, Sums& changes) {
      const auto d = static_cast<std::size_t>(this->d_);
      std::vector<double> tile(d * tile_rows), scratch(d);
      std::uint32_t names[tile_rows];
      double squared[tile_rows];
      for (std::size_t i = first; i < last; i += tile_rows) {
        const std::size_t count = std::min<std::size_t>(tile_rows, last - i);
        fill_tile(this->problem_.points, i, count, tile.data());
        this->kernels_.nearest(tile.data(), all, names, squared, nullptr);
        for (std::size_t u = 0; u < count; ++u) this->relabel(i + u, names[u], changes, scratch.data());
      }
    });
    this->hand_out(sums, labels);
  }
};

}  // namespace

template <class S>
std::unique_ptr<Engine> make_lloyd(const Problem<S>& problem, std::size_t k) {
  return std::make_unique<Lloyd<S>>(problem, k);
}
template std::unique_ptr<Engine> make_lloyd(const Problem<float>&, std::size_t);
template std::unique_ptr<Engine> make_lloyd(const Problem<double>&, std::size_t);

}  // namespace coppice::kmeans
