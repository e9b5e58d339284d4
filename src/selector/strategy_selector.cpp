// How a StrategySelector learns, chooses, and is stored.
#include "coppice/selector/strategy_selector.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/persist/archive.hpp"
#include "random.hpp"

namespace coppice {
namespace {

constexpr const char* kind = "strategy_selector";

template <class Scalar>
constexpr const char* scalar_name = sizeof(Scalar) == sizeof(double) ? "float64" : "float32";

/// As a feature: numbers that no float holds become the greatest.
template <class Scalar>
float feature(Scalar x) {
  constexpr auto greatest = static_cast<Scalar>(std::numeric_limits<float>::max());
  return static_cast<float>(std::clamp(x, -greatest, greatest));
}

/// The ids found at the places of `points`: what the index holds there.
template <class Scalar>
std::vector<point_id> ids_at(const SearchTarget<Scalar>& target, const Points<Scalar>& points) {
  return query::find(target, points.view(), Executor{});
}

}  // namespace

template <class Scalar>
void StrategySelector<Scalar>::Config::check() const {
  if (questions == 0) throw invalid_input("questions is 0; expected at least 1");
  if (references > 1'000'000)
    throw invalid_input("references is " + std::to_string(references) + "; expected at most 1,000,000");
  forest.check();
}

template <class Scalar>
StrategySelector<Scalar> StrategySelector<Scalar>::train(const SearchTarget<Scalar>& target, PointView<Scalar> points,
                                                         const Config& config) {
  config.check();
  const auto questions = selector::draw_questions(points, config.task, config.questions, config.largest, config.seed);
  return train(target, points, questions, selector::best_strategies(target, questions, config.label), config);
}

template <class Scalar>
StrategySelector<Scalar> StrategySelector<Scalar>::train(const SearchTarget<Scalar>& target, PointView<Scalar> points,
                                                         const selector::Questions<Scalar>& questions,
                                                         std::span<const std::uint8_t> best, const Config& config) {
  config.check();
  if (best.size() != questions.size())
    throw invalid_input("there are " + std::to_string(best.size()) + " best strategies of " +
                        std::to_string(questions.size()) + " questions; expected as many of both");
  StrategySelector made;
  made.task_ = questions.task;
  made.dimension_ = target.dimension;
  if (config.paths) made.choose_references(target, points, config);
  made.follow_references(target);
  selector::LabelledRows rows{made.width(), {}, {best.begin(), best.end()}};
  const auto width = static_cast<std::size_t>(rows.width);
  rows.features.resize(questions.size() * width);
  for (std::size_t i = 0; i < questions.size(); ++i)
    made.features(target, questions.points.view()[i], questions.extents[i], rows.features.data() + i * width);
  made.forest_ = selector::RandomForest(rows, static_cast<int>(selector::candidates(made.task_).size()), config.forest);
  return made;
}

/// Points at random until there are enough in different leaves; all in turn where most leaves are wanted.
template <class Scalar>
void StrategySelector<Scalar>::choose_references(const SearchTarget<Scalar>& target, PointView<Scalar> points,
                                                 const Config& config) {
  constexpr std::size_t tries = 16;
  const bool in_turn = config.references * tries >= points.size();
  const std::size_t most = in_turn ? points.size() : config.references * tries;
  selector::Random random(~config.seed);
  std::set<std::uint64_t> seen;
  references_ = {{}, target.dimension};
  for (std::size_t i = 0; i < most && seen.size() < config.references; ++i) {
    const auto point = points[in_turn ? i : random.below(points.size())];
    const HomePath<Scalar> path = query::home_path(target, point);
    const std::uint64_t leaf = path.depth == 0 ? 0 : path.node[static_cast<std::size_t>(path.depth - 1)];
    if (!seen.insert(leaf).second) continue;
    references_.coordinates.insert(references_.coordinates.end(), point.begin(), point.end());
  }
}

template <class Scalar>
void StrategySelector<Scalar>::follow_references(const SearchTarget<Scalar>& target) {
  paths_.clear();
  path_nodes_.clear();
  for (std::size_t i = 0; i < references_.size(); ++i) {
    const HomePath<Scalar> path = query::home_path(target, references_.view()[i]);
    paths_.push_back({static_cast<std::uint32_t>(path.depth), static_cast<std::uint32_t>(path_nodes_.size())});
    path_nodes_.insert(path_nodes_.end(), path.node.begin(), path.node.begin() + path.depth);
  }
}

template <class Scalar>
int StrategySelector<Scalar>::width() const noexcept {
  return dimension_ + 1 + static_cast<int>(paths_.size());
}

template <class Scalar>
std::size_t StrategySelector<Scalar>::bytes() const noexcept {
  return forest_.bytes() + references_.coordinates.size() * sizeof(Scalar) + paths_.size() * sizeof(Path) +
         path_nodes_.size() * sizeof(std::uint64_t);
}

template <class Scalar>
void StrategySelector<Scalar>::features(const SearchTarget<Scalar>& target, std::span<const Scalar> point,
                                        Scalar extent, float* row) const {
  for (const Scalar x : point) *row++ = feature(x);
  *row++ = feature(extent);
  if (paths_.empty()) return;
  const HomePath<Scalar> home = query::home_path(target, point);
  const auto depth = static_cast<std::uint32_t>(home.depth);
  for (const Path& path : paths_) {
    const std::uint64_t* nodes = path_nodes_.data() + path.first;
    std::uint32_t common = 0;
    while (common < depth && common < path.depth && nodes[common] == home.node[common]) ++common;
    const std::uint32_t apart = std::max(depth, path.depth) - common;
    *row++ = static_cast<float>(static_cast<int>(common) - static_cast<int>(apart));
  }
}

template <class Scalar>
std::vector<float> StrategySelector<Scalar>::shares(const SearchTarget<Scalar>& target, std::span<const Scalar> point,
                                                    Scalar extent) const {
  if (target.dimension != dimension_)
    throw invalid_input("the index has " + std::to_string(target.dimension) + " dimensions; the selector expected " +
                        std::to_string(dimension_));
  check_point(point, dimension_);
  std::array<float, 256> few;
  std::vector<float> many;
  const auto needed = static_cast<std::size_t>(width());
  if (needed > few.size()) many.resize(needed);
  float* row = needed > few.size() ? many.data() : few.data();
  features(target, point, extent, row);
  std::vector<float> shares(static_cast<std::size_t>(forest_.classes()));
  forest_.vote(row, shares);
  return shares;
}

template <class Scalar>
Strategy StrategySelector<Scalar>::choose(const SearchTarget<Scalar>& target, std::span<const Scalar> point,
                                          Scalar extent) const {
  const std::vector<float> all = shares(target, point, extent);
  return selector::candidates(task_)[static_cast<std::size_t>(std::max_element(all.begin(), all.end()) - all.begin())];
}

template <class Scalar>
Neighbors<Scalar> StrategySelector<Scalar>::nearest(const SearchTarget<Scalar>& target, PointView<Scalar> queries,
                                                    Nearest<Scalar> query) const {
  const auto strategies = selector::candidates(selector::Task::nearest);
  std::vector<std::vector<std::size_t>> rows(strategies.size());
  check_points(queries, target.dimension);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const Strategy chosen = choose(target, queries[i], static_cast<Scalar>(query.k));
    const auto at = std::find(strategies.begin(), strategies.end(), chosen) - strategies.begin();
    rows[static_cast<std::size_t>(at) % rows.size()].push_back(i);
  }
  Neighbors<Scalar> answer = query::nearest(target, queries.slice(0, 0), query);  // what is wrong with it shows here
  const std::size_t k = query.k;
  answer.ids.resize(queries.size() * k);
  answer.distances.resize(queries.size() * k);
  for (std::size_t i = 1; i <= queries.size(); ++i) answer.offsets.push_back(static_cast<std::int64_t>(i * k));
  for (std::size_t s = 0; s < rows.size(); ++s) {
    Points<Scalar> part{{}, target.dimension};
    for (const std::size_t i : rows[s])
      part.coordinates.insert(part.coordinates.end(), queries[i].begin(), queries[i].end());
    if (rows[s].empty()) continue;
    query.strategy = strategies[s];
    const Neighbors<Scalar> found = query::nearest(target, part.view(), query);
    for (std::size_t j = 0; j < rows[s].size(); ++j) {
      std::copy_n(found.ids.begin() + static_cast<std::ptrdiff_t>(j * k), k,
                  answer.ids.begin() + static_cast<std::ptrdiff_t>(rows[s][j] * k));
      std::copy_n(found.distances.begin() + static_cast<std::ptrdiff_t>(j * k), k,
                  answer.distances.begin() + static_cast<std::ptrdiff_t>(rows[s][j] * k));
    }
  }
  return answer;
}

