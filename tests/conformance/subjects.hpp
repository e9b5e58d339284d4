// The indexes that the conformance suite runs over. A new index joins with one line in `Subjects`: it must offer the
// common interface (build, insert, erase, move, …, save, load, statistics, validate), and its Config fields are set
// where they exist.
#pragma once

#include <cxxabi.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <typeinfo>

#include "conformance/random.hpp"
#include "coppice/index/brute_force/brute_force.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"

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
  static constexpr bool has_snapshots = requires(const Index index) { index.snapshot(); };
  static constexpr bool has_executor = requires(Config config) { config.executor; };

  static Index make(const Setup<Scalar>& setup) {
    Config config{};
    if constexpr (requires { config.periodic; }) config.periodic = setup.periodic;
    if constexpr (requires { config.balance; }) config.balance = setup.balance;
    if constexpr (requires { config.leaf_fill; }) config.leaf_fill = setup.leaf_fill;
    if constexpr (requires { config.parallel_cutoff; }) config.parallel_cutoff = setup.parallel_cutoff;
    if constexpr (requires { config.executor; }) config.executor = setup.executor;
    return Index(setup.dimension, config);
  }
  static Index make(int dimension) {
    Setup<Scalar> setup;
    setup.dimension = dimension;
    return make(setup);
  }
};

using Subjects = ::testing::Types<Subject<KdTree, float>, Subject<KdTree, double>,  //
                                  Subject<BruteForce, float>, Subject<BruteForce, double>>;

/// The fixture of every typed test of the suite.
template <class SubjectType>
class Conformance : public Seeded {};

/// `KdTreeFloat` and so on, from the type itself.
struct SubjectNames {
  template <class SubjectType>
  static std::string GetName(int) {
    std::string name = abi_name(typeid(typename SubjectType::Index).name());
    name = name.substr(name.rfind("::") + 2);  // coppice::KdTree<float>
    const std::string scalar = name.substr(name.find('<') + 1);
    return name.substr(0, name.find('<')) + (scalar.starts_with("float") ? "Float" : "Double");
  }

 private:
  static std::string abi_name(const char* mangled) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(mangled, nullptr, nullptr, &status),
                                                      std::free);
    return status == 0 ? name.get() : mangled;
  }
};

}  // namespace coppice::test
