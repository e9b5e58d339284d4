// The tree over centers of the two-tree method: blocks of eight centers that lie close together, and their boxes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "coppice/apps/kmeans_kernels.hpp"

namespace coppice::kmeans {

template <int D>
class CenterTreeMemory {
 public:
  /// Cuts the centers at medians of their widest axis until eight are left. Complexity: O(k · log k · d).
  void build(std::span<const double> centers, int dimension) {
    const std::size_t k = centers.size() / static_cast<std::size_t>(dimension);
    order_.resize(k);
    for (std::size_t i = 0; i < k; ++i) order_[i] = static_cast<std::uint32_t>(i);
    blocks_ = 0;
    coordinates_.clear();
    names_.clear();
    boxes_.clear();
    cut(centers, dimension, 0, k);
  }
  [[nodiscard]] CenterTree<D> view() const { return {coordinates_.data(), names_.data(), boxes_.data(), blocks_}; }

 private:
  static constexpr std::size_t block = 8;

  void cut(std::span<const double> centers, int dimension, std::size_t first, std::size_t last) {
    const auto d = static_cast<std::size_t>(dimension);
    const auto at = [&](std::size_t i, std::size_t a) { return centers[order_[i] * d + a]; };
    double lower[D] = {}, upper[D] = {};
    std::size_t axis = 0;
    for (std::size_t a = 0; a < d; ++a) {
      lower[a] = upper[a] = at(first, a);
      for (std::size_t i = first; i < last; ++i) {
        lower[a] = std::min(lower[a], at(i, a));
        upper[a] = std::max(upper[a], at(i, a));
      }
      if (upper[a] - lower[a] > upper[axis] - lower[axis]) axis = a;
    }
    if (last - first > block) {
      // Left parts are whole blocks, so that no block but the last is left part empty.
      const std::size_t blocks = (last - first + block - 1) / block, middle = first + blocks / 2 * block;
      const auto place = [&](std::size_t i) { return order_.begin() + static_cast<std::ptrdiff_t>(i); };
      std::nth_element(place(first), place(middle), place(last), [&](std::uint32_t i, std::uint32_t j) {
        const double x = centers[i * d + axis], y = centers[j * d + axis];
        return x < y || (x == y && i < j);
      });
      cut(centers, dimension, first, middle);
      return cut(centers, dimension, middle, last);
    }
    if (blocks_ % block == 0) {  // a new group; the boxes that it lacks are nowhere
      const std::size_t from = boxes_.size();
      boxes_.resize(from + 2 * D * block, std::numeric_limits<double>::infinity());
    }
    const std::size_t group = blocks_ / block * 2 * D * block, lane = blocks_ % block;
    for (std::size_t a = 0; a < D; ++a) {
      boxes_[group + a * block + lane] = lower[a];
      boxes_[group + (D + a) * block + lane] = upper[a];
    }
    for (std::size_t a = 0; a < D; ++a)
      for (std::size_t i = 0; i < block; ++i)
        coordinates_.push_back(a < d ? at(std::min(first + i, last - 1), a) : 0.0);
    for (std::size_t i = 0; i < block; ++i) names_.push_back(first + i < last ? order_[first + i] : 0xffffffffu);
    ++blocks_;
  }

  std::vector<std::uint32_t> order_, names_;
  std::vector<double> coordinates_, boxes_;
  std::uint32_t blocks_ = 0;
};

}  // namespace coppice::kmeans
