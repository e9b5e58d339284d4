// coppice kmeans: k centers of a point file, what each stands for, and the file made smaller by them.
#include <fmt/compile.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/apps/kmeans.hpp"
#include "coppice/errors.hpp"
#include "coppice/io/npz.hpp"
#include "data.hpp"
#include "io/counted.hpp"
#include "options.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

constexpr std::int64_t most_centers = (std::int64_t{1} << 24) - 1;
constexpr std::int64_t most_rounds = 1'000'000;

struct KMeansFlags {
  std::string file;
  std::optional<std::int64_t> k;
  std::string method = "automatic";
  std::string init = "k-means++";
  std::int64_t iterations = 300;
  double tolerance = 1e-4;
  std::int64_t restarts = 1;
  bool simplify = false;
  bool labels = false;
  bool widen = false;
  std::string out;

  [[nodiscard]] bool reads_centers() const { return init != "k-means++" && init != "random"; }
};

void check(const KMeansFlags& flags) {
  if (!flags.k && !flags.reads_centers()) throw usage_error("-k is required, unless --init names a file of centers");
  if (flags.k) check_k(*flags.k, most_centers);
  if (flags.iterations < 0 || flags.iterations > most_rounds)
    throw usage_error(fmt::format("--iterations must be 0 … {}, found {}", most_rounds, flags.iterations));
  if (!(flags.tolerance >= 0 && flags.tolerance <= 1e300))
    throw usage_error(fmt::format("--tolerance must be 0 or more, found {}", flags.tolerance));
  if (flags.restarts < 1 || flags.restarts > most_rounds)
    throw usage_error(fmt::format("--restarts must be 1 … {}, found {}", most_rounds, flags.restarts));
  if (flags.restarts > 1 && flags.reads_centers()) throw usage_error("--restarts: given centers start only once");
  try {
    (void)kmeans_method(flags.method);
  } catch (const invalid_input& refusal) {
    throw usage_error(fmt::format("--{}", refusal.what()));
  }
  if (flags.out.empty()) return;
  const std::string extension = std::filesystem::path(flags.out).extension().string();
  if (extension == ".npz") return;
  if (!flags.simplify) throw usage_error(fmt::format("--out: found {}, expected a name that ends in .npz", flags.out));
  check_target(flags.file, flags.out);
}

template <class Scalar>
typename KMeans<Scalar>::Config config_of(const KMeansFlags& flags, const GlobalOptions& global) {
  typename KMeans<Scalar>::Config config;
  config.iterations = static_cast<int>(flags.iterations);
  config.tolerance = flags.tolerance;
  config.restarts = static_cast<int>(flags.restarts);
  config.seed = global.seed;
  config.method = kmeans_method(flags.method);
  config.executor = global.executor();
  config.init = flags.init == "random" ? KMeansInit::random : KMeansInit::plus_plus;
  if (flags.reads_centers()) {
    config.init = KMeansInit::given;
    config.centers = take_points<Scalar>(read_dataset(flags.init));
    config.k = config.centers.size();
    if (config.k == 0) throw Failure(ExitCode::bad_input, fmt::format("{}: found no centers", flags.init));
    if (flags.k && static_cast<std::size_t>(*flags.k) != config.k)
      throw Failure(ExitCode::bad_input,
                    fmt::format("{}: found {} centers, expected -k {}", flags.init, config.k, *flags.k));
  } else {
    config.k = static_cast<std::size_t>(*flags.k);
  }
  return config;
}

/// What was found, whichever way.
template <class Scalar>
struct Answer {
  Clustering<Scalar> clustering;
  std::vector<double> weights;
  std::optional<Simplified<Scalar>> simplified;
};

template <class Scalar>
void print_rows(const Answer<Scalar>& answer, const KMeansFlags& flags) {
  StdoutBuffer out;
  auto text = std::back_inserter(out.text());
  if (flags.labels) {
    for (std::size_t row = 0; row < answer.clustering.labels.size(); ++row) {
      fmt::format_to(text, FMT_COMPILE("{}: {}\n"), row, answer.clustering.labels[row]);
      out.drain();
    }
  } else {
    for (std::size_t j = 0; j < answer.weights.size(); ++j) {
      fmt::format_to(text, FMT_COMPILE("{}:"), j);
      for (const Scalar x : answer.clustering.centers.view()[j]) fmt::format_to(text, FMT_COMPILE(" {}"), x);
      fmt::format_to(text, FMT_COMPILE(" {}\n"), answer.weights[j]);
      out.drain();
    }
  }
  out.flush();
}

template <class Scalar>
void print_object(const Answer<Scalar>& answer, const KMeansFlags& flags, nlohmann::ordered_json head) {
  if (flags.out.empty()) {
    auto centers = nlohmann::ordered_json::array();
    for (std::size_t j = 0; j < answer.weights.size(); ++j) {
      const auto center = answer.clustering.centers.view()[j];
      centers.push_back(std::vector<double>(center.begin(), center.end()));
    }
    head["centers"] = std::move(centers);
    head["weights"] = answer.weights;
    if (flags.labels) head["labels"] = answer.clustering.labels;
  } else {
    head["out"] = flags.out;
  }
  print_json(head);
}

