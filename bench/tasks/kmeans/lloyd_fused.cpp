// The peer lloyd-fused: lloyd-simd, compiled with -ffp-contract=fast.
#include "tasks/kmeans/lloyd.hpp"

namespace coppice::bench {
namespace {

class Fused final : public Clusterer {
 public:
  Identity identity() const override { return {"lloyd-fused", ""}; }
  bool brute() const override { return true; }
  bool exact() const override { return false; }
  KMeansAnswer cluster(const KMeansTask& task) override { return lloyd(task, lloyd_pass); }
};

}  // namespace

std::unique_ptr<Clusterer> lloyd_fused() {
  return std::make_unique<Fused>();
}

}  // namespace coppice::bench
