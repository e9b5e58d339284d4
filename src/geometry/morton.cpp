#include "coppice/geometry/morton.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace coppice {
namespace {

constexpr int code_bits = 33;
constexpr int digit_bits = 11;
constexpr int most_axes = 3;

struct Coded {
  std::uint64_t code;
  std::uint32_t row;
};

/// One axis of the grid: its cells are counted from `lower`, `scale` of them a unit.
template <class Scalar>
struct GridAxis {
  int axis;
  Scalar lower;
  Scalar extent;
  double scale;
};

template <class Scalar>
std::vector<GridAxis<Scalar>> grid_axes(PointView<Scalar> points) {
  std::vector<GridAxis<Scalar>> axes;
  for (int a = 0; a < points.dimension(); ++a) {
    Scalar lower = points.row(0)[a];
    Scalar upper = lower;
    for (std::size_t i = 1; i < points.size(); ++i) {
      lower = std::min(lower, points.row(i)[a]);
      upper = std::max(upper, points.row(i)[a]);
    }
    axes.push_back({a, lower, upper - lower, 0});
  }
  std::stable_sort(axes.begin(), axes.end(), [](const auto& a, const auto& b) { return a.extent > b.extent; });
  if (axes.size() > most_axes) axes.resize(most_axes);
  const int bits = std::min<int>(code_bits / static_cast<int>(axes.size()), 31);
  for (GridAxis<Scalar>& a : axes) {
    a.scale = static_cast<double>((std::uint64_t{1} << bits) - 1) / static_cast<double>(a.extent);
    if (!std::isfinite(a.scale)) a.scale = 0;  // no extent, or next to none
  }
  return axes;
}

/// Puts `stride − 1` zeros before every bit of a cell number.
std::uint64_t spread(std::uint64_t cell, int stride) {
  if (stride == 1) return cell;
  if (stride == 2) {
    for (const auto& [shift, mask] : {std::pair{16, 0x0000ffff0000ffffull},
                                      {8, 0x00ff00ff00ff00ffull},
                                      {4, 0x0f0f0f0f0f0f0f0full},
                                      {2, 0x3333333333333333ull},
                                      {1, 0x5555555555555555ull}})
      cell = (cell | cell << shift) & mask;
    return cell;
  }
  for (const auto& [shift, mask] : {std::pair{32, 0x001f00000000ffffull},
                                    {16, 0x001f0000ff0000ffull},
                                    {8, 0x100f00f00f00f00full},
                                    {4, 0x10c30c30c30c30c3ull},
                                    {2, 0x1249249249249249ull}})
    cell = (cell | cell << shift) & mask;
  return cell;
}

}  // namespace

template <class Scalar>
std::vector<std::uint32_t> morton_order(PointView<Scalar> points) {
  const std::size_t n = points.size();
  std::vector<std::uint32_t> rows(n);
  if (n < 2) return rows;
  const std::vector<GridAxis<Scalar>> axes = grid_axes(points);
  const int stride = static_cast<int>(axes.size());
  std::vector<Coded> coded(n);
  std::vector<Coded> sorted(n);
  for (std::size_t i = 0; i < n; ++i) {
    const Scalar* row = points.row(i);
    std::uint64_t code = 0;
    for (int a = 0; a < stride; ++a) {
      const GridAxis<Scalar>& grid = axes[static_cast<std::size_t>(a)];
      // The difference is finite and not negative: coordinates are limited far below the largest number.
      const double offset = static_cast<double>(row[grid.axis] - grid.lower) * grid.scale;
      code |= spread(static_cast<std::uint64_t>(offset), stride) << a;
    }
    coded[i] = {code, static_cast<std::uint32_t>(i)};
  }
  constexpr std::size_t digits = std::size_t{1} << digit_bits;
  for (int shift = 0; shift < code_bits; shift += digit_bits) {
    std::array<std::uint32_t, digits> start{};
    for (const Coded& c : coded) ++start[c.code >> shift & (digits - 1)];
    std::exclusive_scan(start.begin(), start.end(), start.begin(), std::uint32_t{0});
    for (const Coded& c : coded) sorted[start[c.code >> shift & (digits - 1)]++] = c;
    coded.swap(sorted);
  }
  for (std::size_t i = 0; i < n; ++i) rows[i] = coded[i].row;
  return rows;
}

template std::vector<std::uint32_t> morton_order<float>(PointView<float>);
template std::vector<std::uint32_t> morton_order<double>(PointView<double>);

}  // namespace coppice
