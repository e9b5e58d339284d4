// coppice view: a point file or a saved index as one HTML page to look at, with the index's boxes and its neighbours.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "io/counted.hpp"
#include "output.hpp"
#include "page/page.hpp"
#include "progress.hpp"
#include "search.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

struct ViewFlags : SearchFlags {
  std::string title;
  std::string axes;
  std::int64_t limit = static_cast<std::int64_t>(page::most_points);
};

void check(const ViewFlags& flags) {
  flags.check_index();
  if (flags.limit < 1 || flags.limit > 20000000)
    throw usage_error(fmt::format("--limit must be 1 … 20000000, found {}", flags.limit));
}

std::vector<int> chosen_axes(const std::string& text, int dimension) {
  std::vector<int> axes(static_cast<std::size_t>(std::min(3, dimension)));
  std::iota(axes.begin(), axes.end(), 0);
  if (text.empty()) return axes;
  axes.clear();
  for (const double value : parse_numbers("--axes", text)) {
    if (value != std::floor(value) || value < 0 || value >= dimension)
      throw usage_error(fmt::format("--axes: found {}, expected 0 … {}", value, dimension - 1));
    if (std::find(axes.begin(), axes.end(), static_cast<int>(value)) != axes.end())
      throw usage_error(fmt::format("--axes names {} twice", value));
    axes.push_back(static_cast<int>(value));
  }
  if (axes.size() > 3) throw usage_error(fmt::format("--axes names {} axes; a page shows at most 3", axes.size()));
  return axes;
}

std::string axis_name(int axis, int dimension) {
  return dimension <= 3 ? std::string(1, "xyz"[axis]) : std::to_string(axis);
}

template <class Scalar>
page::Page make_page(const AnyIndex<Scalar>& index, const ViewFlags& flags) {
  page::Page page;
  const auto axes = chosen_axes(flags.axes, index.dimension());
  std::vector<point_id> ids;
  Points<Scalar> points;
  index.copy_points(ids, points);
  page.title = flags.title.empty() ? std::filesystem::path(flags.points).filename().string() : flags.title;
  const Statistics statistics = index.statistics();
  page.subtitle = fmt::format("{} {} · {} · index {}", fmt::group_digits(ids.size()), io::plural(ids.size(), "point"),
                              io::counted(index.dimension(), "dimension"), index.name());
  if (statistics.nodes > 0)
    page.subtitle +=
        fmt::format(": {} {}, {}", fmt::group_digits(statistics.leaves),
                    io::plural(statistics.leaves, "leaf", "leaves"), io::counted(statistics.height + 1, "level"));
  page.dimension = index.dimension();
  for (const int axis : axes) page.axes.push_back(axis_name(axis, index.dimension()));
  page.points = ids.size();
  // Neighbours in storage are neighbours in space, so each block of the page is small and its steps are fine.
  const auto limit = static_cast<std::size_t>(flags.limit);
  const std::size_t stride = std::max<std::size_t>(1, (ids.size() + limit - 1) / limit);
  page.sampling = fmt::format("1 of {} in the order of the leaves", stride);
  for (std::size_t row = 0; row < ids.size(); row += stride) {
    page::append_shown(points.view()[row], axes, page.coordinates);
    page.ids.push_back(ids[row]);
  }
  page.boxes = page::shown_boxes(index, axes);
  return page;
}

void write(const page::Page& page, const ViewFlags& flags, const GlobalOptions& global) {
  const std::uint64_t bytes = [&] {
    const Activity writing("writing " + flags.out);
    return page::write_page(flags.out, page);
  }();
  const std::size_t shown = page.coordinates.size() / 3;
  if (global.json) {
    print_json({{"out", flags.out},
                {"points", page.points},
                {"shown", shown},
                {"levels", page.boxes.levels.size()},
                {"bytes", bytes}});
    return;
  }
  StdoutBuffer out;
  fmt::format_to(std::back_inserter(out.text()), "{}: {}{}, {} of boxes, {:.1f} MB\n", flags.out,
                 shown < page.points ? fmt::format("{} of ", shown) : "", io::counted(page.points, "point"),
                 io::counted(page.boxes.levels.size(), "level"), static_cast<double>(bytes) * 1e-6);
  out.flush();
}

}  // namespace

void add_view(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<ViewFlags>();
  auto* command = app.add_subcommand("view", "A page to look at: the points, the tree's boxes, neighbours");
  command->add_option("POINTS", flags->points, "A point file or a saved index")->required()->type_name("");
  command->add_option("--out", flags->out, "The page to write")->required()->type_name("FILE.html");
  command->add_option("--title", flags->title, "Its title (default: the file's name)")->type_name("TEXT");
  command->add_option("--axes", flags->axes, "Up to three axes to show, counted from 0 (default 0,1,2)")
      ->type_name("A,B,C");
  command->add_option("--limit", flags->limit, "Points to show at most; more are thinned evenly (default 1000000)")
      ->type_name("N")
      ->check(whole_number);
  command->add_flag("--load", flags->load, "POINTS is a saved index, whatever its name");
  flags->index.add_to(*command);
  command->footer(
      "One HTML file that needs no network: open it in any browser with WebGL 2. Drag to turn, shift and drag to "
      "move,\n"
      "wheel to come nearer; the point under the pointer shows its nearest neighbours; ? lists the keys.\n"
      "The address takes #level=3&k=5&size=2&color=order&query=x,y,z&yaw=1&pitch=0.5&zoom=2.\n\n"
      "Example:\n"
      "  printf '0,0,0\\n3,4,0\\n6,8,1\\n' > points.csv && coppice view points.csv --out page.html\n\n"
      "Global options: --json, --threads N.");
  command->callback([flags, &global] {
    check(*flags);
    with_source(*flags, global, false, [&](auto& source, std::optional<Dataset>&&) {
      const page::Page page = [&] {
        const Activity drawing("drawing the page");
        return make_page(*source.index, *flags);
      }();
      write(page, *flags, global);
    });
  });
}

}  // namespace coppice::cli
