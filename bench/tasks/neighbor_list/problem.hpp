// The particles of the task `neighbor-list` and how they move, and the files by which contestants in other processes
// get the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/datasets.hpp"
#include "harness/series.hpp"

namespace coppice::bench {

/// Particles, and the ways that they move a step at a time.
struct Problem {
  std::string name;
  std::optional<Cell> cell;
  double cutoff = 0;
  Points<Real> start;
  std::vector<Points<Real>> all_move;   ///< every particle by 1 % of the cutoff in some direction
  std::vector<Points<Real>> some_jump;  ///< 5 % of the particles anywhere
  std::vector<Points<Real>> frames;     ///< the steps of the series itself; none where it has one frame
};

/// The datasets of a run for one n. The paper's series, and the real ones, which have their own n, come with the first
/// n only.
[[nodiscard]] std::vector<std::string> problem_names(bool first_n, const Options& options);
/// None where files are absent.
[[nodiscard]] std::optional<Problem> make_problem(const std::string& name, std::size_t n, const Options& options);

/// Leaves positions as numpy arrays in a folder <dataset>-<n>-<scalar>, and what else is to be known in its
/// workload.json.
void leave_for_others(const std::filesystem::path& folder, const Problem& problem);

}  // namespace coppice::bench
