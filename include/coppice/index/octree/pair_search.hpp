// The kernel that finds the neighbours of all particles of some leaves, for one instruction set. Leaf by leaf: the
// leaves near it, then their points near it, both relative to its centre in float; then every row of the leaf against
// those points. Distances within rounding of the cutoff send their row to the exact loop, so that the answer is that of
// double arithmetic on the coordinates as given. Only the kernel units in src/ instantiate this.
#pragma once

#include "coppice/index/octree/pair_gather.hpp"

namespace coppice::octree {

template <class Target, class S, bool Full, bool Shifts>
class PairRows : PairGather<Target, S, Full, Shifts> {
  using Gather = PairGather<Target, S, Full, Shifts>;

 public:
  PairRows(const PairSearch<S>& s, PairScratch& memory, RowSink& to, PairRow* r)
      : Gather(s, memory), sink(to), rows(r) {}

  /// Groups [first, last) of leaves. Returns how many rows were decided in double.
  std::size_t groups(std::size_t first, std::size_t last) {
    const LeafView<S>& view = search.view;
    for (std::size_t g = first; g < last; ++g) {
      const std::size_t found = near_group(g);
      const std::size_t end = g * group_leaves + group_leaves < view.leaves ? (g + 1) * group_leaves : view.leaves;
      for (std::size_t leaf = g * group_leaves; leaf < end; ++leaf) {
        own_begin = view.begin[leaf];
        own_count = view.begin[leaf + 1] - own_begin;
        one_leaf(leaf, found);
      }
    }
    return exact_rows;
  }

 private:
  using Gather::candidates;
  using Gather::gather;
  using Gather::images;
  using Gather::near_group;
  using Gather::near_leaves;
  using Gather::near_leaves_of;
  using Gather::own_begin;
  using Gather::own_count;
  using Gather::points;
  using Gather::scratch;
  using Gather::search;
  using Gather::width;
  using typename Gather::F;
  using typename Gather::I;
  using typename Gather::L;
  using typename Gather::Mask;

  RowSink& sink;
  PairRow* rows;
  std::size_t exact_rows = 0;

  void one_leaf(std::size_t leaf, std::size_t found) {
    const LeafView<S>& view = search.view;
    float half[3];
    float widest = 0;
    for (int a = 0; a < 3; ++a) {
      half[a] = view.half[a][leaf];
      widest = half[a] > widest ? half[a] : widest;
    }
    const float others = near_leaves_of(leaf, half, found);
    // What float arithmetic may be wrong by, in squared units. A position relative to the centre is rounded twice, in
    // proportion to the sizes of both leaves; then every term of |j|² − 2 i·j + |i|² is at most three times the
    // square of the farthest point that counts, E.
    const float r = search.radius;
    const float reach = r * (1 + 1e-5f) + 4e-7f * (others + widest) + 4 * search.slack;
    const float e = 1.7320509f * widest + reach;
    const float place = 1.2e-7f * (others + 2 * e) + search.slack;
    const float error = 1.3e-6f * e * e + 3e-7f * r * r + 8 * r * place;
    const bool filtered = !search.exact && error < 0.02f * r * r;
    if (filtered)
      gather(half, reach);
    else
      points = candidates();
    if (!filtered) {
      for (std::uint32_t i = 0; i < own_count; ++i) exact_row(i);
      return;
    }
    const float square = r * r;
    std::uint32_t i = 0;
    for (; i + L::rows <= own_count; i += L::rows) block<L::rows>(i, square, error);
    if constexpr (L::rows > 2)
      if (i + 2 <= own_count) {
        block<2>(i, square, error);
        i += 2;
      }
    for (; i < own_count; ++i) block<1>(i, square, error);
  }

  void reserve(std::size_t entries) {
    if (entries > sink.room) sink.grow(sink, entries);
  }
  void finish(std::uint32_t i, std::size_t count, bool coded) {
    rows[own_begin + i] = {sink.ids, Shifts && coded ? sink.codes : nullptr, count};
    sink.ids += count;
    if (Shifts) sink.codes += count;
    sink.room -= count;
  }

  static void copy(std::int32_t* to, const std::int32_t* from, std::size_t count) {
    for (std::size_t k = 0; k < count; k += width) L::store(to + k, L::load(from + k));
  }

