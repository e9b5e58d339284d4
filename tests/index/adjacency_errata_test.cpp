// Equations of the dissertation that do not hold as printed, beside those that do: each is evaluated on random pairs of
// boxes and compared with whether the boxes touch. Iliopoulos 2020; what is wrong with them is listed in
// docs/design/adjacency_graph_hierarchy.md.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

#include "coppice/index/neighbor_graph/adjacency_growth.hpp"
#include "coppice/index/neighbor_graph/qode.hpp"

namespace coppice {
namespace {

using Path = std::vector<Qode>;  // local qodes from the root down

bool touch(const Path& a, const Path& b, int d) {
  for (int i = 0; i < d; ++i) {
    std::int64_t x = 0;
    std::int64_t y = 0;
    for (std::size_t level = 0; level < a.size(); ++level) {
      x = 2 * x + static_cast<std::int64_t>(a[level] >> i & 1);
      y = 2 * y + static_cast<std::int64_t>(b[level] >> i & 1);
    }
    if (std::abs(x - y) > 1) return false;
  }
  return true;
}

Path with(Path path, Qode child) {
  path.push_back(child);
  return path;
}

/// Two boxes of one level that touch, by descending at random from the root.
bool random_pair(std::mt19937_64& random, int d, Path& a, Path& b) {
  a.clear();
  b.clear();
  const std::size_t depth = 1 + random() % 5;
  for (int tries = 0; a.size() < depth; ++tries) {
    const Qode mask = (Qode{1} << d) - 1;
    const Path x = with(a, random() & mask);
    const Path y = with(b, random() & mask);
    if (touch(x, y, d)) {
      a = x;
      b = y;
    } else if (tries == 400) {
      return false;
    }
  }
  return true;
}

int bit(Qode word, int i) {
  return static_cast<int>(word >> i & 1);
}

/// At which level two paths part along axis i; their length where they do not.
std::size_t parting(const Path& a, const Path& b, int i) {
  std::size_t level = 0;
  while (level < a.size() && bit(a[level], i) == bit(b[level], i)) ++level;
  return level;
}

/// Eq. 3.12 as printed: along every axis the children differ, and (a) or (b); "≠" of whole rows.
bool printed_3_12(const Path& a, const Path& b, Qode child, Qode other, int d) {
  bool holds = true;
  for (int i = 0; i < d; ++i) {
    const std::size_t level = parting(a, b, i);
    const bool conjugate = level + 1 == a.size() && bit(child, i) != bit(a.back(), i);
    const bool constant = level + 1 < a.size() && bit(child, i) == bit(a.back(), i);
    holds &= bit(child, i) != bit(other, i) && (conjugate || constant);
  }
  return holds;
}

/// Eq. 3.12 corrected: only along split axes, and for both children.
bool corrected_3_12(const Path& a, const Path& b, Qode child, Qode other, int d) {
  bool holds = true;
  for (int i = 0; i < d; ++i) {
    const std::size_t level = parting(a, b, i);
    if (level == a.size()) continue;
    const bool flips = level + 1 == a.size();
    holds &= (bit(child, i) != bit(a.back(), i)) == flips && (bit(other, i) != bit(b.back(), i)) == flips;
  }
  return holds;
}

TEST(AdjacencyErrata, FilteringByTwoGenerations) {
  std::mt19937_64 random(1);
  std::size_t pairs = 0;
  std::size_t printed_wrong = 0;
  Path a;
  Path b;
  for (const int d : {1, 2, 3, 5})
    for (int trial = 0; trial < 300; ++trial) {
      if (!random_pair(random, d, a, b)) continue;
      const Qode f = a.back() ^ b.back();
      const Qode above = a.size() > 1 ? a[a.size() - 2] ^ b[b.size() - 2] : 0;
      FaceQode face;
      for (std::size_t level = 0; level < a.size(); ++level) face = face_between(a[level], b[level], face);
      EXPECT_EQ(face.split, f);  // once split, the bits of two boxes that touch stay different
      for (Qode child = 0; child < Qode{1} << d; ++child)
        for (Qode other = 0; other < Qode{1} << d; ++other) {
          const bool truth = touch(with(a, child), with(b, other), d);
          ++pairs;
          const bool printed_3_17 =
              (child & f) == ((a.back() & f) ^ f ^ above) && (other & f) == ((b.back() & f) ^ f ^ above);
          ASSERT_EQ(printed_3_17, truth);
          ASSERT_EQ(face.touched_by(child) && face.touched_by_other(other), truth);
          ASSERT_EQ(corrected_3_12(a, b, child, other, d), truth);
          printed_wrong += printed_3_12(a, b, child, other, d) != truth ? 1 : 0;
        }
    }
  EXPECT_GT(pairs, 100000u);
  EXPECT_GT(printed_wrong, 0u);
}

TEST(AdjacencyErrata, SiblingsCannotBeToldFromOneBoxAlone) {
  // §3.4.3: "siblings iff q(ℓ) ≠ q(ℓ − 1)", on all adjacent intervals of levels 2 to 6.
  int wrong = 0;
  int all = 0;
  for (int level = 2; level < 7; ++level)
    for (int left = 0; left + 1 < 1 << level; ++left)
      for (const int box : {left, left + 1}) {
        ++all;
        const bool siblings = left >> 1 == (left + 1) >> 1;
        wrong += ((box & 1) != (box >> 1 & 1)) != siblings ? 1 : 0;
        // The pair tells: no axis had parted the parents.
        const FaceQode parents = siblings ? FaceQode{} : FaceQode{1, 1};
        EXPECT_EQ(parents.split == 0, siblings);
      }
  EXPECT_GT(4 * wrong, all);
  EXPECT_LT(4 * wrong, 3 * all);
}

struct Half {
  bool upper = false;
  bool is_cut = false;
};

/// The interval of a box whose axis is cut at some levels only, in cells of a fine grid.
std::pair<int, int> interval(const std::vector<Half>& path) {
  int begin = 0;
  int length = 1 << 12;
  for (const Half& half : path)
    if (half.is_cut) {
      length /= 2;
      begin += half.upper ? length : 0;
    }
  return {begin, begin + length};
}

bool touch(std::pair<int, int> a, std::pair<int, int> b) {
  return a.first <= b.second && b.first <= a.second;
}

TEST(AdjacencyErrata, MaskedQodesDoNotFilterPartialPartitions) {
  // §4.1.4: "the equations stay the same" with f = (c + c') m m'. About a third of the decisions are wrong.
  std::mt19937_64 random(1);
  const auto any = [&] { return Half{(random() & 1) != 0, (random() & 1) != 0}; };
  int wrong = 0;
  int all = 0;
  for (int trial = 0; trial < 5000; ++trial) {
    std::vector<Half> a;
    std::vector<Half> b;
    const std::size_t depth = 1 + random() % 4;
    for (int tries = 0; a.size() < depth && tries < 400; ++tries) {
      auto x = a;
      auto y = b;
      x.push_back(any());
      y.push_back(any());
      if (!touch(interval(x), interval(y))) continue;
      a = x;
      b = y;
    }
    if (a.size() < depth) continue;
    const auto descriptor = [](const Half& x, const Half& y) { return x.upper != y.upper && x.is_cut && y.is_cut; };
    const bool f = descriptor(a.back(), b.back());
    const bool above = depth > 1 && descriptor(a[depth - 2], b[depth - 2]);
    for (const bool child : {false, true})
      for (const bool other : {false, true}) {
        auto x = a;
        auto y = b;
        x.push_back({child, true});
        y.push_back({other, true});
        const bool printed = !f || (child == (a.back().upper != !above) && other == (b.back().upper != !above));
        wrong += printed != touch(interval(x), interval(y)) ? 1 : 0;
        ++all;
      }
  }
  EXPECT_GT(wrong, all / 5);
}

TEST(AdjacencyErrata, TheDistributionOfTouchingChildrenNeedsItsCoefficient) {
  for (const std::uint32_t children : {1u, 4u, 9u, 40u})
    for (const int split : {0, 1, 3, 7}) {
      double sum = 0;
      double mean = 0;
      double printed = 0;  // Eq. 3.15 without the coefficient
      const double p = std::ldexp(1.0, -split);
      for (std::uint32_t touching = 0; touching <= children; ++touching) {
        sum += touching_probability(children, split, touching);
        mean += touching * touching_probability(children, split, touching);
        printed += std::pow(p, touching) * std::pow(1 - p, children - touching);
      }
      EXPECT_NEAR(sum, 1, 1e-12);
      EXPECT_NEAR(mean, children * p, 1e-10);
      EXPECT_NEAR(expected_pairs(children, 3, split), mean * 3 * p, 1e-10);
      if (children > 1 && split > 0) {
        EXPECT_LT(printed, 0.999);
      }
    }
}

}  // namespace
}  // namespace coppice
