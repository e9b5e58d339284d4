// coppice neighbors: the neighbour list of every frame of a trajectory.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/io/columns.hpp"
#include "coppice/io/trajectory.hpp"
#include "data.hpp"
#include "io/counted.hpp"
#include "neighbors_output.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

struct NeighborsFlags {
  std::string file;
  double cutoff = 0;
  bool full = false;
  std::string cell;
  std::string periodic;
  bool open = false;
  double skin = 0;
  std::string radii;
  std::string exclude;
  std::string out;
};

/// Where the list lives: the cell of the command line or of each frame, and the axes that it is periodic along.
struct Space {
  std::optional<SimulationCell> cell;  // for all frames
  std::optional<std::array<bool, 3>> periodic;
  bool open = false;
};

std::array<bool, 3> axes_from(const std::string& text) {
  std::array<bool, 3> periodic{};
  for (const char c : text) {
    if (c == ',') continue;
    if (c < 'x' || c > 'z') throw usage_error(fmt::format("--periodic: found '{}', expected some of x, y and z", text));
    if (std::exchange(periodic[static_cast<std::size_t>(c - 'x')], true))
      throw usage_error(fmt::format("--periodic names {} twice", c));
  }
  return periodic;
}

Space space_from(const NeighborsFlags& flags) {
  Space space;
  space.open = flags.open;
  if (!flags.periodic.empty()) space.periodic = axes_from(flags.periodic);
  if (flags.cell.empty()) return space;
  const std::vector<double> numbers = parse_numbers("--cell", flags.cell);
  if (numbers.size() != 3 && numbers.size() != 9)
    throw usage_error(fmt::format("--cell: {} given, expected 3 lengths or the 9 numbers of three vectors",
                                  io::counted(numbers.size(), "number")));
  SimulationCell cell{{}, space.periodic.value_or(std::array{true, true, true})};
  for (std::size_t k = 0; k < numbers.size(); ++k) cell.vectors[numbers.size() == 3 ? k : k / 3][k % 3] = numbers[k];
  try {
    cell.check();
  } catch (const invalid_input& refusal) {
    throw usage_error(fmt::format("--cell: {}", refusal.reason()));
  }
  space.cell = cell;
  return space;
}

void check(const NeighborsFlags& flags, bool has_cutoff) {
  if (has_cutoff && (!(flags.cutoff > 0) || std::isinf(flags.cutoff)))
    throw usage_error(fmt::format("--cutoff must be positive and finite, found {}", flags.cutoff));
  if (!has_cutoff && flags.radii.empty()) throw usage_error("neighbors needs --cutoff or --radii");
  if (!(flags.skin >= 0) || std::isinf(flags.skin))
    throw usage_error(fmt::format("--skin must be finite and at least 0, found {}", flags.skin));
}

SimulationCell cell_of(const io::Frame& frame, const Space& space, const std::string& path) {
  if (space.open) return SimulationCell::open();
  if (space.cell) return *space.cell;
  if (!frame.cell) {
    if (space.periodic)
      throw Failure(
          ExitCode::bad_input,
          fmt::format("{}: frame {} tells no cell, which --periodic needs; --cell gives one", path, frame.number));
    return SimulationCell::open();
  }
  SimulationCell cell = *frame.cell;
  if (space.periodic) cell.periodic = *space.periodic;
  try {
    cell.check();
  } catch (const invalid_input& refusal) {
    throw Failure(ExitCode::bad_input,
                  fmt::format("{}: frame {}: {}; --open ignores the cell", path, frame.number, refusal.reason()));
  }
  return cell.is_periodic() ? cell : SimulationCell::open();
}

std::vector<double> radii_from(const std::string& path, std::size_t atoms) {
  std::vector<double> radii = as_bad_input(path, [&] { return io::read_numbers(path); });
  if (radii.size() != atoms)
    throw Failure(ExitCode::bad_input,
                  fmt::format("{}: found {}, expected one for each of the {}", path,
                              io::counted(radii.size(), "radius", "radii"), io::counted(atoms, "atom")));
  for (std::size_t row = 0; row < radii.size(); ++row)
    if (radii[row] < 0)
      throw Failure(ExitCode::bad_input,
                    fmt::format("{}: row {}: found {}, expected a radius of at least 0", path, row, radii[row]));
  return radii;
}