  /// Rows i … i + B − 1 of the leaf, side by side: the points are loaded once for all of them. The first row is written
  /// in its place, the others wait until it is known where they begin.
  template <int B>
  void block(std::uint32_t i, float cutoff_squared, float error) {
    const std::size_t end = points;
    reserve(B * (end + width));
    const float* const x = scratch.x[0];
    const float* const y = scratch.x[1];
    const float* const z = scratch.x[2];
    const float* const squares = scratch.square;
    const std::int32_t* const id = scratch.id;
    const std::int32_t* const image = scratch.image;
    F px[B], py[B], pz[B], high[B], low[B];
    std::int32_t* to[B];
    std::int32_t* to_image[B];
    typename L::Close close[B];
    for (int r = 0; r < B; ++r) {
      const std::size_t p = i + static_cast<std::uint32_t>(r);
      px[r] = L::broadcast(-2 * x[p]);
      py[r] = L::broadcast(-2 * y[p]);
      pz[r] = L::broadcast(-2 * z[p]);
      high[r] = L::broadcast(cutoff_squared + error - squares[p]);
      low[r] = L::broadcast(cutoff_squared - error - squares[p]);
      to[r] = r == 0 ? sink.ids : scratch.row_id[r - 1];
      to_image[r] = r == 0 ? reinterpret_cast<std::int32_t*>(sink.codes) : scratch.row_image[r - 1];
      close[r] = L::none_close();
    }
    const bool coded = images;
    auto step = [&](std::size_t p, auto mask_of) __attribute__((always_inline)) {
      const F jx = L::load(x + p), jy = L::load(y + p), jz = L::load(z + p), square = L::load(squares + p);
      const I label = L::load(id + p);
      I code;
      if constexpr (Shifts)
        if (coded) code = L::load(image + p);
#pragma GCC unroll 4
      for (int r = 0; r < B; ++r) {
        const F d = L::mul_add(px[r], jx, L::mul_add(py[r], jy, L::mul_add(pz[r], jz, square)));
        const Mask near = L::near(d, high[r], low[r], close[r]) & mask_of(r);
        L::compress(to[r], near, label);
        const auto found = L::count(near);
        if constexpr (Shifts)
          if (coded) {
            L::compress(to_image[r], near, code);
            to_image[r] += found;
          }
        to[r] += found;
      }
    };
    constexpr Mask all = (Mask{1} << width) - 1;
    const auto any = [](int) { return all; };
    const std::size_t own_end = (own_count + width - 1) / width * width;
    std::size_t p = Full ? 0 : i / width * width;
    for (; p < own_end; p += width)
      step(p, [&](int r) {
        const std::uint32_t self = i + static_cast<std::uint32_t>(r);
        if constexpr (Full) return self - p < width ? all & ~(Mask{1} << (self - p)) : all;
        if (self < p) return all;
        return self - p < width ? all & ~((Mask{2} << (self - p)) - 1) : Mask{0};
      });
    for (; p < end; p += width) step(p, any);

    for (int r = 0; r < B; ++r) {
      if (L::any(close[r], low[r])) {
        exact_row(i + static_cast<std::uint32_t>(r));
        continue;
      }
      if (r == 0) {
        finish(i, static_cast<std::size_t>(to[0] - sink.ids), coded);
        continue;
      }
      const auto count = static_cast<std::size_t>(to[r] - scratch.row_id[r - 1]);
      copy(sink.ids, scratch.row_id[r - 1], count);
      if constexpr (Shifts)
        if (coded) copy(reinterpret_cast<std::int32_t*>(sink.codes), scratch.row_image[r - 1], count);
      finish(i + static_cast<std::uint32_t>(r), count, coded);
    }
  }

  /// Row i of the leaf by the definition, in the order of the other rows. Requires: room for it.
  [[gnu::noinline]] void exact_row(std::uint32_t i) {
    const LeafView<S>& view = search.view;
    ++exact_rows;
    reserve(points + width);
    const LeafPoint<S>& self = view.points[own_begin + i];
    std::size_t n = 0;
    bool coded = false;
    const auto scan = [&](std::uint32_t b, std::uint32_t end, std::int32_t code) {
      for (; b < end; ++b) {
        const LeafPoint<S>& other = view.points[b];
        double d[3];
        double shift[3] = {0, 0, 0};
        if constexpr (Shifts) image_vector(self.id, other.id, code, shift);
        for (int a = 0; a < 3; ++a) {
          d[a] = static_cast<double>(other.x[a]) - static_cast<double>(self.x[a]);
          if constexpr (Shifts) d[a] += shift[a];
        }
        if ((d[0] * d[0] + d[1] * d[1]) + d[2] * d[2] <= search.cutoff_squared) {
          sink.ids[n] = search.labels[b];
          if constexpr (Shifts) sink.codes[n] = static_cast<std::uint32_t>(code);
          coded |= code != 0;
          ++n;
        }
      }
    };
    if constexpr (Full) scan(own_begin, own_begin + i, 0);
    scan(own_begin + i + 1, own_begin + own_count, 0);
    for (std::size_t e = 0; e < near_leaves; ++e)
      scan(view.begin[scratch.leaf[e]], view.begin[scratch.leaf[e] + 1], Shifts ? scratch.code[e] : 0);
    finish(i, n, coded);
  }

  void image_vector(std::int32_t i, std::int32_t j, std::int32_t code, double* shift) const {
    const LeafFrame& frame = search.view.frame;
    const CellShift& s = search.shifts[code];
    if (frame.images == nullptr) {
      for (int a = 0; a < 3; ++a) shift[a] = s.vector[a];
      return;
    }
    std::int32_t steps[3];
    for (int k = 0; k < 3; ++k)
      steps[k] = s.steps[k] + frame.images[3 * static_cast<std::ptrdiff_t>(i) + k] -
                 frame.images[3 * static_cast<std::ptrdiff_t>(j) + k];
    for (int a = 0; a < 3; ++a)
      shift[a] = (steps[0] * frame.cell[0][a] + steps[1] * frame.cell[1][a]) + steps[2] * frame.cell[2][a];
  }
};

template <class Target, class S>
class PairKernelsOf {
 public:
  static constexpr PairKernels<S> table() { return {&list}; }

 private:
  static std::size_t list(const PairSearch<S>& search, std::size_t first, std::size_t last, PairScratch& scratch,
                          RowSink& sink, PairRow* rows) {
    if (search.full)
      return search.periodic ? PairRows<Target, S, true, true>(search, scratch, sink, rows).groups(first, last)
                             : PairRows<Target, S, true, false>(search, scratch, sink, rows).groups(first, last);
    return search.periodic ? PairRows<Target, S, false, true>(search, scratch, sink, rows).groups(first, last)
                           : PairRows<Target, S, false, false>(search, scratch, sink, rows).groups(first, last);
  }
};

}  // namespace coppice::octree
