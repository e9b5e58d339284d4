// A coordinated search: in every round each leaf of every subspace takes a step outward, then every open row looks at
// what its leaves met, in all subspaces together; it is closed when nothing that was not met can be among its k.
//
// Why nothing is lost. A point is met in a subspace, or left out there, or not visited; in the last case its key there
// is at least the gap. A leaf is left out if its bound and the gaps of the *last* round in the other subspaces exceed
// the row's limit: a point in it that was not visited elsewhere by then is too far, one that was has been dealt with.
// A candidate is left out if its keys where it was met this round and the *new* gaps elsewhere exceed the limit:
// elsewhere it was dealt with before, or left out and so too far, or not visited. Rows depend on nothing that another
// row does in the same round.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "subspace_axes.hpp"
#include "subspace_candidates.hpp"
#include "subspace_rows.hpp"
#include "subspace_tree.hpp"

namespace coppice::subspace {

/// What is searched.
template <class Scalar>
struct Searched {
  const high::Store<Scalar>& points;
  const SubspaceRows& coordinates;
  const std::vector<SubspaceTree>& trees;
  const Bound& bound;
  MetricKind kind;
};

template <class Scalar, class Terms>
class Rounds {
 public:
  Rounds(const Searched<Scalar>& searched, const SubspaceNearest& query, Rows<Scalar>& rows)
      : searched_(searched),
        trees_(searched.trees),
        bound_(searched.bound),
        query_(query),
        rows_(rows),
        open_(rows.size(), 1),
        cut_(rows.size(), 0),
        limits_(rows.size(), infinity),
        outward_(trees_.size()),
        gaps_(trees_.size()),
        visits_(trees_.size()) {
    for (std::size_t s = 0; s < trees_.size(); ++s) {
      outward_[s].resize(trees_[s].leaves());
      gaps_[s].assign(trees_[s].leaves(), 0);
      visits_[s].resize(trees_[s].leaves());
      for (std::size_t v = 0; v < outward_[s].size(); ++v) {
        outward_[s][v].level = trees_[s].hierarchy().levels() - 1;
        outward_[s][v].vertex = static_cast<std::uint32_t>(v);
      }
    }
  }

  [[nodiscard]] SubspaceStatistics run() {
    SubspaceStatistics done;
    for (bool open = rows_.size() > 0; open; ++done.rounds) {
      for (std::size_t s = 0; s < trees_.size(); ++s) go_outward(s, done);
      evaluate(done);
      for (std::size_t s = 0; s < trees_.size(); ++s)
        for (std::size_t v = 0; v < gaps_[s].size(); ++v) gaps_[s][v] = outward_[s][v].gap;
      open = close_rows(done);
    }
    return done;
  }

 private:
  static constexpr double infinity = std::numeric_limits<double>::infinity();
  static constexpr std::size_t leaves_at_once = 16;
  static constexpr std::size_t rows_at_once = 512;

  [[nodiscard]] bool has_caps() const noexcept { return query_.most_boxes != 0 || query_.most_points != 0; }

  /// All gaps but that of subspace s, joined.
  [[nodiscard]] double others(std::size_t row, std::size_t s) const {
    double joined = 0;
    for (std::size_t other = 0; other < trees_.size(); ++other)
      if (other != s) joined = bound_.join(joined, gaps_[other][trees_[other].leaf_of(row)]);
    return joined;
  }

