// The points of the tasks `allknn` and `allrnn`: those of the other tasks, and sets that are hard for trees: patches of
// an image (nine dimensions, a grid of whole numbers) and colours (mostly duplicates).
#pragma once

#include <string>
#include <vector>

#include "harness/datasets.hpp"

namespace coppice::bench {

struct GraphSet {
  std::string name;
  Points<Real> points;
};

/// The sets for one n. Those with an n of their own, thinned evenly where that is larger, come with the last n only;
/// real ones where their files are found.
[[nodiscard]] std::vector<std::string> nearest_sets(std::size_t n, const Options& options);
[[nodiscard]] std::vector<std::string> within_sets(std::size_t n, const Options& options);
[[nodiscard]] GraphSet make_graph_set(const std::string& name, std::size_t n, const Options& options);

/// Leaves the points as a numpy array in a folder <name>-<n>-<d>d, and `notes` (a JSON object) in its workload.json.
void leave_for_others(const std::filesystem::path& folder, const GraphSet& set, const std::string& notes);

}  // namespace coppice::bench
