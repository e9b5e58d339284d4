// Groups against groups, tile by tile, for any lanes (tile_lanes_*.hpp): rows × three vectors of sums in registers.
//
// Sums have names: GCC keeps no array of vectors in registers, because it unrolls loops after it has replaced arrays.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "coppice/storage/prefetch.hpp"
#include "tile_lists.hpp"

#define COPPICE_EIGHT_ROWS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)

namespace coppice::kernels {
namespace {

template <class L>
struct Sums {
  typename L::Vector u0, v0, w0, u1, v1, w1, u2, v2, w2, u3, v3, w3, u4, v4, w4, u5, v5, w5, u6, v6, w6, u7, v7, w7;
};

template <class L>
struct Tile {
  using Sum = typename L::Sum;
  using Element = typename L::Element;
  using Vector = typename L::Vector;
  static constexpr int width = L::width;
  static constexpr int rows = L::rows;
  static constexpr int columns = 3 * width;
  static constexpr std::size_t group = tiles::group;
  static_assert(group % rows == 0 && group % columns == 0);

  /// What is known of one tile once its sums are.
  struct Hits {
    std::uint32_t rows;     ///< bit r: row r has a sum that reaches its threshold
    std::uint64_t columns;  ///< bit c, for column thresholds
  };

  /// Adds the products of `steps` elements. `a` holds packed rows (`Plain` false) or plain ones, `stride` apart.
  template <bool Plain, bool Fetch = !Plain>
  [[gnu::always_inline]] static void accumulate(std::size_t steps, const Element* a, std::size_t stride,
                                                const Element* b, Sums<L>& c) {
    for (std::size_t s = 0; s < steps; ++s, a += Plain ? 1 : group, b += group) {
      if constexpr (Fetch && width == 16) {  // a cache line a register: the processor's own guesses come late
        storage::prefetch(a + 16 * group);
        storage::prefetch(b + 4 * group);
        storage::prefetch(b + 4 * group + width);
        storage::prefetch(b + 4 * group + 2 * width);
      }
      const auto b0 = L::right(b);
      const auto b1 = L::right(b + width);
      const auto b2 = L::right(b + 2 * width);
#define X(r)                                                \
  if constexpr (r < rows) {                                 \
    const auto x = L::left(Plain ? a + r * stride : a + r); \
    c.u##r = L::multiply_add(c.u##r, x, b0);                \
    c.v##r = L::multiply_add(c.v##r, x, b1);                \
    c.w##r = L::multiply_add(c.w##r, x, b2);                \
  }
      COPPICE_EIGHT_ROWS(X)
#undef X
    }
  }

  /// The same of packed rows, while one cache line in sixteen steps is fetched from `ahead` on.
  [[gnu::always_inline]] static void accumulate_ahead(std::size_t steps, const Element* a, const Element* b,
                                                      const char* ahead, Sums<L>& c) {
    std::size_t s = 0;
    for (; s + 16 <= steps; s += 16, ahead += 64) {
      storage::prefetch_far(ahead);
      accumulate<false>(16, a + s * group, 0, b + s * group, c);
    }
    accumulate<false>(steps - s, a + s * group, 0, b + s * group, c);
  }

  /// −|x|²/2 − |y|²/2 everywhere, and `more`.
  [[gnu::always_inline]] static void start(const Sum* row_half, const Sum* half, Sums<L>& c, Sum more) {
    const Vector from = L::broadcast(more);
    const Vector c0 = L::subtract(from, L::load(half));
    const Vector c1 = L::subtract(from, L::load(half + width));
    const Vector c2 = L::subtract(from, L::load(half + 2 * width));
#define X(r)                                    \
  if constexpr (r < rows) {                     \
    const Vector h = L::broadcast(row_half[r]); \
    c.u##r = L::subtract(c0, h);                \
    c.v##r = L::subtract(c1, h);                \
    c.w##r = L::subtract(c2, h);                \
  }
    COPPICE_EIGHT_ROWS(X)
#undef X
  }