std::vector<std::pair<std::int64_t, std::int64_t>> exclusions_from(const std::string& path, std::size_t atoms) {
  auto pairs = as_bad_input(path, [&] { return io::read_id_pairs(path); });
  for (std::size_t row = 0; row < pairs.size(); ++row)
    for (const std::int64_t id : {pairs[row].first, pairs[row].second})
      if (id >= static_cast<std::int64_t>(atoms))
        throw Failure(ExitCode::bad_input, fmt::format("{}: row {}: found atom {}, expected 0 … {}", path, row, id,
                                                       static_cast<std::int64_t>(atoms) - 1));
  return pairs;
}

template <class Scalar>
typename NeighborList<Scalar>::Config config_of(const NeighborsFlags& flags, std::size_t atoms,
                                                const SimulationCell& cell, Executor executor) {
  typename NeighborList<Scalar>::Config config;
  config.cutoff = flags.cutoff;
  config.kind = flags.full ? PairKind::full : PairKind::half;
  config.cell = cell;
  config.skin = flags.skin;
  if (!flags.radii.empty()) config.radii = radii_from(flags.radii, atoms);
  if (!flags.exclude.empty()) config.exclusions = exclusions_from(flags.exclude, atoms);
  config.executor = executor;
  try {
    config.check();
  } catch (const invalid_input& refusal) {  // a number that only the list finds too large
    throw usage_error(refusal.reason());
  }
  return config;
}

nlohmann::ordered_json describe(const NeighborsFlags& flags, const io::TrajectoryReader& reader, std::size_t atoms,
                                bool is_float, const SimulationCell& cell) {
  nlohmann::ordered_json head{{"file", flags.file},
                              {"format", reader.format()},
                              {"atoms", atoms},
                              {"scalar", is_float ? "float32" : "float64"},
                              {"kind", flags.full ? "full" : "half"}};
  if (flags.radii.empty())
    head["cutoff"] = flags.cutoff;
  else
    head["radii"] = flags.radii;
  head["skin"] = flags.skin;
  if (cell.is_periodic()) {
    head["cell"] = cell.vectors;
    head["periodic"] = cell.periodic;
  }
  return head;
}

/// Takes the frame's positions, timed. The time that is not the search for pairs is that of placing the atoms.
template <class Scalar>
FrameRecord step(NeighborList<Scalar>& list, const io::Frame& frame) {
  const auto start = std::chrono::steady_clock::now();
  const bool rebuilt = list.update(std::get<Points<Scalar>>(frame.points));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  const double listing = std::min(list.statistics().list_seconds, taken.count());
  return {frame.number, static_cast<std::uint64_t>(list.pairs()), 1e3 * (taken.count() - listing), 1e3 * listing,
          rebuilt};
}

template <class Scalar>
void run(io::TrajectoryReader& reader, std::optional<io::Frame> frame, const Space& space, const NeighborsFlags& flags,
         const GlobalOptions& global) {
  SimulationCell cell = cell_of(*frame, space, flags.file);
  NeighborList<Scalar> list(config_of<Scalar>(flags, frame->size(), cell, global.executor()));
  std::optional<PairArrays> arrays;
  if (!flags.out.empty()) arrays.emplace(flags.out);
  FrameTable table(global.json, describe(flags, reader, frame->size(), std::is_same_v<Scalar, float>, cell));
  {
    const auto frames = reader.frames();
    Progress progress("neighbors", frames.value_or(100));
    while (frame) {
      const SimulationCell now = cell_of(*frame, space, flags.file);
      const FrameRecord record = as_bad_input(fmt::format("{}: frame {}", flags.file, frame->number), [&] {
        if (now != cell) list.set_cell(cell = now);
        return step(list, *frame);
      });
      table.add(record);
      if (arrays) arrays->add(list.template list<std::int64_t>({true, true, true}));
      progress.update(frames ? record.frame + 1 : static_cast<std::uint64_t>(100 * reader.progress()),
                      fmt::format("frame {}: {}", record.frame, io::counted(record.pairs, "pair")));
      frame = as_bad_input(flags.file, [&] { return reader.next(); });
    }
  }
  if (arrays) {
    const Activity writing("writing " + flags.out);
    arrays->finish();
  }
  nlohmann::ordered_json tail = nlohmann::ordered_json::object();
  if (arrays) tail["out"] = flags.out;
  table.finish(tail);
  if (arrays && !global.json)
    fmt::print(stderr, "{} of {} written to {}\n", io::counted(table.pairs(), "pair"),
               io::counted(table.frames(), "frame"), flags.out);
}

