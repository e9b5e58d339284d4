// The two-stage regression model of a distribution: a line through the cumulative distribution sorts keys into models,
// and each model is a line between its outermost samples. And the pivots that follow from it.
// Source: Ji et al., "Updatable Balanced Index for Fast On-device Search with Auto-selection Model", section IV-B, (8)
// to (10), algorithm 1; updates: section V-B, (15) to (17).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "coppice/index/multiway_tree/pivots.hpp"

namespace coppice::multiway_tree {

/// u = slope · x + intercept, where u is the part of all keys that are less.
struct CdfLine {
  double slope = 0;
  double intercept = 0;
  [[nodiscard]] double operator()(double x) const { return slope * x + intercept; }
};

/// The sums of a least-squares line, kept so that keys may come and go: (15) for each of S_x, S_u, S_xu and S_xx.
/// Keys are measured from the first one, or the sums of squares of distant keys would cancel.
class CdfSums {
 public:
  void add(double x, double u) { count(x, u, 1); }
  void remove(double x, double u) { count(x, u, -1); }
  /// (16) and (17); level where all keys are equal.
  [[nodiscard]] CdfLine line() const;
  [[nodiscard]] double keys() const { return n_; }

 private:
  void count(double x, double u, double sign) {
    if (n_ == 0) origin_ = x;
    const double y = x - origin_;
    n_ += sign;
    x_ += sign * y;
    u_ += sign * u;
    xu_ += sign * y * u;
    xx_ += sign * y * y;
  }

  double origin_ = 0, n_ = 0, x_ = 0, u_ = 0, xu_ = 0, xx_ = 0;
};

/// The cumulative distribution of keys between the parts `lowest` and `highest` of all.
class TwoStageCdf {
 public:
  /// Trains one line a model between the least and the greatest of its samples. Requires: an ascending sample that is
  /// not empty, models ≥ 1.
  TwoStageCdf(std::span<const double> sample, int models, CdfLine root, double lowest = 0, double highest = 1);

  /// The part of all keys that are less than x, in [lowest, highest].
  [[nodiscard]] double operator()(double x) const;

 private:
  [[nodiscard]] int model_of(double x) const;

  struct Piece {
    double key, value, slope;
  };
  CdfLine root_;
  double lowest_, highest_;
  std::vector<Piece> pieces_;
};

/// What may be chosen about learned pivots.
struct CdfSettings {
  double sample_rate = 0.01;  ///< δ: the part of the keys that the model is trained on; 0 < δ ≤ 1
  int models = 100;           ///< l: lines of the second stage; 1 … 65,536
  double kappa = 0.15;        ///< κ: keys whose part is this near to a pivot's are its candidates; 0 < κ ≤ 0.5
};

/// Where the keys stand among all keys of a node whose sums are known: between these parts of them.
struct CdfRange {
  double lowest = 0;
  double highest = 1;
};

/// Pivots by the model: the median of the candidates within κ (at most 1 ÷ parts) of each quantile of the range. The
/// root line is that of `sums` where they hold keys; else it is fitted to the sample, whose sums are left there.
/// As `quantiles`, but for how equal the parts are. O(n + m log m) for m candidates.
template <class S>
[[nodiscard]] Pivots<S> learned_pivots(const S* keys, std::size_t n, int parts, const CdfSettings& settings,
                                       CdfSums& sums, CdfRange range);

}  // namespace coppice::multiway_tree