template <class Scalar>
void write(const KMeansFlags& flags, const GlobalOptions& global, Answer<Scalar>& answer, int dimension) {
  const Activity writing("writing " + flags.out);
  const std::size_t k = answer.weights.size();
  if (flags.out.ends_with(".npz")) {
    io::NpzWriter file(flags.out);
    const auto& centers = answer.clustering.centers.coordinates;
    file.add("centers",
             {std::vector<double>(centers.begin(), centers.end()), {k, static_cast<std::size_t>(dimension)}});
    file.add("labels", answer.clustering.labels);
    file.add("weights", answer.weights);
    file.add("sse", {std::vector<double>{answer.clustering.sse}, {}});
    return file.close();
  }
  io::PointFile file{answer.clustering.centers, std::nullopt, "", {}};
  file.attributes.push_back({"weight", std::vector<Scalar>(answer.weights.begin(), answer.weights.end())});
  (void)write_dataset(flags.out, file, global.json);
}

template <class Scalar>
void answer(const KMeansFlags& flags, const GlobalOptions& global, const Points<Scalar>& points) {
  const auto config = config_of<Scalar>(flags, global);
  const auto start = std::chrono::steady_clock::now();
  Answer<Scalar> found = as_bad_input(flags.file, [&] {
    const Activity clustering("clustering");
    KMeans<Scalar> kmeans(config);
    Answer<Scalar> result;
    if (flags.simplify) {
      result.simplified = kmeans.simplify(points, {}, &result.clustering);
    } else {
      result.clustering = kmeans.fit(points);
    }
    result.weights = kmeans.cluster_weights();
    return result;
  });
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  const Clustering<Scalar>& clustering = found.clustering;
  nlohmann::ordered_json head{{"file", flags.file},
                              {"points", points.size()},
                              {"dimension", points.dimension},
                              {"scalar", std::is_same_v<Scalar, float> ? "float32" : "float64"},
                              {"k", config.k},
                              {"method", kmeans_method_name(clustering.method)},
                              {"sse", clustering.sse},
                              {"iterations", clustering.iterations},
                              {"converged", clustering.converged}};
  if (found.simplified) {
    head["mean_displacement"] = found.simplified->mean_displacement;
    head["largest_displacement"] = found.simplified->largest_displacement;
  }
  head["seconds"] = taken.count();
  if (!flags.out.empty()) write(flags, global, found, points.dimension);
  if (global.json) return print_object(found, flags, std::move(head));
  if (flags.out.empty()) print_rows(found, flags);
  std::fflush(stdout);  // so that this comes last where both go to one place
  fmt::print(stderr, "{}: {}, {}; sse {:.9g} after {}{} ({}); {:.3f} s\n", flags.file,
             io::counted(points.size(), "point"), io::counted(config.k, "center"), clustering.sse,
             io::counted(static_cast<std::size_t>(clustering.iterations), "iteration"),
             clustering.converged ? "" : ", not converged", kmeans_method_name(clustering.method), taken.count());
  if (found.simplified)
    fmt::print(stderr, "{}: displacement {:.6g} on average, {:.6g} at most\n", flags.file,
               found.simplified->mean_displacement, found.simplified->largest_displacement);
}

void kmeans(const KMeansFlags& flags, const GlobalOptions& global) {
  check(flags);
  Dataset data = read_dataset(flags.file);
  if (data.is_float32() && !flags.widen)
    answer(flags, global, take_points<float>(std::move(data)));
  else
    answer(flags, global, take_points<double>(std::move(data)));
}

}  // namespace

void add_kmeans(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<KMeansFlags>();
  auto* command = app.add_subcommand("kmeans", "k centers that the points gather around; a file made smaller by them");
  command->add_option("FILE", flags->file, "Point file")->required()->type_name("");
  command->add_option("-k", flags->k, "Centers")->type_name("K")->check(whole_number);
  command
      ->add_option("--method", flags->method,
                   "How points find centers: automatic (default), lloyd, elkan, hamerly, filtering, two-trees")
      ->type_name("NAME");
  command->add_option("--init", flags->init, "Where they start: k-means++ (default), random, or a file of centers")
      ->type_name("START");
  command->add_option("--iterations", flags->iterations, "Moves of the centers at most (default 300)")
      ->type_name("N")
      ->check(whole_number);
  command
      ->add_option("--tolerance", flags->tolerance,
                   "Stop when their squared moves add up to this share of an axis' variance (default 0.0001)")
      ->type_name("X")
      ->check(real_number);
  command->add_option("--restarts", flags->restarts, "Starts, of which the best is kept (default 1)")
      ->type_name("N")
      ->check(whole_number);
  command->add_flag("--simplify", flags->simplify,
                    "Replace the points by the centers, and tell how far that moves them");
  command->add_flag("--labels", flags->labels, "Print a line a point, its row and its center, instead of the centers");
  command->add_flag("--double", flags->widen, "Take float32 points as float64");
  command->add_option("--out", flags->out, "Write to this .npz file; with --simplify also to a point file")
      ->type_name("FILE");
  command->footer(
      "Prints a line a center: its number, a colon, its coordinates and how many points it stands for.\n"
      "  0: 0.5 0 2\n"
      "A point belongs to the nearest center, of two to the lower one. The answer is that of Lloyd's algorithm bit "
      "for\n"
      "bit, for every method and number of threads. --json prints one object. .npz holds `centers` (k x d, float64),\n"
      "`labels` (n, int32), `weights` (k) and `sse`.\n\n"
      "Example:\n"
      "  printf '0,0\\n1,0\\n8,8\\n9,8\\n' > points.csv && coppice kmeans points.csv -k 2\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, &global] { kmeans(*flags, global); });
}

}  // namespace coppice::cli
