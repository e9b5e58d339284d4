// What a contestant of the task `highdim` is: it is given all points and writes the k nearest of each, without the
// point itself, into arrays in the caller's order. One call makes the index, searches, and lets go of everything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "coppice/geometry/point_view.hpp"
#include "harness/real.hpp"
#include "harness/report.hpp"

namespace coppice::bench {

/// `exact` may prove what it leaves out; `brute` evaluates every pair, in floats; `brute_bytes` in bytes.
enum class Effort { recall, exact, brute, brute_bytes };

struct HighTask {
  PointView<Real> points;
  std::size_t k = 10;
  int threads = 1;
  Effort effort = Effort::exact;
  double recall = 1;            ///< that `Effort::recall` has to reach
  std::int32_t* ids = nullptr;  ///< n × k, ascending by distance
  Real* distances = nullptr;
};

class HighLister {
 public:
  virtual ~HighLister() = default;
  [[nodiscard]] virtual Identity identity() const = 0;
  [[nodiscard]] virtual bool can(Effort effort, PointView<Real> points) const = 0;
  virtual void list(const HighTask& task) = 0;
  /// What it knows of its last work, by name.
  [[nodiscard]] virtual std::map<std::string, double> facts() const = 0;
};

std::unique_ptr<HighLister> high_coppice_graph();

}  // namespace coppice::bench
