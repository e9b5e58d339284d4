// See encode.hpp.
#include "page/encode.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

namespace coppice::cli::page {
namespace {

constexpr double most = 65535;

struct Range {
  double lower = std::numeric_limits<double>::infinity();
  double upper = -std::numeric_limits<double>::infinity();
};

Range range_of(std::span<const double> coordinates, std::size_t axis) {
  Range range;
  for (std::size_t i = axis; i < coordinates.size(); i += 3) {
    range.lower = std::min(range.lower, coordinates[i]);
    range.upper = std::max(range.upper, coordinates[i]);
  }
  return range;
}

}  // namespace

QuantisedPoints quantise(std::span<const double> coordinates) {
  QuantisedPoints result;
  if (coordinates.empty()) return result;
  double extent = 0;
  for (std::size_t a = 0; a < 3; ++a) {
    const Range range = range_of(coordinates, a);
    result.lower[a] = range.lower;
    result.upper[a] = range.upper;
    result.origin[a] = range.lower / 2 + range.upper / 2;
    extent = std::max(extent, range.upper / 2 - range.lower / 2);
  }
  result.steps.resize(coordinates.size());
  float largest_step = 0;
  for (std::size_t first = 0; first < coordinates.size(); first += 3 * block_size) {
    const auto block = coordinates.subspan(first, std::min(3 * block_size, coordinates.size() - first));
    BlockFrame& frame = result.frames.emplace_back();
    for (std::size_t a = 0; a < 3; ++a) {
      const Range range = range_of(block, a);
      const auto corner = static_cast<float>(range.lower - result.origin[a]);
      const double offset = result.origin[a] + static_cast<double>(corner);
      const auto step = static_cast<float>((range.upper - offset) / most);
      frame[a] = corner;
      frame[a + 3] = step;
      largest_step = std::max(largest_step, step);
      for (std::size_t i = a; i < block.size(); i += 3) {
        const double number = step > 0 ? std::round((block[i] - offset) / static_cast<double>(step)) : 0;
        result.steps[first + i] = static_cast<std::uint16_t>(std::clamp(number, 0.0, most));
      }
    }
  }
  // Half a step, and what the page's floats lose: the corner, the step (65,535 times) and the sum.
  result.error = static_cast<double>(largest_step) / 2 + 3 * extent * std::numeric_limits<float>::epsilon();
  return result;
}

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t j) { return j < bytes.size() ? std::to_integer<std::uint32_t>(bytes[j]) : 0u; };
    const std::uint32_t three = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    for (std::size_t j = 0; j < 4; ++j) text += i + j <= bytes.size() ? letters[three >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

}  // namespace coppice::cli::page
