#include "high_sketch_search.hpp"

#include <algorithm>
#include <limits>

#include "high_leaves.hpp"

namespace coppice::high {

std::vector<std::int32_t> inverse(const std::vector<std::int32_t>& order) {
  std::vector<std::int32_t> positions(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    positions[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
  return positions;
}

template <class Scalar>
std::unique_ptr<Level> SketchSearch<Scalar>::make(std::size_t p) {
  const Executor& executor = problem_.executor;
  auto level = std::make_unique<Level>();
  level->basis = axes_.basis(p, executor);
  const auto pack = [&](const Store<Scalar>& store, const Sketches& sketches, std::vector<std::int32_t>& order) {
    order = tree_order(sketches, level->basis.axes, store.size(), executor);
    return pack_sketches(sketches, store.size(), order, executor);
  };
  const auto keep_errors = [&](const Sketches& sketches, const std::vector<std::int32_t>& order) {
    level->errors.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i)
      level->errors[i] = sketches.errors[static_cast<std::size_t>(order[i])];
  };
  {
    const Sketches sketches = make_sketches(*problem_.points, frame_, level->basis, executor);
    level->points = pack(*problem_.points, sketches, level->order);
    for (const float error : sketches.errors)
      level->largest_error = std::max(level->largest_error, static_cast<double>(error));
    if (problem_.same) keep_errors(sketches, level->order);
  }
  if (!problem_.same) {
    const Sketches sketches = make_sketches(*problem_.queries, frame_, level->basis, executor);
    level->queries = pack(*problem_.queries, sketches, level->query_order);
    keep_errors(sketches, level->query_order);
  }
  return level;
}

template <class Scalar>
PackedPoints<std::int32_t> SketchSearch<Scalar>::sample_sketches(const Level& level) const {
  const auto position = inverse(problem_.same ? level.order : level.query_order);
  std::vector<std::int32_t> rows;
  for (const std::int32_t row : sample_.rows()) rows.push_back(position[static_cast<std::size_t>(row)]);
  return select(rows_of(level), rows.data(), rows.size());
}

template <class Scalar>
std::vector<std::vector<std::size_t>> SketchSearch<Scalar>::ranks(const Level& level) const {
  const PackedPoints<std::int32_t> rows = sample_sketches(level);
  CandidateLists<std::int32_t> lists(rows.size(), most_candidates + 1);
  search_rows(costs_.kernels.bytes, rows, level.points, lists, problem_.executor);
  std::vector<std::vector<std::size_t>> ranks(rows.size());
  std::vector<Candidate> candidates;
  for (std::size_t j = 0; j < rows.size(); ++j) {
    lists.sorted(j, candidates);
    if (problem_.same)
      std::erase_if(candidates, [&](const Candidate& candidate) {
        return level.order[static_cast<std::size_t>(candidate.id)] == sample_.rows()[j];
      });
    for (const Hit<Scalar>& hit : sample_.hits(j)) {
      const auto found = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& candidate) {
        return level.order[static_cast<std::size_t>(candidate.id)] == static_cast<std::int32_t>(hit.id);
      });
      ranks[j].push_back(found == candidates.end() ? most_candidates
                                                   : static_cast<std::size_t>(found - candidates.begin()));
    }
  }
  return ranks;
}

template <class Scalar>
HighStatistics SketchSearch<Scalar>::run(const SketchPlan& plan, std::size_t spare, std::vector<std::int32_t>* limits) {
  const Level& level = *plan.level;
  const PackedPoints<std::int32_t>& rows = rows_of(level);
  const std::size_t m = plan.candidates + spare;
  CandidateLists<std::int32_t> lists(rows.size(), m);
  HighStatistics done;
  done.method = plan.certain ? HighMethod::certified_sketch : HighMethod::sketch;
  done.sketch_dimension = static_cast<int>(level.basis.dimension);
  done.candidates = m;
  done.pairs = static_cast<std::int64_t>(costs_.pairs);
  RecallEstimate estimate = plan.estimate;
  if (!plan.certain && has_leaves())
    done.pairs = compare_leaves(plan, lists, estimate);
  else if (problem_.same && problem_.points->size() < many_points)
    LeafPairs(level.points).search_all(lists, problem_.executor);
  else if (problem_.same)
    search_all(costs_.kernels.bytes, level.points, lists, problem_.executor);
  else
    search_rows(costs_.kernels.bytes, rows, level.points, lists, problem_.executor);
  if (limits != nullptr) *limits = lists.reaches(problem_.executor);
  const SketchFilter<Scalar> filter{&frame_, level.errors.data(), level.largest_error,
                                    plan.certain ? level.basis.stretch() : 0, problem_.points->dimension()};
  Problem<Scalar> placed = problem_;
  placed.order = level.order.data();
  placed.query_order = problem_.same ? level.order.data() : level.query_order.data();
  if (limits != nullptr) placed.output.k = m;
  const Resolved resolved = resolve(placed, costs_.kernels.bytes, rows, level.points, lists, filter, plan.certain);
  done.distances = resolved.keys;
  done.finished_rows = resolved.open;
  if (plan.certain) done.certain_rows = static_cast<std::int64_t>(rows.size()) - resolved.open;
  done.recall = estimate.recall;
  done.recall_margin = estimate.margin;
  return done;
}

