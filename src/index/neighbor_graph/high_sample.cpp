#include <algorithm>
#include <cmath>

#include "high_effort.hpp"
#include "high_exact.hpp"

namespace coppice::high {
template <class Scalar>
Sample<Scalar>::Sample(const Problem<Scalar>& problem, std::size_t rows, std::uint64_t seed) : problem_(&problem) {
  const std::size_t all = problem.queries->size();
  Random random(seed ^ 0x5eed);
  for (std::size_t j = 0; j < rows; ++j) {
    const double place =
        (static_cast<double>(j) + random.unit()) * static_cast<double>(all) / static_cast<double>(rows);
    rows_.push_back(static_cast<std::int32_t>(std::min(static_cast<std::size_t>(place), all - 1)));
  }
}

template <class Scalar>
void Sample<Scalar>::find(const Frame& frame, const Executor& executor) {
  const Store<Scalar>& points = *problem_->points;
  const Store<Scalar>& queries = *problem_->queries;
  const tiles::TileKernels& kernels = tiles::tile_kernels();
  if (points.has_bytes()) {
    const auto pack = [](const Store<Scalar>& store, const auto& row, PackedPoints<std::int32_t>& to) {
      for (std::size_t i = 0; i < to.size(); ++i) pack_byte_row(store, row(i), to, i);
    };
    PackedPoints<std::int32_t> rows(rows_.size(), (points.dimension() + 3) / 4);
    pack(
        queries, [&](std::size_t j) { return static_cast<std::size_t>(rows_[j]); }, rows);
    scan(kernels.bytes, rows, pack, executor);
  } else {
    const auto pack = [&frame](const Store<Scalar>& store, const auto& row, PackedPoints<float>& to) {
      const std::size_t d = store.dimension();
      std::vector<float> plain(group * d);
      for (std::size_t first = 0; first < to.size(); first += group) {
        const std::size_t count = std::min(group, to.size() - first);
        for (std::size_t r = 0; r < count; ++r) store.frame_row(frame, row(first + r), plain.data() + r * d);
        to.set_group(first, count, plain.data());
      }
    };
    PackedPoints<float> rows(rows_.size(), points.dimension());
    pack(
        queries, [&](std::size_t j) { return static_cast<std::size_t>(rows_[j]); }, rows);
    scan(kernels.floats, rows, pack, executor);
  }
}

template <class Scalar>
template <class Sum, class Pack>
void Sample<Scalar>::scan(const tiles::ListKernels<Sum>& kernels, const PackedPoints<Sum>& rows, const Pack& pack,
                          const Executor& executor) {
  const std::size_t size = problem_->points->size();
  const std::size_t most = problem_->output.k + 8;
  // As many points at a time as stay in the caches while they are packed and compared.
  const std::size_t at_once =
      std::clamp<std::size_t>((std::size_t{2} << 20) / (4 * group * rows.steps()), 4, 128) * group;
  std::vector<std::vector<std::vector<Candidate>>> candidates((size + at_once - 1) / at_once);
  executor.for_each_chunk(size, at_once, [&](std::size_t begin, std::size_t end) {
    PackedPoints<Sum> points(end - begin, rows.steps());
    pack(
        *problem_->points, [&](std::size_t i) { return begin + i; }, points);
    CandidateLists<Sum> lists(rows.size(), most);
    const tiles::Lists<Sum> view = lists.view();
    kernels.search(rows.view(), {0, rows.groups()}, points.view(), {0, points.groups()}, &view, nullptr, false);
    auto& found = candidates[begin / at_once];
    found.resize(rows.size());
    for (std::size_t j = 0; j < rows.size(); ++j) {
      lists.best(j, most, found[j]);
      for (Candidate& candidate : found[j]) candidate.id += static_cast<std::int32_t>(begin);
    }
  });
  hits_.resize(rows_.size());
  executor.for_each_chunk(rows_.size(), 8, [&](std::size_t begin, std::size_t end) {
    KeyReader<Scalar> reader(*problem_);
    Best<Scalar> best(problem_->output.k);
    std::vector<Candidate> all;
    for (std::size_t j = begin; j < end; ++j) {
      all.clear();
      for (const auto& lists : candidates) all.insert(all.end(), lists[j].begin(), lists[j].end());
      const std::size_t kept = std::min(all.size(), most);
      std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end());
      best.clear();
      reader.read(
          static_cast<std::size_t>(rows_[j]), kept, [&](std::size_t c) { return static_cast<std::size_t>(all[c].id); },
          best);
      hits_[j].assign(best.hits().begin(), best.hits().end());
    }
  });
}

template class Sample<float>;
template class Sample<double>;

RecallEstimate estimate_recall(const std::vector<std::size_t>& found, const std::vector<std::size_t>& wanted) {
  double sum = 0;
  double squares = 0;
  double rows = 0;
  double missable = 0;
  for (std::size_t j = 0; j < found.size(); ++j) {
    if (wanted[j] == 0) continue;
    const double part = static_cast<double>(found[j]) / static_cast<double>(wanted[j]);
    sum += part;
    squares += part * part;
    missable += static_cast<double>(wanted[j]);
    ++rows;
  }
  if (rows < 2) return {};
  const double mean = sum / rows;
  const double variance = std::max(0.0, squares / rows - mean * mean) * rows / (rows - 1);
  // Misses gather in few rows, of which a sample may hold none: two standard errors were too few for clusters of
  // different width. Half a row without any neighbour found stands for those that it lacks.
  return {mean, std::max(3 * std::sqrt(variance / rows) + 0.5 / rows, 2 / missable)};
}

}  // namespace coppice::high
