#include "curve.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "ray_order.hpp"

namespace coppice::bvh {

void sort_by_code(std::vector<Coded>& rows, int bits) {
  if (rows.size() < 256) {
    std::stable_sort(rows.begin(), rows.end(), [](const Coded& a, const Coded& b) { return a.code < b.code; });
    return;
  }
  constexpr int digit = 11;
  std::vector<Coded> other(rows.size());
  for (int shift = 0; shift < bits; shift += digit) {
    std::array<std::uint32_t, std::size_t{1} << digit> at{};
    const auto digit_of = [&](const Coded& c) { return static_cast<std::size_t>(c.code >> shift) & (at.size() - 1); };
    for (const Coded& c : rows) ++at[digit_of(c)];
    std::uint32_t sum = 0;
    for (std::uint32_t& a : at) {
      const std::uint32_t count = a;
      a = sum;
      sum += count;
    }
    for (const Coded& c : rows) other[at[digit_of(c)]++] = c;
    rows.swap(other);
  }
}

void sort_by_bits(storage::RawVector<std::uint64_t>& rows, int shift, int bits, Executor executor) {
  constexpr int digit = 10;
  constexpr std::size_t digits = std::size_t{1} << digit;
  // Shares count for themselves and then know their places: of equal digits, those of earlier shares come first.
  const std::size_t share = std::max(std::size_t{1} << 14, rows.size() / 32 + 1);
  const std::size_t shares = (rows.size() + share - 1) / share;
  storage::RawVector<std::uint64_t> other(rows.size());
  std::vector<std::array<std::uint32_t, digits>> at(shares);
  for (const int end = shift + bits; shift < end; shift += digit) {
    const auto digit_of = [&](std::uint64_t row) { return static_cast<std::size_t>(row >> shift) & (digits - 1); };
    executor.for_each_chunk(rows.size(), share, [&](std::size_t first, std::size_t last) {
      auto& mine = at[first / share];
      mine.fill(0);
      for (std::size_t i = first; i < last; ++i) ++mine[digit_of(rows[i])];
    });
    std::uint32_t sum = 0;
    for (std::size_t d = 0; d < digits; ++d)
      for (auto& of_share : at) sum += std::exchange(of_share[d], sum);
    executor.for_each_chunk(rows.size(), share, [&](std::size_t first, std::size_t last) {
      auto& mine = at[first / share];
      for (std::size_t i = first; i < last; ++i) other[mine[digit_of(rows[i])]++] = rows[i];
    });
    rows.swap(other);
  }
}

std::vector<std::uint32_t> ray_order(std::span<const Ray> rays) {
  std::array<float, 3> lower{}, scale{};
  for (std::size_t a = 0; a < 3; ++a) {
    float low = 0, high = 0;
    if (!rays.empty()) low = high = rays[0].origin[a];
    for (const Ray& r : rays) {
      low = std::min(low, r.origin[a]);
      high = std::max(high, r.origin[a]);
    }
    lower[a] = low;
    const float extent = high - low;
    scale[a] = extent > 0 ? 1023.0f / extent : 0;
  }
  std::vector<Coded> coded(rays.size());
  for (std::size_t i = 0; i < rays.size(); ++i) {
    std::array<std::uint32_t, 3> cell{};
    std::uint64_t octant = 0;
    for (std::size_t a = 0; a < 3; ++a) {
      cell[a] = std::min(1023u, static_cast<std::uint32_t>((rays[i].origin[a] - lower[a]) * scale[a]));
      octant = octant << 1 | (rays[i].direction[a] < 0 ? 1 : 0);
    }
    coded[i] = {octant << 30 | interleaved(cell[0], cell[1], cell[2]), static_cast<std::uint32_t>(i)};
  }
  sort_by_code(coded, 33);
  std::vector<std::uint32_t> order(rays.size());
  for (std::size_t i = 0; i < rays.size(); ++i) order[i] = coded[i].row;
  return order;
}

}  // namespace coppice::bvh