  [[gnu::always_inline]] static std::uint32_t rows_reached(const Sum* thresholds, const Sums<L>& c) {
    std::uint32_t hit = 0;
#define X(r)              \
  if constexpr (r < rows) \
    hit |= (L::reaches(L::larger(L::larger(c.u##r, c.v##r), c.w##r), L::broadcast(thresholds[r])) != 0 ? 1u : 0u) << r;
    COPPICE_EIGHT_ROWS(X)
#undef X
    return hit;
  }

  [[gnu::always_inline]] static bool some_row_reached(const Sum* thresholds, const Sums<L>& c) {
    std::uint32_t hit = 0;
#define X(r) \
  if constexpr (r < rows) hit |= L::reaches(L::larger(L::larger(c.u##r, c.v##r), c.w##r), L::broadcast(thresholds[r]));
    COPPICE_EIGHT_ROWS(X)
#undef X
    return hit != 0;
  }

  [[gnu::always_inline]] static std::uint64_t reached(Vector a, Vector b, Vector c, const Sum* thresholds) {
    return static_cast<std::uint64_t>(L::reaches(a, L::load(thresholds))) |
           static_cast<std::uint64_t>(L::reaches(b, L::load(thresholds + width))) << width |
           static_cast<std::uint64_t>(L::reaches(c, L::load(thresholds + 2 * width))) << 2 * width;
  }

  [[gnu::always_inline]] static std::uint64_t columns_reached(const Sum* thresholds, const Sums<L>& c) {
    Vector m0 = c.u0;
    Vector m1 = c.v0;
    Vector m2 = c.w0;
#define X(r)                         \
  if constexpr (r > 0 && r < rows) { \
    m0 = L::larger(m0, c.u##r);      \
    m1 = L::larger(m1, c.v##r);      \
    m2 = L::larger(m2, c.w##r);      \
  }
    COPPICE_EIGHT_ROWS(X)
#undef X
    return reached(m0, m1, m2, thresholds);
  }

  [[gnu::always_inline]] static void store(const Sums<L>& c, Sum* to, std::size_t stride) {
#define X(r)                                       \
  if constexpr (r < rows) {                        \
    L::store(to + r * stride, c.u##r);             \
    L::store(to + r * stride + width, c.v##r);     \
    L::store(to + r * stride + 2 * width, c.w##r); \
  }
    COPPICE_EIGHT_ROWS(X)
#undef X
  }

  /// Which of a stored row reach a threshold, or reach those of their columns.
  static std::uint64_t row_bits(const Sum* sums, Sum threshold) {
    const Vector t = L::broadcast(threshold);
    return static_cast<std::uint64_t>(L::reaches(L::load(sums), t)) |
           static_cast<std::uint64_t>(L::reaches(L::load(sums + width), t)) << width |
           static_cast<std::uint64_t>(L::reaches(L::load(sums + 2 * width), t)) << 2 * width;
  }

  /// The few sums of a tile that matter enter lists.
  [[gnu::noinline]] static void enter_hits(const tiles::Packed<Sum>& a, std::size_t i, const tiles::Packed<Sum>& b,
                                           std::size_t j, const Sum* sums, const tiles::Lists<Sum>* row_lists,
                                           const tiles::Lists<Sum>* column_lists, bool same) {
    const auto odd = [&](std::size_t row, std::size_t column) {
      return a.odd == nullptr ? 0 : std::int32_t{a.odd[row]} + std::int32_t{b.odd[column]};
    };
    for (int r = 0; r < rows; ++r) {
      const std::size_t row = i + static_cast<std::size_t>(r);
      const Sum* const of_row = sums + r * columns;
      if (row >= a.size) break;
      for (std::uint64_t bits = row_bits(of_row, row_lists->thresholds[row]); bits != 0; bits &= bits - 1) {
        const int c = std::countr_zero(bits);
        const std::size_t column = j + static_cast<std::size_t>(c);
        if (same && row == column) continue;
        enter(*row_lists, row, KeyOf<Sum>::key(of_row[c], odd(row, column)), static_cast<std::int32_t>(column));
      }
      if (column_lists == nullptr) continue;
      for (std::uint64_t bits = reached(L::load(of_row), L::load(of_row + width), L::load(of_row + 2 * width),
                                        column_lists->thresholds + j);
           bits != 0; bits &= bits - 1) {
        const int c = std::countr_zero(bits);
        const std::size_t column = j + static_cast<std::size_t>(c);
        enter(*column_lists, column, KeyOf<Sum>::key(of_row[c], odd(row, column)), static_cast<std::int32_t>(row));
      }
    }
  }

  static const Element* elements(const tiles::Packed<Sum>& packed, std::size_t g) {
    return static_cast<const Element*>(packed.elements) + g * group * packed.steps;
  }

  /// Sums a tile up, as far as it may still hold what is wanted: true if it may in the end.
  /// Sums only become less with every step, but for halves, which are rounded: those of all steps may exceed those of
  /// the first by one. So that one is added until the last.
  template <class Reached>
  [[gnu::always_inline]] static bool sum_early(const tiles::Packed<Sum>& a, std::size_t i, const tiles::Packed<Sum>& b,
                                               std::size_t j, const Element* right, const Element* next, Sums<L>& c,
                                               const Reached& reached) {
    const Element* const left = elements(a, i / group) + i % group;
    const auto& first = a.early[0];
    const auto& second = a.early[1];
    start(first.row_half + i, b.early[0].half + j, c, 1);
    for (std::size_t at = 0; at < first.steps * rows; at += 16) storage::prefetch(next + i % group * first.steps + at);
    accumulate<false, false>(first.steps, left, 0, right, c);
    if (!reached(c)) [[likely]]
      return false;
    std::size_t done = first.steps;
    if (second.steps != 0) {
      start_rest(first.row_half + i, second.row_half + i, b.early[0].half + j, b.early[1].half + j, c, 0);
      accumulate<false>(second.steps - done, left + done * group, 0, right + done * group, c);
      if (!reached(c)) return false;
      done = second.steps;
      start_rest(second.row_half + i, a.row_half + i, b.early[1].half + j, b.half + j, c, 1);
    } else {
      start_rest(first.row_half + i, a.row_half + i, b.early[0].half + j, b.half + j, c, 1);
    }
    accumulate<false>(a.steps - done, left + done * group, 0, right + done * group, c);
    return reached(c);
  }

  /// Takes what halves have become more, and `less`.
  [[gnu::always_inline]] static void start_rest(const Sum* row_before, const Sum* row, const Sum* before,
                                                const Sum* half, Sums<L>& c, Sum less) {
    const Vector more = L::broadcast(less);
    const auto rest = [&](std::size_t at) {
      return L::subtract(L::subtract(L::load(before + at), L::load(half + at)), more);
    };
    const Vector c0 = rest(0);
    const Vector c1 = rest(width);
    const Vector c2 = rest(2 * width);
#define X(r)                                               \
  if constexpr (r < rows) {                                \
    const Vector h = L::broadcast(row[r] - row_before[r]); \
    c.u##r = L::subtract(c.u##r, L::subtract(h, c0));      \
    c.v##r = L::subtract(c.v##r, L::subtract(h, c1));      \
    c.w##r = L::subtract(c.w##r, L::subtract(h, c2));      \
  }
    COPPICE_EIGHT_ROWS(X)
#undef X
  }

  static void search(const tiles::Packed<Sum>& a, tiles::Groups row_groups, const tiles::Packed<Sum>& b,
                     tiles::Groups column_groups, const tiles::Lists<Sum>* row_lists,
                     const tiles::Lists<Sum>* column_lists, bool same) {
    if constexpr (std::is_integral_v<Sum>) {
      if (a.early[0].steps != 0 && b.early[0].steps == a.early[0].steps)
        return search<true>(a, row_groups, b, column_groups, row_lists, column_lists, same);
    }
    search<false>(a, row_groups, b, column_groups, row_lists, column_lists, same);
  }

  template <bool Early>
  static void search(const tiles::Packed<Sum>& a, tiles::Groups row_groups, const tiles::Packed<Sum>& b,
                     tiles::Groups column_groups, const tiles::Lists<Sum>* row_lists,
                     const tiles::Lists<Sum>* column_lists, bool same) {
    alignas(64) Sum sums[rows * columns];
    for (std::size_t column_group = column_groups.first; column_group < column_groups.last; ++column_group)
      for (std::size_t part = 0; part < group; part += columns) {
        const Element* const right = elements(b, column_group) + part;
        const std::size_t j = column_group * group + part;
        const std::size_t last = same && column_group + 1 < row_groups.last ? column_group + 1 : row_groups.last;
        // The next columns come from memory, and the first tile would wait for all of them: the last ones before fetch
        // them, each its share.
        const char* const next = reinterpret_cast<const char*>(elements(b, column_group + 1));
        constexpr std::size_t shares = group;  // of steps / 16 lines
        std::size_t tiles_left = part + columns < group ? SIZE_MAX : (last - row_groups.first) * (group / rows);
        for (std::size_t row_group = row_groups.first; row_group < last; ++row_group) {
          const bool diagonal = same && row_group == column_group;  // holds either direction of each of its pairs
          const bool both = column_lists != nullptr && !diagonal;
          for (std::size_t r = 0; r < group; r += rows) {
            const std::size_t i = row_group * group + r;
            const auto reached = [&](const Sums<L>& sums_so_far) {
              bool hit = some_row_reached(row_lists->thresholds + i, sums_so_far);
              if (both) hit |= columns_reached(column_lists->thresholds + j, sums_so_far) != 0;
              return hit;
            };
            Sums<L> c;
            if constexpr (Early) {
              if (!sum_early(a, i, b, j, right, elements(a, row_group + 1), c, reached)) [[likely]]
                continue;
            } else {
              start(a.row_half + i, b.half + j, c, 0);
              const std::size_t share = tiles_left <= shares ? shares - tiles_left : 0;
              --tiles_left;
              accumulate_ahead(a.steps, elements(a, row_group) + r, right, next + share * (a.steps / 16) * 64, c);
              if (!reached(c)) [[likely]]
                continue;
            }
            store(c, sums, columns);
            enter_hits(a, i, b, j, sums, row_lists, both ? column_lists : nullptr, diagonal);
          }
        }
      }
  }

  static void collect(const tiles::Packed<Sum>& a, tiles::Groups row_groups, const tiles::Packed<Sum>& b,
                      tiles::Groups column_groups, const Sum* thresholds, tiles::FoundSink& sink) {
    alignas(64) Sum sums[rows * columns];
    for (std::size_t column_group = column_groups.first; column_group < column_groups.last; ++column_group)
      for (std::size_t part = 0; part < group; part += columns) {
        const Element* const right = elements(b, column_group) + part;
        const std::size_t j = column_group * group + part;
        for (std::size_t i = row_groups.first * group; i < row_groups.last * group; i += rows) {
          Sums<L> c;
          start(a.row_half + i, b.half + j, c, 0);
          accumulate<false>(a.steps, elements(a, i / group) + i % group, 0, right, c);
          std::uint32_t hit = rows_reached(thresholds + i, c);
          if (hit == 0) [[likely]]
            continue;
          store(c, sums, columns);
          for (; hit != 0; hit &= hit - 1) {
            const auto r = static_cast<std::size_t>(std::countr_zero(hit));
            if (sink.size + group > sink.room) sink.drain(sink);
            for (std::uint64_t bits = row_bits(sums + r * columns, thresholds[i + r]); bits != 0; bits &= bits - 1)
              sink.found[sink.size++] = {static_cast<std::int32_t>(i + r),
                                         static_cast<std::int32_t>(j) + std::countr_zero(bits)};
          }
        }
      }
  }

  [[gnu::always_inline]] static void clear(Sums<L>& c) {
#define X(r) c.u##r = c.v##r = c.w##r = L::zero();
    COPPICE_EIGHT_ROWS(X)
#undef X
  }

  static void multiply(std::size_t steps, const Element* a, const Element* b, Sum* products, std::size_t stride) {
    for (std::size_t part = 0; part < group; part += columns)
      for (std::size_t r = 0; r < group; r += rows) {
        Sums<L> c;
        clear(c);
        accumulate<false>(steps, a + r, 0, b + part, c);
        store(c, products + r * stride + part, stride);
      }
  }

  static void project(std::size_t steps, const Element* plain, std::size_t row_stride, const Element* b,
                      std::size_t groups, Sum* products, std::size_t stride) {
    for (std::size_t g = 0; g < groups; ++g)
      for (std::size_t part = 0; part < group; part += columns)
        for (std::size_t r = 0; r < 8; r += rows) {
          Sums<L> c;
          clear(c);
          accumulate<true>(steps, plain + r * row_stride, row_stride, b + g * group * steps + part, c);
          store(c, products + r * stride + g * group + part, stride);
        }
  }
};

}  // namespace
}  // namespace coppice::kernels
#undef COPPICE_EIGHT_ROWS
