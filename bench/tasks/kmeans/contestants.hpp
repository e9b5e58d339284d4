// What a contestant of the task `kmeans` is: it is given rows and the centers that it starts from, moves them a fixed
// number of times, and then labels every row by the centers as they are. Reading the rows is part of the work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "harness/real.hpp"
#include "harness/report.hpp"

namespace coppice::bench {

struct KMeansTask {
  PointView<Real> points;
  Points<Real> centers;  ///< where they start
  int iterations = 20;
  int threads = 1;
};

struct KMeansAnswer {
  std::vector<Real> centers;
  std::vector<std::int32_t> labels;
  double sse = 0;
};

class Clusterer {
 public:
  virtual ~Clusterer() = default;
  [[nodiscard]] virtual Identity identity() const = 0;
  /// Whether every pair of a point and a center is evaluated: then time grows with the iterations alone, and fewer may
  /// be measured.
  [[nodiscard]] virtual bool brute() const = 0;
  /// Whether it computes as the contract of KMeans says, so that its answer is the same to the bit.
  [[nodiscard]] virtual bool exact() const { return true; }
  virtual KMeansAnswer cluster(const KMeansTask& task) = 0;
};

/// coppice/kmeans for the method `automatic`, else coppice/kmeans-<method>.
std::unique_ptr<Clusterer> coppice_kmeans(const std::string& method);
/// 32 points in registers against one center; compiled for this machine.
std::unique_ptr<Clusterer> lloyd_simd();
/// The same with multiplication and addition fused: faster, and not to the bit the same.
std::unique_ptr<Clusterer> lloyd_fused();
/// A plain loop over points and centers, as the compiler makes it.
std::unique_ptr<Clusterer> lloyd_scalar();

}  // namespace coppice::bench
