// How the particles of the task `neighbor-list` move.
#include "tasks/neighbor_list/problem.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "coppice/io/npz.hpp"
#include "tasks/neighbor_list/pair_checksum.hpp"

namespace coppice::bench {
namespace {

constexpr double neighbors = 50;          // a particle, about
constexpr std::size_t series_steps = 10;  // of the series themselves
constexpr std::size_t made_steps = 4;     // all move, some jump

/// A uniform place in the cell, or in the box around all particles.
class Anywhere {
 public:
  explicit Anywhere(const Problem& problem) : cell_(problem.cell) {
    for (std::size_t axis = 0; axis < 3; ++axis) lower_[axis] = upper_[axis] = problem.start.coordinates[axis];
    for (std::size_t i = 0; i < problem.start.coordinates.size(); ++i) {
      lower_[i % 3] = std::min<double>(lower_[i % 3], problem.start.coordinates[i]);
      upper_[i % 3] = std::max<double>(upper_[i % 3], problem.start.coordinates[i]);
    }
  }
  std::array<double, 3> operator()(Random& random) const {
    std::array<double, 3> at{random.uniform(), random.uniform(), random.uniform()}, place{};
    for (std::size_t axis = 0; axis < 3; ++axis)
      place[axis] = cell_ ? at[0] * (*cell_)[axis] + at[1] * (*cell_)[3 + axis] + at[2] * (*cell_)[6 + axis]
                          : lower_[axis] + at[axis] * (upper_[axis] - lower_[axis]);
    return place;
  }

 private:
  std::optional<Cell> cell_;
  std::array<double, 3> lower_{}, upper_{};
};

std::vector<Points<Real>> all_moving(const Points<Real>& start, double length) {
  std::vector<Points<Real>> steps;
  for (std::size_t step = 0; step < made_steps; ++step)
    steps.push_back(all_moved(steps.empty() ? start : steps.back(), length, 31 + step));
  return steps;
}

std::vector<Points<Real>> some_jumping(const Problem& problem) {
  Random random(22);
  const Anywhere anywhere(problem);
  std::vector<Points<Real>> steps;
  for (std::size_t step = 0; step < made_steps; ++step) {
    Points<Real> next = steps.empty() ? problem.start : steps.back();
    const auto ids = shuffled_ids(next.size(), 23 + step);
    for (std::size_t i = 0; i < next.size() / 20; ++i) {
      const auto place = anywhere(random);
      for (std::size_t axis = 0; axis < 3; ++axis)
        next.coordinates[3 * static_cast<std::size_t>(ids[i]) + axis] = static_cast<Real>(place[axis]);
    }
    steps.push_back(std::move(next));
  }
  return steps;
}

std::optional<Series> make_series(const std::string& name, std::size_t n, const Options& options) {
  if (name == "uniform") return make_uniform(name, n, std::nullopt);
  if (name == "periodic") return make_uniform(name, n, Cell{1, 0, 0, 0, 1, 0, 0, 0, 1});
  if (name == "triclinic") return make_uniform(name, n, Cell{1.25, 0, 0, 0.5, 1, 0, -0.375, 0.25, 0.8});
  if (std::find(real_series.begin(), real_series.end(), name) != real_series.end())
    return read_series(name, series_steps + 1, options);
  return make_paper_series(name, n, series_steps);
}

}  // namespace

std::vector<std::string> problem_names(bool first_n, const Options& options) {
  std::vector<std::string> names{"uniform", "periodic", "triclinic"};
  if (first_n) {
    names.insert(names.end(), paper_series.begin(), paper_series.end());
    names.insert(names.end(), real_series.begin(), real_series.end());
  }
  std::erase_if(names, [&](const std::string& name) {
    return !options.uses(name) || (name == "capsid" && options.quick && !options.asks_for(name));
  });
  return names;
}

std::optional<Problem> make_problem(const std::string& name, std::size_t n, const Options& options) {
  std::optional<Series> series = make_series(name, n, options);
  if (!series) return std::nullopt;
  Problem problem{series->name, series->cell, radius_for(*series, neighbors), series->frames.front(), {}, {}, {}};
  problem.all_move = all_moving(problem.start, 0.01 * problem.cutoff);
  problem.some_jump = some_jumping(problem);
  problem.frames.assign(series->frames.begin() + 1, series->frames.end());
  return problem;
}

void leave_for_others(const std::filesystem::path& folder, const Problem& problem) {
  const char* scalar = sizeof(Real) == sizeof(double) ? "double" : "float";
  const std::size_t n = problem.start.size();
  const auto place = folder / (problem.name + "-" + std::to_string(n) + "-" + scalar);
  std::filesystem::create_directories(place);
  io::write_npy(place / "start.npy", {problem.start.coordinates, {n, 3}});
  const auto write = [&](const std::string& name, const std::vector<Points<Real>>& steps) {
    for (std::size_t step = 0; step < steps.size(); ++step)
      io::write_npy(place / (name + "-" + std::to_string(step) + ".npy"), {steps[step].coordinates, {n, 3}});
  };
  write("step_all_move", problem.all_move);
  write("step_5pct_jump", problem.some_jump);
  write("step_frame", problem.frames);
  nlohmann::json notes{{"dataset", problem.name},
                       {"n", n},
                       {"scalar", scalar},
                       {"cutoff", problem.cutoff},
                       {"band", PairChecksum::band},
                       {"steps",
                        {{"step_all_move", problem.all_move.size()},
                         {"step_5pct_jump", problem.some_jump.size()},
                         {"step_frame", problem.frames.size()}}}};
  if (problem.cell) notes["cell"] = *problem.cell;
  std::ofstream(place / "workload.json") << notes.dump(1) << '\n';
}

}  // namespace coppice::bench
