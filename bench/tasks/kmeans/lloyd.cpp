// The peers lloyd-simd and lloyd-scalar.
#include "tasks/kmeans/lloyd.hpp"

namespace coppice::bench {
namespace {

class Simd final : public Clusterer {
 public:
  Identity identity() const override { return {"lloyd-simd", ""}; }
  bool brute() const override { return true; }
  KMeansAnswer cluster(const KMeansTask& task) override { return lloyd(task, lloyd_pass); }
};

class Scalar final : public Clusterer {
 public:
  Identity identity() const override { return {"lloyd-scalar", ""}; }
  bool brute() const override { return true; }
  KMeansAnswer cluster(const KMeansTask& task) override {
    return lloyd(task, [](LloydState& state) {
      state.begin();
      for (std::size_t i = 0; i < state.n; ++i) {
        std::size_t best = 0;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t j = 0; j < state.k; ++j) {
          double z = 0;
          for (int a = 0; a < dimension; ++a) {
            const double t = state.columns[a][i] - state.centers[a][j];
            z += t * t;
          }
          if (z < least) {
            least = z;
            best = j;
          }
        }
        state.give(i, best);
      }
    });
  }
};

}  // namespace

std::unique_ptr<Clusterer> lloyd_simd() {
  return std::make_unique<Simd>();
}
std::unique_ptr<Clusterer> lloyd_scalar() {
  return std::make_unique<Scalar>();
}

}  // namespace coppice::bench
