// Constructions so large that the id map is written afterwards, all locations at once: the tree is whole, every id
// leads to its point, and updates find what they look for, whatever the ids and the number of threads.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "conformance/random.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/index/multiway_tree/multiway_tree.hpp"

namespace coppice::test {
namespace {

template <class S, template <class> class TreeOf>
struct Subject {
  using Scalar = S;
  using Tree = TreeOf<S>;
};
template <class Subject>
class LargeBuild : public Seeded {};
using Subjects = ::testing::Types<Subject<float, KdTree>, Subject<float, MultiwayTree>, Subject<double, MultiwayTree>>;
TYPED_TEST_SUITE(LargeBuild, Subjects);

TYPED_TEST(LargeBuild, EveryIdLeadsToItsPoint) {
  using Scalar = typename TypeParam::Scalar;
  using Tree = typename TypeParam::Tree;
  constexpr std::size_t n = (std::size_t{1} << 19) + 1234;
  Points<Scalar> points{{}, 2};
  for (std::size_t i = 0; i < 2 * n; ++i)
    points.coordinates.push_back(static_cast<Scalar>(this->rng.uniform() * this->rng.uniform()));
  for (const int threads : {1, 2}) {
    SCOPED_TRACE(threads);
    const point_id first = threads == 1 ? 0 : point_id{1} << 40;  // so that ids take 64 bits
    std::vector<point_id> ids(n);
    for (std::size_t i = 0; i < n; ++i) ids[i] = first + 3 * static_cast<point_id>(i);
    for (std::size_t i = n; i > 1; --i) std::swap(ids[i - 1], ids[this->rng.below(i)]);
    typename Tree::Config config;
    config.executor = Executor(threads);
    Tree tree(2, config);
    tree.build(points, ids);
    ASSERT_NO_THROW(tree.validate());
    tree.erase(std::span(ids).first(1000));
    for (std::size_t i = 1000; i < n; i += 997) ASSERT_EQ(tree.find(points.view()[i]), ids[i]);
    ASSERT_NO_THROW(tree.validate());
    EXPECT_EQ(tree.size(), n - 1000);
  }
}

}  // namespace
}  // namespace coppice::test
