// coppice churn: random inserts, erases, moves and queries on an index, checked against brute force.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <type_traits>

#include "churn_model.hpp"
#include "coppice/errors.hpp"
#include "data.hpp"
#include "io/counted.hpp"
#include "options.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

struct ChurnFlags {
  std::string points;
  std::int64_t operations = 10000;
  std::int64_t check_every = 1000;
  IndexFlags index;
};

void check(const ChurnFlags& flags) {
  if (flags.operations < 1) throw usage_error(fmt::format("--ops must be at least 1, found {}", flags.operations));
  if (flags.check_every < 1)
    throw usage_error(fmt::format("--check-every must be at least 1, found {}", flags.check_every));
  flags.index.check();
}

struct Run {
  std::string points;
  std::string scalar;
  std::string index;
  std::string balance;  ///< empty where the index has none
  int dimension = 0;
  std::uint64_t seed = 0;
  double seconds = 0;
};

void print_report_json(const Run& run, const ChurnReport& report) {
  nlohmann::ordered_json object{{"points", run.points},
                                {"scalar", run.scalar},
                                {"dimension", run.dimension},
                                {"index", run.index},
                                {"balance", run.balance},
                                {"seed", run.seed},
                                {"initial_points", report.initial_points},
                                {"final_points", report.final_points},
                                {"operations", report.operations_done}};
  for (const bool asks : {false, true}) {
    auto& group = object[asks ? "queries" : "changes"];
    for (std::size_t i = 0; i < churn_actions; ++i) {
      const auto action = static_cast<ChurnAction>(i);
      if (is_query(action) == asks)
        group[std::string(churn_action_name(action))] = {{"operations", report.actions[i].operations},
                                                         {"rows", report.actions[i].rows}};
    }
  }
  object["validations"] = report.validations;
  object["content_checks"] = report.content_checks;
  object["mismatches"] = report.mismatches;
  object["first_mismatches"] = report.first_mismatches;
  object["height"] = report.statistics.height;
  object["leaf_fill"] = report.statistics.leaf_fill;
  object["bytes_per_point"] = report.statistics.bytes_per_point;
  object["rebuilds"] = report.statistics.rebuilds.events;
  object["rebuilt_points"] = report.statistics.rebuilds.total;
  object["seconds"] = run.seconds;
  print_json(object);
}

void print_report_text(const Run& run, const ChurnReport& report) {
  fmt::print("{}: {} on {}{}, {}, {}, seed {}\n", run.points, io::counted(report.operations_done, "operation"),
             run.index, run.balance.empty() ? "" : fmt::format(" ({})", run.balance), run.scalar,
             io::counted(run.dimension, "dimension"), run.seed);
  fmt::print("points      {} at first, {} at last\n", report.initial_points, report.final_points);
  for (std::size_t i = 0; i < churn_actions; ++i) {
    const auto action = static_cast<ChurnAction>(i);
    fmt::print("{:<14} {:>9} operations {:>10} {}\n", churn_action_name(action), report.actions[i].operations,
               report.actions[i].rows, is_query(action) ? "answers compared" : "points");
  }
  fmt::print("invariants  checked {}\n", io::counted(report.validations, "time"));
  fmt::print("content     compared {}, id by id\n", io::counted(report.content_checks, "time"));
  for (const auto& line : report.first_mismatches) fmt::print("mismatch    {}\n", line);
  fmt::print("{} in {:.1f} s\n", io::counted(report.mismatches, "mismatch", "mismatches"), run.seconds);
}

template <class Scalar>
void churn(Dataset&& data, const ChurnFlags& flags, const GlobalOptions& global) {
  Run run{flags.points,
          std::is_same_v<Scalar, float> ? "float32" : "float64",
          std::string(flags.index.index_name()),
          "",
          data.dimension(),
          global.seed,
          0};
  if (data.size() == 0) throw Failure(ExitCode::bad_input, fmt::format("{}: no points to churn", flags.points));
  const std::vector<point_id> ids = std::move(data.ids);
  const Points<Scalar> points = take_points<Scalar>(std::move(data));
  const auto options = flags.index.options<Scalar>(run.dimension, global.executor());
  run.balance = flags.index.balance_in_use();
  const ChurnPlan plan{static_cast<std::uint64_t>(flags.operations), static_cast<std::uint64_t>(flags.check_every),
                       global.seed, run.index};
  const auto start = std::chrono::steady_clock::now();
  Progress progress("churn", plan.operations);
  ChurnReport report;
  try {
    report = run_churn<Scalar>(points, ids, options, plan, [&](std::uint64_t done) { progress.update(done); });
  } catch (const invalid_input& refusal) {
    throw Failure(ExitCode::bad_input, fmt::format("{}: {}", flags.points, refusal.what()));
  }
  run.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  global.json ? print_report_json(run, report) : print_report_text(run, report);
  if (report.mismatches > 0)
    throw Failure(ExitCode::runtime, fmt::format("{} mismatches against brute force (seed {}); the first: {}",
                                                 report.mismatches, run.seed, report.first_mismatches.front()));
}

}  // namespace

void add_churn(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<ChurnFlags>();
  auto* command = app.add_subcommand("churn", "Random changes and queries, every answer checked against brute force");
  command->add_option("POINTS", flags->points, "Point file to begin with")->required();
  command->add_option("--ops", flags->operations, "Operations to run (default 10000)")
      ->type_name("N")
      ->check(whole_number);
  command
      ->add_option("--check-every", flags->check_every,
                   "Operations between checks of all invariants and the whole content (default 1000)")
      ->type_name("M")
      ->check(whole_number);
  flags->index.add_to(*command);
  command->footer(
      "Operations: insert, erase and move, single and in batches; erase_in_box, keep_in_box, down_sample; batches "
      "with\n"
      "a mistake, which must be refused whole; nearest, within, in_box and count with random metrics, radii, filters\n"
      "and strategies. The same seed gives the same run. Any mismatch ends with exit code 1.\n\n"
      "Example:\n"
      "  printf '0,0\\n3,4\\n6,8\\n' > points.csv && coppice churn points.csv --ops 1000\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, &global] {
    check(*flags);
    Dataset data = read_dataset(flags->points);
    if (data.is_float32() && !flags->index.widen)
      churn<float>(std::move(data), *flags, global);
    else
      churn<double>(std::move(data), *flags, global);
  });
}

}  // namespace coppice::cli
