// Memory behind the tile kernels' structs: packed points, candidate lists; and the ways to run over all pairs of
// blocks so that no two threads ever write to the same list.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "coppice/index/neighbor_graph/tile_kernels.hpp"
#include "coppice/parallel/executor.hpp"
#include "coppice/storage/memory.hpp"

namespace coppice::high {

using tiles::group;

[[nodiscard]] constexpr std::size_t groups_of(std::size_t size) noexcept {
  return (size + group - 1) / group;
}

/// After how many steps a tile may be given up, and after how many more; 0: never. Ascending, less than all.
using EarlySteps = std::array<std::size_t, 2>;

/// Owns packed points. Elements are written group by group, from any thread.
template <class Sum>
class PackedPoints {
 public:
  using Element = std::conditional_t<std::is_same_v<Sum, float>, float, std::int32_t>;

  PackedPoints() = default;
  /// Memory for `room` points in all, if that is more; what is not touched costs nothing. Of bytes, the first
  /// `early` steps may tell whether the others matter.
  PackedPoints(std::size_t size, std::size_t steps, std::size_t room = 0, EarlySteps early = {})
      : size_(size),
        steps_(steps),
        room_(groups_of(std::max(size, room))),
        elements_(room_ * group * steps),
        half_(groups_of(size) * group),
        row_half_(std::is_same_v<Sum, float> ? 0 : groups_of(size) * group),
        odd_(std::is_same_v<Sum, float> ? 0 : groups_of(size) * group),
        early_{Early{early[0]}, Early{early[1]}} {
    for (Early& of : early_) of.resize(groups_of(size) * group);
    for (std::size_t i = size; i < groups_of(size) * group; ++i) hide(i);
  }