  /// Every leaf of a subspace that has open rows takes a step. Without caps steps grow: the first ones are for bounds.
  void go_outward(std::size_t s, SubspaceStatistics& done) {
    constexpr std::size_t first_points = 256, most_visits = std::size_t{1} << 26;
    const SubspaceTree& tree = trees_[s];
    StepCaps caps{query_.most_boxes, query_.most_points};
    caps.boxes_a_step = std::max<std::size_t>(64, most_visits / (tree.leaves() * trees_.size()));
    caps.points_a_step = has_caps() ? std::numeric_limits<std::size_t>::max()
                                    : std::max(first_points, 4 * query_.k) << std::min(done.rounds, 24);
    const std::size_t chunks = (tree.leaves() + leaves_at_once - 1) / leaves_at_once;
    std::vector<std::uint64_t> bounds(chunks, 0), boxes(chunks, 0);
    query_.executor.for_each_chunk(tree.leaves(), leaves_at_once, [&](std::size_t first, std::size_t last) {
      for (std::size_t v = first; v < last; ++v) {
        visits_[s][v].clear();
        if (outward_[s][v].ended) continue;
        StepCaps own = caps;
        own.reach = -1;
        bool open = false;
        for (std::uint32_t at = tree.leaf(v).begin; at < tree.leaf(v).end; ++at) {
          const std::size_t row = tree.tree().order()[at];
          if (open_[row] == 0) continue;
          open = true;
          own.reach =
              std::max(own.reach, limits_[row] == infinity ? infinity : bound_.left(limits_[row], others(row, s)));
        }
        if (!open) continue;
        step<Terms>(tree, static_cast<std::uint32_t>(v), own, outward_[s][v], visits_[s][v],
                    bounds[first / leaves_at_once]);
        boxes[first / leaves_at_once] += visits_[s][v].size();
      }
    });
    for (const std::uint64_t count : bounds) done.bounds += count;
    for (const std::uint64_t count : boxes) done.boxes += count;
  }

  /// Open rows look at what their leaves met.
  void evaluate(SubspaceStatistics& done) {
    const auto order = trees_.front().tree().order();  // near rows one after the other
    std::vector<SubspaceStatistics> each((order.size() + rows_at_once - 1) / rows_at_once);
    query_.executor.for_each_chunk(order.size(), rows_at_once, [&](std::size_t first, std::size_t last) {
      Candidates candidates(rows_.size());
      std::vector<double> point, keys, partial, gaps(trees_.size());
      Work work;
      SubspaceStatistics& part = each[first / rows_at_once];
      for (std::size_t at = first; at < last; ++at) {
        const std::size_t row = order[at];
        if (open_[row] == 0) continue;
        candidates.clear();
        for (std::size_t s = 0; s < trees_.size(); ++s) {
          gaps[s] = outward_[s][trees_[s].leaf_of(row)].gap;
          collect(row, s, candidates, point, keys, partial, part);
        }
        part.candidates += candidates.entries().size();
        rank(row, candidates, gaps, work, part);
      }
    });
    for (const SubspaceStatistics& part : each) {
      done.bounds += part.bounds;
      done.candidates += part.candidates;
      done.partials += part.partials;
      done.pairs += part.pairs;
    }
  }

  void collect(std::size_t row, std::size_t s, Candidates& candidates, std::vector<double>& point,
               std::vector<double>& keys, std::vector<double>& partial, SubspaceStatistics& part) const {
    const SubspaceTree& tree = trees_[s];
    const std::vector<std::uint32_t>& visits = visits_[s][tree.leaf_of(row)];
    if (visits.empty()) return;
    tree.point(row, point);
    const double limit = limits_[row];
    const double reach = limit == infinity ? infinity : bound_.left(limit, others(row, s));
    for (const std::uint32_t node : visits) {
      const PartitionNode& leaf = tree.tree().nodes()[node];
      if (limit < infinity) {
        ++part.bounds;
        if (tree.columns().template least_key<Terms>(point.data(), node) > reach) continue;
      }
      const std::size_t mass = leaf.mass();
      if (query_.partial_distances == PartialDistances::met) {
        keys.resize(std::max(keys.size(), mass));
        partial.resize(std::max(partial.size(), mass * neighbor_graph::key_lanes));
        tree.columns().template keys<Terms>(point.data(), leaf, keys.data(), partial.data());
        part.partials += mass;
      } else {
        keys.assign(std::max(keys.size(), mass), 0);
      }
      for (std::size_t j = 0; j < mass; ++j) {
        const std::uint32_t id = tree.tree().order()[leaf.begin + j];
        if (id != row || query_.self) candidates.add(id, s, keys[j], bound_);
      }
    }
  }

