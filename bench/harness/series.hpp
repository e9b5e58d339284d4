// Particles that move: the positions of the same particles at several steps, in open space or in a periodic cell. For
// the tasks `neighbor-list` and `octree`. They depend on nothing but their name and n, or on files in COPPICE_DATA.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "harness/options.hpp"
#include "harness/real.hpp"

namespace coppice::bench {

/// The vectors a, b, c of a cell that is periodic on all axes, row by row; lower triangular.
using Cell = std::array<double, 9>;

[[nodiscard]] double volume_of(const Cell& cell);
/// The smallest distance between opposite faces.
[[nodiscard]] double smallest_height(const Cell& cell);

struct Series {
  std::string name;
  std::vector<Points<Real>> frames;  ///< at least one
  std::optional<Cell> cell{};        ///< none: open space

  [[nodiscard]] std::size_t size() const { return frames.front().size(); }
};

/// The patterns of Table 2 of the octree's paper (Ellendula and Bajaj), which describes them in words only; this is our
/// reading: eight normal clusters in the unit cube whose widths differ and grow (varying), of which a third of the
/// points changes its cluster at once every fourth step (stepwise), which swell and shrink again (exponential), or
/// which turn around the middle (multimodal).
inline constexpr std::array paper_series{"varying", "stepwise", "exponential", "multimodal"};
[[nodiscard]] Series make_paper_series(const std::string& name, std::size_t n, std::size_t steps);

/// One frame, uniform in the unit cube (open), in the unit cube as a periodic cell, or in a skewed cell of volume 1.
[[nodiscard]] Series make_uniform(const std::string& name, std::size_t n, const std::optional<Cell>& cell);

/// Real particles: capsid (the atoms of a virus shell, one frame), ngl_md (molecular dynamics in a cubic cell) and
/// water (a trajectory in open space), at most `frames` of them. None where the file is absent: then stderr says so.
inline constexpr std::array real_series{"capsid", "ngl_md", "water"};
[[nodiscard]] std::optional<Series> read_series(const std::string& name, std::size_t frames, const Options& options);

/// The next positions of particles that all move this far, each in a direction of its own.
[[nodiscard]] Points<Real> all_moved(const Points<Real>& from, double length, std::uint64_t seed);

/// A radius within which a particle has about this many others: by the density of the cell or the unit cube where
/// particles fill it evenly, else on average over a sample of all frames. A float, so that it is the same for all.
[[nodiscard]] double radius_for(const Series& series, double neighbors);

}  // namespace coppice::bench
