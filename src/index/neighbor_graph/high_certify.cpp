#include <algorithm>
#include <cmath>
#include <limits>

#include "high_sketch_search.hpp"

namespace coppice::high {

template <class Scalar>
std::optional<SketchPlan> SketchSearch<Scalar>::plan_proof(double least) {
  const std::size_t d = problem_.points->dimension();
  SketchPlan plan;
  plan.certain = true;
  for (const std::size_t p : {std::size_t{128}, std::size_t{192}, std::size_t{256}, std::size_t{384}}) {
    if (p >= d && plan.level != nullptr) break;
    const double fixed = costs_.brute(static_cast<double>(p));
    if (costs_.sketches(static_cast<double>(p)) + fixed >= least) break;
    if (!may_try(p, 0.25, least)) break;
    std::unique_ptr<Level> level = make(p);
    // How many points would have to be looked at for each sample row before the bound ends the search?
    const PackedPoints<std::int32_t> rows = sample_sketches(*level);
    const auto position = inverse(problem_.same ? level->order : level->query_order);
    const SketchFilter<Scalar> filter{&frame_, level->errors.data(), level->largest_error, level->basis.stretch(), d};
    std::vector<std::int32_t> thresholds(rows.groups() * group, std::numeric_limits<std::int32_t>::max());
    for (std::size_t j = 0; j < rows.size(); ++j)
      if (!sample_.hits(j).empty())
        thresholds[j] = SketchFilter<Scalar>::threshold(
            filter.key_limit(static_cast<std::size_t>(position[static_cast<std::size_t>(sample_.rows()[j])]),
                             sample_.hits(j).back().distance_squared));
    std::vector<double> counts(rows.size(), 0);
    std::vector<tiles::Found> found(4096);
    tiles::FoundSink sink{found.data(), 0, found.size(), &counts, [](tiles::FoundSink& full) {
                            auto& to = *static_cast<std::vector<double>*>(full.context);
                            for (std::size_t i = 0; i < full.size; ++i)
                              ++to[static_cast<std::size_t>(full.found[i].row)];
                            full.size = 0;
                          }};
    costs_.kernels.bytes.collect(rows.view(), {0, rows.groups()}, level->points.view(), {0, level->points.groups()},
                                 thresholds.data(), sink);
    sink.drain(sink);
    double cheapest = std::numeric_limits<double>::infinity();
    std::size_t at = 0;
    for (std::size_t m = problem_.output.k + 6; m <= most_candidates; m += 16) {
      double looked_at = 0;
      double scans = 0;
      for (const double count : counts) {
        looked_at += std::min(count, static_cast<double>(m)) + 8;
        if (count > static_cast<double>(m)) {
          looked_at += count;
          ++scans;
        }
      }
      const auto of_sample = static_cast<double>(counts.size());
      const double cost = fixed + costs_.rerank(looked_at / of_sample) + static_cast<double>(m) * costs_.rows * 20 +
                          scans / of_sample * costs_.rows * costs_.points * static_cast<double>(p) /
                              static_cast<double>(costs_.kernels.byte_rate);
      if (cost < cheapest) {
        cheapest = cost;
        at = m;
      }
    }
    // A flat spectrum: more dimensions of it would come too late.
    const bool hopeless = std::isfinite(least) && cheapest > 1.2 * least;
    if (cheapest < least) {
      least = cheapest;
      plan.level = std::move(level);
      plan.candidates = at;
    }
    if (hopeless) break;
  }
  if (plan.level == nullptr) return std::nullopt;
  return plan;
}
template std::optional<SketchPlan> SketchSearch<float>::plan_proof(double);
template std::optional<SketchPlan> SketchSearch<double>::plan_proof(double);

}  // namespace coppice::high
