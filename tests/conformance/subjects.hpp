// The indexes that the conformance suite runs over. A new index joins with one line in `Subjects`: it must offer the
// common interface (build, insert, erase, move, …, save, load, statistics, validate), and its Config fields are set
// where they exist.
#pragma once

#include <gtest/gtest.h>

#include <type_traits>

#include "conformance/octree_of.hpp"
#include "conformance/random.hpp"
#include "coppice/errors.hpp"
#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/index/kd_map/index.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/index/multiway_tree/multiway_tree.hpp"
#include "coppice/index/neighbor_graph/neighbor_graph.hpp"

namespace coppice::test {

/// Everything that a test may choose about an index.
template <class Scalar>
struct Setup {
  int dimension = 3;
  PeriodicBox<Scalar> periodic{};
  Balance balance{};
  int leaf_fill = 32;
  std::size_t parallel_cutoff = 1u << 14;
  Executor executor{};
};

/// One index type under test.
template <template <class> class Tree, class ScalarType>
struct Subject {
  using Scalar = ScalarType;
  using Index = Tree<Scalar>;
  using Config = typename Index::Config;

  static constexpr bool has_balance = requires(Config config) { config.balance; };
  static constexpr bool has_leaves = requires(Config config) { config.leaf_fill; };
  static constexpr bool has_snapshots = requires(const Index index) { index.snapshot(); };
  static constexpr bool has_executor = requires(Config config) { config.executor; };

  /// The dimension nearest to one asked for that the index serves.
  static int served(int dimension) {
    if constexpr (requires { Index::served(dimension); })
      return Index::served(dimension);
    else
      return dimension;
  }
  static bool serves(int dimension) { return served(dimension) == dimension; }

  /// Whether the index can be balanced so; one that has no balance stands for the default.
  static bool takes(const Balance& balance) {
    if constexpr (has_balance)
      return accepts([&] {
        Config config{};
        config.balance = balance;
        config.check(1);
      });
    else
      return balance.kind == Balance{}.kind;
  }
  /// A balance that only other indexes have gives way to the index's own; a bad one does not.
  static Index make(const Setup<Scalar>& setup) {
    Config config{};
    if constexpr (requires { config.periodic; }) config.periodic = setup.periodic;
    if constexpr (has_balance)
      if (takes(setup.balance) || !accepts([&] { setup.balance.check(); })) config.balance = setup.balance;
    if constexpr (has_leaves) config.leaf_fill = setup.leaf_fill;
    if constexpr (requires { config.parallel_cutoff; }) config.parallel_cutoff = setup.parallel_cutoff;
    if constexpr (requires { config.executor; }) config.executor = setup.executor;
    return Index(setup.dimension, config);
  }
  static Index make(int dimension) {
    Setup<Scalar> setup;
    setup.dimension = dimension;
    return make(setup);
  }

 private:
  template <class Check>
  static bool accepts(const Check& check) {
    try {
      check();
    } catch (const invalid_input&) {
      return false;
    }
    return true;
  }
};

template <class Scalar>
using GraphOf = NeighborGraph<Scalar, KdTree<Scalar>>;

using Subjects = ::testing::Types<Subject<KdTree, float>, Subject<KdTree, double>,              //
                                  Subject<KdMapIndex, float>, Subject<KdMapIndex, double>,      //
                                  Subject<OctreeOf, float>, Subject<OctreeOf, double>,          //
                                  Subject<MultiwayTree, float>, Subject<MultiwayTree, double>,  //
                                  Subject<GraphOf, float>, Subject<GraphOf, double>,            //
                                  Subject<BruteForce, float>, Subject<BruteForce, double>>;

/// The subjects for which `Has<Subject>::value` holds: tests of what only some indexes offer run over these.
template <template <class> class Has, class Kept, class... Rest>
struct Where;
template <template <class> class Has, class... Kept>
struct Where<Has, ::testing::Types<Kept...>> {
  using type = ::testing::Types<Kept...>;
};
template <template <class> class Has, class... Kept, class First, class... Rest>
struct Where<Has, ::testing::Types<Kept...>, First, Rest...>
    : Where<Has, std::conditional_t<Has<First>::value, ::testing::Types<Kept..., First>, ::testing::Types<Kept...>>,
            Rest...> {};
template <template <class> class Has, class... All>
struct Where<Has, ::testing::Types<>, ::testing::Types<All...>> : Where<Has, ::testing::Types<>, All...> {};

template <class SubjectType>
using HasBalance = std::bool_constant<SubjectType::has_balance>;
template <class SubjectType>
using HasExecutor = std::bool_constant<SubjectType::has_executor>;
template <class SubjectType>
using HasSnapshots = std::bool_constant<SubjectType::has_snapshots>;

/// The fixture of every typed test of the suite.
template <class SubjectType>
class Conformance : public Seeded {};

}  // namespace coppice::test
