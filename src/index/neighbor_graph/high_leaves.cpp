#include "high_leaves.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace coppice::high {
namespace {

constexpr std::size_t near_part = 20;   ///< one leaf in so many is near
constexpr std::size_t votes_each = 16;  ///< leaves that a leaf may propose in a round
constexpr std::size_t voters = 8;       ///< neighbours of a point whose neighbours count
constexpr int most_rounds = 6;
constexpr std::size_t block_leaves = 16;  ///< leaves that one thread holds at a time

}  // namespace

LeafPairs::LeafPairs(const PackedPoints<std::int32_t>& points)
    : points_(&points), leaves_((points.groups() + leaf_groups - 1) / leaf_groups), done_(leaves_ * leaves_, false) {}

bool LeafPairs::take(std::uint32_t a, std::uint32_t b, std::vector<Pair>& to) {
  const std::size_t at = std::min(a, b) * leaves_ + std::max(a, b);
  if (done_[at]) return false;
  done_[at] = true;
  to.emplace_back(std::min(a, b), std::max(a, b));
  return true;
}

std::vector<LeafPairs::Pair> LeafPairs::near(std::size_t each, const Executor& executor) {
  const std::size_t width = 4 * points_->steps();
  const std::size_t groups = groups_of(leaves_);
  storage::RawArray<float> centers(groups * group * width);  // packed
  std::fill_n(centers.get(), groups * group * width, 0.0f);
  std::vector<float> squares(groups * group, 0.0f);
  executor.for_each_chunk(leaves_, 4, [&](std::size_t first, std::size_t last) {
    std::vector<std::int32_t> sums(width);
    for (std::size_t leaf = first; leaf < last; ++leaf) {
      std::fill(sums.begin(), sums.end(), 0);
      const std::size_t begin = leaf * leaf_points;
      const std::size_t end = std::min(points_->size(), begin + leaf_points);
      for (std::size_t i = begin; i < end; ++i)
        for (std::size_t s = 0; s < points_->steps(); ++s) {
          const std::int32_t four = points_->element(i, s);
          for (std::size_t b = 0; b < 4; ++b) sums[4 * s + b] += static_cast<std::int8_t>(four >> (8 * b));
        }
      for (std::size_t s = 0; s < width; ++s) {
        const float center = static_cast<float>(sums[s]) / static_cast<float>(end - begin);
        centers.get()[(leaf / group * width + s) * group + leaf % group] = center;
        squares[leaf] += center * center;
      }
    }
  });
  std::vector<std::vector<std::uint32_t>> nearest(leaves_);
  executor.for_each_chunk(groups, 1, [&](std::size_t g, std::size_t) {
    std::vector<float> products(group * groups * group);
    for (std::size_t j = 0; j < groups; ++j)
      tiles::tile_kernels().multiply(width, centers.get() + g * width * group, centers.get() + j * width * group,
                                     products.data() + j * group, groups * group);
    std::vector<std::pair<float, std::uint32_t>> by_distance(leaves_);
    for (std::size_t r = 0; r < group && g * group + r < leaves_; ++r) {
      for (std::size_t j = 0; j < leaves_; ++j)
        by_distance[j] = {squares[j] - 2 * products[r * groups * group + j], static_cast<std::uint32_t>(j)};
      std::nth_element(by_distance.begin(), by_distance.begin() + static_cast<std::ptrdiff_t>(each) - 1,
                       by_distance.end());
      for (std::size_t j = 0; j < each; ++j) nearest[g * group + r].push_back(by_distance[j].second);
    }
  });
  std::vector<Pair> pairs;
  for (std::uint32_t leaf = 0; leaf < leaves_; ++leaf) {
    take(leaf, leaf, pairs);
    for (const std::uint32_t other : nearest[leaf]) take(leaf, other, pairs);
  }
  return pairs;
}

