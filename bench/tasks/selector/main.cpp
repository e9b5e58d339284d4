// The task `selector`: search strategies on the same KdTree, the rule that is the default, forests that pick a strategy
// a query (their own cost included), and oracles: the auto-selection of Ji et al. (UnIS, section VII-D), on kNN with k
// uniform in 1 … 1,000 and on radius searches.
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/selector/strategy_selector.hpp"
#include "harness/report.hpp"
#include "sets.hpp"
#include "trial.hpp"

namespace coppice::bench {
namespace {

using Index = KdTree<double>;
using Selector = StrategySelector<double>;
using selector::Label;
using selector::Task;

struct Effort {
  std::size_t training;
  std::size_t testing;
  int pairs;
};

/// A forest, what it cost to train, and how well it ranks the strategies of the test.
struct Forest {
  std::string name;
  Label label;
  std::unique_ptr<Selector> chooser;
  double training_seconds = 0;
};

class Experiment {
 public:
  Experiment(const Problem& problem, Task task, const Effort& effort, Report& report)
      : problem_(problem), task_(task), effort_(effort), report_(report), index_(problem.points.dimension) {
    index_.build(problem_.points.view());
    largest_ = task == Task::nearest ? 1000 : radius_of_many();
    test_ = questions_of(problem_, task_, effort_.testing, largest_, 2);
    strategies_ = selector::candidates(task_);
    asker_.emplace(index_.search_target());
  }

  void run() {
    train();
    count_work();
    Trial trial(test_.size());
    for (const Strategy strategy : strategies_)
      trial.add(name_of(strategy), [&, strategy](std::size_t i) { return ask(i, strategy); });
    trial.add("coppice/automatic", [&](std::size_t i) { return ask(i, {}); });
    for (const Forest& forest : forests_)
      trial.add(forest.name, [&](std::size_t i) { return ask(i, choose(forest, i)); });
    trial.run(effort_.pairs);
    tell(trial);
  }

 private:
  /// The distance within which about 2,000 points lie.
  [[nodiscard]] double radius_of_many() const {
    Random random(5);
    std::vector<double> distances;
    const std::size_t k = std::min<std::size_t>(2000, problem_.points.size() / 4);
    for (int i = 0; i < 25; ++i) {
      const auto found =
          index_.nearest(problem_.points.view().slice(random.below(problem_.points.size()), 1), {.k = k});
      distances.push_back(found.distances.back());
    }
    return std::max(median(distances), 1e-9);
  }

  void train() {
    const auto questions = questions_of(problem_, task_, effort_.training, largest_, 1);
    for (const Label label : {Label::work, Label::time}) {
      std::vector<std::uint8_t> best;
      const std::string by = label == Label::work ? " by work" : " by time";
      const double labelling =
          seconds_of([&] { best = selector::best_strategies(index_.search_target(), questions, label); });
      for (const bool paths : {false, true}) {
        Selector::Config config;
        config.paths = paths;
        Forest forest{(paths ? "forest F" : "forest F1") + by, label, nullptr, labelling};
        forest.training_seconds += seconds_of([&] {
          forest.chooser = std::make_unique<Selector>(
              Selector::train(index_.search_target(), problem_.points.view(), questions, best, config));
        });
        forests_.push_back(std::move(forest));
      }
    }
  }

  [[nodiscard]] std::span<const double> point(std::size_t i) const { return test_.points.view()[i]; }
  std::size_t ask(std::size_t i, Strategy strategy) { return asker_->ask(point(i), task_, test_.extents[i], strategy); }
  [[nodiscard]] Strategy choose(const Forest& forest, std::size_t i) const {
    return forest.chooser->choose(index_.search_target(), point(i), test_.extents[i]);
  }

