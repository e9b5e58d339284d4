// coppice stream: a moving window over sweeps of points, real or simulated, with its timings and its proof.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/apps/lidar_simulator.hpp"
#include "coppice/errors.hpp"
#include "coppice/persist/atomic_file.hpp"
#include "data.hpp"
#include "io/counted.hpp"
#include "options.hpp"
#include "output.hpp"
#include "page/film.hpp"
#include "progress.hpp"
#include "stream_job.hpp"
#include "stream_output.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

constexpr std::int64_t most_neighbors = 1024;

struct StreamFlags {
  std::vector<std::string> files;
  std::int64_t simulate = 0;
  std::int64_t window = 40;
  std::int64_t k = 5;
  std::int64_t verify = 200;
  std::string out;
  IndexFlags index;
};

void check_range(std::string_view option, std::int64_t value, std::int64_t lowest, std::int64_t highest) {
  if (value < lowest || value > highest)
    throw usage_error(fmt::format("{} must be {} … {}, found {}", option, lowest, highest, value));
}

void check(const StreamFlags& flags, bool simulated) {
  if (simulated) {
    if (!flags.files.empty()) throw usage_error("give either files or --simulate, not both");
    check_range("--simulate", flags.simulate, 2, 1000000);
  } else if (flags.files.size() < 2) {
    throw usage_error(
        fmt::format("a stream needs at least 2 files (found {}) or --simulate SWEEPS", flags.files.size()));
  }
  check_range("--window", flags.window, 1, 1000000);
  check_range("-k", flags.k, 1, most_neighbors);
  check_range("--verify", flags.verify, 0, 1000000);
  flags.index.check();
  for (const std::string& file : flags.files)  // before the work starts, not in the middle of it
    if (!std::filesystem::exists(file)) throw Failure(ExitCode::bad_input, file + ": no such file");
}

template <class Scalar>
Sweeps<Scalar> simulated_sweeps(std::size_t count, const GlobalOptions& global) {
  LidarSimulator::Config config;
  config.seed = global.seed;
  config.executor = global.executor();
  const auto simulator = std::make_shared<const LidarSimulator>(config);
  Sweeps<Scalar> sweeps;
  sweeps.count = count;
  sweeps.read = [simulator](std::size_t i) {
    Points<float> points = simulator->sweep(static_cast<int>(i));
    if constexpr (std::is_same_v<Scalar, float>)
      return points;
    else
      return Points<Scalar>{{points.coordinates.begin(), points.coordinates.end()}, points.dimension};
  };
  sweeps.position = [simulator](std::size_t i) -> std::array<double, 2> {
    const auto place = simulator->sensor_position(static_cast<double>(i));
    return {place[0], place[1]};
  };
  return sweeps;
}

// The files one by one, as they are needed; `first` was read already, to learn its scalar type and dimension.
template <class Scalar>
Sweeps<Scalar> file_sweeps(const std::vector<std::string>& files, Dataset&& first) {
  const int dimension = first.dimension();
  const auto opened = std::make_shared<Dataset>(std::move(first));
  Sweeps<Scalar> sweeps;
  sweeps.count = files.size();
  sweeps.read = [&files, opened, dimension](std::size_t i) {
    const std::string& path = files[i];
    const auto refuse = [&](const std::string& reason) { return Failure(ExitCode::bad_input, path + ": " + reason); };
    Dataset data = i == 0 ? std::move(*opened) : read_dataset(path);
    if (std::is_same_v<Scalar, float> && !data.is_float32())
      throw refuse("holds float64 points, but the first file holds float32; --double makes all of them float64");
    if (data.dimension() != dimension)
      throw refuse(
          fmt::format("has {}, but {} has {}", io::counted(data.dimension(), "dimension"), files.front(), dimension));
    Points<Scalar> points = take_points<Scalar>(std::move(data));
    try {
      check_points(points.view(), dimension);
    } catch (const invalid_input& refusal) {
      throw refuse(refusal.what());
    }
    return points;
  };
  return sweeps;
}

// Makes the output directory before the work starts; takes it away again when nothing came to lie in it.
class OutputDirectory {
 public:
  explicit OutputDirectory(std::filesystem::path path) : path_(std::move(path)) {
    if (path_.empty()) return;
    std::error_code failure;
    made_ = std::filesystem::create_directories(path_, failure);
    if (failure) throw Failure(ExitCode::runtime, fmt::format("--out: {}: {}", path_.string(), failure.message()));
  }
  OutputDirectory(const OutputDirectory&) = delete;
  OutputDirectory& operator=(const OutputDirectory&) = delete;
  ~OutputDirectory() {
    std::error_code ignored;
    if (made_) std::filesystem::remove(path_, ignored);  // refuses when there are files
  }

