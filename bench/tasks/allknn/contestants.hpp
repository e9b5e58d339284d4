// What a contestant of the task `allknn` is: it is given all points and writes the k nearest of each, without the point
// itself, into arrays in the caller's order. One call makes the index, searches, and lets go of everything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "coppice/geometry/point_view.hpp"
#include "harness/real.hpp"
#include "harness/report.hpp"

namespace coppice::bench {

struct NearestTask {
  PointView<Real> points;
  std::size_t k = 10;
  int threads = 1;
  std::int32_t* ids = nullptr;  ///< n × k, ascending by distance; rows that are short end with (−1, infinity)
  Real* distances = nullptr;
};

/// With --quick, how many points whoever is fast gets, and whoever is not.
inline constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();
inline constexpr std::size_t some = 250'000;

class NearestLister {
 public:
  virtual ~NearestLister() = default;
  [[nodiscard]] virtual Identity identity() const = 0;
  [[nodiscard]] virtual bool uses_threads() const = 0;
  /// With --quick it takes part up to so many points.
  [[nodiscard]] virtual std::size_t most_points() const = 0;
  virtual void list(const NearestTask& task) = 0;
};

using NearestListerPtr = std::unique_ptr<NearestLister>;
NearestListerPtr nearest_coppice_graph();
NearestListerPtr nearest_coppice_kd();
NearestListerPtr nearest_coppice_adjacency();
NearestListerPtr nearest_coppice_adjacency_root();
NearestListerPtr nearest_nanoflann();
NearestListerPtr nearest_nanoflann_sorted();
NearestListerPtr nearest_nanoflann_sorted_points();
NearestListerPtr nearest_flann();
NearestListerPtr nearest_flann_sorted();
NearestListerPtr nearest_ann_sorted();
NearestListerPtr nearest_cgal_sorted();

}  // namespace coppice::bench
