// One search by sketches: its levels of effort, what each is expected to cost, and the sample that tells them apart.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "high_effort.hpp"

namespace coppice::high {

inline constexpr std::size_t sample_rows = 192;
inline constexpr std::size_t most_candidates = 112;
/// From here on leaves are compared with leaves: before, all pairs of sketches take hardly longer.
inline constexpr std::size_t many_points = 150'000;
inline constexpr std::array<std::size_t, 5> sketch_dimensions{64, 96, 128, 192, 256};

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
    return (points + (pairs < points * rows ? 0 : rows)) * (d * (p + 48) / static_cast<double>(kernels.float_rate) + d);
  }
  [[nodiscard]] double brute(double p) const {
    return pairs * (p + 12) / static_cast<double>(kernels.byte_rate) + rows * 3000;
  }
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
        sample_(problem, sample_rows, seed) {}

  /// Both give nothing where it would cost `least` or more.
  std::optional<HighStatistics> reach(double recall, double least);
  std::optional<HighStatistics> certify(double least);

 private:
  std::unique_ptr<Level> make(std::size_t p);
  [[nodiscard]] PackedPoints<std::int32_t> sample_sketches(const Level& level) const;
  [[nodiscard]] Problem<Scalar> placed(const Level& level) const {
    Problem<Scalar> problem = problem_;
    problem.order = level.order.data();
    problem.query_order = problem.same ? level.order.data() : level.query_order.data();
    return problem;
  }
  [[nodiscard]] const PackedPoints<std::int32_t>& rows_of(const Level& level) const {
    return problem_.same ? level.points : level.queries;
  }
  /// Ranks of the true neighbours of each sample row among all sketches; most_candidates where beyond.
  [[nodiscard]] std::vector<std::vector<std::size_t>> ranks(const Level& level) const;
  HighStatistics run(const Level& level, std::size_t m, bool certain) const;
  /// The same with leaves instead of all pairs, until the sample has that recall.
  HighStatistics run_leaves(const Level& level, std::size_t m, double recall) const;
  [[nodiscard]] HighStatistics described(const Level& level, std::size_t m, HighMethod method,
                                         const Resolved& resolved) const;

  Problem<Scalar> problem_;
  Costs<Scalar> costs_;
  Frame frame_;
  PrincipalAxes axes_;
  Sample<Scalar> sample_;
  bool sampled_ = false;
};

}  // namespace coppice::high