  /// Adds points, out of reach until they are set. Complexity: O(1) amortised a point.
  void grow(std::size_t size) {
    const std::size_t groups = groups_of(size);
    const std::size_t before = groups_of(size_);
    if (groups > room_) {
      const std::size_t room = groups + groups / 8;
      storage::RawArray<Element> longer(room * group * steps_);
      std::copy_n(elements_.get(), before * group * steps_, longer.get());
      elements_ = std::move(longer);
      room_ = room;
    }
    half_.resize(groups * group);
    if (!std::is_same_v<Sum, float>) {
      row_half_.resize(groups * group);
      odd_.resize(groups * group);
    }
    for (Early& early : early_) early.resize(groups * group);
    for (std::size_t i = before * group; i < groups * group; ++i) hide(i);
    size_ = size;
  }
  /// Puts a point, or padding, where no other reaches it.
  void hide(std::size_t i) {
    for (std::size_t s = 0; s < steps_; ++s) element(i, s) = 0;
    half_[i] = std::is_same_v<Sum, float> ? std::numeric_limits<Sum>::infinity() : Sum(1 << 29);
    if (!row_half_.empty()) {
      row_half_[i] = half_[i];
      odd_[i] = 0;
    }
    for (Early& early : early_)
      if (early.steps != 0) early.half[i] = early.row_half[i] = half_[i];
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t steps() const noexcept { return steps_; }
  [[nodiscard]] EarlySteps early() const noexcept { return {early_[0].steps, early_[1].steps}; }
  [[nodiscard]] std::size_t groups() const noexcept { return groups_of(size_); }
  [[nodiscard]] Element& element(std::size_t i, std::size_t s) noexcept {
    return elements_.get()[i / group * group * steps_ + s * group + i % group];
  }
  [[nodiscard]] const Element& element(std::size_t i, std::size_t s) const noexcept {
    return elements_.get()[i / group * group * steps_ + s * group + i % group];
  }
  [[nodiscard]] Sum half(std::size_t i) const noexcept { return half_[i]; }

  /// One point of floats.
  void set(std::size_t i, const float* x) {
    double squared = 0;
    for (std::size_t s = 0; s < steps_; ++s) {
      element(i, s) = x[s];
      squared += static_cast<double>(x[s]) * static_cast<double>(x[s]);
    }
    half_[i] = static_cast<Sum>(squared / 2);
  }
  /// `count` points from `first` on, which is the first of a group.
  void set_group(std::size_t first, std::size_t count, const float* rows) {
    constexpr std::size_t at_once = 16;  // steps: what is written stays near
    Element* const to = &element(first, 0);
    for (std::size_t begin = 0; begin < steps_; begin += at_once) {
      const std::size_t end = std::min(steps_, begin + at_once);
      for (std::size_t r = 0; r < count; ++r)
        for (std::size_t s = begin; s < end; ++s) to[s * group + r] = rows[r * steps_ + s];
    }
    for (std::size_t r = 0; r < count; ++r) {
      double partial[8] = {};
      for (std::size_t s = 0; s < steps_; ++s) {
        const auto x = static_cast<double>(rows[r * steps_ + s]);
        partial[s % 8] += x * x;
      }
      half_[first + r] = static_cast<Sum>(((partial[0] + partial[4]) + (partial[2] + partial[6]) +
                                           ((partial[1] + partial[5]) + (partial[3] + partial[7]))) /
                                          2);
    }
  }
  /// One point of signed bytes, 4 · steps of them.
  void set(std::size_t i, const std::int8_t* x, std::int32_t shift) {
    std::int32_t squared = 0;
    std::int32_t sum = 0;
    const auto add = [&](std::size_t begin, std::size_t end) {
      for (std::size_t b = begin; b < end; ++b) {
        squared += std::int32_t{x[b]} * std::int32_t{x[b]};
        sum += x[b];
      }
    };
    std::size_t added = 0;
    for (Early& early : early_) {
      if (early.steps == 0) continue;
      add(4 * added, 4 * early.steps);
      added = early.steps;
      early.half[i] = squared >> 1;
      early.row_half[i] = early.half[i] + shift * sum;
    }
    add(4 * added, 4 * steps_);
    for (std::size_t s = 0; s < steps_; ++s) std::memcpy(&element(i, s), x + 4 * s, 4);
    half_[i] = squared >> 1;
    row_half_[i] = half_[i] + shift * sum;
    odd_[i] = static_cast<std::uint8_t>(squared & 1);
  }
  /// Copies point `from` of another set.
  void set(std::size_t i, const PackedPoints& other, std::size_t from) {
    for (std::size_t s = 0; s < steps_; ++s) element(i, s) = other.element(from, s);
    half_[i] = other.half_[from];
    if (!row_half_.empty()) {
      row_half_[i] = other.row_half_[from];
      odd_[i] = other.odd_[from];
    }
    for (std::size_t e = 0; e < early_.size(); ++e) {
      if (early_[e].steps == 0) continue;
      early_[e].half[i] = other.early_[e].half[from];
      early_[e].row_half[i] = other.early_[e].row_half[from];
    }
  }

  [[nodiscard]] tiles::Packed<Sum> view() const noexcept {
    return {elements_.get(),
            half_.data(),
            row_half_.empty() ? half_.data() : row_half_.data(),
            odd_.empty() ? nullptr : odd_.data(),
            size_,
            steps_,
            {early_[0].view(), early_[1].view()}};
  }
  [[nodiscard]] std::size_t memory() const noexcept {
    return room_ * group * (steps_ * 4 + 9) + 8 * early_[0].half.size() + 8 * early_[1].half.size();
  }

 private:
  /// Halves of the first steps.
  struct Early {
    std::size_t steps = 0;
    std::vector<Sum> half = {};
    std::vector<Sum> row_half = {};
    void resize(std::size_t size) {
      if (steps == 0) return;
      half.resize(size);
      row_half.resize(size);
    }
    [[nodiscard]] typename tiles::Packed<Sum>::Early view() const noexcept {
      return {steps, half.data(), row_half.data()};
    }
  };

  std::size_t size_ = 0;
  std::size_t steps_ = 0;
  std::size_t room_ = 0;  ///< groups that `elements_` has memory for
  storage::RawArray<Element> elements_;
  std::vector<Sum> half_;
  std::vector<Sum> row_half_;
  std::vector<std::uint8_t> odd_;
  std::array<Early, 2> early_;
};

/// Some points of a set as a set of their own.
template <class Sum>
[[nodiscard]] PackedPoints<Sum> select(const PackedPoints<Sum>& points, const std::int32_t* rows, std::size_t count) {
  PackedPoints<Sum> chosen(count, points.steps(), 0, points.early());
  for (std::size_t i = 0; i < count; ++i) chosen.set(i, points, static_cast<std::size_t>(rows[i]));
  return chosen;
}

/// One candidate, ordered by (key, id).
struct Candidate {
  std::int32_t key;
  std::int32_t id;
  friend bool operator<(const Candidate& a, const Candidate& b) noexcept {
    return a.key < b.key || (a.key == b.key && a.id < b.id);
  }
};

/// Owns candidate lists.
template <class Sum>
class CandidateLists {
 public:
  CandidateLists(std::size_t rows, std::size_t most)
      : most_(std::max<std::size_t>(most, 1)),
        room_((most_ + std::max<std::size_t>(16, most_) + 15) / 16 * 16),
        entries_(rows * 2 * room_),
        limits_(2 * rows, std::numeric_limits<std::int32_t>::max()),
        counts_(rows, 0),
        thresholds_(groups_of(rows) * group, std::numeric_limits<Sum>::has_infinity
                                                 ? std::numeric_limits<Sum>::infinity()
                                                 : std::numeric_limits<Sum>::max()) {
    const Sum lowest = std::is_same_v<Sum, float> ? std::numeric_limits<Sum>::lowest() : Sum(-(1 << 28));
    std::fill_n(thresholds_.begin(), rows, lowest);
  }

