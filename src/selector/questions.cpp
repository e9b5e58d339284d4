// Questions, and what strategies cost on them.
#include "coppice/selector/questions.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>

#include "coppice/errors.hpp"
#include "random.hpp"

namespace coppice::selector {
namespace {

constexpr Strategy within_candidates[] = {{Traversal::depth_first, Volume::box},
                                          {Traversal::depth_first, Volume::ball},
                                          {Traversal::breadth_first, Volume::box},
                                          {Traversal::breadth_first, Volume::ball}};

template <class Scalar>
Nearest<Scalar> nearest_query(Scalar extent, Strategy strategy) {
  Nearest<Scalar> query;
  query.k = static_cast<std::size_t>(extent);
  query.strategy = strategy;
  return query;
}

template <class Scalar>
Within<Scalar> within_query(Scalar extent, Strategy strategy) {
  Within<Scalar> query;
  query.radius = extent;
  query.strategy = strategy;
  return query;
}

/// The counted costs of all candidates, the first that is best; those that are beaten have given up.
template <class Scalar>
std::size_t least_work(const Asker<Scalar>& asker, std::span<const Scalar> point, Task task, Scalar extent,
                       std::uint64_t slack, std::span<std::uint64_t> costs) {
  constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();
  const auto strategies = candidates(task);
  std::size_t best = 0;
  for (std::size_t s = 0; s < strategies.size(); ++s) {
    const std::uint64_t limit = s == 0 || costs[best] > unlimited / slack ? unlimited : slack * costs[best];
    costs[s] = asker.cost(point, task, extent, strategies[s], limit);
    if (costs[s] < costs[best]) best = s;
  }
  return best;
}

template <class Scalar>
std::size_t least_time(Asker<Scalar>& asker, std::span<const Scalar> point, Task task, Scalar extent) {
  constexpr int rounds = 5;
  constexpr std::uint64_t slack = 2;
  std::array<std::uint64_t, 8> costs{};
  std::array<std::array<double, rounds>, 8> seconds{};
  const auto strategies = candidates(task);
  std::size_t best = least_work<Scalar>(asker, point, task, extent, slack, costs);
  const std::uint64_t most = slack * costs[best];
  for (int round = 0; round < rounds; ++round)
    for (std::size_t s = 0; s < strategies.size(); ++s)
      if (costs[s] <= most)
        seconds[s][static_cast<std::size_t>(round)] = asker.seconds(point, task, extent, strategies[s]);
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t s = 0; s < strategies.size(); ++s) {
    if (costs[s] > most) continue;
    std::nth_element(seconds[s].begin(), seconds[s].begin() + rounds / 2, seconds[s].end());
    if (seconds[s][rounds / 2] >= least) continue;
    least = seconds[s][rounds / 2];
    best = s;
  }
  return best;
}

}  // namespace

std::span<const Strategy> candidates(Task task) noexcept {
  return task == Task::nearest ? fixed_strategies() : within_candidates;
}

template <class Scalar>
Questions<Scalar> draw_questions(PointView<Scalar> points, Task task, std::size_t count, Scalar largest,
                                 std::uint64_t seed) {
  const bool is_k = task == Task::nearest;
  if (points.size() == 0) throw invalid_input("there are no points to ask around; expected at least 1");
  if (!std::isfinite(largest) || largest < (is_k ? Scalar(1) : std::numeric_limits<Scalar>::min()))
    throw invalid_input(std::string("the largest ") + (is_k ? "k" : "radius") + " is " + std::to_string(largest) +
                        "; expected " + (is_k ? "at least 1" : "a positive number"));
  Questions<Scalar> questions{task, {{}, points.dimension()}, {}};
  Random random(seed);
  for (std::size_t i = 0; i < count; ++i) {
    const Scalar* row = points.row(random.below(points.size()));
    questions.points.coordinates.insert(questions.points.coordinates.end(), row, row + points.dimension());
    const auto share = static_cast<Scalar>(random.uniform());
    questions.extents.push_back(is_k ? std::min(1 + std::floor(share * std::floor(largest)), std::floor(largest))
                                     : share * largest);
  }
  return questions;
}

template <class Scalar>
std::size_t Asker<Scalar>::ask(std::span<const Scalar> point, Task task, Scalar extent, Strategy strategy) {
  if (task == Task::nearest) {
    hits_.resize(static_cast<std::size_t>(extent));
    return query::nearest(target_, point, nearest_query(extent, strategy), std::span<Hit<Scalar>>(hits_));
  }
  query::within(target_, point, within_query(extent, strategy), list_);
  return list_.ids().size();
}

template <class Scalar>
double Asker<Scalar>::seconds(std::span<const Scalar> point, Task task, Scalar extent, Strategy strategy) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  (void)ask(point, task, extent, strategy);
  return std::chrono::duration<double>(Clock::now() - start).count();
}

template <class Scalar>
std::uint64_t Asker<Scalar>::cost(std::span<const Scalar> point, Task task, Scalar extent, Strategy strategy,
                                  std::uint64_t limit) const {
  if (task == Task::nearest) return query::work(target_, point, nearest_query(extent, strategy), limit).cost();
  return query::work(target_, point, within_query(extent, strategy), limit).cost();
}

template <class Scalar>
std::vector<std::uint8_t> best_strategies(const SearchTarget<Scalar>& target, const Questions<Scalar>& questions,
                                          Label label) {
  Asker<Scalar> asker(target);
  std::array<std::uint64_t, 8> costs{};
  std::vector<std::uint8_t> best;
  best.reserve(questions.size());
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const auto point = questions.points.view()[i];
    best.push_back(static_cast<std::uint8_t>(
        label == Label::work ? least_work<Scalar>(asker, point, questions.task, questions.extents[i], 1, costs)
                             : least_time<Scalar>(asker, point, questions.task, questions.extents[i])));
  }
  return best;
}

#define COPPICE_INSTANTIATE(Scalar)                                                                                 \
  template Questions<Scalar> draw_questions<Scalar>(PointView<Scalar>, Task, std::size_t, Scalar, std::uint64_t);   \
  template class Asker<Scalar>;                                                                                     \
  template std::vector<std::uint8_t> best_strategies<Scalar>(const SearchTarget<Scalar>&, const Questions<Scalar>&, \
                                                             Label);
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice::selector
