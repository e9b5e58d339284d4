#include "high_exact.hpp"

namespace coppice::high {

template <class Scalar>
PackedPoints<float> pack_floats(const Store<Scalar>& store, const Frame& frame, const Executor& executor,
                                std::size_t room) {
  PackedPoints<float> packed(store.size(), store.dimension(), room);
  executor.for_each_chunk(packed.groups(), 16, [&](std::size_t begin, std::size_t end) {
    std::vector<float> rows(group * store.dimension());
    for (std::size_t first = begin * group; first < std::min(store.size(), end * group); first += group) {
      const std::size_t count = std::min(group, store.size() - first);
      for (std::size_t r = 0; r < count; ++r) store.frame_row(frame, first + r, rows.data() + r * store.dimension());
      packed.set_group(first, count, rows.data());
    }
  });
  return packed;
}

template <class Scalar>
PackedPoints<std::int32_t> pack_bytes(const Store<Scalar>& store, const Executor& executor, std::size_t room) {
  const std::size_t steps = (store.dimension() + 3) / 4;
  PackedPoints<std::int32_t> packed(store.size(), steps, room);
  executor.for_each_chunk(store.size(), group, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) pack_byte_row(store, i, packed, i);
  });
  return packed;
}

template <class Scalar>
void pack_byte_row(const Store<Scalar>& store, std::size_t i, PackedPoints<std::int32_t>& to, std::size_t position) {
  std::int8_t row[4 * ((max_dimension + 3) / 4)];
  const std::uint8_t* const x = store.bytes(i);
  for (std::size_t axis = 0; axis < 4 * to.steps(); ++axis)
    row[axis] = axis < store.dimension() ? static_cast<std::int8_t>(std::int32_t{x[axis]} - 128) : std::int8_t{0};
  to.set(position, row, tiles::tile_kernels().byte_shift);
}

template <class Scalar>
Resolved search_exactly(const Problem<Scalar>& problem) {
  const tiles::TileKernels& kernels = tiles::tile_kernels();
  const Store<Scalar>& points = *problem.points;
  const Store<Scalar>& queries = *problem.queries;
  if (points.has_bytes()) {
    const auto packed = pack_bytes(points, problem.executor);
    if (problem.same) return search_packed(problem, kernels.bytes, packed, packed, ByteFilter<Scalar>{});
    return search_packed(problem, kernels.bytes, pack_bytes(queries, problem.executor), packed, ByteFilter<Scalar>{});
  }
  const Frame frame = points.frame(queries);
  const auto packed = pack_floats(points, frame, problem.executor);
  if (problem.same)
    return search_packed(problem, kernels.floats, packed, packed,
                         FloatFilter<Scalar>{&frame, &packed, points.dimension()});
  const auto rows = pack_floats(queries, frame, problem.executor);
  return search_packed(problem, kernels.floats, rows, packed, FloatFilter<Scalar>{&frame, &rows, points.dimension()});
}

template Resolved search_exactly<float>(const Problem<float>&);
template Resolved search_exactly<double>(const Problem<double>&);
template PackedPoints<float> pack_floats<float>(const Store<float>&, const Frame&, const Executor&, std::size_t);
template PackedPoints<float> pack_floats<double>(const Store<double>&, const Frame&, const Executor&, std::size_t);
template void pack_byte_row<float>(const Store<float>&, std::size_t, PackedPoints<std::int32_t>&, std::size_t);
template void pack_byte_row<double>(const Store<double>&, std::size_t, PackedPoints<std::int32_t>&, std::size_t);
template PackedPoints<std::int32_t> pack_bytes<float>(const Store<float>&, const Executor&, std::size_t);
template PackedPoints<std::int32_t> pack_bytes<double>(const Store<double>&, const Executor&, std::size_t);

}  // namespace coppice::high
