// Bvh, by each of its builders, and below tops that NeuralBuilder finds.
#include "coppice/index/bvh/bvh.hpp"

#include "coppice/index/neural_builder/neural_builder.hpp"
#include "tasks/raytrace/contestants.hpp"

namespace coppice::bench {

namespace {

std::map<std::string, double> facts_of(const Bvh& index) {
  const bvh::Quality quality = index.quality();
  return {{"cost", quality.cost},
          {"binary_cost", quality.binary_cost},
          {"nodes", static_cast<double>(quality.nodes)},
          {"duplicates", static_cast<double>(quality.references) / static_cast<double>(index.size()) - 1}};
}

class CoppiceBvh final : public RayTracer {
 public:
  explicit CoppiceBvh(BvhBuilder builder) : builder_(builder) {}

  Identity identity() const override {
    return {"coppice/bvh-" + std::string(bvh_builder_name(builder_)), COPPICE_BENCH_VERSION};
  }
  bool builds_fast() const override { return builder_ == BvhBuilder::lbvh || builder_ == BvhBuilder::fast; }
  void build(const TriangleMesh& mesh, int threads) override {
    bvh::Config config;
    config.builder = builder_;
    config.executor = Executor(threads);
    index_ = Bvh(config);
    index_.build(mesh);
  }
  void trace(std::span<const Ray> rays, std::span<RayHit> hits) const override { index_.closest(rays, hits); }
  std::size_t bytes() const override { return index_.quality().bytes; }
  std::map<std::string, double> facts() const override { return facts_of(index_); }

 private:
  BvhBuilder builder_;
  Bvh index_;
};

/// The default builder below a top.
class CoppiceTop final : public RayTracer {
 public:
  CoppiceTop(std::string name, neural_builder::TopMethod method) : name_(std::move(name)) { config_.method = method; }

  Identity identity() const override { return {name_, COPPICE_BENCH_VERSION}; }
  bool builds_fast() const override { return false; }
  void build(const TriangleMesh& mesh, int threads) override {
    config_.executor = Executor(threads);
    bvh::Config config;
    config.executor = config_.executor;
    index_ = Bvh(config);
    const std::vector<Triangle> triangles = mesh.triangles();
    index_.build(triangles, NeuralBuilder(config_).bvh_top(triangles));
  }
  void trace(std::span<const Ray> rays, std::span<RayHit> hits) const override { index_.closest(rays, hits); }
  std::size_t bytes() const override { return index_.quality().bytes; }
  std::map<std::string, double> facts() const override { return facts_of(index_); }

 private:
  std::string name_;
  NeuralBuilder::Config config_;
  Bvh index_;
};

}  // namespace

std::vector<std::unique_ptr<RayTracer>> coppice_tracers() {
  std::vector<std::unique_ptr<RayTracer>> all;
  for (const BvhBuilder builder : bvh_builders()) all.push_back(std::make_unique<CoppiceBvh>(builder));
  all.push_back(std::make_unique<CoppiceTop>("coppice/bvh-neural", neural_builder::TopMethod::neural_recursive));
  all.push_back(std::make_unique<CoppiceTop>("coppice/bvh-recursive", neural_builder::TopMethod::search));
  all.push_back(std::make_unique<CoppiceTop>("coppice/bvh-portfolio", neural_builder::TopMethod::portfolio));
  return all;
}

}  // namespace coppice::bench
