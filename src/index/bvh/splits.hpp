// Ways to divide the references of one node: by bins along the three axes, by trying every place, and by a plane that
// cuts primitives. Cost of a split: half surface times the weight of references, summed over the two
// sides.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "binary_tree.hpp"

namespace coppice::bvh {

struct Split {
  float cost = infinite;
  int axis = -1;               ///< −1: nothing divides these references
  int bin = 0;                 ///< binned: references up to this bin go left
  float position = 0;          ///< of a cut
  std::size_t left_count = 0;  ///< of a cut, and swept
  std::size_t right_count = 0;
  Box4 left, right;
};

/// The box of (twice) the middles of references.
[[nodiscard]] Box4 middles_of(std::span<const Ref> refs);

/// Splits by the middles of boxes, in equal bins along every axis.
class BinnedSplitter {
 public:
  BinnedSplitter(int bins, bool weighted) : bins_(bins), weighted_(weighted) {}
  /// Requires: `middles` is the box of theirs.
  [[nodiscard]] Split find(std::span<const Ref> refs, const Box4& middles);
  /// Requires: the split is what `find` gave last.
  [[nodiscard]] bool goes_left(const Ref& ref, const Split& split) const {
    return truncated((ref.middle() - origin_) * scale_)[split.axis] <= split.bin;
  }

 private:
  static constexpr int most_bins = 64;

  template <bool Weighted>
  [[nodiscard]] Split find_as(std::span<const Ref> refs, const Box4& middles);

  int bins_;
  bool weighted_;
  Four origin_{}, scale_{};
  Box4 boxes_[3][most_bins];
  std::uint32_t counts_[3][most_bins];
};

/// Tries every place in the order of the middles.
class SweepSplitter {
 public:
  explicit SweepSplitter(bool weighted) : weighted_(weighted) {}
  [[nodiscard]] Split find(std::span<const Ref> refs);
  /// The references of the side, in order. Requires: the split is what `find` gave last.
  [[nodiscard]] std::size_t at(const Split& split, std::size_t i) const { return keys_[split.axis][i].second; }

 private:
  std::vector<std::pair<float, std::uint32_t>> keys_[3];
  std::vector<float> right_surface_;
  bool weighted_;
};

/// Cuts primitives at planes (Stich, Friedrich and Dietrich 2009).
class SpatialSplitter {
 public:
  explicit SpatialSplitter(std::span<const Triangle> triangles) : triangles_(triangles) {}
  [[nodiscard]] Split find(std::span<const Ref> refs, const Box4& box);
  /// Divides; a primitive that the plane cuts stays whole on one side where that is cheaper. False: no use.
  [[nodiscard]] bool divide(std::span<const Ref> refs, const Split& split, Refs& left, Refs& right, Box4& left_box,
                            Box4& right_box);

 private:
  static constexpr int most_bins = 24;
  struct Straddler {
    Ref whole;
    Parts parts;
  };
  std::span<const Triangle> triangles_;
  std::vector<Straddler> straddlers_;
};

}  // namespace coppice::bvh
