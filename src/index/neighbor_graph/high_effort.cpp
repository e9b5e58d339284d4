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
    const Sketches sketches = make_sketches(*problem_.points, frame_, level->basis,
                                            sampled_ ? RowVisitor() : sample_.visitor(frame_), executor);
    level->points = pack(*problem_.points, sketches, level->order);
    for (const float error : sketches.errors)
      level->largest_error = std::max(level->largest_error, static_cast<double>(error));
    if (problem_.same) keep_errors(sketches, level->order);
  }
  if (!sampled_) sample_.finish(executor);
  sampled_ = true;
  if (!problem_.same) {
    const Sketches sketches = make_sketches(*problem_.queries, frame_, level->basis, RowVisitor(), executor);
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
HighStatistics SketchSearch<Scalar>::run(const Level& level, std::size_t m, bool certain) const {
  const PackedPoints<std::int32_t>& rows = rows_of(level);
  CandidateLists<std::int32_t> lists(rows.size(), m);
  if (problem_.same)
    search_all(costs_.kernels.bytes, level.points, lists, problem_.executor);
  else
    search_rows(costs_.kernels.bytes, rows, level.points, lists, problem_.executor);
  const SketchFilter<Scalar> filter{&frame_, level.errors.data(), level.largest_error,
                                    certain ? level.basis.stretch() : 0, problem_.points->dimension()};
  const Resolved resolved = resolve(placed(level), costs_.kernels.bytes, rows, level.points, lists, filter, certain);
  HighStatistics done = described(level, m, certain ? HighMethod::certified_sketch : HighMethod::sketch, resolved);
  if (certain) done.certain_rows = static_cast<std::int64_t>(rows.size()) - resolved.open;
  return done;
}

template <class Scalar>
HighStatistics SketchSearch<Scalar>::described(const Level& level, std::size_t m, HighMethod method,
                                               const Resolved& resolved) const {
  HighStatistics done;
  done.method = method;
  done.sketch_dimension = static_cast<int>(level.basis.dimension);
  done.candidates = m;
  done.pairs = static_cast<std::int64_t>(costs_.pairs);
  done.distances = resolved.keys;
  done.finished_rows = resolved.open;
  return done;
}

template <class Scalar>
HighStatistics SketchSearch<Scalar>::run_leaves(const Level& level, std::size_t m, double recall) const {
  CandidateLists<std::int32_t> lists(level.points.size(), m);
  const auto position = inverse(level.order);
  RecallEstimate estimate;
  std::vector<Candidate> row;
  const auto enough = [&] {
    std::vector<std::size_t> found;
    std::vector<std::size_t> wanted;
    for (std::size_t j = 0; j < sample_.rows().size(); ++j) {
      lists.best(static_cast<std::size_t>(position[static_cast<std::size_t>(sample_.rows()[j])]), m, row);
      found.push_back(static_cast<std::size_t>(
          std::count_if(sample_.hits(j).begin(), sample_.hits(j).end(), [&](const Hit<Scalar>& hit) {
            return std::any_of(row.begin(), row.end(), [&](const Candidate& candidate) {
              return level.order[static_cast<std::size_t>(candidate.id)] == static_cast<std::int32_t>(hit.id);
            });
          })));
      wanted.push_back(sample_.hits(j).size());
    }
    estimate = estimate_recall(found, wanted);
    return estimate.recall - estimate.margin >= recall;
  };
  const std::int64_t pairs = LeafPairs(level.points).search(lists, enough, problem_.executor);
  enough();
  const SketchFilter<Scalar> filter{&frame_, level.errors.data(), 0, 0, problem_.points->dimension()};
  HighStatistics done =
      described(level, m, HighMethod::sketch,
                resolve(placed(level), costs_.kernels.bytes, level.points, level.points, lists, filter, false));
  done.pairs = pairs;
  done.recall = estimate.recall;
  done.recall_margin = estimate.margin;
  return done;
}

template <class Scalar>
std::optional<HighStatistics> SketchSearch<Scalar>::reach(double recall, double least) {
  const std::size_t k = problem_.output.k;
  const std::size_t d = problem_.points->dimension();
  std::unique_ptr<Level> best;
  std::size_t candidates = 0;
  RecallEstimate estimate;
  // Leaves lose some of what all pairs would find: half of what may be missed is left to them.
  const bool leaves = problem_.same && problem_.points->size() >= many_points;
  const double target = leaves ? (1 + recall) / 2 : recall;
  for (const std::size_t wanted : sketch_dimensions) {
    const std::size_t p = std::min(wanted, d);
    const double fixed = costs_.brute(static_cast<double>(p));
    // Would the best that more dimensions can do be worth it?
    if (costs_.sketches(static_cast<double>(p)) + fixed + costs_.rerank(static_cast<double>(k + 2)) >= least) break;
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
        best = std::move(level);
        candidates = m;
        estimate = of;
      }
      break;
    }
    if (p == d) break;
  }
  if (best == nullptr) return std::nullopt;
  if (leaves) return run_leaves(*best, candidates, recall);
  HighStatistics done = run(*best, candidates, false);
  done.recall = estimate.recall;
  done.recall_margin = estimate.margin;
  return done;
}

template class SketchSearch<float>;
template class SketchSearch<double>;

template <class Scalar>
std::optional<HighStatistics> search_by_sketch(const Problem<Scalar>& problem, const HighNearest<Scalar>& query) {
  if (query.method == HighMethod::tiles || problem.queries->size() < 8 * sample_rows ||
      problem.points->size() < 2 * most_candidates || problem.output.k + 8 > most_candidates)
    return std::nullopt;
  const Costs<Scalar> costs(problem);
  const auto first = static_cast<double>(std::min(sketch_dimensions[0], problem.points->dimension()));
  // Where all pairs take little longer than sketches they are compared without further ado.
  const bool pays = costs.sketches(first) + costs.brute(first) + costs.rerank(static_cast<double>(problem.output.k)) <
                    0.5 * costs.exact();
  const bool automatic = query.method == HighMethod::automatic;
  if (automatic && !pays) return std::nullopt;
  SketchSearch<Scalar> search(problem, query.seed);
  const double least = automatic ? costs.exact() : std::numeric_limits<double>::infinity();
  return query.recall < 1 ? search.reach(query.recall, least) : search.certify(0.8 * least);
}
template std::optional<HighStatistics> search_by_sketch<float>(const Problem<float>&, const HighNearest<float>&);
template std::optional<HighStatistics> search_by_sketch<double>(const Problem<double>&, const HighNearest<double>&);

}  // namespace coppice::high