std::vector<LeafPairs::Pair> LeafPairs::voted(const CandidateLists<std::int32_t>& lists, std::size_t each,
                                              const Executor& executor) {
  const std::size_t size = points_->size();
  storage::RawArray<std::int32_t> neighbors(size * voters);
  executor.for_each_chunk(size, 1024, [&](std::size_t first, std::size_t last) {
    std::vector<Candidate> row;
    for (std::size_t i = first; i < last; ++i) {
      lists.best(i, voters, row);
      for (std::size_t j = 0; j < voters; ++j) neighbors.get()[i * voters + j] = j < row.size() ? row[j].id : -1;
    }
  });
  std::vector<std::vector<std::uint32_t>> proposed(leaves_);
  executor.for_each_chunk(leaves_, 8, [&](std::size_t first, std::size_t last) {
    std::vector<std::uint32_t> counts(leaves_, 0);
    std::vector<std::uint32_t> touched;
    for (std::size_t leaf = first; leaf < last; ++leaf) {
      const std::size_t end = std::min(size, (leaf + 1) * leaf_points);
      for (std::size_t u = leaf * leaf_points * voters; u < end * voters; ++u) {
        if (neighbors.get()[u] < 0) continue;
        const auto v = static_cast<std::size_t>(neighbors.get()[u]);
        for (std::size_t w = v * voters; w < (v + 1) * voters; ++w) {
          if (neighbors.get()[w] < 0) continue;
          const auto to = static_cast<std::uint32_t>(static_cast<std::size_t>(neighbors.get()[w]) / leaf_points);
          if (counts[to]++ == 0) touched.push_back(to);
        }
      }
      std::sort(touched.begin(), touched.end(), [&](std::uint32_t a, std::uint32_t b) {
        return counts[a] > counts[b] || (counts[a] == counts[b] && a < b);
      });
      for (const std::uint32_t to : touched) {
        const std::size_t a = std::min<std::size_t>(leaf, to);
        const std::size_t b = std::max<std::size_t>(leaf, to);
        if (proposed[leaf].size() < each && !done_[a * leaves_ + b]) proposed[leaf].push_back(to);
        counts[to] = 0;
      }
      touched.clear();
    }
  });
  std::vector<Pair> pairs;
  for (std::uint32_t leaf = 0; leaf < leaves_; ++leaf)
    for (const std::uint32_t other : proposed[leaf]) take(leaf, other, pairs);
  return pairs;
}

std::vector<LeafPairs::Pair> LeafPairs::others() const {
  std::vector<Pair> pairs;
  for (std::uint32_t a = 0; a < leaves_; ++a)
    for (std::uint32_t b = a; b < leaves_; ++b)
      if (!done_[a * leaves_ + b]) pairs.emplace_back(a, b);
  return pairs;
}

void LeafPairs::compare(std::vector<Pair> pairs, CandidateLists<std::int32_t>& lists, const Executor& executor) {
  // Rounds as in for_each_pair: in round r the blocks of a pair differ by r in the sense of xor, so tasks of a round,
  // one a first block, never share one.
  const auto place = [](const Pair& pair) {
    const std::size_t a = pair.first / block_leaves;
    const std::size_t b = pair.second / block_leaves;
    return std::pair(a ^ b, a);
  };
  std::sort(pairs.begin(), pairs.end(), [&](const Pair& x, const Pair& y) {
    const auto p = place(x);
    const auto q = place(y);
    return p < q || (p == q && x < y);
  });
  const tiles::Packed<std::int32_t> packed = points_->view();
  const tiles::Lists<std::int32_t> view = lists.view();
  const auto range = [&](std::uint32_t leaf) {
    return tiles::Groups{leaf * leaf_groups, std::min(points_->groups(), (leaf + 1) * leaf_groups)};
  };
  const auto kernel = tiles::tile_kernels().bytes.search;
  std::vector<std::size_t> tasks;  // first pairs
  for (std::size_t begin = 0; begin < pairs.size();) {
    const std::size_t round = place(pairs[begin]).first;
    tasks.clear();
    std::size_t end = begin;
    for (; end < pairs.size() && place(pairs[end]).first == round; ++end)
      if (end == begin || place(pairs[end]) != place(pairs[end - 1])) tasks.push_back(end);
    tasks.push_back(end);
    executor.for_each_chunk(tasks.size() - 1, 1, [&](std::size_t t, std::size_t) {
      for (std::size_t i = tasks[t]; i < tasks[t + 1]; ++i)
        kernel(packed, range(pairs[i].first), packed, range(pairs[i].second), &view, &view, true);
    });
    begin = end;
  }
  compared_ += static_cast<std::int64_t>(pairs.size() * leaf_points * leaf_points);
}

std::int64_t LeafPairs::search(CandidateLists<std::int32_t>& lists, const std::function<bool()>& enough,
                               const Executor& executor) {
  compare(near(std::max<std::size_t>(2, leaves_ / near_part), executor), lists, executor);
  bool done = enough();
  for (int round = 0; round < most_rounds && !done; ++round) {
    std::vector<Pair> pairs = voted(lists, votes_each, executor);
    if (pairs.empty()) break;
    compare(std::move(pairs), lists, executor);
    done = enough();
  }
  if (!done) compare(others(), lists, executor);
  return compared_;
}

void LeafPairs::search_all(CandidateLists<std::int32_t>& lists, const Executor& executor) {
  compare(near(std::max<std::size_t>(2, leaves_ / near_part), executor), lists, executor);
  compare(others(), lists, executor);
}

}  // namespace coppice::high
