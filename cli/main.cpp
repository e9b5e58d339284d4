// The coppice tool: global options, the subcommands, and the one place where failures become a line on stderr and an
// exit code (0 ok, 1 runtime, 2 usage, 3 bad input, 4 corrupt store).
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "coppice/errors.hpp"
#include "options.hpp"
#include "subcommand.hpp"

namespace coppice::cli {
namespace {

constexpr int most_threads = 1024;

// CLI11's layout without its notes on types, ranges and exclusions: the descriptions say them better.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_positional() || option->get_type_size() == 0 ? "" : " " + option->get_type_name();
  }
};

int fail(ExitCode code, std::string message, const GlobalOptions& global) {
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::fflush(stdout);
  fmt::print(stderr, "{}coppice:{} {}\n", global.color ? "\x1b[1;31m" : "", global.color ? "\x1b[0m" : "", message);
  return static_cast<int>(code);
}

// CLI11 says only that a subcommand is missing when the first word is none.
std::string explain(const CLI::App& app, const CLI::Error& mistake) {
  const auto unknown = app.remaining();
  if (!app.get_subcommands().empty() || unknown.empty() || unknown.front().starts_with('-')) return mistake.what();
  std::vector<std::string> known;
  for (const auto* command : app.get_subcommands(nullptr)) known.push_back(command->get_name());
  return fmt::format("unknown subcommand '{}'; known: {}", unknown.front(), fmt::join(known, ", "));
}

// Which subcommand's help a mistake should be sent to.
std::string help_hint(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? " (see coppice --help)" : fmt::format(" (see coppice {} --help)", chosen.front()->get_name());
}

void add_globals(CLI::App& app, GlobalOptions& global) {
  app.add_flag("--json", global.json, "Print JSON on stdout");
  app.add_option("--threads", global.threads, "Threads to use; 0 (default) is every hardware thread")
      ->type_name("N")
      ->check(whole_number)
      ->check([](const std::string& text) {
        return text.size() > 4 || std::stoi(text) < 0 || std::stoi(text) > most_threads
                   ? fmt::format("must be 0 … {}, found {}", most_threads, text)
                   : std::string();
      });
  app.add_option("--seed", global.seed, "Seed of everything random (default 1)")->type_name("N")->check(whole_number);
}

int run(int argc, char** argv) {
  GlobalOptions global;
  const char* no_color = std::getenv("NO_COLOR");
  global.color = isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');

  CLI::App app{
      "Near neighbours on data that never stops changing: exact k nearest, radius and box searches over\n"
      "point files, and indexes that stay fast while points come and go.",
      "coppice"};
  app.set_version_flag("--version", "coppice " COPPICE_VERSION, "Print the version and exit");
  app.require_subcommand(1);
  app.fallthrough();
  const auto formatter = std::make_shared<HelpFormatter>();
  formatter->column_width(28);
  app.formatter(formatter);
  app.footer(
      "Example:\n"
      "  printf '0,0\\n3,4\\n6,8\\n' > points.csv && coppice knn points.csv -k 1\n\n"
      "Points are read from .npy (n × d), .csv, .tsv, .txt, .xyz, .ply, .pcd, .las, .obj, .pdb, .gro, .fvecs, .bvecs "
      "and\n"
      "KITTI .bin files, meshes of triangles from .obj and .ply, packed by gzip or not.\n"
      "Data goes to stdout, messages go to stderr.\n"
      "Exit codes: 0 ok, 1 runtime failure, 2 usage, 3 bad input, 4 corrupt store.");
  add_globals(app, global);
  add_info(app, global);
  add_convert(app, global);
  add_knn(app, global);
  add_within(app, global);
  add_box(app, global);
  add_neighbors(app, global);
  add_graph(app, global);
  add_normals(app, global);
  add_kmeans(app, global);
  add_downsample(app, global);
  add_view(app, global);
  add_stream(app, global);
  add_churn(app, global);
  add_trace(app, global);
  add_build_report(app, global);
  add_train_builder(app, global);

  try {
    app.parse(argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      return fail(ExitCode::runtime, "standard output could not be written", global);
    return static_cast<int>(ExitCode::ok);
  } catch (const CLI::Success& answer) {  // --help and --version
    return app.exit(answer);
  } catch (const CLI::Error& mistake) {
    return fail(ExitCode::usage, explain(app, mistake) + help_hint(app), global);
  } catch (const Failure& failure) {
    return fail(failure.code(), failure.what(), global);
  } catch (const corrupt_file& damage) {
    return fail(ExitCode::corrupt_store, damage.what(), global);
  } catch (const invalid_input& refusal) {
    return fail(ExitCode::bad_input, refusal.what(), global);
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::runtime, "not enough memory", global);
  } catch (const std::exception& failure) {
    return fail(ExitCode::runtime, failure.what(), global);
  }
}

}  // namespace
}  // namespace coppice::cli

int main(int argc, char** argv) {
  return coppice::cli::run(argc, argv);
}
