#include "high_sketch.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace coppice::high {
namespace {

/// Splits are at whole numbers of these: leaves, groups, and the rows of a tile.
constexpr std::size_t parts[] = {4 * group, group, 8};

/// Splits [first, last) of `ids` at the middle of the axis that spreads most.
void split(const Sketches& sketches, std::size_t axes, std::int32_t* ids, std::size_t size, const Executor& executor) {
  const auto* const part = std::find_if(std::begin(parts), std::end(parts), [&](std::size_t p) { return size > p; });
  if (part == std::end(parts)) return;
  const auto value = [&](std::int32_t id, std::size_t axis) {
    return sketches.axes.get()[static_cast<std::size_t>(id) * axes + axis];
  };
  std::size_t widest = 0;
  double most = -1;
  const std::size_t step = std::max<std::size_t>(1, size / 256);
  for (std::size_t axis = 0; axis < axes; ++axis) {
    double sum = 0;
    double squares = 0;
    double count = 0;
    for (std::size_t i = 0; i < size; i += step, ++count) {
      const double x = static_cast<double>(value(ids[i], axis));
      sum += x;
      squares += x * x;
    }
    const double variance = squares / count - sum / count * (sum / count);
    if (variance > most) {
      most = variance;
      widest = axis;
    }
  }
  const std::size_t half = std::max(*part, size / 2 / *part * *part);
  std::nth_element(ids, ids + half, ids + size, [&](std::int32_t a, std::int32_t b) {
    const float x = value(a, widest);
    const float y = value(b, widest);
    return x < y || (x == y && a < b);
  });
  const auto left = [&] { split(sketches, axes, ids, half, executor); };
  const auto right = [&] { split(sketches, axes, ids + half, size - half, executor); };
  if (size > 32 * parts[0]) {
    executor.invoke(left, right);
  } else {
    left();
    right();
  }
}

}  // namespace

template <class Scalar>
Sketches make_sketches(const Store<Scalar>& rows, const Frame& frame, const SketchBasis& basis,
                       const Executor& executor) {
  const std::size_t d = basis.inputs;
  const std::size_t p = basis.dimension;
  const std::size_t groups = groups_of(p);
  const std::size_t width = 4 * basis.steps;
  storage::RawArray<float> columns(groups * group * d);
  for (std::size_t g = 0; g < groups; ++g)
    for (std::size_t s = 0; s < d; ++s)
      for (std::size_t r = 0; r < group; ++r) {
        const std::size_t a = g * group + r;
        columns.get()[(g * d + s) * group + r] = a < p ? basis.rows[a * d + s] : 0.0f;
      }
  Sketches sketches;
  sketches.steps = basis.steps;
  sketches.early = basis.early;
  sketches.values = storage::RawArray<std::int8_t>(rows.size() * width);
  sketches.errors.resize(rows.size());
  sketches.axes = storage::RawArray<float>(rows.size() * basis.axes);
  // A coordinate of a sketch is a float sum of d products: the error of p of them together. Then the frame's rounding.
  const double summed = (static_cast<double>(d) + 2) * 0x1p-24 * 1.01 * std::sqrt(static_cast<double>(p)) + 0x1p-22;
  const tiles::TileKernels& kernels = tiles::tile_kernels();
  const auto scale = static_cast<float>(basis.scale);
  executor.for_each_chunk(rows.size(), 512, [&](std::size_t begin, std::size_t end) {
    std::vector<float> plain(8 * d, 0.0f);
    std::vector<float> products(8 * groups * group);
    std::vector<float> squares(8);
    for (std::size_t first = begin; first < end; first += 8) {
      const std::size_t count = std::min<std::size_t>(8, end - first);
      for (std::size_t r = 0; r < count; ++r) {
        float* const x = plain.data() + r * d;
        rows.frame_row(frame, first + r, x);
        float partial[16] = {};
        std::size_t i = 0;
        for (; i + 16 <= d; i += 16)
          for (std::size_t lane = 0; lane < 16; ++lane) partial[lane] += x[i + lane] * x[i + lane];
        for (; i < d; ++i) partial[0] += x[i] * x[i];
        squares[r] = std::accumulate(partial, partial + 16, 0.0f);
      }
      kernels.project(d, plain.data(), d, columns.get(), groups, products.data(), groups * group);
      for (std::size_t r = 0; r < count; ++r) {
        const float* const y = products.data() + r * groups * group;
        std::int8_t* const z = sketches.values.get() + (first + r) * width;
        float off = 0;
        for (std::size_t a = 0; a < p; ++a) {
          const float exact = (y[a] - basis.offset[a]) * scale;
          const float cut = exact > 127.0f ? 127.0f : (exact < -127.0f ? -127.0f : exact);
          const float rounded = (cut + 0x1.8p23f) - 0x1.8p23f;
          z[a] = static_cast<std::int8_t>(static_cast<std::int32_t>(rounded));
          off += (exact - rounded) * (exact - rounded);
        }
        for (std::size_t a = p; a < width; ++a) z[a] = 0;
        const double norm = std::sqrt(static_cast<double>(squares[r])) * (1 + 1e-4);
        // The float sums behind `off` and `exact` are off by less than a ten-thousandth of themselves.
        sketches.errors[first + r] =
            static_cast<float>(std::sqrt(static_cast<double>(off)) * (1 + 1e-4) +
                               basis.scale * norm * summed * (1 + 1e-4) + 1e-4 * std::sqrt(static_cast<double>(p)));
        float* const along = sketches.axes.get() + (first + r) * basis.axes;
        std::fill_n(along, basis.axes, 0.0f);
        for (std::size_t a = 0; a < basis.leading; ++a)
          for (std::size_t axis = 0; axis < basis.axes; ++axis)
            along[axis] += y[a] * basis.unturn[a * basis.axes + axis];
      }
    }
  });
  return sketches;
}
template Sketches make_sketches<float>(const Store<float>&, const Frame&, const SketchBasis&, const Executor&);
template Sketches make_sketches<double>(const Store<double>&, const Frame&, const SketchBasis&, const Executor&);

std::vector<std::int32_t> tree_order(const Sketches& sketches, std::size_t axes, std::size_t size,
                                     const Executor& executor) {
  std::vector<std::int32_t> order(size);
  std::iota(order.begin(), order.end(), 0);
  if (axes > 0) split(sketches, axes, order.data(), size, executor);
  return order;
}

PackedPoints<std::int32_t> pack_sketches(const Sketches& sketches, std::size_t size,
                                         const std::vector<std::int32_t>& order, const Executor& executor) {
  const std::int32_t shift = tiles::tile_kernels().byte_shift;
  PackedPoints<std::int32_t> packed(size, sketches.steps, 0, sketches.early);
  executor.for_each_chunk(size, group, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t row = order.empty() ? i : static_cast<std::size_t>(order[i]);
      packed.set(i, sketches.values.get() + row * 4 * sketches.steps, shift);
    }
  });
  return packed;
}

}  // namespace coppice::high
