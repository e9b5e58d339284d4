// The split network: one encoder a level of cuts. Every coordinate of a node's points, scaled to [1, 2] by their tight
// bounds, goes through x → 128 → 128 → 128 (ReLU); the mean over the points through 128 → 64 (ReLU) → 1: the offset λ′
// of the cut along that axis, in units of the tight extent. 58,113 parameters a level, shared by all nodes of the level
// and by the three axes. Evangelou et al. 2023, section 4.1 (with biases, which the count needs).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "coppice/index/neural_builder/cost.hpp"

namespace coppice::neural_builder {

/// Where the parameters of one level lie; matrices are row-major, inputs × outputs.
struct NetworkLayout {
  static constexpr std::size_t width = 128;
  static constexpr std::size_t head = 64;
  static constexpr std::size_t square = width * width;

  static constexpr std::size_t w1 = 0;  // 1 × 128
  static constexpr std::size_t b1 = w1 + width;
  static constexpr std::size_t w2 = b1 + width;  // 128 × 128
  static constexpr std::size_t b2 = w2 + square;
  static constexpr std::size_t w3 = b2 + width;  // 128 × 128
  static constexpr std::size_t b3 = w3 + square;
  static constexpr std::size_t u1 = b3 + width;  // 128 × 128, behind the mean
  static constexpr std::size_t c1 = u1 + square;
  static constexpr std::size_t u2 = c1 + width;  // 128 × 64
  static constexpr std::size_t c2 = u2 + width * head;
  static constexpr std::size_t u3 = c2 + head;  // 64 × 1
  static constexpr std::size_t c3 = u3 + head;
  static constexpr std::size_t size = c3 + 1;
};
static_assert(NetworkLayout::size == 58113);

/// The most levels that a network has.
inline constexpr int max_network_levels = 12;

/// The weights of a task.
struct SplitNetwork {
  Heuristic heuristic = Heuristic::surface_area;
  std::vector<std::vector<float>> levels;  ///< NetworkLayout::size numbers each; the root's first

  /// He-uniform weights (the last layer: Glorot). The biases of the first layer spread its knots over [1, 2], where
  /// zeros would start all units as straight lines; the last one starts cuts at the middle.
  /// Errors: invalid_input for levels outside 1 … max_network_levels.
  SplitNetwork(Heuristic task, int levels, std::uint64_t seed);
  SplitNetwork() = default;

  /// λ′ of one axis by the whole network, point by point: what the table below stands for. `scaled`: in [1, 2].
  /// Complexity: O(n · 33,000).
  [[nodiscard]] float offset(int level, std::span<const float> scaled) const;

  /// Writes the weights as half-precision numbers, to which they are rounded, checksummed and atomically.
  /// Errors: io_error.
  void save(const std::filesystem::path& path) const;
  /// Errors: io_error; corrupt_file naming field and byte when a byte is wrong, missing or too much; unsupported when
  /// the file is of a later version.
  [[nodiscard]] static SplitNetwork load(const std::filesystem::path& path);
  /// The file's content as bytes, and back; `name` stands for it in messages.
  [[nodiscard]] std::vector<std::byte> to_bytes() const;
  [[nodiscard]] static SplitNetwork from_bytes(std::span<const std::byte> bytes, const std::string& name);

  /// The trained weights that come with the library: 5 levels of cuts for surface areas, 4 for volumes.
  [[nodiscard]] static const SplitNetwork& shipped(Heuristic heuristic);
};

/// Room for `NetworkTable::offsets`; for one thread.
struct NetworkScratch {
  std::vector<float> hidden;
  std::vector<float> head;
};

/// One level of a network as a table: an encoder is a function of one number, averaged, and what follows the mean
/// starts with a linear layer. So that function, up to and including this layer, is kept at 65 places of [1, 2], and a
/// node needs only the histogram of its points, each shared between the two places beside it.
class NetworkTable {
 public:
  static constexpr std::size_t cells = 64;
  static constexpr std::size_t places = cells + 1;

  NetworkTable() = default;
  /// Complexity: O(1), about 3 million multiplications. Requires: `parameters` of one level; they are copied.
  explicit NetworkTable(std::span<const float> parameters);
  /// As above, with the function at all places at hand: `places` × 128 numbers.
  NetworkTable(std::span<const float> parameters, std::span<const float> function);

  /// λ′ of `rows` histograms of `places` numbers, each of which sum up to 1 (or 0: no points).
  void offsets(const float* histograms, std::size_t rows, float* out, NetworkScratch& scratch) const;

 private:
  std::vector<float> first_;   // places × 128: the layer behind the mean, of the function
  std::vector<float> bias1_;   // 128
  std::vector<float> second_;  // 128 × 64
  std::vector<float> bias2_;   // 64
  std::vector<float> third_;   // 64
  float bias3_ = 0;
};

/// Adds the histograms of all three axes, NetworkTable::places numbers each, of points within `tight`.
void add_histograms(std::span<const Vec3> points, const Box3& tight, float* histograms) noexcept;

}  // namespace coppice::neural_builder
