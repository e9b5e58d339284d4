// A stream as a page plays it back: a sample of every sweep, taken as the job reads it.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "io/counted.hpp"
#include "page/page.hpp"
#include "stream_job.hpp"

namespace coppice::cli::page {

/// Watches the sweeps of one run. Must outlive what `watch` returns.
template <class Scalar>
class Film {
 public:
  /// `sweeps` share `limit` points; `periodic` is the index's space.
  Film(std::size_t sweeps, PeriodicBox<Scalar> periodic, std::size_t limit = most_points)
      : periodic_(std::move(periodic)), share_(std::max<std::size_t>(1, limit / std::max<std::size_t>(1, sweeps))) {}

  /// The same sweeps; each is sampled as it is read, in order and once.
  [[nodiscard]] Sweeps<Scalar> watch(const Sweeps<Scalar>& sweeps) {
    Sweeps<Scalar> watched = sweeps;
    watched.read = [this, read = sweeps.read](std::size_t i) {
      Points<Scalar> points = read(i);
      sample(points);
      return points;
    };
    return watched;
  }

  /// The page of a run that has ended: report.json, and the index as it then was. Leaves the film empty.
  [[nodiscard]] Page page(const nlohmann::ordered_json& report, const AnyIndex<Scalar>& index) {
    const nlohmann::ordered_json& config = report["config"];
    const auto axes = axes_of(index.dimension());
    Page page;
    page.title = fmt::format("A window of {}", io::counted(config["window"].template get<std::size_t>(), "sweep"));
    page.subtitle = fmt::format("{} · {} {} streamed · index {}", config["source"].template get<std::string>(),
                                fmt::group_digits(streamed_), io::plural(streamed_, "point"), index.name());
    page.sampling = "an even sample of each sweep";
    page.dimension = index.dimension();
    for (const int axis : axes) page.axes.emplace_back(1, "xyz"[axis]);
    page.points = streamed_;
    page.coordinates = std::move(coordinates_);
    page.boxes = shown_boxes(index, axes);
    page.sweeps = {std::move(count_), std::move(stride_), std::move(first_),
                   config["window"].template get<std::size_t>(), report};
    return page;
  }

 private:
  static std::vector<int> axes_of(int dimension) {
    std::vector<int> axes(static_cast<std::size_t>(std::min(3, dimension)));
    std::iota(axes.begin(), axes.end(), 0);
    return axes;
  }

  void sample(const Points<Scalar>& points) {
    const std::size_t stride = std::max<std::size_t>(1, (points.size() + share_ - 1) / share_);
    Points<Scalar> chosen{{}, points.dimension};
    for (std::size_t row = 0; row < points.size(); row += stride) {
      const auto point = points.view()[row];
      chosen.coordinates.insert(chosen.coordinates.end(), point.begin(), point.end());
    }
    if (periodic_.is_periodic()) chosen = periodic_.wrap(chosen);
    const auto axes = axes_of(points.dimension);
    for (std::size_t row = 0; row < chosen.size(); ++row) append_shown(chosen.view()[row], axes, coordinates_);
    count_.push_back(chosen.size());
    stride_.push_back(stride);
    first_.push_back(static_cast<point_id>(streamed_));
    streamed_ += points.size();
  }

  PeriodicBox<Scalar> periodic_;
  std::size_t share_;
  std::size_t streamed_ = 0;
  std::vector<double> coordinates_;
  std::vector<std::size_t> count_, stride_;
  std::vector<point_id> first_;
};

}  // namespace coppice::cli::page
