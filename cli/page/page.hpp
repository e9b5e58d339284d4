// One self-contained HTML page that shows points, the boxes of the index over them, and, for a stream, how they came
// and went. Everything is inside the file: no network, no library. What it does in the browser: the scripts beside this
// header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "coppice/any_index.hpp"

namespace coppice::cli::page {

/// The most points a page holds, and the most boxes: what a browser draws smoothly and a file carries in some 15 MB.
inline constexpr std::size_t most_points = 1000000;
inline constexpr std::size_t most_boxes = 60000;

/// Boxes in three axes, level by level: of inner nodes, then of the leaves of this level and of those above.
struct ShownBoxes {
  struct Level {
    std::size_t first = 0, inner = 0, leaves = 0;
  };
  std::vector<Level> levels;
  std::vector<double> corners;  ///< lower then upper, three numbers each
  int tree_height = 0;          ///< the deepest level of the tree; deeper ones than `levels` are left out
  std::string none;             ///< why there are none, where there are none
};

/// The levels from the root down that fit into `limit` boxes. `axes`: which of the index's the page shows, at most 3.
/// An index without boxes gives none, with its reason.
template <class Scalar>
[[nodiscard]] ShownBoxes shown_boxes(const AnyIndex<Scalar>& index, std::span<const int> axes,
                                     std::size_t limit = most_boxes);

/// Sweeps that come and go; their points stand one after another in the page, and `window` of them are live at once.
struct ShownSweeps {
  std::vector<std::size_t> count;   ///< points of each that are shown
  std::vector<std::size_t> stride;  ///< how the sample was taken: rows 0, stride, 2 · stride, …
  std::vector<point_id> first;      ///< the id of row 0
  std::size_t window = 0;
  nlohmann::ordered_json report;  ///< report.json
};

struct Page {
  std::string title;
  std::string subtitle;
  std::string sampling;             ///< how the points shown were chosen, where they are not all
  std::string unit;                 ///< of the coordinates; empty where unknown
  std::vector<std::string> axes;    ///< names of the axes shown, 1 … 3
  int dimension = 0;                ///< of the points themselves
  std::size_t points = 0;           ///< how many there are, shown or not
  std::vector<double> coordinates;  ///< three a point shown; missing axes are 0
  std::vector<point_id> ids;        ///< one a point shown; none for sweeps
  ShownBoxes boxes;
  ShownSweeps sweeps;  ///< empty for a still
};

/// Writes the page, atomically, and returns its size in bytes. Errors: io_error.
std::uint64_t write_page(const std::filesystem::path& path, const Page& page);

/// Appends the coordinates of a point on these axes, filled up with 0 to three.
template <class Scalar>
void append_shown(std::span<const Scalar> point, std::span<const int> axes, std::vector<double>& to) {
  for (std::size_t a = 0; a < 3; ++a)
    to.push_back(a < axes.size() ? static_cast<double>(point[static_cast<std::size_t>(axes[a])]) : 0);
}

}  // namespace coppice::cli::page
