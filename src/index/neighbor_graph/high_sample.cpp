#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "high_effort.hpp"

namespace coppice::high {
namespace {

/// Integers in the order of floats.
std::int32_t order_of(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x);
  return bits >= 0 ? bits : std::numeric_limits<std::int32_t>::min() - bits;
}

}  // namespace

template <class Scalar>
Sample<Scalar>::Sample(const Problem<Scalar>& problem, std::size_t rows, std::uint64_t seed) : problem_(&problem) {
  const std::size_t all = problem.queries->size();
  Random random(seed ^ 0x5eed);
  for (std::size_t j = 0; j < rows; ++j) {
    const double place =
        (static_cast<double>(j) + random.unit()) * static_cast<double>(all) / static_cast<double>(rows);
    rows_.push_back(static_cast<std::int32_t>(std::min(static_cast<std::size_t>(place), all - 1)));
  }
  candidates_.resize((problem.points->size() + pass_rows - 1) / pass_rows);
}

template <class Scalar>
RowVisitor Sample<Scalar>::visitor(const Frame& frame) {
  const std::size_t d = problem_->points->dimension();
  const std::size_t groups = groups_of(rows_.size());
  const std::size_t most = problem_->output.k + 8;
  columns_.assign(groups * group * d, 0.0f);
  std::vector<float> row(d);
  for (std::size_t j = 0; j < rows_.size(); ++j) {
    problem_->queries->frame_row(frame, static_cast<std::size_t>(rows_[j]), row.data());
    for (std::size_t s = 0; s < d; ++s) columns_[(j / group * d + s) * group + j % group] = row[s];
  }
  return [this, d, groups, most](std::size_t first, std::size_t count, const float* rows, std::size_t stride,
                                 const float* squares) {
    auto& lists = candidates_[first / pass_rows];
    if (lists.empty()) lists.resize(rows_.size());
    thread_local std::vector<float> products;
    products.resize(8 * groups * group);
    tiles::tile_kernels().project(d, rows, stride, columns_.data(), groups, products.data(), groups * group);
    for (std::size_t r = 0; r < count; ++r)
      for (std::size_t j = 0; j < rows_.size(); ++j) {
        const float key = squares[r] - 2 * products[r * groups * group + j];  // the square of the distance, less |y|²
        std::vector<Candidate>& list = lists[j];
        const Candidate candidate{order_of(key), static_cast<std::int32_t>(first + r)};
        if (list.size() == most && !(candidate < list.front())) continue;
        list.push_back(candidate);
        std::push_heap(list.begin(), list.end());
        if (list.size() > most) {
          std::pop_heap(list.begin(), list.end());
          list.pop_back();
        }
      }
  };
}

template <class Scalar>
void Sample<Scalar>::finish(const Executor& executor) {
  hits_.resize(rows_.size());
  executor.for_each_chunk(rows_.size(), 8, [&](std::size_t begin, std::size_t end) {
    KeyReader<Scalar> reader(*problem_);
    Best<Scalar> best(problem_->output.k);
    std::vector<Candidate> all;
    for (std::size_t j = begin; j < end; ++j) {
      all.clear();
      for (const auto& lists : candidates_)
        if (!lists.empty()) all.insert(all.end(), lists[j].begin(), lists[j].end());
      const std::size_t most = std::min(all.size(), problem_->output.k + 8);
      std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(most), all.end());
      best.clear();
      reader.read(
          static_cast<std::size_t>(rows_[j]), most, [&](std::size_t c) { return static_cast<std::size_t>(all[c].id); },
          best);
      hits_[j].assign(best.hits().begin(), best.hits().end());
    }
  });
  candidates_.clear();
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
