// coppice graph: the neighbours of every point among the others, and what the graph of them is like.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <memory>

#include "coppice/errors.hpp"
#include "graph_run.hpp"
#include "options.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

constexpr std::int64_t largest_patch = 32;  // whose square is the largest dimension

void check(const GraphFlags& flags) {
  if (!flags.k && !flags.radius) throw usage_error("graph needs -k, -r or both");
  if (flags.k) check_k(*flags.k);
  if (flags.radius) (void)checked_radius<double>("-r", *flags.radius);
  if (!(flags.epsilon >= 0) || std::isinf(flags.epsilon))
    throw usage_error(fmt::format("--epsilon must be finite and at least 0, found {}", flags.epsilon));
  if (flags.epsilon > 0 && !flags.k) throw usage_error("--epsilon goes with -k: all within a radius are exact");
  if (flags.recall && !(*flags.recall > 0 && *flags.recall <= 1))
    throw usage_error(fmt::format("--recall must be above 0 and at most 1, found {}", *flags.recall));
  if (flags.recall && (!flags.k || flags.radius)) throw usage_error("--recall goes with -k and without -r");
  if (flags.recall && metric_of(flags) != MetricKind::l2) throw usage_error("--recall goes with the metric l2 only");
  if (flags.recall && flags.epsilon > 0) throw usage_error("--recall and --epsilon exclude each other");
  if (flags.patches && (*flags.patches < 1 || *flags.patches > largest_patch))
    throw usage_error(fmt::format("--patches must be 1 … {}, found {}", largest_patch, *flags.patches));
  (void)metric_of(flags);
}

}  // namespace

void add_graph(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<GraphFlags>();
  auto* command = app.add_subcommand("graph", "The neighbour graph of all points, and what it is like");
  command->add_option("FILE", flags->file, "Point file, or with --patches an image")->required()->type_name("");
  command->add_option("-k", flags->k, "Neighbours a point, at least 1")->type_name("K")->check(whole_number);
  command->add_option("-r,--radius", flags->radius, "All within this distance, boundary included; with -k at most K")
      ->type_name("R")
      ->check(real_number);
  command->add_flag("--self", flags->self, "Let every point be a neighbour of itself");
  command->add_option("--metric", flags->metric, "Metric: l2 (default), l1, linf")->type_name("NAME");
  command->add_option("--epsilon", flags->epsilon, "With -k: neighbours may be up to 1 + E times as far as the nearest")
      ->type_name("E")
      ->check(real_number);
  command
      ->add_option("--recall", flags->recall,
                   "With -k: the part of the true neighbours that is enough, 0 to 1 (default 1: all)")
      ->type_name("X")
      ->check(real_number);
  command->add_option("--patches", flags->patches, "FILE is a grey image: a point for every window of P x P pixels")
      ->type_name("P")
      ->check(whole_number);
  command->add_flag("--double", flags->widen, "Take float32 points as float64");
  command->add_flag("--facts", flags->facts, "Tell the critical k and the critical radius, too, which takes longer");
  command->add_option("--out", flags->out, "Write the graph as arrays to this .npz file instead of stdout")
      ->type_name("FILE.npz");
  command->footer(
      "Prints a line a point: its row, a colon, then row and distance of each neighbour, nearest first, ties by row:\n"
      "  7: 12 0.25 3 0.5\n"
      "Points are named by their 0-based rows; a csv column `id` is left out. A summary follows on stderr: edges, "
      "those\n"
      "a point (fewest is k_r), the longest (r_k), connected components, the part of edges whose reverse is there, "
      "and\n"
      "seconds. --json prints one object with all of that and `results`, which hold `query`, `ids` and `distances`.\n"
      "--out writes `ids` (n x k, int64) and `distances` (n x k, float64), padded with -1 and inf where there are "
      "fewer\n"
      "than k, as with k >= n; and for -r alone `offsets` (n + 1, int64), `ids` and `distances`, where row i is\n"
      "offsets[i] … offsets[i + 1]. A graph that does not fit into memory is refused; -r with --out goes piece by "
      "piece.\n"
      "Above 16 dimensions --recall below 1 is much faster; up to 16 the answer is exact all the same. --patches "
      "takes\n"
      ".png (grey, 8 or 16 bits), .pgm and .npy (height x width). The critical k or radius is the smallest whose graph "
      "is\n"
      "connected.\n\n"
      "Example:\n"
      "  printf '0,0\\n3,4\\n6,8\\n' > points.csv && coppice graph points.csv -k 1 --facts\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, &global] {
    check(*flags);
    make_graph(*flags, global);
  });
}

}  // namespace coppice::cli
