// Several levels of nodes at once: a sample of the points is divided level by level, down to at most 64 buckets, and
// one sweep brings every point into its bucket. A bucket's subtree is built next, while it lies in the caches, and the
// nodes above are put together last. Cost: two passes over the points for up to log2(64) planes on a path.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <numeric>
#include <vector>

#include "coppice/index/multiway_tree/build.hpp"

namespace coppice::multiway_tree {

/// Divides a sample as the points will be divided: as many levels as 64 buckets allow, above the nodes of leaves.
template <class S, int Width>
template <class Source>
typename Builder<S, Width>::Skeleton Builder<S, Width>::plan(const Source& source, std::size_t n, int hint) {
  Skeleton plan;
  for (std::size_t m = n; m > small / 4 && plan.fan.size() < DealPlan<S>::most_levels;) {
    const Shape shape = tree_.shape(m);
    const auto children = static_cast<std::size_t>(shape.children);
    if (shape.height < 2 || plan.buckets * children > most_buckets) break;
    plan.fan.push_back(shape.children);
    plan.buckets *= children;
    m /= children;
  }
  constexpr std::size_t a_bucket = 64;
  const std::size_t size = std::min(a_bucket * plan.buckets, n / 2);
  const auto width = static_cast<std::size_t>(axes_);
  std::vector<S> sample(size * width);
  SampleStream stream(n);
  for (std::size_t i = 0; i < size; ++i) std::copy_n(source.point(stream.below(n)), axes_, &sample[i * width]);
  std::vector<std::uint32_t> order(size), sorted(size);
  std::iota(order.begin(), order.end(), 0u);
  std::vector<std::size_t> begin{0, size};
  std::vector<S> keys(size), lower(width), upper(width);
  for (std::size_t level = 0; level < plan.fan.size(); ++level, hint = next(hint)) {
    const auto children = static_cast<std::size_t>(plan.fan[level]);
    plan.levels.emplace_back(begin.size() - 1);
    std::vector<std::size_t> below;
    for (std::size_t g = 0; g + 1 < begin.size(); ++g) {
      const std::size_t first = begin[g], last = begin[g + 1];
      Split<S>& split = plan.levels.back()[g];
      if (first < last) {
        std::copy_n(&sample[order[first] * width], width, lower.begin());
        upper = lower;
        for (std::size_t i = first; i < last; ++i)
          for (std::size_t a = 0; a < width; ++a) {
            const S x = sample[order[i] * width + a];
            lower[a] = std::min(lower[a], x);
            upper[a] = std::max(upper[a], x);
          }
        split.axis = pick_axis(lower.data(), upper.data(), hint);
        for (std::size_t i = first; i < last; ++i)
          keys[i] = sample[order[i] * width + static_cast<std::size_t>(split.axis)];
        split.pivots = quantiles(&keys[first], last - first, plan.fan[level]);
      }
      std::array<std::size_t, fan_out + 1> at{};
      const auto part_of = [&](std::size_t i) {
        return split.pivots.part_of(sample[order[i] * width + static_cast<std::size_t>(split.axis)]);
      };
      for (std::size_t i = first; i < last; ++i) ++at[part_of(i) + 1];
      std::partial_sum(at.begin(), at.end(), at.begin());
      for (std::size_t c = 0; c < children; ++c) below.push_back(first + at[c]);
      for (std::size_t i = first; i < last; ++i) sorted[first + at[part_of(i)]++] = order[i];
    }
    below.push_back(size);
    begin = std::move(below);
    order.swap(sorted);
  }
  return plan;
}

/// Brings every point into its bucket; bucket b becomes rows begin[b] … begin[b + 1] − 1 of `to`, in the order of the
/// source.
template <class S, int Width>
template <class Source>
void Builder<S, Width>::sweep(const Skeleton& plan, const Source& source, std::size_t n, const Rows& to,
                              std::array<std::size_t, most_buckets + 1>& begin) {
  constexpr std::size_t grain = 1 << 16;
  const std::size_t chunks = (n + grain - 1) / grain;
  const std::unique_ptr<std::uint8_t[]> bucket_of(new std::uint8_t[n]);
  std::vector<std::array<std::uint32_t, most_buckets>> counts(chunks);
  const Executor threads = executor(n);
  DealPlan<S> levels;
  levels.levels = static_cast<int>(plan.fan.size());
  std::copy(plan.fan.begin(), plan.fan.end(), levels.fan);
  for (std::size_t level = 0; level < plan.levels.size(); ++level) levels.splits[level] = plan.levels[level].data();
  const DealKernels<S>& kernels = deal_kernels<S>();
  threads.for_each_chunk(n, grain, [&](std::size_t first, std::size_t last) {
    kernels.deal(levels, source.point(first), source.stride(), last - first, &bucket_of[first],
                 counts[first / grain].data());
  });
  std::size_t at = 0;
  for (std::size_t b = 0; b < most_buckets; ++b) {
    begin[b] = at;
    for (auto& count : counts) at += std::exchange(count[b], static_cast<std::uint32_t>(at));
  }
  begin[most_buckets] = at;
  threads.for_each_chunk(n, grain, [&](std::size_t first, std::size_t last) {
    std::array<std::uint32_t, most_buckets>& next_row = counts[first / grain];
    for (std::size_t i = first; i < last; ++i) to.set(next_row[bucket_of[i]]++, source.point(i), source.id(i));
  });
}

/// None where all points fall into one bucket.
template <class S, int Width>
template <class Source>
Part Builder<S, Width>::skeleton(const Source& source, std::size_t n, const Range& to, int hint) {
  const Skeleton skeleton = plan(source, n, hint);
  std::array<std::size_t, most_buckets + 1> begin;
  sweep(skeleton, source, n, rows_[to.buffer].tail(to.first), begin);
  for (std::size_t b = 0; b < most_buckets; ++b)
    if (begin[b + 1] - begin[b] == n) return {};
  int below = hint;
  for (std::size_t level = 0; level < skeleton.fan.size(); ++level) below = next(below);
  std::vector<Part> parts(skeleton.buckets);
  // A bucket's rows go back and forth between their place and a buffer that all buckets of a thread share.
  std::mutex mutex;
  std::vector<std::unique_ptr<Buffers>> idle;
  executor(n).for_each_chunk(skeleton.buckets, 1, [&](std::size_t first, std::size_t last) {
    std::unique_ptr<Buffers> spare;
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        spare = std::move(idle.back());
        idle.pop_back();
      }
    }
    if (spare == nullptr) spare = std::make_unique<Buffers>(tree_.dimension_);
    for (std::size_t b = first; b < last; ++b) {
      const std::size_t count = begin[b + 1] - begin[b];
      if (count == 0) continue;
      spare->make_one(count);
      Builder builder(tree_, rows_[to.buffer].tail(to.first + begin[b]), (*spare)[0], locating_);
      parts[b] = builder.subtree({0, count, 0}, below);
    }
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(spare));
  });
  for (std::size_t level = skeleton.fan.size(); level-- > 0;) {
    const auto children = static_cast<std::size_t>(skeleton.fan[level]);
    std::vector<Part> above(skeleton.levels[level].size());
    for (std::size_t g = 0; g < above.size(); ++g) {
      const Split<S>& split = skeleton.levels[level][g];
      Slabs<S> slabs;
      slabs.axis = split.axis;
      for (std::size_t c = 0; c < children; ++c)
        if (parts[g * children + c].child != none)
          slabs.add(parts[g * children + c], c > 0 ? split.pivots.value[c - 1] : S(0));
      above[g] = node_of(slabs);
    }
    parts = std::move(above);
  }
  return parts[0];
}

