// Which siblings to rebuild when one of them has grown too heavy: the smallest run around it that is balanced as a
// whole, so that an even division of its points mends it and everything else stays as it is.
// Source: Ji et al., "Updatable Balanced Index for Fast On-device Search with Auto-selection Model", section V-A,
// inequalities (12) to (14) as corrected in docs/design/multiway_tree.md.
#pragma once

#include <cstdint>
#include <span>

namespace coppice::balance {

/// Siblings first … last, both included.
struct SiblingWindow {
  int first;
  int last;
  [[nodiscard]] int width() const { return last - first + 1; }
};

/// ω-balance of the children of one node. A run of w of t siblings may hold 2ω · w/t of the node's points: for two
/// children this is a scapegoat's criterion, and for any number an even division meets it.
class SiblingBalance {
 public:
  /// `points`: of each child. Requires: at least one child, 0.5 < omega < 1; the span outlives this.
  SiblingBalance(std::span<const std::uint64_t> points, double omega);

  /// The heaviest child that is too heavy, or −1.
  [[nodiscard]] int heaviest_unbalanced() const;
  /// A run to be divided anew may hold this part of what the criterion allows it: its children start below the limit.
  static constexpr double ease = 0.9;

  /// Of the runs that include child i and are balanced with ease, one of the fewest points; of several the one that
  /// starts first; the run of all where no other is. O(t²).
  [[nodiscard]] SiblingWindow smallest_window(int i) const;

 private:
  std::span<const std::uint64_t> points_;
  std::uint64_t all_ = 0;
  double share_;  // points that one child may hold
};

/// Of the runs that include child i and hold at most `capacity` points a child, one of the fewest children, and then
/// points. {0, −1} where not even the run of all fits.
[[nodiscard]] SiblingWindow roomy_window(std::span<const std::uint64_t> points, int i, std::uint64_t capacity);

}  // namespace coppice::balance
