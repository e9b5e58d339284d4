// Checksums by which contestants agree: of the sets of ids that they found, not of their floating-point distances,
// which differ in the last bit with the compiler's flags. tasks/static/scipy.py computes the same.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "harness/real.hpp"

namespace coppice::bench {

class Checksum {
 public:
  /// `points` holds the coordinates of every id, row by row, as they are while answers are added.
  explicit Checksum(PointView<Real> points) : points_(points) {}

  /// The answer of a k-nearest query: the ids nearer than the k-th nearest, and its squared distance rounded to float
  /// (16 bits of precision where points are floats). Which of several points at the distance of the k-th were taken
  /// does not count. More than k ids are allowed.
  void add_nearest(const Real* query, std::size_t k, std::span<const point_id> ids);
  /// The answer of a range query, in any order.
  void add_set(std::span<const point_id> ids);
  /// Whether a lookup found a point with the coordinates that it sought.
  void add_lookup(const Real* sought, point_id found);

  /// 16 hexadecimal digits.
  [[nodiscard]] std::string text() const;

 private:
  void add(std::uint64_t answer);

  PointView<Real> points_;
  std::uint64_t sum_ = 0;
  std::uint64_t answers_ = 0;
  std::vector<double> keys_, sorted_;
};

}  // namespace coppice::bench
