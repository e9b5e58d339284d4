// The tight cell list: particles counting-sorted into a grid of cells as wide as the cutoff, the cells around each cell
// gathered once, and every particle compared with all that was gathered, a vector at a time. It computes in the scalar
// of the positions, decides with its rounding, and needs open space or a right-angled cell of more than twice the
// cutoff. With nothing to maintain and nothing to prove, it is what the neighbour lists of this library are measured
// against on even densities.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "coppice/parallel/executor.hpp"
#include "peers/cell_list_lanes.hpp"

namespace coppice::bench {

template <class Scalar>
class CellList {
 public:
  /// `edges`: of the periodic cell, whose corner is the origin; none in open space.
  CellList(double cutoff, std::optional<std::array<double, 3>> edges, int threads)
      : cutoff_(cutoff), edges_(edges), executor_(threads), parts_(static_cast<std::size_t>(threads)) {}

  /// Positions: n rows of three.
  void sort(const Scalar* positions, std::size_t n);
  /// Full: all neighbours of every particle. Half: every pair once, in the row of one of its ends.
  template <bool full>
  void list();

  [[nodiscard]] std::size_t size() const { return cell_.size(); }
  [[nodiscard]] std::int64_t pairs() const {
    std::int64_t sum = 0;
    for (const Part& part : parts_) sum += static_cast<std::int64_t>(part.end);
    return sum;
  }
  [[nodiscard]] std::size_t bytes() const {
    const auto held = [](const auto&... vectors) { return (... + (vectors.capacity() * sizeof(vectors[0]))); };
    std::size_t sum = held(cell_, begin_, next_, at_[0], at_[1], at_[2], id_, wrap_, start_);
    for (const Part& part : parts_)
      sum += held(part.neighbors, part.codes, part.near[0], part.near[1], part.near[2], part.near_id, part.near_code);
    return sum;
  }
  /// Calls take(i, j, code): a shift packed as `unpacked` reads it, 0 shifts in open space.
  template <class Take>
  void each_pair(Take take) const {
    for (const Part& part : parts_)
      for (std::size_t slot = part.first; slot < part.last; ++slot)
        for (std::size_t k = start_[slot]; k < (slot + 1 < part.last ? start_[slot + 1] : part.end); ++k)
          take(id_[slot], part.neighbors[k], edges_ ? part.codes[k] : no_shift);
  }
  static std::array<int, 3> unpacked(std::int32_t code) {
    return {(code & 1023) - 512, ((code >> 10) & 1023) - 512, ((code >> 20) & 1023) - 512};
  }

 private:
  static constexpr std::size_t padding = 32;  // of every array that vectors are read from
  static constexpr std::int32_t no_shift = 512 | 512 << 10 | 512 << 20;

  /// The rows of the slots [first, last), made by one thread.
  struct Part {
    std::size_t first = 0, last = 0, end = 0;
    std::vector<std::int32_t> neighbors, codes;
    std::array<LineVector<Scalar>, 3> near;  // what was gathered around a cell
    LineVector<std::int32_t> near_id, near_code;
  };

  void choose_grid(const Scalar* positions, std::size_t n);
  template <bool periodic>
  void sort_into_cells(const Scalar* positions, std::size_t n);
  std::size_t cell_at(int x, int y, int z) const {
    return (static_cast<std::size_t>(z) * static_cast<std::size_t>(count_[1]) + static_cast<std::size_t>(y)) *
               static_cast<std::size_t>(count_[0]) +
           static_cast<std::size_t>(x);
  }
  /// Appends the cells x … x + width − 1 of row (y, z), moved by whole periods where they lie outside; returns how many
  /// particles there are now.
  template <bool periodic>
  std::size_t gather(Part& part, std::size_t m, int x, int width, int y, int z) const;
  template <bool periodic>
  std::size_t gather_inside(Part& part, std::size_t m, std::size_t begin, std::size_t end,
                            const std::array<int, 3>& period) const;
  /// The rows of a cell's particles, around which m were gathered; they begin at `end`. Returns their end.
  template <bool full, bool periodic>
  std::size_t list_cell(Part& part, std::size_t end, std::size_t begin, std::size_t behind, std::size_t m);
  template <bool full, bool periodic>
  void list_part(Part& part, int first_layer, int last_layer);

