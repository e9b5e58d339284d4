// What an Octree adds to the contracts of every index: (K, α)-admissibility after every operation, K and α that change,
// cells that have no bounds to outgrow, levels, boxes and down-sampling.
#include "coppice/index/octree/octree.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

#include "conformance/random.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/index/octree/cell_sampler.hpp"
#include "coppice/index/octree/pairs_of.hpp"
#include "coppice/query/queries.hpp"
#include "coppice/query/radii.hpp"

namespace coppice::test {
namespace {

template <class ScalarType, int Dimension>
struct Kind {
  using Scalar = ScalarType;
  static constexpr int dim = Dimension;
};

template <class KindOf>
class OctreeTest : public Seeded {
 public:
  using Scalar = typename KindOf::Scalar;
  static constexpr int dim = KindOf::dim;
  using Tree = Octree<Scalar, dim>;
  using Point = std::vector<Scalar>;

  /// A point of one of several kinds of places: spread out, in a clump, on a lattice, on a line, over many decades.
  Point somewhere(int kind) {
    Point p(dim);
    const double clump = rng.uniform(-8, 8);
    const int decade = rng.between(-20, 12);
    for (Scalar& x : p) switch (kind) {
        case 0:
          x = static_cast<Scalar>(rng.uniform(-3, 5));
          break;
        case 1:
          x = static_cast<Scalar>(std::round(clump) + 0.01 * rng.uniform());
          break;
        case 2:
          x = static_cast<Scalar>(rng.between(-2, 2));
          break;
        case 3:
          x = static_cast<Scalar>(1e6 + (&x == p.data() ? 0 : rng.uniform()));
          break;
        default:
          x = static_cast<Scalar>(std::pow(10.0, decade) * rng.uniform(-1, 1));
      }
    return p;
  }
  static typename Tree::Config config(int capacity, double alpha) {
    typename Tree::Config config;
    config.capacity = capacity;
    config.alpha = alpha;
    return config;
  }
  Points<Scalar> cloud(std::size_t n, int kind) {
    Points<Scalar> points{{}, dim};
    for (std::size_t i = 0; i < n; ++i) {
      const Point p = somewhere(kind);
      points.coordinates.insert(points.coordinates.end(), p.begin(), p.end());
    }
    return points;
  }
};

using Kinds = ::testing::Types<Kind<float, 2>, Kind<float, 3>, Kind<double, 2>, Kind<double, 3>>;
TYPED_TEST_SUITE(OctreeTest, Kinds);

TYPED_TEST(OctreeTest, IsAdmissibleAfterEveryOperation) {
  using Scalar = typename TypeParam::Scalar;
  struct Bounds {
    int capacity;
    double alpha;
  };
  for (const Bounds& bounds : {Bounds{1, 1}, {1, 4}, {3, 1.5}, {8, 2}, {24, 1}})
    for (int kind = 0; kind < 5; ++kind) {
      SCOPED_TRACE(testing::Message() << "K " << bounds.capacity << ", alpha " << bounds.alpha << ", kind " << kind);
      auto tree = typename TestFixture::Tree(this->config(bounds.capacity, bounds.alpha));
      BruteForce<Scalar> oracle(TypeParam::dim);
      std::vector<point_id> live;
      for (int step = 0; step < scaled(400); ++step) {
        const bool grow = step % 200 < 130;
        if (live.empty() || this->rng.chance(grow ? 0.7 : 0.1)) {
          const auto p = this->somewhere(kind);
          live.push_back(tree.insert(p));
          oracle.insert(p, live.back());
        } else if (this->rng.chance(0.5)) {
          const std::size_t i = this->rng.below(live.size());
          tree.erase(live[i]);
          oracle.erase(live[i]);
          live[i] = live.back();
          live.pop_back();
        } else {
          const point_id id = this->rng.pick(live);
          auto p = this->somewhere(this->rng.chance(0.1) ? 4 : kind);
          if (this->rng.chance(0.5)) {  // a short way
            p = tree.point(id);
            for (Scalar& x : p) x += static_cast<Scalar>(this->rng.uniform(-0.01, 0.01));
          }
          tree.move(id, p);
          oracle.move(id, p);
        }
        ASSERT_NO_THROW(tree.validate()) << "step " << step;
      }
      const Points<Scalar> queries = this->cloud(20, kind);
      EXPECT_EQ(tree.nearest(queries, {.k = 7}).ids, oracle.nearest(queries, {.k = 7}).ids);
      EXPECT_EQ(tree.nearest(queries, {.k = 7}).distances, oracle.nearest(queries, {.k = 7}).distances);
      EXPECT_EQ(tree.within(queries, {.radius = 2, .order = Order::by_id}).ids,
                oracle.within(queries, {.radius = 2, .order = Order::by_id}).ids);
    }
}

TYPED_TEST(OctreeTest, CapacityChangesInPlace) {
  using Scalar = typename TypeParam::Scalar;
  auto tree = typename TestFixture::Tree(this->config(24, 2));
  const Points<Scalar> points = this->cloud(3000, 0);
  tree.build(points);
  const auto before = tree.snapshot();
  const auto queries = this->cloud(20, 0);
  const Neighbors<Scalar> expected = tree.nearest(queries, {.k = 5});
  std::size_t leaves = tree.statistics().leaves;
  for (const auto& [capacity, alpha] : std::vector<std::pair<int, double>>{{4, 2}, {4, 1}, {1, 1}}) {
    tree.set_capacity(capacity, alpha);
    ASSERT_NO_THROW(tree.validate());
    EXPECT_GT(tree.statistics().leaves, leaves);
    leaves = tree.statistics().leaves;
    EXPECT_EQ(tree.nearest(queries, {.k = 5}).ids, expected.ids);
  }
  tree.set_capacity(5000, 1);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_EQ(tree.statistics().leaves, 1u);
  EXPECT_EQ(tree.statistics().nodes, 0u);
  EXPECT_EQ(tree.nearest(queries, {.k = 5}).ids, expected.ids);
  EXPECT_EQ(before.nearest(queries, {.k = 5}).ids, expected.ids);
}

TYPED_TEST(OctreeTest, CapacityFollowsTheWorkload) {
  using Tree = typename TestFixture::Tree;
  int before = 0;
  for (const double updates : {0.0, 1.0, 10.0, 1000.0}) {
    const int capacity = Tree::capacity_for({.updates_per_query = updates, .neighbors_per_query = 10});
    EXPECT_GE(capacity, before);
    before = capacity;
  }
  EXPECT_GT(before, Tree::capacity_for({.updates_per_query = 0, .neighbors_per_query = 1}));
  EXPECT_GT(Tree::capacity_for({.updates_per_query = 0, .neighbors_per_query = 300}),
            Tree::capacity_for({.updates_per_query = 0, .neighbors_per_query = 1}));
  Tree tree;
  EXPECT_NO_THROW(tree.set_capacity(before, tree.config().alpha));
  EXPECT_THROW((void)Tree::capacity_for({.updates_per_query = -1}), invalid_input);
  EXPECT_THROW((void)Tree::capacity_for({.neighbors_per_query = std::nan("")}), invalid_input);
}

TYPED_TEST(OctreeTest, PairsCarryIds) {
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

TYPED_TEST(OctreeTest, RefusesBadConfigsAndChangesNothing) {
  using Scalar = typename TypeParam::Scalar;
  using Tree = typename TestFixture::Tree;
  EXPECT_THROW(Tree(this->config(0, 2)), invalid_input);
  EXPECT_THROW(Tree(this->config(8, 0.99)), invalid_input);
  EXPECT_THROW(Tree(this->config(8, std::nan(""))), invalid_input);
  typename Tree::Config config;
  config.smallest_cell = -1;
  EXPECT_THROW(Tree{config}, invalid_input);
  Tree tree(this->config(8, 2));
  tree.build(this->cloud(500, 0));
  EXPECT_THROW(tree.set_capacity(0, 2), invalid_input);
  EXPECT_THROW(tree.set_capacity(4, 0.5), invalid_input);
  EXPECT_THROW((void)tree.level(5000), invalid_input);
  EXPECT_THROW((void)tree.level(-5000), invalid_input);
  EXPECT_EQ(tree.level(std::numeric_limits<Scalar>::max_exponent - 1).size(), 1u << TypeParam::dim) << "all orthants";
  EXPECT_EQ(tree.config().capacity, 8);
  EXPECT_EQ(tree.config().alpha, 2);
  const std::vector<Scalar> low(TypeParam::dim, 1), high(TypeParam::dim, 0);
  const std::vector<point_id> ids{1000};
  EXPECT_THROW(tree.insert_in_box(this->cloud(1, 0), ids, low, high), invalid_input);
  EXPECT_EQ(tree.size(), 500u);
}

TYPED_TEST(OctreeTest, TheRootExpandsAndShrinksWithThePoints) {
  using Scalar = typename TypeParam::Scalar;
  auto tree = typename TestFixture::Tree(this->config(8, 2));
  tree.build(this->cloud(1000, 1));
  const Statistics before = tree.statistics();
  const std::vector<Scalar> far(TypeParam::dim, sizeof(Scalar) == 8 ? Scalar(-1e100) : Scalar(-1e15));
  for (int i = 0; i < 20; ++i) tree.insert(far, 5000 + i);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_LE(tree.statistics().height, before.height + 2) << "a compressed path, whatever the distance";
  for (int i = 0; i < 20; ++i) tree.erase(5000 + i);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_EQ(tree.statistics().nodes, before.nodes);
  EXPECT_EQ(tree.statistics().height, before.height);
}

TYPED_TEST(OctreeTest, EqualPointsShareALeafOfTheSmallestCell) {
  using Scalar = typename TypeParam::Scalar;
  auto tree = typename TestFixture::Tree(this->config(4, 2));
  const std::vector<Scalar> place(TypeParam::dim, Scalar(0.3));
  for (int i = 0; i < 300; ++i) tree.insert(place);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_EQ(tree.statistics().leaves, 1u);
  const std::vector<Scalar> other(TypeParam::dim, std::nextafter(Scalar(0.3), Scalar(1)));
  const point_id id = tree.insert(other);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_EQ(tree.statistics().leaves, 2u);
  EXPECT_EQ(tree.find(other), id);
  tree.erase(id);
  for (int i = 0; i < 295; ++i) tree.erase(i);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_EQ(tree.statistics().nodes, 0u);
}

TYPED_TEST(OctreeTest, CellsOfTheSmallestSizeAreNotDivided) {
  using Scalar = typename TypeParam::Scalar;
  auto config = this->config(2, 1);
  config.smallest_cell = Scalar(0.25);
  auto tree = typename TestFixture::Tree(config);
  Points<Scalar> points{{}, TypeParam::dim};
  for (int i = 0; i < 500 * TypeParam::dim; ++i) points.coordinates.push_back(static_cast<Scalar>(this->rng.uniform()));
  for (std::size_t i = 0; i < points.size(); ++i) tree.insert(points.view()[i]);
  ASSERT_NO_THROW(tree.validate());
  EXPECT_EQ(tree.statistics().leaves, static_cast<std::size_t>(std::pow(4, TypeParam::dim)));
}

TYPED_TEST(OctreeTest, LevelsAreThoseOfAGridWhateverTheHistory) {
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

TYPED_TEST(OctreeTest, BoxesEnterLeaveAndAreHandedOut) {
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

TYPED_TEST(OctreeTest, DownSamplesByEveryPolicy) {
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

TYPED_TEST(OctreeTest, SamplesPointsAsTheyArrive) {
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

TYPED_TEST(OctreeTest, SeveralRadiiInOnePass) {
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

}  // namespace
}  // namespace coppice::test