  [[nodiscard]] SearchWork work(std::size_t i, Strategy strategy) const {
    if (task_ == Task::nearest) {
      Nearest<double> query;
      query.k = static_cast<std::size_t>(test_.extents[i]);
      query.strategy = strategy;
      return index_.work(point(i), query);
    }
    Within<double> query;
    query.radius = test_.extents[i];
    query.strategy = strategy;
    return index_.work(point(i), query);
  }
  void count_work() {
    for (std::size_t i = 0; i < test_.size(); ++i)
      for (const Strategy strategy : strategies_) works_.push_back(work(i, strategy));
  }
  [[nodiscard]] const SearchWork& counted(std::size_t i, std::size_t strategy) const {
    return works_[i * strategies_.size() + strategy];
  }
  [[nodiscard]] std::size_t least_work(std::size_t i) const {
    std::size_t best = 0;
    for (std::size_t s = 1; s < strategies_.size(); ++s)
      if (counted(i, s).cost() < counted(i, best).cost()) best = s;
    return best;
  }
  [[nodiscard]] std::size_t place_of(Strategy strategy) const {
    return static_cast<std::size_t>(std::find(strategies_.begin(), strategies_.end(), strategy) - strategies_.begin());
  }

  /// A row of those who take strategy `chosen(i)` for question i, at the time `us` a question.
  template <class Chosen>
  Row row(const std::string& name, double us, Chosen chosen) const {
    Row row{name, COPPICE_BENCH_VERSION, task_ == Task::nearest ? "knn_mixed_k" : "radius", problem_.name,
            problem_.points.size()};
    row.per_op_us = us;
    row.bytes_per_point = index_.statistics().bytes_per_point;
    const auto n = static_cast<double>(test_.size());
    double points = 0;
    double nodes = 0;
    double leaves = 0;
    std::vector<std::size_t> picked(strategies_.size());
    for (std::size_t i = 0; i < test_.size(); ++i) {
      const std::size_t s = chosen(i);
      const SearchWork& done = counted(i, s);
      points += static_cast<double>(done.points) / n;
      nodes += static_cast<double>(done.nodes) / n;
      leaves += static_cast<double>(done.leaves) / n;
      ++picked[s];
    }
    const auto favourite = std::max_element(picked.begin(), picked.end());
    row.note = name_of(strategies_[static_cast<std::size_t>(favourite - picked.begin())]);
    row.facts = {
        {"points", points}, {"nodes", nodes}, {"leaves", leaves}, {"favourite", static_cast<double>(*favourite) / n}};
    return row;
  }

  [[nodiscard]] std::map<std::string, double> facts_of_automatic() const {
    std::map<std::string, double> facts;
    for (std::size_t i = 0; i < test_.size(); ++i) {
      const SearchWork done = work(i, {});
      facts["points"] += static_cast<double>(done.points) / static_cast<double>(test_.size());
      facts["nodes"] += static_cast<double>(done.nodes) / static_cast<double>(test_.size());
      facts["leaves"] += static_cast<double>(done.leaves) / static_cast<double>(test_.size());
    }
    return facts;
  }

