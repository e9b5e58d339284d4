// The contestants coppice/kmeans: the automatic choice, and each method.
#include "coppice/apps/kmeans.hpp"

#include "tasks/kmeans/contestants.hpp"

namespace coppice::bench {
namespace {

class Coppice final : public Clusterer {
 public:
  explicit Coppice(std::string method) : method_(std::move(method)) {}
  Identity identity() const override {
    return {method_ == "automatic" ? "coppice/kmeans" : "coppice/kmeans-" + method_, COPPICE_BENCH_VERSION};
  }
  bool brute() const override { return method_ == "lloyd"; }
  KMeansAnswer cluster(const KMeansTask& task) override {
    KMeans<Real>::Config config;
    config.k = task.centers.size();
    config.init = KMeansInit::given;
    config.centers = task.centers;
    config.iterations = task.iterations;
    config.tolerance = 0;
    config.method = kmeans_method(method_);
    config.executor = Executor(task.threads);
    Clustering<Real> found = KMeans<Real>(std::move(config)).fit(task.points);
    return {std::move(found.centers.coordinates), std::move(found.labels), found.sse};
  }

 private:
  std::string method_;
};

}  // namespace

std::unique_ptr<Clusterer> coppice_kmeans(const std::string& method) {
  return std::make_unique<Coppice>(method);
}

}  // namespace coppice::bench