  double cutoff_;
  std::optional<std::array<double, 3>> edges_;
  Executor executor_;
  std::array<int, 3> count_{1, 1, 1};
  std::array<double, 3> origin_{}, cells_per_unit_{};
  std::vector<std::uint32_t> cell_;   // of each particle
  std::vector<std::uint32_t> begin_;  // of each cell
  std::vector<std::uint32_t> next_;
  std::array<LineVector<Scalar>, 3> at_;  // in the order of the cells
  LineVector<std::int32_t> id_, wrap_;    // wrap: by how many periods a particle was moved into the cell, packed
  std::vector<std::size_t> start_;        // of each row in the arrays of its part
  std::vector<Part> parts_;
};

template <class Scalar>
void CellList<Scalar>::choose_grid(const Scalar* positions, std::size_t n) {
  std::array<double, 3> extent{};
  if (edges_) {
    extent = *edges_;
  } else {
    std::array<Scalar, 3> lower, upper;
    for (std::size_t axis = 0; axis < 3; ++axis) lower[axis] = upper[axis] = positions[axis];
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t axis = 0; axis < 3; ++axis) {
        lower[axis] = std::min(lower[axis], positions[3 * i + axis]);
        upper[axis] = std::max(upper[axis], positions[3 * i + axis]);
      }
    for (std::size_t axis = 0; axis < 3; ++axis) {
      origin_[axis] = double{lower[axis]};
      extent[axis] = double{upper[axis]} - double{lower[axis]};
    }
  }
  // Wider cells where there would be far more of them than particles. A hair wider than the cutoff in any case, so that
  // rounding puts nobody two cells away.
  double edge = cutoff_ * (1 + 1e-5);
  const auto cells = [&] {
    double product = 1;
    for (const double x : extent) product *= std::max(1.0, std::floor(x / edge));
    return product;
  };
  while (cells() > 8 * static_cast<double>(n) + 64) edge *= 1.26;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    count_[axis] = std::max(1, static_cast<int>(extent[axis] / edge));
    cells_per_unit_[axis] = extent[axis] > 0 ? count_[axis] / extent[axis] : 0;
  }
}

template <class Scalar>
void CellList<Scalar>::sort(const Scalar* positions, std::size_t n) {
  cell_.resize(n);
  if (n == 0) return;
  choose_grid(positions, n);
  const std::size_t cells = cell_at(0, 0, count_[2]);
  for (auto& column : at_) column.resize(n + padding);
  id_.resize(n + padding);
  wrap_.resize(n + padding);
  start_.resize(n);
  begin_.resize(cells + 1);
  edges_ ? sort_into_cells<true>(positions, n) : sort_into_cells<false>(positions, n);
}

