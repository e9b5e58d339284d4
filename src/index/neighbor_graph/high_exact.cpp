#include "high_exact.hpp"

namespace coppice::high {
namespace {

template <class Scalar, class Filter>
Resolved search_with(const Problem<Scalar>& problem, const tiles::ListKernels<typename Filter::Sum>& kernels,
                     const PackedPoints<typename Filter::Sum>& queries,
                     const PackedPoints<typename Filter::Sum>& points, const Filter& filter) {
  // A few candidates beyond the k-th: what lies within the filter's error of it.
  CandidateLists<typename Filter::Sum> lists(queries.size(), problem.output.k + 6);
  if (problem.same)
    search_all(kernels, points, lists, problem.executor);
  else
    search_rows(kernels, queries, points, lists, problem.executor);
  return resolve(problem, kernels, queries, points, lists, filter, true);
}

}  // namespace

template <class Scalar>
PackedPoints<float> pack_floats(const Store<Scalar>& store, const Frame& frame, const Executor& executor) {
  PackedPoints<float> packed(store.size(), store.dimension());
  executor.for_each_chunk(store.size(), group, [&](std::size_t first, std::size_t last) {
    std::vector<float> row(store.dimension());
    for (std::size_t i = first; i < last; ++i) {
      store.frame_row(frame, i, row.data());
      packed.set(i, row.data());
    }
  });
  return packed;
}

template <class Scalar>
PackedPoints<std::int32_t> pack_bytes(const Store<Scalar>& store, const Executor& executor) {
  const std::size_t steps = (store.dimension() + 3) / 4;
  const std::int32_t shift = tiles::tile_kernels().byte_shift;
  PackedPoints<std::int32_t> packed(store.size(), steps);
  executor.for_each_chunk(store.size(), group, [&](std::size_t first, std::size_t last) {
    std::vector<std::int8_t> row(4 * steps, 0);
    for (std::size_t i = first; i < last; ++i) {
      const std::uint8_t* const x = store.bytes(i);
      for (std::size_t axis = 0; axis < store.dimension(); ++axis)
        row[axis] = static_cast<std::int8_t>(std::int32_t{x[axis]} - 128);
      packed.set(i, row.data(), shift);
    }
  });
  return packed;
}

template <class Scalar>
Resolved search_exactly(const Problem<Scalar>& problem) {
  const tiles::TileKernels& kernels = tiles::tile_kernels();
  const Store<Scalar>& points = *problem.points;
  const Store<Scalar>& queries = *problem.queries;
  if (points.has_bytes()) {
    const auto packed = pack_bytes(points, problem.executor);
    if (problem.same) return search_with(problem, kernels.bytes, packed, packed, ByteFilter<Scalar>{});
    return search_with(problem, kernels.bytes, pack_bytes(queries, problem.executor), packed, ByteFilter<Scalar>{});
  }
  const Frame frame = points.frame(queries);
  const auto packed = pack_floats(points, frame, problem.executor);
  if (problem.same)
    return search_with(problem, kernels.floats, packed, packed,
                       FloatFilter<Scalar>{&frame, &packed, points.dimension()});
  const auto rows = pack_floats(queries, frame, problem.executor);
  return search_with(problem, kernels.floats, rows, packed, FloatFilter<Scalar>{&frame, &rows, points.dimension()});
}

template Resolved search_exactly<float>(const Problem<float>&);
template Resolved search_exactly<double>(const Problem<double>&);
template PackedPoints<float> pack_floats<float>(const Store<float>&, const Frame&, const Executor&);
template PackedPoints<float> pack_floats<double>(const Store<double>&, const Frame&, const Executor&);
template PackedPoints<std::int32_t> pack_bytes<float>(const Store<float>&, const Executor&);
template PackedPoints<std::int32_t> pack_bytes<double>(const Store<double>&, const Executor&);

}  // namespace coppice::high
