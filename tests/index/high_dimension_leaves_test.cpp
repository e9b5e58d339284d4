// The comparison of leaves with leaves: in the end it has compared every pair once, whatever the number of threads.
#include <gtest/gtest.h>

#include "index/high_dimension_data.hpp"
#include "index/neighbor_graph/high_leaves.hpp"
#include "index/neighbor_graph/high_sketch.hpp"

namespace coppice::test {
namespace {

using high::Candidate;
using high::CandidateLists;
using high::LeafPairs;
using high::PackedPoints;

/// Sketches of a surface in the order of their tree.
PackedPoints<std::int32_t> sketches_of(const Points<float>& points, std::size_t dimension) {
  const high::Store<float> store(points, false, {});
  const high::Frame frame = store.frame(store);
  high::PrincipalAxes axes(store, frame, 1, {});
  const high::SketchBasis basis = axes.basis(dimension, {});
  EXPECT_NEAR(basis.stretch() / basis.scale, 1, 1e-3);  // rows are orthonormal
  const high::Sketches sketches = make_sketches(store, frame, basis, {});
  return pack_sketches(sketches, store.size(), tree_order(sketches, basis.axes, store.size(), {}), {});
}

std::vector<std::int32_t> contents(const CandidateLists<std::int32_t>& lists, std::size_t rows) {
  std::vector<std::int32_t> all;
  std::vector<Candidate> row;
  for (std::size_t i = 0; i < rows; ++i) {
    lists.sorted(i, row);
    for (const Candidate& candidate : row) all.insert(all.end(), {candidate.key, candidate.id});
  }
  return all;
}

TEST(HighLeaves, CompareEveryPairOnceInTheEnd) {
  const auto points = sketches_of(surface_points<float>(6000, 60, 6, 0.02, 8), 40);
  CandidateLists<std::int32_t> all(points.size(), 20);
  search_all(tiles::tile_kernels().bytes, points, all, {});
  const auto expected = contents(all, points.size());
  std::vector<std::int32_t> early;
  for (const int threads : {1, 3}) {
    CandidateLists<std::int32_t> lists(points.size(), 20);
    const std::int64_t pairs = LeafPairs(points).search(
        lists, [] { return false; }, Executor(threads));
    EXPECT_GE(2 * pairs, static_cast<std::int64_t>(points.size() * points.size()));
    EXPECT_EQ(contents(lists, points.size()), expected);

    int asked = 0;  // after two rounds of votes much is found
    CandidateLists<std::int32_t> some(points.size(), 20);
    const std::int64_t fewer = LeafPairs(points).search(
        some, [&] { return ++asked == 3; }, Executor(threads));
    EXPECT_LT(fewer, pairs);
    const auto found = contents(some, points.size());
    std::size_t same = 0;  // of the ten nearest of each
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t row = 0; row < expected.size(); row += 40)
      for (std::size_t j = 0; j < 20; j += 2)
        for (std::size_t other = 0; other < 20; other += 2)
          same += found[row + j] == expected[row + other] && found[row + j + 1] == expected[row + other + 1];
    EXPECT_GT(static_cast<double>(same), 6.0 * static_cast<double>(points.size()));
    if (threads == 1)
      early = found;
    else
      EXPECT_EQ(found, early);
  }
}

}  // namespace
}  // namespace coppice::test