template <class Scalar>
template <bool periodic>
void CellList<Scalar>::sort_into_cells(const Scalar* positions, std::size_t n) {
  const std::size_t cells = begin_.size() - 1;
  // Every thread counts its particles and then writes them behind those of the threads before it.
  const std::size_t threads = parts_.size(), share = (n + threads - 1) / threads;
  next_.assign(cells * threads, 0);
  const auto wrapped = [&](std::size_t i, std::size_t axis, int& period) {
    const auto x = positions[3 * i + axis];
    if (!periodic) return x;
    const auto edge = static_cast<Scalar>((*edges_)[axis]);
    if (x >= 0 && x < edge) return x;
    period = static_cast<int>(std::floor(x / edge));
    return x - edge * static_cast<Scalar>(period);
  };
  executor_.for_each_chunk(n, share, [&](std::size_t first, std::size_t last) {
    std::uint32_t* counts = next_.data() + cells * (first / share);
    const auto per_x = static_cast<Scalar>(cells_per_unit_[0]), per_y = static_cast<Scalar>(cells_per_unit_[1]),
               per_z = static_cast<Scalar>(cells_per_unit_[2]);
    const auto x0 = static_cast<Scalar>(origin_[0]), y0 = static_cast<Scalar>(origin_[1]),
               z0 = static_cast<Scalar>(origin_[2]);
    int period = 0;
    for (std::size_t i = first; i < last; ++i) {
      const auto x = static_cast<int>((wrapped(i, 0, period) - x0) * per_x);
      const auto y = static_cast<int>((wrapped(i, 1, period) - y0) * per_y);
      const auto z = static_cast<int>((wrapped(i, 2, period) - z0) * per_z);
      const std::size_t cell =
          cell_at(std::clamp(x, 0, count_[0] - 1), std::clamp(y, 0, count_[1] - 1), std::clamp(z, 0, count_[2] - 1));
      cell_[i] = static_cast<std::uint32_t>(cell);
      ++counts[cell];
    }
  });
  std::uint32_t sum = 0;
  for (std::size_t cell = 0; cell < cells; ++cell) {
    begin_[cell] = sum;
    for (std::size_t thread = 0; thread < threads; ++thread) sum += std::exchange(next_[cells * thread + cell], sum);
  }
  begin_[cells] = sum;
  executor_.for_each_chunk(n, share, [&](std::size_t first, std::size_t last) {
    std::uint32_t* next = next_.data() + cells * (first / share);
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t slot = next[cell_[i]]++;
      std::array<int, 3> period{};
      for (std::size_t axis = 0; axis < 3; ++axis) at_[axis][slot] = wrapped(i, axis, period[axis]);
      id_[slot] = static_cast<std::int32_t>(i);
      if (periodic) wrap_[slot] = period[0] + (period[1] << 10) + (period[2] << 20);
    }
  });
}

template <class Scalar>
template <bool periodic>
[[gnu::always_inline]] inline std::size_t CellList<Scalar>::gather_inside(Part& part, std::size_t m, std::size_t begin,
                                                                          std::size_t end,
                                                                          const std::array<int, 3>& period) const {
  const std::size_t after = m + (end - begin);
  if (part.near_id.size() < after + padding) {
    const std::size_t room = 2 * after + padding;
    for (auto& column : part.near) column.resize(room);
    part.near_id.resize(room);
    part.near_code.resize(room);
  }
  const Columns<const Scalar> from{&at_[0][begin], &at_[1][begin], &at_[2][begin], &id_[begin], &wrap_[begin]};
  const Columns<Scalar> to{&part.near[0][m], &part.near[1][m], &part.near[2][m], &part.near_id[m], &part.near_code[m]};
  if constexpr (periodic) {  // x[j] + period·edge − wrap[j]·edge: the code of the pair lacks only the wrap of i
    std::array<Scalar, 3> shift;
    for (std::size_t axis = 0; axis < 3; ++axis) shift[axis] = static_cast<Scalar>(period[axis] * (*edges_)[axis]);
    copy_run<true>(from, to, end - begin, shift, no_shift + period[0] + (period[1] << 10) + (period[2] << 20));
  } else {
    copy_run<false>(from, to, end - begin, {}, 0);
  }
  return after;
}

template <class Scalar>
template <bool periodic>
[[gnu::always_inline]] inline std::size_t CellList<Scalar>::gather(Part& part, std::size_t m, int x, int width, int y,
                                                                   int z) const {
  std::array<int, 3> period{};
  const std::array<int*, 2> place{&y, &z};
  for (std::size_t axis = 1; axis < 3; ++axis) {
    int& at = *place[axis - 1];
    const int count = count_[axis];
    if (at >= 0 && at < count) continue;
    if (!periodic) return m;
    period[axis] = at < 0 ? -1 : 1;  // one layer beyond at most
    at -= period[axis] * count;
  }
  int first = x, last = x + width;  // of the cells
  if (first < 0) {
    if (periodic)
      m = gather_inside<periodic>(part, m, begin_[cell_at(count_[0] + first, y, z)], begin_[cell_at(count_[0], y, z)],
                                  {-1, period[1], period[2]});
    first = 0;
  }
  const bool beyond = last > count_[0];
  m = gather_inside<periodic>(part, m, begin_[cell_at(first, y, z)], begin_[cell_at(beyond ? count_[0] : last, y, z)],
                              {0, period[1], period[2]});
  if (beyond && periodic)
    m = gather_inside<periodic>(part, m, begin_[cell_at(0, y, z)], begin_[cell_at(last - count_[0], y, z)],
                                {1, period[1], period[2]});
  return m;
}

