// The churn's actions and comparisons; see churn_model.hpp.
#include "churn_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <unordered_set>

#include "churn_points.hpp"
#include "churn_queries.hpp"
#include "coppice/errors.hpp"
#include "data.hpp"
#include "io/counted.hpp"

namespace coppice::cli {

namespace {

struct ActionTraits {
  std::string_view name;
  int weight;
};

// In the order of ChurnAction. Queries are half of all operations.
constexpr std::array<ActionTraits, churn_actions> traits{{{"insert", 120},
                                                          {"insert_batch", 60},
                                                          {"erase", 120},
                                                          {"erase_batch", 60},
                                                          {"move", 90},
                                                          {"move_batch", 40},
                                                          {"erase_in_box", 6},
                                                          {"keep_in_box", 2},
                                                          {"down_sample", 2},
                                                          {"refused_batch", 20},
                                                          {"nearest", 220},
                                                          {"within", 120},
                                                          {"in_box", 100},
                                                          {"count", 40}}};

constexpr std::size_t largest_batch = 64;
constexpr std::size_t kept_mismatches = 5;

// Index and model no longer hold the same points: going on would only repeat the first difference.
struct Diverged {};

template <class Scalar>
class Churn {
 public:
  Churn(PointView<Scalar> points, std::span<const point_id> ids, const IndexOptions<Scalar>& options,
        const ChurnPlan& plan)
      : plan_(plan),
        dimension_(points.dimension()),
        executor_(options.executor),
        random_(plan.seed),
        sampler_(points, random_),
        index_(make_index<Scalar>(plan.index, dimension_, options)),
        live_(ids.begin(), ids.end()) {
    IndexOptions<Scalar> model_options;
    model_options.periodic = options.periodic;
    model_ = make_index<Scalar>("brute", dimension_, model_options);
    index_->build(points, ids);
    model_->build(points, ids);
    report_.initial_points = live_.size();
    queries_.emplace(sampler_, random_, *model_);
  }

  ChurnReport run(const std::function<void(std::uint64_t)>& progress) {
    try {
      for (std::uint64_t done = 0; done < plan_.operations; ++done) {
        if (done > 0 && done % plan_.check_every == 0) check_everything();
        step();
        report_.operations_done = done + 1;
        progress(done + 1);
      }
      check_everything();
    } catch (const Diverged&) {
    }
    report_.final_points = index_->size();
    report_.statistics = index_->statistics();
    return std::move(report_);
  }

 private:
  ChurnAction choose() {
    // Keep the live set within a factor of two of where it began, so that long runs stay like the data.
    const std::size_t initial = report_.initial_points;
    if (live_.size() > 2 * initial + largest_batch) return ChurnAction::erase_batch;
    if (live_.size() < initial / 2 && random_.chance(0.5)) return ChurnAction::insert_batch;
    int total = 0;
    for (const auto& action : traits) total += action.weight;
    int drawn = static_cast<int>(random_.below(static_cast<std::size_t>(total)));
    for (std::size_t action = 0; action < churn_actions; ++action)
      if ((drawn -= traits[action].weight) < 0) return static_cast<ChurnAction>(action);
    return ChurnAction::count;
  }

  void step() {
    // In the order of ChurnAction; each gives the rows that it changed or asked.
    using Step = std::size_t (Churn::*)();
    static constexpr std::array<Step, churn_actions> steps{
        &Churn::insert_one, &Churn::insert_batch, &Churn::erase_one,   &Churn::erase_batch, &Churn::move_one,
        &Churn::move_batch, &Churn::erase_in_box, &Churn::keep_in_box, &Churn::down_sample, &Churn::refused_batch,
        &Churn::nearest,    &Churn::within,       &Churn::in_box,      &Churn::count};
    const ChurnAction action = choose();
    std::size_t rows = 0;
    try {
      rows = (this->*steps[static_cast<std::size_t>(action)])();
    } catch (const std::exception& failure) {
      mismatch(fmt::format("{} threw: {}", churn_action_name(action), failure.what()));
      throw Diverged{};
    }
    auto& counted = report_.actions[static_cast<std::size_t>(action)];
    ++counted.operations;
    counted.rows += rows;
  }

  void mismatch(const std::string& what) {
    ++report_.mismatches;
    if (report_.first_mismatches.size() < kept_mismatches)
      report_.first_mismatches.push_back(fmt::format("operation {}: {}", report_.operations_done, what));
  }

  template <class Value>
  void compare(const Value& found, const Value& expected, std::string_view what) {
    if (!(found == expected)) mismatch(fmt::format("{} differs from brute force", what));
  }

