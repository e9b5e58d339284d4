// The models that propose cuts.
#include "coppice/index/neural_builder/split_model.hpp"

#include <algorithm>

namespace coppice::neural_builder {

TableModel::TableModel(const SplitNetwork& network) : histograms_(3 * NetworkTable::places) {
  for (const std::vector<float>& level : network.levels) tables_.emplace_back(level);
}

Vec3 TableModel::propose(const SplitNode& node) {
  std::fill(histograms_.begin(), histograms_.end(), 0.f);
  add_histograms(node.points, node.tight, histograms_.data());
  Vec3 lambda;
  tables_[static_cast<std::size_t>(node.level)].offsets(histograms_.data(), 3, lambda.data(), scratch_);
  for (std::size_t a = 0; a < 3; ++a) lambda[a] = node.tight.lower[a] + lambda[a] * extent(node.tight, a);
  return lambda;
}

Vec3 NetworkModel::propose(const SplitNode& node) {
  Vec3 offset;
  scaled_.resize(node.points.size());
  for (std::size_t a = 0; a < 3; ++a) {
    const float size = extent(node.tight, a);
    const float scale = size > 1e-30f ? 1 / size : 0;
    for (std::size_t i = 0; i < scaled_.size(); ++i) scaled_[i] = 1 + (node.points[i][a] - node.tight.lower[a]) * scale;
    offset[a] = node.tight.lower[a] + network_->offset(node.level, scaled_) * size;
  }
  return offset;
}

Vec3 MiddleModel::propose(const SplitNode& node) const noexcept {
  Vec3 offset;
  for (std::size_t a = 0; a < 3; ++a) offset[a] = node.tight.lower[a] + extent(node.tight, a) / 2;
  return offset;
}

Vec3 MedianModel::propose(const SplitNode& node) {
  if (node.points.empty()) return MiddleModel{}.propose(node);
  Vec3 offset;
  column_.resize(node.points.size());
  for (std::size_t a = 0; a < 3; ++a) {
    for (std::size_t i = 0; i < column_.size(); ++i) column_[i] = node.points[i][a];
    const auto middle = column_.begin() + static_cast<std::ptrdiff_t>((column_.size() - 1) / 2);
    std::nth_element(column_.begin(), middle, column_.end());
    offset[a] = *middle;
  }
  return offset;
}

}  // namespace coppice::neural_builder
