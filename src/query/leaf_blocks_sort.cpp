// How LeafBlocks brings particles into order: one counting sort by Morton keys, buckets refined, leaves cut, boxes
// made.
#include <algorithm>
#include <cmath>
#include <utility>

#include "coppice/query/leaf_blocks.hpp"

namespace coppice::query {
namespace {

constexpr std::size_t particles_a_part = 32768;  // of a counting sort that threads share
constexpr std::size_t leaves_a_chunk = 512;
constexpr std::size_t most_segments = 64;  // of an order that threads cut into leaves
/// Where the leaves of a segment begin, in a list of those of all; the last of a segment may have fewer points.
constexpr std::size_t cuts_before(std::size_t slot, std::size_t segment) {
  return slot / least_leaf + 2 * segment;
}

}  // namespace

template <class S>
void LeafBlocks<S>::sort(PointView<S> positions, const Executor& executor) {
  slots_.make(positions.size());
  ids_.make(positions.size() + slack);
  for (Buffer<float>& column : relative_) column.make(positions.size() + slack);
  arrange(positions, executor);
  if (size_ > 0) settle(executor);
}

template <class S>
void LeafBlocks<S>::sort_once(PointView<S> positions, const Executor& executor) {
  arrange(positions, executor);
  histogram_.clear();
  wrapped_.clear();
  ids_.clear();  // of a sort before
  slots_.clear();
  for (Buffer<float>& column : relative_) column.clear();
  for (std::size_t a = 0; a < 3; ++a)  // nobody needs the keys any more
    steps_[a] = reinterpret_cast<std::int16_t*>(keys_.get()) + a * (positions.size() + slack);
  if (size_ > 0) settle(executor);
}

/// All but the boxes.
template <class S>
void LeafBlocks<S>::arrange(PointView<S> positions, const Executor& executor) {
  size_ = 0;
  leaves_ = 0;
  const std::size_t n = positions.size();
  wrap(positions, executor);
  points_.make(n + slack);
  keys_.make(n + slack + std::max(cuts_before(n, most_segments), (n + slack + 1) / 2));  // then cuts, and then steps
  if (n == 0) return;
  const PointView<S> from = has_images_ ? PointView<S>(wrapped_.get(), n, 3) : positions;
  if (has_images_) bounds_of(from, executor, nullptr);
  for (std::size_t a = 0; a < 3; ++a)
    origin_[a] = 0.5 * static_cast<double>(range_[a]) + 0.5 * static_cast<double>(range_[3 + a]);
  order(from, positions, executor);
  size_ = n;
}

/// One counting sort by the leading bits of the keys; then buckets of more than a leaf are sorted further.
template <class S>
void LeafBlocks<S>::order(PointView<S> from, PointView<S> positions, const Executor& executor) {
  const std::size_t n = from.size();
  std::uint32_t bits = 3;
  while (bits < 21 && (std::size_t{4} << bits) < n) ++bits;
  const std::uint32_t low = key_bits - bits;
  const std::size_t buckets = std::size_t{1} << bits;
  const std::size_t parts =
      n < particles_a_part ? 1 : std::min<std::size_t>(static_cast<std::size_t>(executor.threads()), 16);
  const auto& kernels = leaf_kernels<S>();
  S width = 0;
  for (int a = 0; a < 3; ++a) width = std::max<S>(width, range_[3 + a] - range_[a]);
  const S scale = width > 0 ? static_cast<S>(1023.99) / width : S{0};

  histogram_.make(buckets * parts);
  std::fill_n(histogram_.get(), buckets * parts, 0u);
  const auto part_of = [&](auto&& body) {
    executor.for_each_chunk(parts, 1, [&](std::size_t p, std::size_t) {
      body(histogram_.get() + p * buckets, n * p / parts, n * (p + 1) / parts);
    });
  };
  // Found twice: to keep them would take memory that is worth more.
  const auto each_key = [&](std::size_t first, std::size_t last, auto&& body) {
    constexpr std::size_t block = 1024;
    std::uint32_t keys[block];
    for (std::size_t b = first; b < last; b += block) {
      const std::size_t count = std::min(last - b, block);
      kernels.keys(from.row(b), from.stride(), count, range_, scale, keys);
      for (std::size_t i = 0; i < count; ++i) body(b + i, keys[i]);
    }
  };
  part_of([&](std::uint32_t* counts, std::size_t first, std::size_t last) {
    each_key(first, last, [&](std::size_t, std::uint32_t key) { ++counts[key >> low]; });
  });
  std::uint32_t sum = 0;
  for (std::size_t c = 0; c < buckets; ++c)
    for (std::size_t p = 0; p < parts; ++p) {
      std::uint32_t& count = histogram_[p * buckets + c];
      const std::uint32_t here = sum;
      sum += count;
      count = here;
    }
  part_of([&](std::uint32_t* next, std::size_t first, std::size_t last) {
    each_key(first, last, [&](std::size_t i, std::uint32_t key) {
      const std::uint32_t slot = next[key >> low]++;
      const S* x = positions.row(i);
      points_[slot] = {{x[0], x[1], x[2]}, static_cast<std::int32_t>(i)};
      keys_[slot] = key;
    });
  });
  const std::uint32_t* ends = histogram_.get() + (parts - 1) * buckets;  // where the last part's counters have arrived
  executor.for_each_chunk(buckets, 4096, [&](std::size_t first, std::size_t last) {
    Spare spare;
    std::uint32_t begin = first == 0 ? 0 : ends[first - 1];
    for (std::size_t c = first; c < last; ++c) {
      if (ends[c] - begin > leaf_capacity) refine(begin, ends[c], low, spare);
      begin = ends[c];
    }
  });
  cut(ends, buckets, executor);
}

/// Sorts slots whose keys are equal above the `bits` lowest bits by the next nine of them, and on.
template <class S>
void LeafBlocks<S>::refine(std::uint32_t first, std::uint32_t last, std::uint32_t bits, Spare& spare) {
  if (bits == 0) return refine_equal(first, last, spare);
  const std::uint32_t digit = std::min(bits, 9u);
  const std::uint32_t low = bits - digit;
  const std::uint32_t mask = (1u << digit) - 1;
  std::uint32_t begin[513] = {};
  for (std::uint32_t i = first; i < last; ++i) ++begin[((keys_[i] >> low) & mask) + 1];
  for (std::uint32_t d = 0; d <= mask; ++d) begin[d + 1] += begin[d];
  std::uint32_t next[512];
  std::copy(begin, begin + mask + 1, next);
  spare.places.make(last - first);
  for (std::uint32_t i = first; i < last; ++i) spare.places[i - first] = next[(keys_[i] >> low) & mask]++;
  rearrange(first, last - first, spare);
  for (std::uint32_t d = 0; d <= mask; ++d)
    if (begin[d + 1] - begin[d] > leaf_capacity) refine(first + begin[d], first + begin[d + 1], low, spare);
}

/// Everybody to the place that spare.places names. Many go in place: dense clusters fall into few buckets, and a copy
/// of those would be a large part of all.
template <class S>
void LeafBlocks<S>::rearrange(std::uint32_t first, std::uint32_t count, Spare& spare) {
  constexpr std::uint32_t many = 8192;
  LeafPoint<S>* const points = points_.get() + first;
  std::uint32_t* const keys = keys_.get() + first;
  std::uint32_t* const places = spare.places.get();
  if (count <= many) {
    spare.points.make(count);
    spare.keys.make(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      spare.points[places[i]] = points[i];
      spare.keys[places[i]] = keys[i];
    }
    std::copy_n(spare.points.get(), count, points);
    std::copy_n(spare.keys.get(), count, keys);
    return;
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    if (places[i] == i) continue;
    LeafPoint<S> point = points[i];  // goes to its place, whoever stands there to his, and so on around
    std::uint32_t key = keys[i];
    for (std::uint32_t at = i, to = std::exchange(places[i], i); to != at;) {
      std::swap(point, points[to]);
      std::swap(key, keys[to]);
      at = to;
      to = std::exchange(places[at], at);
    }
  }
}

/// Where a particle lies for the sort.
template <class S>
const S* LeafBlocks<S>::place(std::uint32_t slot) const noexcept {
  const LeafPoint<S>& point = points_[slot];
  return has_images_ ? wrapped_.get() + 3 * static_cast<std::size_t>(point.id) : point.x;
}

/// More than a leaf in one cell of 2^-10 of the edge: keys anew, of the cell's own bounding box. So data of any range
/// of scales find their leaves, a thousandfold a round.
template <class S>
void LeafBlocks<S>::refine_equal(std::uint32_t first, std::uint32_t last, Spare& spare) {
  S least[3], most[3];
  for (int a = 0; a < 3; ++a) least[a] = most[a] = place(first)[a];
  for (std::uint32_t i = first; i < last; ++i)
    for (int a = 0; a < 3; ++a) {
      least[a] = std::min(least[a], place(i)[a]);
      most[a] = std::max(most[a], place(i)[a]);
    }
  S width = 0;
  for (int a = 0; a < 3; ++a) width = std::max<S>(width, most[a] - least[a]);
  const S scale = static_cast<S>(1023.99) / width;
  if (!std::isfinite(scale)) return;  // all equal, or nearly so by denormal numbers
  const auto& kernels = leaf_kernels<S>();
  for (std::uint32_t i = first; i < last; ++i) kernels.keys(place(i), 3, 1, least, scale, keys_.get() + i);
  refine(first, last, key_bits, spare);
}

/// Cuts the order into leaves. Long orders are cut in segments that end with a bucket, so that threads share them and
/// yet the leaves do not depend on how many there are.
template <class S>
void LeafBlocks<S>::cut(const std::uint32_t* ends, std::size_t buckets, const Executor& executor) {
  const std::size_t n = points_.get() == nullptr ? 0 : ends[buckets - 1];
  std::fill_n(keys_.get() + n, slack, ~0u);
  const std::size_t segments = std::clamp<std::size_t>(n / 16384, 1, most_segments);
  std::size_t from[most_segments + 1], to[most_segments], count[most_segments];
  for (std::size_t s = 0; s <= segments; ++s) {
    const auto target = static_cast<std::uint32_t>(n * s / segments);
    from[s] = s == 0 ? 0 : s == segments ? n : *std::lower_bound(ends, ends + buckets, target);
  }
  std::uint32_t* const cuts = keys_.get() + n + slack;
  for (std::size_t s = 0; s < segments; ++s) to[s] = cuts_before(from[s], s);
  const auto& kernels = leaf_kernels<S>();
  executor.for_each_chunk(segments, 1, [&](std::size_t s, std::size_t) {
    count[s] = kernels.cut(keys_.get(), from[s], from[s + 1], cuts + to[s]);
  });
  leaves_ = 0;
  for (std::size_t s = 0; s < segments; ++s) leaves_ += count[s];
  begin_.make(leaves_ + 1 + slack);
  std::size_t leaf = 0;
  for (std::size_t s = 0; s < segments; ++s)
    leaf = static_cast<std::size_t>(std::copy_n(cuts + to[s], count[s], begin_.get() + leaf) - begin_.get());
  begin_[leaf] = static_cast<std::uint32_t>(n);

  for (std::size_t a = 0; a < 3; ++a) {
    half_[a].make(leaves_ + slack);
    center_[a].make(leaves_ + slack);
  }
  std::size_t length = 0;
  levels_.clear();
  for (std::size_t c = leaves_;; c = (c + group_leaves - 1) / group_leaves) {
    levels_.push_back({{}, {}, c});
    length += (c + group_leaves - 1) / group_leaves * group_leaves;
    if (c <= group_leaves) break;
  }
  bounds_.make(6 * length);
  float* at = bounds_.get();
  for (BoxLevel& level : levels_) {
    const std::size_t padded = (level.count + group_leaves - 1) / group_leaves * group_leaves;
    for (int a = 0; a < 3; ++a, at += 2 * padded) {
      level.lower[a] = at;
      level.upper[a] = at + padded;
      std::fill(level.lower[a] + level.count, level.lower[a] + padded, 1e30f);
      std::fill(level.upper[a] + level.count, level.upper[a] + padded, -1e30f);
    }
  }
}

template <class S>
void LeafBlocks<S>::settle(const Executor& executor) {
  const LeafView<S> seen = view();
  const auto& kernels = leaf_kernels<S>();
  executor.for_each_chunk(leaves_, leaves_a_chunk,
                          [&](std::size_t first, std::size_t last) { kernels.settle(seen, first, last); });
  for (std::size_t level = 1; level < levels_.size(); ++level) kernels.raise(levels_[level - 1], levels_[level]);
  extent_ = 0;
  const BoxLevel& top = levels_.back();
  for (std::size_t i = 0; i < top.count; ++i)
    for (int a = 0; a < 3; ++a)
      extent_ = std::max(
          {extent_, std::fabs(static_cast<double>(top.lower[a][i])), std::fabs(static_cast<double>(top.upper[a][i]))});
  extent_ /= inverse_unit_;
}

// The rest of the class is made in leaf_blocks.cpp.
template void LeafBlocks<float>::sort(PointView<float>, const Executor&);
template void LeafBlocks<double>::sort(PointView<double>, const Executor&);
template void LeafBlocks<float>::sort_once(PointView<float>, const Executor&);
template void LeafBlocks<double>::sort_once(PointView<double>, const Executor&);
template void LeafBlocks<float>::settle(const Executor&);
template void LeafBlocks<double>::settle(const Executor&);

}  // namespace coppice::query