  struct Work {
    std::vector<std::pair<double, std::int32_t>> ranked;
    std::vector<std::int32_t> ids;
    std::vector<Scalar> keys;
  };

  /// Evaluates the candidates that could be among the k: the most promising first, so that others need not be.
  void rank(std::size_t row, const Candidates& candidates, const std::vector<double>& gaps, Work& work,
            SubspaceStatistics& part) {
    auto& ranked = work.ranked;
    ranked.clear();
    for (const auto& entry : candidates.entries()) {
      double least = 0;
      if (query_.partial_distances == PartialDistances::met) least = candidates.bound_of(entry, gaps, bound_);
      if (query_.partial_distances == PartialDistances::all)
        least = searched_.coordinates.template key<Terms>(row, entry.id, bound_);
      if (!(least > limits_[row])) ranked.emplace_back(least, static_cast<std::int32_t>(entry.id));
    }
    if (query_.partial_distances == PartialDistances::all) part.partials += candidates.entries().size();
    std::size_t kept = ranked.size();
    const auto part_at = [&](std::size_t count) {
      if (count < kept)
        std::nth_element(ranked.begin(), ranked.begin() + static_cast<std::ptrdiff_t>(count),
                         ranked.begin() + static_cast<std::ptrdiff_t>(kept));
    };
    if (query_.most_evaluated != 0 && query_.most_evaluated < kept) {
      part_at(query_.most_evaluated);
      kept = query_.most_evaluated;
    }
    const std::size_t promising = std::max<std::size_t>(32, 3 * query_.k);
    if (query_.partial_distances != PartialDistances::none) part_at(promising);
    for (std::size_t at = 0; at < kept;) {
      const std::size_t end = std::min(kept, at == 0 ? promising : at + 64);
      work.ids.clear();
      for (; at < end; ++at)
        if (!(ranked[at].first > limits_[row])) work.ids.push_back(ranked[at].second);
      work.keys.resize(work.ids.size());
      full_keys(searched_.points, searched_.kind, row, work.ids, work.keys.data());
      part.pairs += work.ids.size();
      for (std::size_t j = 0; j < work.ids.size(); ++j) rows_.add(row, {work.keys[j], work.ids[j]});
      update_limit(row);
    }
    for (std::size_t at = kept; at < ranked.size(); ++at)
      if (!(ranked[at].first > limits_[row])) cut_[row] = 1;
  }

  void update_limit(std::size_t row) {
    const Scalar key = rows_.last_key(row);
    limits_[row] = std::isinf(key) ? infinity : bound_.limit(static_cast<double>(key));
  }

  /// Closes what is proven or has nowhere to go. Gives whether anything is open.
  bool close_rows(SubspaceStatistics& done) {
    bool any = false;
    for (std::size_t row = 0; row < open_.size(); ++row) {
      if (open_[row] == 0) continue;
      double joined = 0;
      bool ended = true, all = false;
      for (std::size_t s = 0; s < trees_.size(); ++s) {
        const Outward& outward = outward_[s][trees_[s].leaf_of(row)];
        joined = bound_.join(joined, outward.gap);
        all = all || outward.gap == infinity;
        ended = ended && outward.ended;
      }
      const bool proven = all || joined > limits_[row];
      if (proven || ended) open_[row] = 0;
      if (proven && cut_[row] == 0) ++done.certified_rows;
      any = any || open_[row] != 0;
    }
    return any;
  }

  Searched<Scalar> searched_;
  const std::vector<SubspaceTree>& trees_;
  const Bound& bound_;
  const SubspaceNearest& query_;
  Rows<Scalar>& rows_;
  std::vector<std::uint8_t> open_, cut_;
  std::vector<double> limits_;  ///< of joined keys: what is beyond is not among the k
  std::vector<std::vector<Outward>> outward_;
  std::vector<std::vector<double>> gaps_;  ///< as they were when the round began
  std::vector<std::vector<std::vector<std::uint32_t>>> visits_;
};

}  // namespace coppice::subspace
