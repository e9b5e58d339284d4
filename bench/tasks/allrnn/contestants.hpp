// What a contestant of the tasks `allrnn` is: it is given all points and makes the rows of all neighbours within a
// radius, without the point itself, in the caller's order. One call makes the index, searches, and lets go of all but
// the rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>

#include "coppice/geometry/point_view.hpp"
#include "harness/real.hpp"
#include "harness/report.hpp"

namespace coppice::bench {

struct WithinTask {
  PointView<Real> points;
  Real radius = 0;
  int threads = 1;
  bool sorted = false;  ///< rows by distance, with distances; else ids alone, in any order
};

/// With --quick, how many points whoever is fast gets, and whoever is not.
inline constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();
inline constexpr std::size_t some = 250'000;

class WithinLister {
 public:
  virtual ~WithinLister() = default;
  [[nodiscard]] virtual Identity identity() const = 0;
  [[nodiscard]] virtual bool uses_threads() const = 0;
  /// With --quick it takes part up to so many points.
  [[nodiscard]] virtual std::size_t most_points() const = 0;
  virtual void list(const WithinTask& task) = 0;
  /// The last rows, as CSR: points + 1 offsets; distances are empty where they were not asked for.
  [[nodiscard]] virtual std::span<const std::int64_t> offsets() const = 0;
  [[nodiscard]] virtual std::span<const std::int32_t> ids() const = 0;
  [[nodiscard]] virtual std::span<const Real> distances() const = 0;
};

using WithinListerPtr = std::unique_ptr<WithinLister>;
WithinListerPtr within_coppice_graph();
WithinListerPtr within_coppice_kd();
WithinListerPtr within_coppice_adjacency();
WithinListerPtr within_nanoflann();
WithinListerPtr within_nanoflann_sorted();
WithinListerPtr within_nanoflann_sorted_points();
WithinListerPtr within_flann();
WithinListerPtr within_flann_sorted();

}  // namespace coppice::bench
