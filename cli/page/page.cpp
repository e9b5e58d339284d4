// See page.hpp.
#include "page/page.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/persist/atomic_file.hpp"
#include "page/assets.hpp"
#include "page/encode.hpp"

namespace coppice::cli::page {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
std::string encoded(const std::vector<T>& values) {
  return base64(std::as_bytes(std::span(values)));
}

std::string for_html(std::string_view text) {
  std::string safe;
  for (const char c : text) safe += c == '<' ? "&lt;" : c == '&' ? "&amp;" : std::string(1, c);
  return safe;
}

// A script element ends at its first "</", wherever that stands.
std::string for_script(const Json& json) {
  std::string safe;
  for (const char c : json.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  }
  return safe;
}

Json film_of(const ShownSweeps& sweeps) {
  if (sweeps.count.empty()) return nullptr;
  const Json& series = sweeps.report["series"];
  return {{"count", sweeps.count},
          {"stride", sweeps.stride},
          {"first", sweeps.first},
          {"window", sweeps.window},
          {"route", series.contains("position") ? series["position"] : Json::array()}};
}

// The route in the page's own coordinates.
void shift_route(Json& film, const std::array<double, 3>& origin) {
  for (Json& place : film["route"])
    for (std::size_t a = 0; a < 2; ++a) place[a] = place[a].get<double>() - origin[a];
}

Json meta_of(const Page& page, const QuantisedPoints& points, bool wide_ids) {
  Json meta;
  meta["title"] = page.title;
  meta["subtitle"] = page.subtitle;
  meta["sampling"] = page.sampling;
  meta["unit"] = page.unit;
  meta["axes"] = page.axes;
  meta["flat"] = page.axes.size() < 3;
  meta["dimension"] = page.dimension;
  meta["points"] = page.points;
  meta["shown"] = page.coordinates.size() / 3;
  meta["origin"] = points.origin;
  meta["lower"] = points.lower;
  meta["upper"] = points.upper;
  meta["error"] = points.error;
  meta["wide_ids"] = wide_ids;
  if (!page.ids.empty()) {
    const auto [least, greatest] = std::minmax_element(page.ids.begin(), page.ids.end());
    meta["least_id"] = *least;
    meta["greatest_id"] = *greatest;
  }
  meta["levels"] = Json::array();
  for (const ShownBoxes::Level& level : page.boxes.levels)
    meta["levels"].push_back({{"first", level.first}, {"inner", level.inner}, {"leaves", level.leaves}});
  meta["tree_height"] = page.boxes.tree_height;
  meta["no_boxes"] = page.boxes.none;
  meta["film"] = film_of(page.sweeps);
  if (!meta["film"].is_null()) {
    shift_route(meta["film"], points.origin);
    meta["report"] = page.sweeps.report;
  }
  return meta;
}

// The embedded frame with every {{PLACE}} filled.
void write_filled(persist::AtomicFile& file, const std::vector<std::pair<std::string_view, std::string>>& parts) {
  std::string_view rest = frame;
  for (const auto& [place, content] : parts) {
    const std::size_t at = rest.find(place);
    file.write(rest.substr(0, at));
    file.write(content);
    rest.remove_prefix(at + place.size());
  }
  file.write(rest);
}

}  // namespace

template <class Scalar>
ShownBoxes shown_boxes(const AnyIndex<Scalar>& index, std::span<const int> axes, std::size_t limit) {
  ShownBoxes shown;
  std::vector<LevelBox<Scalar>> boxes;
  try {
    boxes = index.boxes(std::numeric_limits<int>::max());
  } catch (const unsupported& reason) {
    shown.none = reason.what();
    return shown;
  }
  std::vector<std::vector<const LevelBox<Scalar>*>> inner, leaves;
  for (const LevelBox<Scalar>& box : boxes) {
    const auto level = static_cast<std::size_t>(box.level);
    if (level >= inner.size()) {
      inner.resize(level + 1);
      leaves.resize(level + 1);
    }
    (box.is_leaf ? leaves : inner)[level].push_back(&box);
  }
  if (inner.empty()) {
    shown.none = "an empty index has no boxes";
    return shown;
  }
  shown.tree_height = static_cast<int>(inner.size()) - 1;
  for (std::size_t level = 0; level < inner.size(); ++level) {
    ShownBoxes::Level entry{shown.corners.size() / 6, inner[level].size(), 0};
    for (std::size_t above = 0; above <= level; ++above) entry.leaves += leaves[above].size();
    if (entry.first + entry.inner + entry.leaves > limit) break;
    shown.levels.push_back(entry);
    const auto add = [&](const LevelBox<Scalar>* box) {
      append_shown(std::span<const Scalar>(box->lower), axes, shown.corners);
      append_shown(std::span<const Scalar>(box->upper), axes, shown.corners);
    };
    std::for_each(inner[level].begin(), inner[level].end(), add);
    for (std::size_t above = 0; above <= level; ++above) std::for_each(leaves[above].begin(), leaves[above].end(), add);
  }
  return shown;
}

std::uint64_t write_page(const std::filesystem::path& path, const Page& page) {
  const QuantisedPoints points = quantise(page.coordinates);
  std::vector<float> corners;
  corners.reserve(page.boxes.corners.size());
  for (std::size_t i = 0; i < page.boxes.corners.size(); ++i)
    corners.push_back(static_cast<float>(page.boxes.corners[i] - points.origin[i % 3]));
  const bool wide_ids = std::any_of(page.ids.begin(), page.ids.end(), [](point_id id) { return id > 0xffffffff; });
  const std::vector<std::uint32_t> narrow =
      wide_ids ? std::vector<std::uint32_t>{} : std::vector<std::uint32_t>(page.ids.begin(), page.ids.end());

  persist::AtomicFile file(path);
  write_filled(file, {{"{{TITLE}}", for_html(page.title)},
                      {"{{STYLE}}", std::string(style)},
                      {"{{META}}", for_script(meta_of(page, points, wide_ids))},
                      {"{{BLOCKS}}", encoded(points.frames)},
                      {"{{POINTS}}", encoded(points.steps)},
                      {"{{IDS}}", wide_ids ? encoded(page.ids) : encoded(narrow)},
                      {"{{BOXES}}", encoded(corners)},
                      {"{{SCRIPT}}", std::string(script)}});
  const std::uint64_t size = file.size();
  file.commit();
  return size;
}

template ShownBoxes shown_boxes(const AnyIndex<float>&, std::span<const int>, std::size_t);
template ShownBoxes shown_boxes(const AnyIndex<double>&, std::span<const int>, std::size_t);

}  // namespace coppice::cli::page
