// One level of a network in training: its function at the table's places with all that the way back needs, and the
// gradient of its parameters from rows of histograms.
#pragma once

#include <span>
#include <vector>

#include "cloud_pass.hpp"
#include "coppice/index/neural_builder/network.hpp"

namespace coppice::neural_builder {

class LevelGradient {
 public:
  /// Evaluates the encoder at all places. Requires: `parameters` stay until `backward` is done.
  void tabulate(std::span<const float> parameters);
  /// λ′ of rows, as NetworkTable::offsets.
  [[nodiscard]] const NetworkTable& table() const noexcept { return table_; }
  /// dL/dθ of L = Σ gradient · λ′ over the rows, into `gradient` (NetworkLayout::size numbers).
  void backward(const ActiveRows& rows, std::span<float> gradient);

 private:
  std::span<const float> parameters_;
  NetworkTable table_;
  std::vector<float> x_, a1_, a2_, a3_,
      first_;  // places × width: the layers of the encoder, and the one behind the mean
  std::vector<float> room_[4];
};

}  // namespace coppice::neural_builder
