// Hits, their order, and the shape of a Neighbors answer and of the size histogram.

#include "coppice/query/hit.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "coppice/query/statistics.hpp"

namespace coppice {
namespace {

TEST(Hit, OrderedByKeyThenId) {
  std::vector<Hit<float>> hits{{2, 1}, {1, 9}, {1, 3}, {0, 7}, {2, 0}};
  std::sort(hits.begin(), hits.end());
  const std::vector<Hit<float>> expected{{0, 7}, {1, 3}, {1, 9}, {2, 0}, {2, 1}};
  EXPECT_EQ(hits, expected);
  EXPECT_FALSE((Hit<float>{1, 3} < Hit<float>{1, 3}));
}

TEST(Hit, SignedZerosAreOneKey) {
  EXPECT_TRUE((Hit<double>{0.0, 1} < Hit<double>{-0.0, 2}));
  EXPECT_TRUE((Hit<double>{-0.0, 1} < Hit<double>{0.0, 2}));
  EXPECT_FALSE((Hit<double>{-0.0, 2} < Hit<double>{0.0, 1}));
}

TEST(Neighbors, AnEmptyAnswerHasNoRows) {
  const Neighbors<double> none;
  EXPECT_EQ(none.size(), 0u);
  EXPECT_EQ(none.offsets, std::vector<std::int64_t>{0});
}

TEST(SizeHistogram, BucketsByPowersOfTwo) {
  SizeHistogram histogram;
  for (const std::uint64_t size : {1u, 2u, 3u, 4u, 1000u, 1024u}) histogram.record(size);
  EXPECT_EQ(histogram.events, 6u);
  EXPECT_EQ(histogram.total, 2034u);
  EXPECT_EQ(histogram.largest, 1024u);
  EXPECT_EQ(histogram.buckets[0], 1u);
  EXPECT_EQ(histogram.buckets[1], 2u);
  EXPECT_EQ(histogram.buckets[2], 1u);
  EXPECT_EQ(histogram.buckets[9], 1u);
  EXPECT_EQ(histogram.buckets[10], 1u);
}

}  // namespace
}  // namespace coppice