  void tell(const Trial& trial) {
    const std::size_t count = strategies_.size();
    std::size_t checked = 0;
    for (std::size_t i = 0; i < test_.size(); ++i) checked += ask(i, {});
    const auto finish = [&](Row done, double noise) {
      done.facts["noise"] = noise;
      report_.add(std::move(done));
    };
    double all_us = 0;
    for (std::size_t s = 0; s < count; ++s) all_us += trial.mean_us(s, true) / static_cast<double>(count);
    for (std::size_t s = 0; s < count; ++s) {
      Row done = row(trial.name(s), trial.mean_us(s, true), [s](std::size_t) { return s; });
      std::size_t first_by_time = 0;
      std::size_t first_by_work = 0;
      for (std::size_t i = 0; i < test_.size(); ++i) {
        first_by_time += trial.fastest_at(i, count) == s;
        first_by_work += least_work(i) == s;
      }
      done.facts["fastest"] = static_cast<double>(first_by_time) / static_cast<double>(test_.size());
      done.facts["least_work"] = static_cast<double>(first_by_work) / static_cast<double>(test_.size());
      std::size_t found = 0;
      for (std::size_t i = 0; i < test_.size(); ++i) found += ask(i, strategies_[s]);
      done.checksum = std::to_string(found);
      finish(std::move(done), trial.mean_us(s, true) / trial.mean_us(s, false) - 1);
    }
    const std::size_t single = trial.fastest(count);
    finish(row("best single", trial.mean_us(single, true), [&](std::size_t) { return single; }), 0);
    Row automatic = row(trial.name(count), trial.mean_us(count, true), [&](std::size_t) { return std::size_t{0}; });
    automatic.note.clear();
    automatic.facts = facts_of_automatic();
    automatic.checksum = std::to_string(checked);
    finish(std::move(automatic), trial.mean_us(count, true) / trial.mean_us(count, false) - 1);
    for (std::size_t f = 0; f < forests_.size(); ++f) tell_forest(trial, f, all_us);
    const auto tell_oracle = [&](const std::string& name, auto chosen) {
      double us = 0;
      for (std::size_t i = 0; i < test_.size(); ++i) us += trial.median_us(chosen(i), i, true);
      finish(row(name, us / static_cast<double>(test_.size()), chosen), 0);
    };
    tell_oracle("oracle by work", [&](std::size_t i) { return least_work(i); });
    tell_oracle("oracle by time", [&](std::size_t i) { return trial.fastest_at(i, count); });
  }

  void tell_forest(const Trial& trial, std::size_t f, double all_us) {
    const Forest& forest = forests_[f];
    const std::size_t rival = strategies_.size() + 1 + f;
    Row done = row(forest.name, trial.mean_us(rival, true), [&](std::size_t i) { return place_of(choose(forest, i)); });
    const double predicting = seconds_of([&] {
                                for (std::size_t i = 0; i < test_.size(); ++i) consume(choose(forest, i).traversal);
                              }) *
                              1e6 / static_cast<double>(test_.size());
    std::vector<std::size_t> firsts(strategies_.size());
    double rank = 0;
    for (std::size_t i = 0; i < test_.size(); ++i) {
      const std::size_t best = forest.label == Label::work ? least_work(i) : trial.fastest_at(i, strategies_.size());
      ++firsts[best];
      rank += reciprocal_rank(forest.chooser->shares(index_.search_target(), point(i), test_.extents[i]), best);
    }
    // Whoever ranks by how often a strategy is the best, and looks at no question.
    std::sort(firsts.rbegin(), firsts.rend());
    double blind = 0;
    for (std::size_t place = 0; place < firsts.size(); ++place)
      blind += static_cast<double>(firsts[place]) / static_cast<double>(place + 1);
    done.facts["mrr"] = rank / static_cast<double>(test_.size());
    done.facts["blind_mrr"] = blind / static_cast<double>(test_.size());
    done.facts["prediction_us"] = predicting;
    done.facts["prediction_share"] = predicting / done.per_op_us;
    done.facts["gain_over_mean"] = 1 - done.per_op_us / all_us;
    done.facts["training_seconds"] = forest.training_seconds;
    done.facts["selector_bytes"] = static_cast<double>(forest.chooser->bytes());
    report_.add(std::move(done));
  }

  const Problem& problem_;
  Task task_;
  Effort effort_;
  Report& report_;
  Index index_;
  double largest_ = 0;
  selector::Questions<double> test_;
  std::span<const Strategy> strategies_;
  std::optional<selector::Asker<double>> asker_;
  std::vector<Forest> forests_;
  std::vector<SearchWork> works_;  // of each question, a strategy after the other
};

int run(const Options& options) {
  Report report("selector");
  for (const std::size_t n : options.sizes) {
    const bool is_small = n < 20'000;
    const Effort effort = is_small ? Effort{60, 30, 1} : options.quick ? Effort{1000, 600, 15} : Effort{8000, 1000, 15};
    for (const Problem& problem : problems(n, options))
      for (const Task task : {Task::nearest, Task::within}) Experiment(problem, task, effort, report).run();
  }
  return finish(report, options.json);
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  return coppice::bench::run_bench(argc, argv, coppice::bench::run, {{200'000}, {1'000'000}});
}