void neighbors(const NeighborsFlags& flags, bool has_cutoff, const GlobalOptions& global) {
  check(flags, has_cutoff);
  const Space space = space_from(flags);
  std::optional<io::TrajectoryReader> reader;
  std::optional<io::Frame> first = as_bad_input(flags.file, [&] {
    const Activity opening("reading " + flags.file);
    reader.emplace(flags.file);
    return reader->next();
  });
  if (!first) throw Failure(ExitCode::bad_input, flags.file + ": holds no frame");
  if (std::holds_alternative<Points<float>>(first->points))
    run<float>(*reader, std::move(first), space, flags, global);
  else
    run<double>(*reader, std::move(first), space, flags, global);
}

}  // namespace

void add_neighbors(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<NeighborsFlags>();
  auto* command = app.add_subcommand("neighbors", "The neighbour list of every frame of a trajectory");
  command
      ->add_option("FILE", flags->file, "Trajectory: .xyz, .gro, .pdb or .npy; any other 3-D point file is one frame")
      ->required()
      ->type_name("");
  auto* cutoff = command->add_option("--cutoff", flags->cutoff, "Largest distance of a pair, boundary included")
                     ->type_name("R")
                     ->check(real_number);
  command
      ->add_option("--radii", flags->radii,
                   "A radius an atom instead: pairs are no farther apart than the sum of theirs")
      ->type_name("FILE")
      ->excludes(cutoff);
  command->add_flag("--full", flags->full, "Give every pair in both directions, not once");
  auto* open = command->add_flag("--open", flags->open, "Nothing is periodic, whatever the file says");
  command
      ->add_option("--cell", flags->cell,
                   "Cell for all frames: three lengths, or ax,ay,az,bx,by,bz,cx,cy,cz (default: as the file says)")
      ->type_name("A,B,..")
      ->excludes(open);
  command
      ->add_option("--periodic", flags->periodic,
                   "Cell vectors along which space repeats, of x,y,z (default: as the file says, or all)")
      ->type_name("X,Y,..")
      ->excludes(open);
  command
      ->add_option("--skin", flags->skin,
                   "Search this much farther and keep the candidates until atoms have moved too far (default 0)")
      ->type_name("S")
      ->check(real_number);
  command->add_option("--exclude", flags->exclude, "Pairs to leave out, such as bonds: two atom numbers a row")
      ->type_name("FILE");
  command->add_option("--out", flags->out, "Write the pairs of all frames as arrays")->type_name("FILE.npz");
  command->footer(
      "Prints a line a frame: its number, the pairs, the milliseconds to take the positions and to give the pairs, "
      "and\n"
      "whether the candidates were rebuilt; then the sums. --json prints one object whose `results` hold the frames.\n"
      "Atoms are numbered from 0; the difference of a pair is x[j] - x[i] + S·cell, S its whole-numbered shift. A "
      "pair\n"
      "stands once, i < j, where S is 0, with the lexicographically positive S elsewhere; --full gives both "
      "directions.\n"
      "--out writes `i`, `j` (m, int64), `shift` (m × 3, int32), `distance` (m), `vector` (m × 3) and `frames` (F + "
      "1):\n"
      "frame f has pairs frames[f] … frames[f + 1]. Positions and cell are taken in the unit of the file.\n\n"
      "Example:\n"
      "  printf '0,0,0\\n3,4,0\\n9,0,0\\n' > points.csv && coppice neighbors points.csv --cutoff 5 --cell 10,10,10\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, cutoff, &global] { neighbors(*flags, cutoff->count() > 0, global); });
}

}  // namespace coppice::cli
