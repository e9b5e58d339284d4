// coppice info: what a point file or a saved index holds.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "data.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

struct InfoFlags {
  std::string file;
  bool load = false;
};

struct Axis {
  std::string name;
  double lower;
  double upper;
};

struct Content {
  std::string scalar;
  std::size_t points = 0;
  int dimension = 0;
  std::size_t duplicates = 0;
  std::vector<Axis> axes;  ///< empty when there are no points
};

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
  return hash ^ (hash >> 29);
}

// Rows whose coordinates all equal (−0 = 0) those of another row that is counted once. O(n log n) on 64-bit hashes;
// equal hashes are confirmed on the coordinates.
template <class Scalar>
std::size_t count_duplicates(PointView<Scalar> points) {
  std::vector<std::pair<std::uint64_t, std::size_t>> keys(points.size());
  for (std::size_t row = 0; row < points.size(); ++row) {
    std::uint64_t hash = 0;
    for (const Scalar x : points[row]) hash = mixed(hash, std::bit_cast<std::uint64_t>(static_cast<double>(x) + 0.0));
    keys[row] = {hash, row};
  }
  std::sort(keys.begin(), keys.end());
  std::size_t duplicates = 0;
  std::vector<std::size_t> distinct;  // rows of one hash, pairwise different
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i == 0 || keys[i].first != keys[i - 1].first) distinct.clear();
    const auto point = points[keys[i].second];
    const bool known = std::any_of(distinct.begin(), distinct.end(), [&](std::size_t row) {
      return std::equal(point.begin(), point.end(), points.row(row));
    });
    if (known)
      ++duplicates;
    else
      distinct.push_back(keys[i].second);
  }
  return duplicates;
}

template <class Scalar>
Content measure(PointView<Scalar> points, int dimension, const std::vector<std::string>& names) {
  const Activity measuring("measuring");
  Content content{
      std::is_same_v<Scalar, float> ? "float32" : "float64", points.size(), dimension, count_duplicates(points), {}};
  if (points.empty()) return content;
  for (int axis = 0; axis < dimension; ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    Scalar lower = points[0][a];
    Scalar upper = lower;
    for (std::size_t row = 1; row < points.size(); ++row) {
      lower = std::min(lower, points[row][a]);
      upper = std::max(upper, points[row][a]);
    }
    content.axes.push_back({a < names.size() ? names[a] : fmt::format("{}", axis), static_cast<double>(lower),
                            static_cast<double>(upper)});
  }
  return content;
}

void print(const InfoFlags& flags, bool json, const Content& content, const nlohmann::ordered_json& details) {
  if (json) {
    nlohmann::ordered_json object{{"file", flags.file}};
    object.update(details);
    object["points"] = content.points;
    object["dimension"] = content.dimension;
    object["scalar"] = content.scalar;
    object["duplicates"] = content.duplicates;
    auto lower = nlohmann::ordered_json::array();
    auto upper = nlohmann::ordered_json::array();
    for (const auto& axis : content.axes) {
      lower.push_back(axis.lower);
      upper.push_back(axis.upper);
    }
    object["lower"] = std::move(lower);
    object["upper"] = std::move(upper);
    return print_json(object);
  }
  fmt::print("{:<12}{}\n", "file", flags.file);
  for (const auto& [name, value] : details.items()) {
    if (value.is_array())
      fmt::print("{:<12}{}\n", name, fmt::join(value.get<std::vector<std::string>>(), ", "));
    else
      fmt::print("{:<12}{}\n", name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  fmt::print("{:<12}{}\n{:<12}{}\n{:<12}{}\n", "points", content.points, "dimension", content.dimension, "scalar",
             content.scalar);
  fmt::print("{:<12}{}\n", "duplicates", content.duplicates);
  for (const auto& axis : content.axes)
    fmt::print("{:<12}{} … {}\n", fmt::format("axis {}", axis.name), axis.lower, axis.upper);
}

template <class Scalar>
void show_index(const AnyIndex<Scalar>& index, const InfoFlags& flags, const GlobalOptions& global) {
  std::vector<point_id> ids;
  Points<Scalar> points;
  index.copy_points(ids, points);
  const Statistics statistics = index.statistics();
  print(flags, global.json, measure<Scalar>(points, index.dimension(), {}),
        {{"format", "saved index"},
         {"index", std::string(index.name())},
         {"height", statistics.height},
         {"leaves", statistics.leaves},
         {"leaf_fill", statistics.leaf_fill},
         {"bytes", statistics.bytes}});
}

void show_points(const Dataset& data, const InfoFlags& flags, const GlobalOptions& global) {
  nlohmann::ordered_json details{{"format", data.format}, {"ids", data.has_ids ? "column id" : "rows"}};
  if (!data.columns.empty()) details["columns"] = data.columns;
  std::visit(
      [&]<class Scalar>(const Points<Scalar>& points) {
        try {
          check_points<Scalar>(points, points.dimension);
        } catch (const invalid_input& refusal) {
          throw Failure(ExitCode::bad_input, fmt::format("{}: {}", flags.file, refusal.what()));
        }
        print(flags, global.json, measure<Scalar>(points, points.dimension, data.columns), details);
      },
      data.points);
}

}  // namespace

void add_info(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<InfoFlags>();
  auto* command = app.add_subcommand("info", "What a point file or a saved index holds");
  command->add_option("FILE", flags->file, "Point file, or an index written by --save")->required();
  command->add_flag("--load", flags->load, "FILE is a saved index, whatever its first bytes say");
  command->footer(
      "Prints format, number of points, dimension, scalar type, ids, named columns, duplicates (points whose exact\n"
      "coordinates an earlier point has) and the bounds of every axis; for a saved index also its kind and shape.\n\n"
      "Example:\n"
      "  printf '0,0\\n3,4\\n6,8\\n' > points.csv && coppice info points.csv\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, &global] {
    if (flags->load || is_saved_index(flags->file))
      std::visit([&](const auto& index) { show_index(*index, *flags, global); },
                 load_any_index(flags->file, global.executor()));
    else
      show_points(read_dataset(flags->file), *flags, global);
  });
}

}  // namespace coppice::cli