  // Moves `count` random live ids to the end of live_ and returns them.
  std::span<const point_id> pick(std::size_t count) {
    const std::size_t picked = std::min(count, live_.size());
    for (std::size_t i = 0; i < picked; ++i)
      std::swap(live_[random_.below(live_.size() - i)], live_[live_.size() - 1 - i]);
    return std::span<const point_id>(live_).last(picked);
  }

  std::size_t insert(std::size_t rows) {
    const Points<Scalar> points = sampler_.draw(rows);
    std::vector<point_id> ids;
    if (random_.chance(0.5)) {
      const point_id first = index_->insert(points.view());
      compare(first, model_->insert(points.view()), "the first id given by insert");
      for (std::size_t i = 0; i < rows; ++i) ids.push_back(first + static_cast<point_id>(i));
    } else {
      ids = fresh_ids(rows);
      index_->insert(points.view(), ids);
      model_->insert(points.view(), ids);
    }
    live_.insert(live_.end(), ids.begin(), ids.end());
    return rows;
  }

  // Ids of the caller's: returning ones, close ones and some scattered over 62 bits.
  std::vector<point_id> fresh_ids(std::size_t rows) {
    std::vector<point_id> ids;
    std::unordered_set<point_id> chosen;
    while (ids.size() < rows) {
      const std::size_t span = random_.chance(0.05) ? std::size_t{1} << 62 : 4 * report_.initial_points + 1024;
      const auto id = static_cast<point_id>(random_.below(span));
      if (!model_->contains(id) && chosen.insert(id).second) ids.push_back(id);
    }
    return ids;
  }

  std::size_t batch() { return random_.between(2, largest_batch); }
  std::size_t insert_one() { return insert(1); }
  std::size_t insert_batch() { return insert(batch()); }
  std::size_t erase_one() { return erase(1); }
  std::size_t erase_batch() { return erase(batch()); }
  std::size_t move_one() { return move(1); }
  std::size_t move_batch() { return move(batch()); }

  std::size_t erase(std::size_t rows) {
    const auto ids = pick(rows);
    index_->erase(ids);
    model_->erase(ids);
    live_.resize(live_.size() - ids.size());
    return ids.size();
  }

  std::size_t move(std::size_t rows) {
    const auto ids = pick(rows);
    Points<Scalar> points{{}, dimension_};
    if (random_.chance(0.3)) {
      points = sampler_.draw(ids.size());
    } else {
      const Points<Scalar> anchors = sampler_.draw(1);
      for (std::size_t i = 0; i < ids.size(); ++i) sampler_.append_near(anchors.view()[0], points.coordinates);
    }
    index_->move(ids, points.view());
    model_->move(ids, points.view());
    return ids.size();
  }

  std::size_t erase_in_box() {
    const auto [lower, upper] = queries_->box(0.05);
    const std::size_t gone = model_->erase_in_box(lower.coordinates, upper.coordinates);
    compare(index_->erase_in_box(lower.coordinates, upper.coordinates), gone, "the count of erase_in_box");
    reload_live();
    return gone;
  }

  // A box around nearly everything, so that only stragglers go.
  std::size_t keep_in_box() {
    std::vector<Scalar> lower = sampler_.lower();
    std::vector<Scalar> upper = sampler_.upper();
    const std::size_t axis = random_.below(lower.size());
    const auto trim = static_cast<Scalar>(sampler_.extent(axis) * 0.02 * random_.unit());
    (random_.chance(0.5) ? lower[axis] += trim : upper[axis] -= trim);
    const std::size_t gone = model_->keep_in_box(lower, upper);
    compare(index_->keep_in_box(lower, upper), gone, "the count of keep_in_box");
    reload_live();
    return gone;
  }

  std::size_t down_sample() {
    const auto cell = static_cast<Scalar>(queries_->spacing() * 0.1 * (0.1 + random_.unit()));
    if (!(cell > 0)) return 0;
    const std::size_t gone = model_->down_sample(cell);
    compare(index_->down_sample(cell), gone, "the count of down_sample");
    reload_live();
    return gone;
  }

  void reload_live() {
    Points<Scalar> points;
    model_->copy_points(live_, points);
    std::sort(live_.begin(), live_.end());
    if (index_->size() != live_.size()) check_everything();
  }