template <class Scalar>
std::int64_t SketchSearch<Scalar>::compare_leaves(const SketchPlan& plan, CandidateLists<std::int32_t>& lists,
                                                  RecallEstimate& estimate) const {
  const Level& level = *plan.level;
  const auto position = inverse(level.order);
  std::vector<Candidate> row;
  const auto enough = [&] {
    std::vector<std::size_t> found;
    std::vector<std::size_t> wanted;
    for (std::size_t j = 0; j < sample_.rows().size(); ++j) {
      lists.best(static_cast<std::size_t>(position[static_cast<std::size_t>(sample_.rows()[j])]), plan.candidates, row);
      found.push_back(static_cast<std::size_t>(
          std::count_if(sample_.hits(j).begin(), sample_.hits(j).end(), [&](const Hit<Scalar>& hit) {
            return std::any_of(row.begin(), row.end(), [&](const Candidate& candidate) {
              return level.order[static_cast<std::size_t>(candidate.id)] == static_cast<std::int32_t>(hit.id);
            });
          })));
      wanted.push_back(sample_.hits(j).size());
    }
    estimate = estimate_recall(found, wanted);
    return estimate.recall - estimate.margin >= plan.recall;
  };
  const std::int64_t pairs = LeafPairs(level.points).search(lists, enough, problem_.executor);
  enough();
  return pairs;
}

template <class Scalar>
std::optional<SketchPlan> SketchSearch<Scalar>::plan_recall(double recall, double least) {
  const std::size_t k = problem_.output.k;
  const std::size_t d = problem_.points->dimension();
  SketchPlan plan;
  plan.recall = recall;
  // Leaves lose some of what all pairs would find: half of what may be missed is left to them.
  const double target = has_leaves() ? (1 + recall) / 2 : recall;
  const std::size_t first = promising_dimension(target);
  for (const std::size_t wanted : sketch_dimensions) {
    const std::size_t p = std::min(wanted, d);
    if (p < first) continue;
    const double fixed = costs_.brute(static_cast<double>(p));
    // Would the best that more dimensions can do be worth it?
    if (costs_.sketches(static_cast<double>(p)) + fixed + costs_.rerank(static_cast<double>(k + 2)) >= least) break;
    if (!may_try(p, 0.5, least)) break;
    std::unique_ptr<Level> level = make(p);
    const auto ranks = this->ranks(*level);
    std::vector<std::size_t> found(ranks.size());
    std::vector<std::size_t> all(ranks.size());
    for (std::size_t j = 0; j < ranks.size(); ++j) all[j] = ranks[j].size();
    for (std::size_t m = k; m <= most_candidates; m += 2) {
      for (std::size_t j = 0; j < ranks.size(); ++j)
        found[j] = static_cast<std::size_t>(
            std::count_if(ranks[j].begin(), ranks[j].end(), [&](std::size_t rank) { return rank < m; }));
      const RecallEstimate of = estimate_recall(found, all);
      if (of.recall - of.margin < target) continue;
      const double cost = fixed + costs_.rerank(static_cast<double>(m));
      if (cost < least) {
        least = cost;
        plan.level = std::move(level);
        plan.candidates = m;
        plan.estimate = of;
      }
      break;
    }
    // More dimensions come where these do not suffice, or where much fewer candidates might.
    if (p == d || (plan.level != nullptr && costs_.rerank(static_cast<double>(plan.candidates)) < fixed)) break;
  }
  if (plan.level == nullptr) return std::nullopt;
  return plan;
}

template class SketchSearch<float>;
template class SketchSearch<double>;

template <class Scalar>
std::optional<HighStatistics> search_by_sketch(const Problem<Scalar>& problem, const HighNearest<Scalar>& query,
                                               KeptSketches* keep) {
  if (query.method == HighMethod::tiles || problem.queries->size() < 8 * sample_rows ||
      problem.points->size() < 2 * most_candidates || problem.output.k + 8 > most_candidates)
    return std::nullopt;
  const Costs<Scalar> costs(problem);
  const auto first = static_cast<double>(std::min(sketch_dimensions[0], problem.points->dimension()));
  // Where all pairs take little longer than sketches they are compared without further ado.
  const bool pays = costs.covariance() + costs.axes(first) + costs.sketches(first) + costs.brute(first) +
                        costs.rerank(static_cast<double>(problem.output.k)) <
                    0.7 * costs.exact();
  const bool automatic = query.method == HighMethod::automatic;
  if (automatic && !pays) return std::nullopt;
  SketchSearch<Scalar> search(problem, query.seed);
  const double least = automatic ? costs.exact() : std::numeric_limits<double>::infinity();
  std::optional<SketchPlan> plan =
      query.recall < 1 ? search.plan_recall(query.recall, least) : search.plan_proof(0.8 * least);
  if (!plan) return std::nullopt;
  if (keep == nullptr) return search.run(*plan);
  const std::size_t spare = plan->certain ? 0 : keep->spare_of(plan->candidates);
  if (!plan->certain) keep->make_room(plan->candidates + spare);
  const HighStatistics done = search.run(*plan, spare, plan->certain ? nullptr : &keep->limits);
  keep->frame = search.frame();
  keep->plan = std::move(*plan);
  return done;
}
template std::optional<HighStatistics> search_by_sketch<float>(const Problem<float>&, const HighNearest<float>&,
                                                               KeptSketches*);
template std::optional<HighStatistics> search_by_sketch<double>(const Problem<double>&, const HighNearest<double>&,
                                                                KeptSketches*);

}  // namespace coppice::high
