// What proposes cuts: a SplitModel looks at a node and offers one offset an axis; a builder then chooses the axis by
// the cost. The network is one such model, beside simple ones that need no training. Evangelou et al. 2023, section 4.
#pragma once

#include <array>
#include <concepts>
#include <span>
#include <vector>

#include "coppice/index/neural_builder/cost.hpp"
#include "coppice/index/neural_builder/network.hpp"

namespace coppice::neural_builder {

/// What a model is shown of a node.
struct SplitNode {
  int level;                     ///< the root's is 0
  Box3 box;                      ///< the cell that the cuts above left
  Box3 tight;                    ///< of the points; the cell where there is none
  std::span<const Vec3> points;  ///< in no order
};

/// `propose` gives an offset an axis, in the unit of the coordinates; beyond the node's box it is moved to its face.
/// A model may keep working memory, so one object serves one thread.
template <class M>
concept SplitModel = requires(M& model, const M& constant, const SplitNode& node) {
  { constant.levels() } -> std::convertible_to<int>;  // how many levels of cuts it knows
  { model.propose(node) } -> std::same_as<Vec3>;
};

/// The network by its tables: what builders use.
class TableModel {
 public:
  explicit TableModel(const SplitNetwork& network);
  [[nodiscard]] int levels() const noexcept { return static_cast<int>(tables_.size()); }
  [[nodiscard]] Vec3 propose(const SplitNode& node);

 private:
  std::vector<NetworkTable> tables_;
  std::vector<float> histograms_;
  NetworkScratch scratch_;
};

/// The network point by point: two hundred times slower, the reference for the tables.
class NetworkModel {
 public:
  /// Requires: `network` outlives the model.
  explicit NetworkModel(const SplitNetwork& network) : network_(&network) {}
  [[nodiscard]] int levels() const noexcept { return static_cast<int>(network_->levels.size()); }
  [[nodiscard]] Vec3 propose(const SplitNode& node);

 private:
  const SplitNetwork* network_;
  std::vector<float> scaled_;
};

/// The middle of the tight bounds.
class MiddleModel {
 public:
  [[nodiscard]] int levels() const noexcept { return max_levels_; }
  [[nodiscard]] Vec3 propose(const SplitNode& node) const noexcept;

 private:
  static constexpr int max_levels_ = 12;
};

/// The median of the points.
class MedianModel {
 public:
  [[nodiscard]] int levels() const noexcept { return 12; }
  [[nodiscard]] Vec3 propose(const SplitNode& node);

 private:
  std::vector<float> column_;
};

static_assert(SplitModel<TableModel> && SplitModel<NetworkModel> && SplitModel<MiddleModel> && SplitModel<MedianModel>);

}  // namespace coppice::neural_builder