  [[nodiscard]] bool wanted() const { return !path_.empty(); }
  [[nodiscard]] std::filesystem::path file(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
  bool made_ = false;
};

std::string described(const std::vector<std::string>& files) {
  const auto name = [](const std::string& file) { return std::filesystem::path(file).filename().string(); };
  return fmt::format("{} files, {} … {}", files.size(), name(files.front()), name(files.back()));
}

template <class Scalar>
void run(const Sweeps<Scalar>& sweeps, const StreamFlags& flags, const GlobalOptions& global, int dimension) {
  StreamSetting setting;
  setting.index = std::string(flags.index.index_name());
  setting.options.window = static_cast<std::size_t>(flags.window);
  setting.options.k = static_cast<std::size_t>(flags.k);
  setting.options.verify = static_cast<std::size_t>(flags.verify);
  setting.options.seed = global.seed;
  const auto index_options = flags.index.options<Scalar>(dimension, global.executor());
  setting.balance = flags.index.balance_in_use();
  setting.scalar = std::is_same_v<Scalar, float> ? "float32" : "float64";
  setting.source = flags.files.empty() ? "simulated drive" : described(flags.files);
  setting.has_route = static_cast<bool>(sweeps.position);
  setting.threads = index_options.executor.threads();
  const OutputDirectory directory(flags.out);

  IndexRecipe<Scalar> recipe;
  recipe.make = [&](int axes) { return make_index<Scalar>(setting.index, axes, index_options); };
  recipe.periodic = index_options.periodic;
  recipe.executor = index_options.executor;
  page::Film<Scalar> film(sweeps.count, index_options.periodic);
  const auto [report, map, index] = [&] {
    Progress progress("stream", sweeps.count);
    return run_stream<Scalar>(directory.wanted() ? film.watch(sweeps) : sweeps, recipe, setting.options,
                              [&](std::size_t done, const std::string& note) { progress.update(done, note); });
  }();
  auto json = stream_json(report, setting);
  if (directory.wanted()) {
    const Activity writing("writing the report");
    json["map"] = {{"file", "map.npy"}, {"points", map.points.size()}, {"stride", map.stride}};
    write_map(directory.file("map.npy"), map.points);
    persist::AtomicFile file(directory.file("report.json"));
    file.write(json.dump(2) + "\n");
    file.commit();
    page::Page page = film.page(json, *index);
    if (flags.files.empty()) page.unit = "m";
    page::write_page(directory.file("report.html"), page);
  }
  if (global.json) {
    print_json(json);
  } else {
    StdoutBuffer out;
    fmt::format_to(std::back_inserter(out.text()), "{}", stream_summary(json));
    if (directory.wanted())
      for (const auto& [label, name] : {std::pair("report", "report.json"), std::pair("page", "report.html")})
        fmt::format_to(std::back_inserter(out.text()), "  {:<10}{}\n", label, directory.file(name).string());
    out.flush();
  }
  if (report.mismatches > 0)
    throw Failure(ExitCode::runtime,
                  fmt::format("{} mismatches; the first: {}", report.mismatches, report.first_mismatch));
}

}  // namespace

void add_stream(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<StreamFlags>();
  auto* command = app.add_subcommand("stream", "A moving window over sweeps of points, timed and checked");
  command->add_option("FILES", flags->files, "Point files, a sweep each, in order")->type_name("");
  auto* simulate =
      command->add_option("--simulate", flags->simulate, "Sweeps of a simulated LiDAR drive instead of files")
          ->type_name("SWEEPS");
  command->add_option("--window", flags->window, "Sweeps that are live at once (default 40)")->type_name("W");
  command->add_option("-k,--neighbors", flags->k, "Neighbours that each point is asked for (default 5)")
      ->type_name("K");
  command->add_option("--verify", flags->verify, "Queries checked against a scan of all points (default 200)")
      ->type_name("N");
  command->add_option("--out", flags->out, "Directory for report.json, report.html and map.npy")->type_name("DIR");
  flags->index.add_to(*command);
  command->footer(
      "Each point of a sweep is asked for its k nearest in the live map; then the oldest sweep leaves, once the "
      "window\n"
      "is full, and the new one enters. Now and then the index is compared with one built afresh over the same "
      "points:\n"
      "cost of the build, cost of the same queries, equality of all answers. A sample of the queries is compared bit "
      "by\n"
      "bit with a scan. Prints a summary, or one object with --json. Exit code 1 when any answer differs.\n\n"
      "Example:\n"
      "  coppice stream --simulate 20 --window 10 --out out\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, simulate, &global] {
    const bool simulated = simulate->count() > 0;
    check(*flags, simulated);
    if (simulated) {
      const auto count = static_cast<std::size_t>(flags->simulate);
      if (flags->index.widen)
        run(simulated_sweeps<double>(count, global), *flags, global, 3);
      else
        run(simulated_sweeps<float>(count, global), *flags, global, 3);
      return;
    }
    Dataset first = read_dataset(flags->files.front());
    const int dimension = first.dimension();
    if (first.is_float32() && !flags->index.widen)
      run(file_sweeps<float>(flags->files, std::move(first)), *flags, global, dimension);
    else
      run(file_sweeps<double>(flags->files, std::move(first)), *flags, global, dimension);
  });
}

}  // namespace coppice::cli