  // A batch with one mistake must be refused whole: invalid_input that names the row, and nothing changes.
  std::size_t refused_batch() {
    const std::size_t rows = random_.between(1, 8);
    const std::size_t bad = random_.below(rows);
    Points<Scalar> points = sampler_.draw(rows);
    std::vector<point_id> ids = fresh_ids(rows);
    const std::size_t mistake = random_.below(4);
    if (mistake == 0) {
      points.coordinates[bad * static_cast<std::size_t>(dimension_)] =
          random_.chance(0.5) ? std::numeric_limits<Scalar>::quiet_NaN() : std::numeric_limits<Scalar>::infinity();
      expect_refusal("insert of NaN or Inf", bad, [&] { index_->insert(points.view()); });
    } else if (mistake == 1 && !live_.empty()) {
      ids[bad] = pick(1)[0];
      expect_refusal("insert of an id in use", bad, [&] { index_->insert(points.view(), ids); });
    } else if (mistake == 2) {
      ids.resize(1);
      expect_refusal("erase of an unknown id", 0, [&] { index_->erase(ids); });
    } else {
      ids.resize(1);
      expect_refusal("move of an unknown id", 0, [&] { index_->move(ids, points.view().slice(0, 1)); });
    }
    if (index_->size() != model_->size()) check_everything();
    return rows;
  }

  template <class Call>
  void expect_refusal(std::string_view what, std::size_t row, Call&& call) {
    try {
      call();
    } catch (const invalid_input& refusal) {
      if (refusal.row() != std::optional(row)) mismatch(fmt::format("{}: the refusal does not name row {}", what, row));
      return;
    }
    mismatch(fmt::format("{} was accepted", what));
  }

  std::size_t nearest() {
    const Points<Scalar> rows = queries_->rows();
    auto query = queries_->nearest(rows);
    const auto expected = model_->nearest(rows, query);
    query.executor = executor_;
    compare(index_->nearest(rows, query), expected, fmt::format("nearest (k = {})", query.k));
    return rows.size();
  }

  std::size_t within() {
    const Points<Scalar> rows = queries_->rows();
    auto query = queries_->within(rows);
    auto expected = model_->within(rows, query);
    query.executor = executor_;
    compare_sets(index_->within(rows, query), std::move(expected), query.order,
                 fmt::format("within (r = {})", query.radius));
    return rows.size();
  }

  std::size_t in_box() {
    const auto [lower, upper] = queries_->box(0.1);
    auto query = queries_->in_box();
    auto expected = model_->in_box(lower, upper, query);
    query.executor = executor_;
    compare_sets(index_->in_box(lower, upper, query), std::move(expected), query.order, "in_box");
    return lower.size();
  }

  std::size_t count() {
    const Points<Scalar> rows = queries_->rows();
    auto query = queries_->within(rows);
    const auto expected = model_->count(rows, query);
    query.executor = executor_;
    compare(index_->count(rows, query), expected, fmt::format("count (r = {})", query.radius));
    return rows.size();
  }

  void compare_sets(Neighbors<Scalar> found, Neighbors<Scalar> expected, Order order, std::string_view what) {
    if (order == Order::none) {
      sort_rows(expected);
      sort_rows(found);
    }
    compare(found, expected, what);
  }

  void check_everything() {
    try {
      index_->validate();
      ++report_.validations;
    } catch (const std::exception& broken) {
      mismatch(fmt::format("validate: {}", broken.what()));
      throw Diverged{};
    }
    ++report_.content_checks;
    const auto [found_ids, found] = content_by_id(*index_);
    const auto [expected_ids, expected] = content_by_id(*model_);
    if (found_ids != expected_ids || found.coordinates != expected.coordinates) {
      mismatch(fmt::format("the index holds {}, not the {} of the model", io::counted(index_->size(), "point"),
                           model_->size()));
      throw Diverged{};
    }
  }

  const ChurnPlan& plan_;
  int dimension_;
  Executor executor_;
  Random random_;
  PointSampler<Scalar> sampler_;
  std::unique_ptr<AnyIndex<Scalar>> index_;
  std::unique_ptr<AnyIndex<Scalar>> model_;
  std::vector<point_id> live_;
  std::optional<QuerySampler<Scalar>> queries_;  // once the model holds the points
  ChurnReport report_;
};

}  // namespace

std::string_view churn_action_name(ChurnAction action) noexcept {
  return traits[static_cast<std::size_t>(action)].name;
}

bool is_query(ChurnAction action) noexcept {
  return action >= ChurnAction::nearest;
}

template <class Scalar>
ChurnReport run_churn(PointView<Scalar> points, std::span<const point_id> ids, const IndexOptions<Scalar>& options,
                      const ChurnPlan& plan, const std::function<void(std::uint64_t)>& progress) {
  return Churn<Scalar>(points, ids, options, plan).run(progress);
}

template ChurnReport run_churn(PointView<float>, std::span<const point_id>, const IndexOptions<float>&,
                               const ChurnPlan&, const std::function<void(std::uint64_t)>&);
template ChurnReport run_churn(PointView<double>, std::span<const point_id>, const IndexOptions<double>&,
                               const ChurnPlan&, const std::function<void(std::uint64_t)>&);

}  // namespace coppice::cli