template <class Scalar>
void StrategySelector<Scalar>::save(const std::filesystem::path& path, const SearchTarget<Scalar>& target) const {
  persist::ArchiveWriter archive(kind);
  const std::vector<point_id> ids = ids_at(target, references_);
  archive.set("scalar", std::string_view(scalar_name<Scalar>));
  archive.set("dimension", dimension_);
  archive.set("points", static_cast<std::int64_t>(target.size));
  archive.set("task", static_cast<int>(task_));
  archive.add("references", references_.coordinates);
  archive.add("reference_ids", ids);
  forest_.add_to(archive);
  archive.write(path);
}

template <class Scalar>
StrategySelector<Scalar> StrategySelector<Scalar>::load(const std::filesystem::path& path,
                                                        const SearchTarget<Scalar>& target) {
  const persist::ArchiveReader archive(path);
  const auto refuse = [&](const std::string& reason) { throw invalid_input(archive.path() + ": " + reason); };
  if (archive.kind() != kind) refuse("holds `" + archive.kind() + "`; expected a " + kind);
  if (archive.text("scalar") != scalar_name<Scalar>)
    refuse("is a selector for " + archive.text("scalar") + "; the index has " + scalar_name<Scalar>);
  const std::int64_t dimension = archive.integer("dimension");
  const std::int64_t size = archive.integer("points");
  if (dimension != target.dimension || size != static_cast<std::int64_t>(target.size))
    refuse("is a selector for another index, of " + std::to_string(size) + " points in " + std::to_string(dimension) +
           " dimensions; this one has " + std::to_string(target.size) + " in " + std::to_string(target.dimension));

  StrategySelector made;
  made.dimension_ = target.dimension;
  const std::int64_t task = archive.integer("task");
  if (task != 0 && task != 1) archive.refuse("task", "expected 0 or 1");
  made.task_ = static_cast<selector::Task>(task);
  const auto references = archive.section<Scalar>("references");
  const auto ids = archive.section<point_id>("reference_ids");
  if (references.size() != ids.size() * static_cast<std::size_t>(dimension))
    archive.refuse("references", "expected " + std::to_string(dimension) + " coordinates for each id");
  if (!std::all_of(references.begin(), references.end(), [](Scalar x) { return std::isfinite(x); }))
    archive.refuse("references", "expected finite coordinates");
  made.references_ = {{references.begin(), references.end()}, target.dimension};
  const std::vector<point_id> found = ids_at(target, made.references_);
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (found[i] != ids[i])
      refuse("is a selector for another index: at its reference point " + std::to_string(i) + " that has id " +
             std::to_string(ids[i]) + "; this one has " + (found[i] == no_point ? "none" : std::to_string(found[i])));
  made.follow_references(target);
  made.forest_ = selector::RandomForest::from(archive);
  if (made.forest_.width() != made.width()) archive.refuse("width", "expected " + std::to_string(made.width()));
  if (made.forest_.classes() != static_cast<int>(selector::candidates(made.task_).size()))
    archive.refuse("classes", "expected " + std::to_string(selector::candidates(made.task_).size()));
  return made;
}

double reciprocal_rank(std::span<const float> shares, std::size_t best) noexcept {
  std::size_t rank = 1;
  for (std::size_t c = 0; c < shares.size(); ++c)
    if (shares[c] > shares[best] || (shares[c] == shares[best] && c < best)) ++rank;
  return 1 / static_cast<double>(rank);
}

template class StrategySelector<float>;
template class StrategySelector<double>;

}  // namespace coppice
