// Points and boxes as the page takes them: 16-bit numbers within blocks of 1,024 points, floats, and base64.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace coppice::cli::page {

/// A block's corner and its step an axis; coordinate = corner + step · number.
using BlockFrame = std::array<float, 6>;
inline constexpr std::size_t block_size = 1024;

struct QuantisedPoints {
  std::array<double, 3> origin{};  ///< what everything in the page is relative to: the middle of the box
  std::array<double, 3> lower{}, upper{};
  std::vector<BlockFrame> frames;
  std::vector<std::uint16_t> steps;  ///< three a point
  double error = 0;                  ///< no coordinate is farther than this from its own
};

/// Points of three axes, row after row, cut into blocks in their order: the closer together the points of a block lie,
/// the finer they are told apart. Complexity: O(n).
[[nodiscard]] QuantisedPoints quantise(std::span<const double> coordinates);

[[nodiscard]] std::string base64(std::span<const std::byte> bytes);

}  // namespace coppice::cli::page