template <class Scalar>
template <bool full, bool periodic>
std::size_t CellList<Scalar>::list_cell(Part& part, std::size_t end, std::size_t begin, std::size_t behind,
                                        std::size_t m) {
  // Everything in variables of its own: what is written through vectors might be anything in memory.
  const auto reach = static_cast<Scalar>(cutoff_ * cutoff_);
  const Columns<const Scalar> own{at_[0].data(), at_[1].data(), at_[2].data(), id_.data(), wrap_.data()};
  const Columns<const Scalar> near{part.near[0].data(), part.near[1].data(), part.near[2].data(), part.near_id.data(),
                                   part.near_code.data()};
  std::size_t* const start = start_.data();
  std::int32_t *neighbors = part.neighbors.data(), *codes = part.codes.data();
  std::size_t room = part.neighbors.size();
  for (std::size_t slot = begin; slot < behind; ++slot) {
    if (room < end + m + padding) {
      room = 2 * (end + m + padding);
      part.neighbors.resize(room);
      if (periodic) part.codes.resize(room);
      neighbors = part.neighbors.data();
      codes = part.codes.data();
    }
    start[slot] = end;
    // Of a half list, everything that was gathered after the particle itself.
    const std::size_t k = full ? 0 : slot - begin + 1;
    end += compress_near<full, periodic, Scalar>(
        {near.x + k, near.y + k, near.z + k, near.id + k, near.code + k, m - k},
        {own.x[slot], own.y[slot], own.z[slot], reach, own.id[slot], periodic ? own.code[slot] : 0}, neighbors + end,
        periodic ? codes + end : nullptr);
  }
  return end;
}

template <class Scalar>
template <bool full, bool periodic>
void CellList<Scalar>::list_part(Part& part, int first_layer, int last_layer) {
  part.first = begin_[cell_at(0, 0, first_layer)];
  part.last = begin_[cell_at(0, 0, last_layer)];
  std::size_t end = 0;
  for (int z = first_layer; z < last_layer; ++z)
    for (int y = 0; y < count_[1]; ++y)
      for (int x = 0; x < count_[0]; ++x) {
        const std::size_t begin = begin_[cell_at(x, y, z)], behind = begin_[cell_at(x, y, z) + 1];
        if (begin == behind) continue;
        std::size_t m = 0;
        if constexpr (full) {
          for (int dz = -1; dz <= 1; ++dz)
            for (int dy = -1; dy <= 1; ++dy) m = gather<periodic>(part, m, x - 1, 3, y + dy, z + dz);
        } else {
          m = gather<periodic>(part, m, x, 2, y, z);  // the cell itself comes first
          for (const auto& [dy, dz] : {std::pair{1, 0}, {-1, 1}, {0, 1}, {1, 1}})
            m = gather<periodic>(part, m, x - 1, 3, y + dy, z + dz);
        }
        // What vectors read beyond the end is near to nobody.
        std::fill_n(&part.near[0][m], padding / 2, static_cast<Scalar>(1e18));
        end = list_cell<full, periodic>(part, end, begin, behind, m);
      }
  part.end = end;
}

template <class Scalar>
template <bool full>
void CellList<Scalar>::list() {
  const std::size_t parts = parts_.size();
  const auto layer = [&](std::size_t part) {  // of which part / parts of the particles lie below
    int z = 0;
    while (z < count_[2] && begin_[cell_at(0, 0, z)] < size() * part / parts) ++z;
    return part == parts ? count_[2] : z;
  };
  executor_.for_each_chunk(size() == 0 ? 0 : parts, 1, [&](std::size_t first, std::size_t last) {
    for (std::size_t part = first; part < last; ++part)
      edges_ ? list_part<full, true>(parts_[part], layer(part), layer(part + 1))
             : list_part<full, false>(parts_[part], layer(part), layer(part + 1));
  });
}

}  // namespace coppice::bench