  [[nodiscard]] tiles::Lists<Sum> view() noexcept {
    return {entries_.get(), limits_.data(), counts_.data(), thresholds_.data(), most_, room_};
  }
  [[nodiscard]] std::size_t most() const noexcept { return most_; }
  /// The best `most` of a row, in order.
  void sorted(std::size_t row, std::vector<Candidate>& to) const {
    const std::int32_t* const keys = entries_.get() + row * 2 * room_;
    to.resize(counts_[row]);
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = {keys[i], keys[room_ + i]};
    std::sort(to.begin(), to.end());
    if (to.size() > most_) to.resize(most_);
  }
  /// The best `count` ≤ `most` of a row, in any order.
  void best(std::size_t row, std::size_t count, std::vector<Candidate>& to) const {
    const std::int32_t* const keys = entries_.get() + row * 2 * room_;
    to.resize(counts_[row]);
    for (std::size_t i = 0; i < to.size(); ++i) to[i] = {keys[i], keys[room_ + i]};
    if (to.size() <= count) return;
    std::nth_element(to.begin(), to.begin() + static_cast<std::ptrdiff_t>(count), to.end());
    to.resize(count);
  }
  /// Of every row the largest key among its best `most`; the largest there is where nothing was turned away.
  [[nodiscard]] std::vector<std::int32_t> reaches(const Executor& executor) const {
    std::vector<std::int32_t> keys(counts_.size(), std::numeric_limits<std::int32_t>::max());
    executor.for_each_chunk(keys.size(), 1024, [&](std::size_t first, std::size_t last) {
      std::vector<Candidate> row;
      for (std::size_t i = first; i < last; ++i) {
        if (!is_full(i)) continue;
        best(i, most_, row);
        keys[i] = std::max_element(row.begin(), row.end())->key;
      }
    });
    return keys;
  }
  /// Whether something may have been turned away: none of it comes before the last of `sorted`.
  [[nodiscard]] bool is_full(std::size_t row) const noexcept { return counts_[row] >= most_; }
  [[nodiscard]] std::size_t memory() const noexcept { return counts_.size() * (8 * room_ + 16); }

 private:
  std::size_t most_;
  std::size_t room_;
  storage::RawArray<std::int32_t> entries_;
  std::vector<std::int32_t> limits_;
  std::vector<std::uint32_t> counts_;
  std::vector<Sum> thresholds_;
};

/// How many groups make a block: both sides of a pair of blocks stay in the caches, and there are enough for threads.
[[nodiscard]] inline std::size_t block_groups(std::size_t groups, std::size_t steps, const Executor& executor) {
  const std::size_t cached = std::clamp<std::size_t>((std::size_t{8} << 20) / (4 * group * steps), 8, 64);
  const std::size_t parts = executor.is_parallel() ? 8 * static_cast<std::size_t>(executor.threads()) : 1;
  return std::clamp<std::size_t>(groups / parts, 1, cached);
}

/// Calls task(i, j) for all i ≤ j of `blocks`, first those with i = j, then so that blocks near each other come first
/// and the pairs that run at the same time have no block in common: round r pairs every block i with i xor r.
template <class Task>
void for_each_pair(std::size_t blocks, const Executor& executor, const Task& task) {
  executor.for_each_chunk(blocks, 1, [&](std::size_t i, std::size_t) { task(i, i); });
  for (std::size_t round = 1; round < std::bit_ceil(blocks); ++round) {
    std::vector<std::size_t> first;
    for (std::size_t i = 0; i < blocks; ++i)
      if (i < (i ^ round) && (i ^ round) < blocks) first.push_back(i);
    executor.for_each_chunk(first.size(), 1, [&](std::size_t t, std::size_t) { task(first[t], first[t] ^ round); });
  }
}

/// Compares all pairs of one set, once, for both ends.
template <class Sum>
void search_all(const tiles::ListKernels<Sum>& kernels, const PackedPoints<Sum>& points, CandidateLists<Sum>& lists,
                const Executor& executor) {
  const tiles::Packed<Sum> packed = points.view();
  const tiles::Lists<Sum> view = lists.view();
  const std::size_t per_block = block_groups(points.groups(), points.steps(), executor);
  const auto range = [&](std::size_t block) {
    return tiles::Groups{block * per_block, std::min(points.groups(), (block + 1) * per_block)};
  };
  for_each_pair((points.groups() + per_block - 1) / per_block, executor, [&](std::size_t i, std::size_t j) {
    kernels.search(packed, range(i), packed, range(j), &view, &view, true);
  });
}

/// Compares the rows of one set with all points of another.
template <class Sum>
void search_rows(const tiles::ListKernels<Sum>& kernels, const PackedPoints<Sum>& rows, const PackedPoints<Sum>& points,
                 CandidateLists<Sum>& lists, const Executor& executor) {
  const tiles::Lists<Sum> view = lists.view();
  executor.for_each_chunk(
      rows.groups(), block_groups(rows.groups(), rows.steps(), executor), [&](std::size_t first, std::size_t last) {
        kernels.search(rows.view(), {first, last}, points.view(), {0, points.groups()}, &view, nullptr, false);
      });
}

}  // namespace coppice::high