/// Enters ids into the id map.
template <class S, int Width>
void Tree<S, Width>::admit(std::span<const point_id> ids) {
  (void)this->widen_for(ids);
  locations_.assign(ids, 0);
}

template <class S, int Width>
void Tree<S, Width>::build(PointView<S> points, std::span<const point_id> ids, bool wide_ids) {
  clear(wide_ids);
  const std::size_t n = points.size();
  if (n == 0) return;
  begin_write();
  release_subtree(root_);
  choose_partitions(n);
  locations_.expect(n);
  locations_.assign(ids, 0);
  size_ = n;
  const std::size_t leaves = n / static_cast<std::size_t>(config_.leaf_fill) + 1;
  records_->leaves.expect(leaves);
  records_->nodes.expect(leaves / static_cast<std::size_t>(partitions_ - 1) + 1);

  // Where the points lie, from a few of them: boxes are right for any origin.
  constexpr std::size_t looks = 1024;
  const std::size_t stride = std::max<std::size_t>(n / looks, 1);
  std::vector<S> lower(points.row(0), points.row(0) + dimension_), upper(lower);
  for (std::size_t i = 0; i < n; i += stride)
    for (std::size_t a = 0; a < lower.size(); ++a) {
      lower[a] = std::min(lower[a], points.row(i)[a]);
      upper[a] = std::max(upper[a], points.row(i)[a]);
    }
  choose_origin(lower, upper);

  Buffers buffers(dimension_);
  const plane_tree::Locating locating = this->locating();
  Part all;
  if (config_.pivots == PivotRule::sampled && n > Builder<S, Width>::small) {
    buffers.make_one(n);
    all = Builder<S, Width>(*this, buffers, locating).skeleton_of(points, ids);
  }
  if (all.child == none) {
    buffers.make(n);
    constexpr std::size_t grain = 1 << 15;
    config_.executor.for_each_chunk(n, grain, [&](std::size_t first, std::size_t last) {
      for (std::size_t i = first; i < last; ++i) buffers[0].set(i, points.row(i), ids[i]);
    });
    all = Builder<S, Width>(*this, buffers, locating).subtree({0, n, 0}, 0);
  }
  plant(all);
  if (locating == plane_tree::Locating::afterwards) this->locate_all(config_.executor, buffers.memory(0));
  end_write();
}

}  // namespace coppice::multiway_tree
