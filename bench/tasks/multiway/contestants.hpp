// Who takes part in the task `multiway`, behind one interface: what is timed is a whole batch, or a query that finds
// hundreds of points.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/contestant.hpp"

namespace coppice::bench {

class MultiwayContestant {
 public:
  virtual ~MultiwayContestant() = default;
  /// Replaces everything; ids are the rows. The points stay where they are.
  virtual void build(PointView<Real> points) = 0;
  /// Adds points under the ids from `first` on; false: it cannot.
  virtual bool insert(PointView<Real> points, point_id first) = 0;
  virtual void nearest(const Real* query, std::size_t k, std::vector<point_id>& ids) = 0;
  virtual void within(const Real* query, Real radius, std::vector<point_id>& ids) = 0;
  /// Likewise, every point tested, also those of what lies wholly inside; false: it does not do otherwise.
  virtual bool within_tested(const Real*, Real, std::vector<point_id>&) { return false; }
  /// What it knows of its shape and repairs, by name.
  [[nodiscard]] virtual std::map<std::string, double> facts() const { return {}; }
};

struct MultiwayEntry {
  Identity identity;
  std::unique_ptr<MultiwayContestant> (*make)(int threads);
};

/// MultiwayTree as it is, with the parts of the paper in the places of its own, and KdTree.
void add_coppice_trees(std::vector<MultiwayEntry>& entries);
/// The tree that the paper compares with: every level sorted, binary and 8-way; unbalanced subtrees rebuilt whole.
void add_sorted_levels(std::vector<MultiwayEntry>& entries);
/// nanoflann's static tree and its forest.
void add_nanoflann(std::vector<MultiwayEntry>& entries);

}  // namespace coppice::bench
