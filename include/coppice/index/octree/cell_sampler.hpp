// Down-sampling as points arrive: an Octree that keeps one point a cell of a grid, by policy.
#pragma once

#include <array>
#include <cstddef>
#include <unordered_map>

#include "coppice/index/octree/octree.hpp"

namespace coppice {

/// What became of a batch.
struct Sampled {
  std::size_t entered = 0;   ///< points in cells that held none
  std::size_t replaced = 0;  ///< points that took the place of another, or drew the centroid of their cell towards them
  std::size_t dropped = 0;   ///< points of which nothing is left
};

/// Feeds an Octree with at most one point a cube of edge `cell` of a grid aligned to 0, as a map of many LiDAR sweeps
/// wants it. By policy the first point of a cube stays, or the one nearest to the cube's center does (ties: the one
/// that was there), or the centroid of all that ever came, under the id of the first. What entered in this way equals
/// what `Octree::down_sample` would leave of the same points under ascending ids. The tree may be changed beside: a
/// cube counts as held when any point of the tree lies in it. Thread safety: as a writer of the tree.
template <class Scalar, int Dim>
class CellSampler {
 public:
  /// Errors: invalid_input unless `cell` is positive and finite. Requires: the tree outlives the sampler.
  CellSampler(Octree<Scalar, Dim>& tree, Scalar cell, CellPolicy policy);

  /// Points enter, replace or go, one after the other; those that enter get the tree's next ids.
  /// Errors: invalid_input for a point that Octree::insert would refuse or that lies too many cells from 0; then
  /// nothing has changed. Where ids or room run out, the points before have entered. Complexity: a box query a point.
  Sampled insert(PointView<Scalar> points);

 private:
  /// The sum of the points that a centroid stands for.
  struct Sum {
    std::array<double, Dim> total;
    double count;
    std::array<Scalar, Dim> place;  // where the centroid was put
  };
  using Steps = std::array<Scalar, Dim>;

  [[nodiscard]] Steps steps_of(const Scalar* point) const;
  [[nodiscard]] point_id resident(const Steps& steps) const;
  [[nodiscard]] double to_center(const Steps& steps, const Scalar* point) const;
  bool merge(point_id id, const Scalar* point);

  Octree<Scalar, Dim>& tree_;
  Scalar cell_;
  CellPolicy policy_;
  std::unordered_map<point_id, Sum> sums_;  // of centroids
};

}  // namespace coppice
