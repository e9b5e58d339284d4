// One search by sketches: its levels of effort, what each is expected to cost, and the sample that tells them apart.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "high_effort.hpp"

namespace coppice::high {

inline constexpr std::size_t sample_rows = 192;
inline constexpr std::size_t most_candidates = 112;
/// From here on leaves are compared with leaves: before, all pairs of sketches take hardly longer.
inline constexpr std::size_t many_points = 150'000;
/// Whole groups of directions: what is projected together.
inline constexpr std::array<std::size_t, 6> sketch_dimensions{48, 96, 144, 192, 288, 384};
/// Up to here dimensions are told apart before sketches are made.
inline constexpr std::size_t guessed_dimension = 144;

/// What things are expected to take, in nanoseconds of one thread. Only relations matter, for the choice of a method.
template <class Scalar>
struct Costs {
  explicit Costs(const Problem<Scalar>& problem)
      : kernels(tiles::tile_kernels()),
        points(static_cast<double>(problem.points->size())),
        rows(static_cast<double>(problem.queries->size())),
        d(static_cast<double>(problem.points->dimension())),
        pairs(problem.same ? points * (points - 1) / 2 : points * rows),
        stored(static_cast<double>(problem.points->has_bytes() ? 1 : sizeof(Scalar)) * d) {}

  [[nodiscard]] double exact() const {
    const bool bytes = stored < 2 * d;
    return pairs * (d + 8) / static_cast<double>(bytes ? kernels.byte_rate : kernels.float_rate) + rows * 2000;
  }
  [[nodiscard]] double sketches(double p) const {
    return (points + (pairs < points * rows ? 0 : rows)) * (d * (p + 16) / static_cast<double>(kernels.float_rate) + d);
  }
  /// The covariance of the sample, once; and axes of p dimensions.
  [[nodiscard]] double covariance() const { return 0.8 * sampled() * d * d / static_cast<double>(kernels.float_rate); }
  [[nodiscard]] double axes(double p) const {
    return (sampled() + 4 * d) * d * p / static_cast<double>(kernels.float_rate) + 0.7 * p * p * d;
  }
  [[nodiscard]] double brute(double p) const {
    // Sixteen dimensions of all pairs, and the others of one tile in five.
    return pairs * (p > 32 ? 36 + 0.2 * p : p + 12) / static_cast<double>(kernels.byte_rate) + rows * 3000;
  }
  [[nodiscard]] double sampled() const { return static_cast<double>(axes_sample(static_cast<std::size_t>(points))); }
  [[nodiscard]] double key() const { return 15 + stored * 0.05; }
  [[nodiscard]] double rerank(double m) const { return rows * m * (key() + 30); }

  const tiles::TileKernels& kernels;
  double points, rows, d, pairs, stored;
};

/// Everything at one sketch dimension.
struct Level {
  SketchBasis basis;
  std::vector<std::int32_t> order;        ///< of the points
  std::vector<std::int32_t> query_order;  ///< of the queries, where they are others
  PackedPoints<std::int32_t> points;
  PackedPoints<std::int32_t> queries;
  std::vector<float> errors;  ///< of the rows, by position
  double largest_error = 0;
};

/// How a search goes about it.
struct SketchPlan {
  std::unique_ptr<Level> level;
  std::size_t candidates = 0;  ///< m
  bool certain = false;        ///< rows have to be proven
  double recall = 1;           ///< that is wanted; of leaves, which stop when the sample has it
  RecallEstimate estimate{1, 0};
};

/// What is kept of a search, for others in the same points.
struct KeptSketches {
  std::size_t least_spare = 0;                       ///< set before
  std::function<void(std::size_t width)> make_room;  ///< likewise: called before rows of sketches that prove nothing
  [[nodiscard]] std::size_t spare_of(std::size_t m) const noexcept { return std::max(least_spare, m / 4); }

  SketchPlan plan;
  Frame frame;
  std::vector<std::int32_t> limits;  ///< of rows that need not be proven
};

/// Positions by row: the inverse of an order.
[[nodiscard]] std::vector<std::int32_t> inverse(const std::vector<std::int32_t>& order);

template <class Scalar>
class SketchSearch {
 public:
  SketchSearch(const Problem<Scalar>& problem, std::uint64_t seed)
      : problem_(problem),
        costs_(problem),
        frame_(problem.points->frame(*problem.queries)),
        axes_(*problem.points, frame_, seed, problem.executor),
        sample_(problem, sample_rows, seed),
        spent_(costs_.covariance()) {
    sample_.find(frame_, problem.executor);
  }

  /// Both give nothing where it would cost `least` or more.
  std::optional<SketchPlan> plan_recall(double recall, double least);
  std::optional<SketchPlan> plan_proof(double least);
  /// Fills the output. Where `limits` are asked for, all candidates are, `spare` more than planned: they become the
  /// keys up to which the sketches of each row's candidates are complete, by position.
  HighStatistics run(const SketchPlan& plan, std::size_t spare = 0, std::vector<std::int32_t>* limits = nullptr);
  [[nodiscard]] const Frame& frame() const noexcept { return frame_; }

 private:
  std::unique_ptr<Level> make(std::size_t p);
  /// The least dimension to be tried for a recall: what is expected to be the cheapest up to `guessed_dimension`.
  [[nodiscard]] std::size_t promising_dimension(double recall);
  /// Whether trying sketches of p dimensions is worth it: what all tries take stays `part` of what tiles would.
  [[nodiscard]] bool may_try(std::size_t p, double part, double least) {
    const auto size = static_cast<double>(p);
    spent_ += costs_.axes(size) + costs_.sketches(size);
    return spent_ <= part * costs_.exact() || !std::isfinite(least);
  }
  [[nodiscard]] PackedPoints<std::int32_t> sample_sketches(const Level& level) const;
  [[nodiscard]] bool has_leaves() const noexcept { return problem_.same && problem_.points->size() >= many_points; }
  [[nodiscard]] const PackedPoints<std::int32_t>& rows_of(const Level& level) const {
    return problem_.same ? level.points : level.queries;
  }
  /// Ranks of the true neighbours of each sample row among all sketches; most_candidates where beyond.
  [[nodiscard]] std::vector<std::vector<std::size_t>> ranks(const Level& level) const;
  /// Compares leaves instead of all pairs, until the m best candidates of the sample have that recall. Gives how many
  /// pairs were compared.
  std::int64_t compare_leaves(const SketchPlan& plan, CandidateLists<std::int32_t>& lists,
                              RecallEstimate& estimate) const;

  Problem<Scalar> problem_;
  Costs<Scalar> costs_;
  Frame frame_;
  PrincipalAxes axes_;
  Sample<Scalar> sample_;
  double spent_;  ///< on axes and sketches so far, in the terms of Costs
};

}  // namespace coppice::high
