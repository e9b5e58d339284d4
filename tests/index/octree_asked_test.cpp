// What an Octree is asked beside the queries of every index: levels, boxes that enter and leave, down-sampling, several
// radii, pairs.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/index/octree/cell_sampler.hpp"
#include "coppice/index/octree/pairs_of.hpp"
#include "coppice/query/queries.hpp"
#include "coppice/query/radii.hpp"
#include "index/octrees.hpp"

namespace coppice::test {
namespace {

template <class KindOf>
class OctreeAsked : public OctreeTest<KindOf> {};
TYPED_TEST_SUITE(OctreeAsked, Kinds);

TYPED_TEST(OctreeAsked, PairsCarryIds) {
  using Scalar = typename TypeParam::Scalar;
  if constexpr (TypeParam::dim == 3) {
    auto tree = typename TestFixture::Tree(this->config(8, 2));
    const Points<Scalar> points = this->cloud(300, 0);
    std::vector<point_id> ids(points.size());
    for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<point_id>(7 * ((i * 37) % ids.size()) + 3);
    tree.build(points, ids);
    NeighborListConfig config;
    config.cutoff = static_cast<double>(Scalar(0.9));
    config.kind = PairKind::full;
    const PairList<point_id> pairs = pairs_of(tree, config);
    std::size_t found = 0;
    for (std::size_t row = 0; row < ids.size(); ++row) {
      const auto hits = tree.within(points.view().slice(row, 1), {.radius = Scalar(0.9), .order = Order::by_id});
      const auto first = std::lower_bound(pairs.i.begin(), pairs.i.end(), ids[row]) - pairs.i.begin();
      auto at = static_cast<std::size_t>(first);
      for (const point_id id : hits.ids) {
        if (id == ids[row]) continue;
        ASSERT_LT(at, pairs.j.size());
        EXPECT_EQ(pairs.i[at], ids[row]);
        EXPECT_EQ(pairs.j[at++], id);
        ++found;
      }
    }
    EXPECT_EQ(found, pairs.i.size());
    EXPECT_GT(found, 100u);
  }
}

TYPED_TEST(OctreeAsked, LevelsAreThoseOfAGridWhateverTheHistory) {
  using Scalar = typename TypeParam::Scalar;
  constexpr std::size_t dim = TypeParam::dim;
  for (const int capacity : {1, 16, 4000}) {
    auto built = typename TestFixture::Tree(this->config(capacity, 2));
    auto grown = typename TestFixture::Tree(this->config(3, 1.5));
    const Points<Scalar> points = this->cloud(1500, 0);
    built.build(points);
    for (std::size_t i = points.size(); i-- > 0;) grown.insert(points.view()[i], static_cast<point_id>(i));
    for (const int exponent : {-3, -1, 0, 1, 4}) {
      SCOPED_TRACE(testing::Message() << "K " << capacity << ", edge 2^" << exponent);
      std::map<std::vector<Scalar>, std::vector<std::size_t>> expected;
      for (std::size_t i = 0; i < points.size(); ++i) {
        std::vector<Scalar> corner(dim);
        for (std::size_t a = 0; a < dim; ++a)
          corner[a] =
              std::floor(points.view().row(i)[a] / std::ldexp(Scalar(1), exponent)) * std::ldexp(Scalar(1), exponent);
        expected[corner].push_back(i);
      }
      const auto cells = built.level(exponent);
      const auto same = grown.level(exponent);
      ASSERT_EQ(cells.size(), expected.size());
      ASSERT_EQ(same.size(), expected.size());
      for (std::size_t c = 0; c < cells.size(); ++c) {
        const auto& cell = cells[c];
        EXPECT_EQ(cell.lower, same[c].lower);
        EXPECT_EQ(cell.centroid, same[c].centroid);
        EXPECT_EQ(cell.representative, same[c].representative);
        const auto members = expected.find({cell.lower.begin(), cell.lower.end()});
        ASSERT_NE(members, expected.end());
        ASSERT_EQ(cell.count, members->second.size());
        std::array<double, dim> mean{};
        for (const std::size_t i : members->second)
          for (std::size_t a = 0; a < dim; ++a) mean[a] += static_cast<double>(points.view().row(i)[a]);
        for (std::size_t a = 0; a < dim; ++a) EXPECT_EQ(cell.centroid[a], mean[a] / static_cast<double>(cell.count));
        EXPECT_TRUE(std::count(members->second.begin(), members->second.end(),
                               static_cast<std::size_t>(cell.representative)) == 1);
      }
    }
  }
}

TYPED_TEST(OctreeAsked, BoxesEnterLeaveAndAreHandedOut) {
  using Scalar = typename TypeParam::Scalar;
  constexpr std::size_t dim = TypeParam::dim;
  auto tree = typename TestFixture::Tree(this->config(8, 2));
  const Points<Scalar> points = this->cloud(800, 0);
  std::vector<point_id> ids(points.size());
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<point_id>(3 * i);
  const std::vector<Scalar> lower(dim, Scalar(-1)), upper(dim, Scalar(2));
  std::vector<point_id> inside;
  for (std::size_t i = 0; i < points.size(); ++i) {
    bool in = true;
    for (std::size_t a = 0; a < dim; ++a)
      in &= lower[a] <= points.view().row(i)[a] && points.view().row(i)[a] <= upper[a];
    if (in) inside.push_back(ids[i]);
  }
  EXPECT_EQ(tree.insert_in_box(points, ids, lower, upper), inside.size());
  EXPECT_EQ(tree.size(), inside.size());
  std::vector<point_id> rest;
  for (const point_id id : ids)
    if (!tree.contains(id)) rest.push_back(id);
  for (const point_id id : rest) tree.insert(points.view()[static_cast<std::size_t>(id / 3)], id);
  EXPECT_EQ(tree.count(one_row<Scalar>(lower), one_row<Scalar>(upper))[0], static_cast<std::int64_t>(inside.size()));
  std::vector<point_id> out;
  Points<Scalar> places;
  tree.extract_in_box(lower, upper, out, places);
  EXPECT_EQ(out, inside);
  for (std::size_t i = 0; i < out.size(); ++i)
    for (std::size_t a = 0; a < dim; ++a)
      EXPECT_EQ(places.view().row(i)[a], points.view().row(static_cast<std::size_t>(out[i] / 3))[a]);
  EXPECT_EQ(tree.size(), rest.size());
  ASSERT_NO_THROW(tree.validate());
}

TYPED_TEST(OctreeAsked, DownSamplesByEveryPolicy) {
  using Scalar = typename TypeParam::Scalar;
  const Points<Scalar> points = this->cloud(900, 0);
  std::vector<point_id> ids(points.size());
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<point_id>(i);
  for (const CellPolicy policy : {CellPolicy::first, CellPolicy::nearest_to_center, CellPolicy::centroid}) {
    auto tree = typename TestFixture::Tree(this->config(8, 2));
    tree.build(points);
    const Thinned<Scalar> expected = one_a_cell<Scalar>(points, ids, Scalar(0.7), policy);
    EXPECT_EQ(tree.down_sample(Scalar(0.7), policy), points.size() - expected.rows.size());
    ASSERT_NO_THROW(tree.validate());
    ASSERT_EQ(tree.size(), expected.rows.size());
    for (std::size_t i = 0; i < expected.rows.size(); ++i) {
      const auto place = tree.point(static_cast<point_id>(expected.rows[i]));
      for (std::size_t a = 0; a < place.size(); ++a) EXPECT_EQ(place[a], expected.points.view().row(i)[a]);
    }
  }
}

TYPED_TEST(OctreeAsked, SamplesPointsAsTheyArrive) {
  using Scalar = typename TypeParam::Scalar;
  const Points<Scalar> points = this->cloud(900, 0);
  std::vector<point_id> ids(points.size());
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<point_id>(i);
  const auto cell = Scalar(0.7);
  for (const CellPolicy policy : {CellPolicy::first, CellPolicy::nearest_to_center, CellPolicy::centroid}) {
    auto tree = typename TestFixture::Tree(this->config(8, 2));
    CellSampler<Scalar, TypeParam::dim> sampler(tree, cell, policy);
    Sampled total;
    for (std::size_t first = 0; first < points.size(); first += 300) {
      const Sampled sampled = sampler.insert(points.view().slice(first, 300));
      total.entered += sampled.entered;
      EXPECT_EQ(sampled.entered + sampled.replaced + sampled.dropped, 300u);
    }
    ASSERT_NO_THROW(tree.validate());
    const Thinned<Scalar> expected = one_a_cell<Scalar>(points, ids, cell, policy);
    ASSERT_EQ(tree.size(), expected.rows.size());
    EXPECT_EQ(total.entered, expected.rows.size());
    for (std::size_t i = 0; i < expected.rows.size(); ++i)
      EXPECT_NE(tree.find(expected.points.view()[i]), no_point) << "row " << expected.rows[i];
  }
  auto tree = typename TestFixture::Tree(this->config(8, 2));
  EXPECT_THROW((CellSampler<Scalar, TypeParam::dim>(tree, Scalar(0), CellPolicy::first)), invalid_input);
  CellSampler<Scalar, TypeParam::dim> fine(tree, std::numeric_limits<Scalar>::denorm_min(), CellPolicy::first);
  EXPECT_THROW(fine.insert(points), invalid_input);
  EXPECT_EQ(tree.size(), 0u);
}

TYPED_TEST(OctreeAsked, SeveralRadiiInOnePass) {
  using Scalar = typename TypeParam::Scalar;
  auto tree = typename TestFixture::Tree(this->config(8, 2));
  tree.build(this->cloud(700, 2));  // a lattice: many points at the very radius
  const Points<Scalar> queries = this->cloud(600, 2);
  const std::vector<Scalar> radii{0, 1, 1, std::sqrt(Scalar(2)), 2};
  const auto found = within_radii(tree, queries.view(), std::span<const Scalar>(radii));
  const auto shared = within_radii(tree, queries.view(), std::span<const Scalar>(radii), {.executor = Executor(2)});
  EXPECT_EQ(found.widest, shared.widest);
  EXPECT_EQ(found.ends, shared.ends);
  for (std::size_t j = 0; j < radii.size(); ++j) {
    const auto expected = tree.within(queries, {.radius = radii[j], .order = Order::by_distance});
    if (j + 1 == radii.size()) {
      EXPECT_EQ(found.widest, expected);
    }
    for (std::size_t i = 0; i < queries.size(); ++i) {
      ASSERT_EQ(found.count(i, j), expected.offsets[i + 1] - expected.offsets[i]);
      const auto ids = found.ids(i, j);
      EXPECT_TRUE(std::equal(ids.begin(), ids.end(), expected.ids.begin() + expected.offsets[i]));
    }
  }
  const std::vector<Scalar> falling{2, 1};
  EXPECT_THROW((void)within_radii(tree, queries.view(), std::span<const Scalar>(falling)), invalid_input);
  EXPECT_THROW((void)within_radii(tree, queries.view(), std::span<const Scalar>()), invalid_input);
}

/// Nodes nested in a corner, each beside seven that a range meets as well: more of them wait than a search has room
/// for.
TYPED_TEST(OctreeAsked, DeepTreesAreSearchedWhole) {
  using Scalar = typename TypeParam::Scalar;
  if constexpr (TypeParam::dim == 3) {
    for (const unsigned corner : {0u, 7u}) {
      Rng random(11);
      Points<Scalar> points{{}, 3};
      Scalar size = 1;
      for (int level = 0; level < 22; ++level, size /= 2)
        for (unsigned octant = 0; octant < 8; ++octant)
          for (int i = 0; octant != corner && i < 60; ++i)
            for (unsigned axis = 0; axis < 3; ++axis) {
              const bool far = ((octant ^ corner) >> axis & 1) != 0;
              const Scalar x = (far ? size / 2 : 0) + static_cast<Scalar>(random.uniform()) * size / 2;
              points.coordinates.push_back(corner == 0 ? x : 1 - x);
            }
      auto tree = typename TestFixture::Tree(this->config(8, 2));
      tree.build(points);
      const std::vector<Scalar> lower(3, Scalar(0)), upper(3, Scalar(0.9)), center(3, Scalar(0.4));
      const Scalar radius = Scalar(0.6);
      std::vector<point_id> in_box, in_ball;
      for (std::size_t i = 0; i < points.size(); ++i) {
        const Scalar* x = points.view().row(i);
        if (std::all_of(x, x + 3, [&](Scalar y) { return lower[0] <= y && y <= upper[0]; }))
          in_box.push_back(static_cast<point_id>(i));
        Scalar key = 0;
        for (int axis = 0; axis < 3; ++axis) key += (x[axis] - center[0]) * (x[axis] - center[0]);
        if (key <= radius * radius) in_ball.push_back(static_cast<point_id>(i));
      }
      HitList<Scalar> hits;
      tree.in_box(lower, upper, {.order = Order::by_id}, hits);
      EXPECT_EQ(std::vector<point_id>(hits.ids().begin(), hits.ids().end()), in_box);
      for (const bool distances : {true, false}) {
        tree.within(center, {.radius = radius, .order = Order::by_id, .distances = distances}, hits);
        EXPECT_EQ(std::vector<point_id>(hits.ids().begin(), hits.ids().end()), in_ball);
      }
      std::size_t visited = 0;
      EXPECT_TRUE(tree.visit(center, Within<Scalar>{.radius = 2}, [&](const Hit<Scalar>&) { return ++visited > 0; }));
      EXPECT_EQ(visited, points.size());
    }
  }
}

}  // namespace
}  // namespace coppice::test
