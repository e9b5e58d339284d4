// The balance criteria on hand-written sides, their names, and the ranges of their parameters.

#include "coppice/balance/criterion.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "coppice/errors.hpp"

namespace coppice {
namespace {

TEST(Balance, AvlLooksAtHeights) {
  for (int delta = 1; delta <= 4; ++delta) {
    const Balance balance = Balance::avl(delta);
    const auto step = static_cast<std::uint32_t>(delta);
    EXPECT_TRUE(balance.holds({3, 8}, {3, 1}));
    EXPECT_TRUE(balance.holds({3, 8}, {3 + step, 9}));
    EXPECT_TRUE(balance.holds({3 + step, 8}, {3, 9}));
    EXPECT_FALSE(balance.holds({3, 8}, {4 + step, 9}));
    EXPECT_FALSE(balance.holds({4 + step, 8}, {3, 9}));
  }
}

TEST(Balance, RedBlackLooksAtTheRatio) {
  const Balance balance = Balance::red_black();
  EXPECT_TRUE(balance.holds({2, 4}, {4, 16}));
  EXPECT_TRUE(balance.holds({4, 16}, {2, 4}));
  EXPECT_FALSE(balance.holds({2, 4}, {5, 16}));
  EXPECT_FALSE(balance.holds({5, 16}, {2, 4}));
  EXPECT_TRUE(balance.holds({0, 1}, {1, 2}));
  EXPECT_FALSE(balance.holds({0, 1}, {2, 4}));
}

TEST(Balance, WeightLooksAtLeaves) {
  for (const Balance& balance : {Balance::weight(0.2), Balance::growth(0.2)}) {
    EXPECT_TRUE(balance.holds({9, 50}, {1, 50}));
    EXPECT_TRUE(balance.holds({1, 20}, {1, 80}));
    EXPECT_TRUE(balance.holds({1, 80}, {1, 20}));
    EXPECT_FALSE(balance.holds({1, 19}, {1, 81}));
    EXPECT_FALSE(balance.holds({1, 81}, {1, 19}));
  }
}

TEST(Balance, SymmetryOfEveryCriterion) {
  for (const Balance& balance : {Balance::growth(), Balance::avl(2), Balance::red_black(), Balance::weight(0.25)})
    for (std::uint32_t a = 0; a < 8; ++a)
      for (std::uint32_t b = 0; b < 8; ++b)
        EXPECT_EQ(balance.holds({a, a + 1}, {b, b + 1}), balance.holds({b, b + 1}, {a, a + 1}));
}

TEST(Balance, NamesGoBothWays) {
  for (const char* name : {"growth", "avl-1", "avl-2", "avl-3", "avl-4", "avl-8", "red-black", "weight"})
    EXPECT_EQ(balance_name(balance_from_name(name)), name);
  EXPECT_EQ(balance_from_name("avl").delta, 1);
  EXPECT_EQ(balance_from_name("avl-3").delta, 3);
  for (const char* name : {"", "avl-0", "avl-9", "avl-", "avl-12", "avl-x", "redblack", "Growth"})
    EXPECT_THROW(static_cast<void>(balance_from_name(name)), invalid_input) << name;
}

TEST(Balance, ParametersOutOfRange) {
  for (int delta : {1, 8}) EXPECT_NO_THROW(Balance::avl(delta).check());
  for (int delta : {-1, 0, 9}) EXPECT_THROW(Balance::avl(delta).check(), invalid_input);
  for (double omega : {0.001, 0.2, 0.299}) EXPECT_NO_THROW(Balance::weight(omega).check());
  for (double omega : {0.0, -0.2, 0.3, 0.5}) {
    EXPECT_THROW(Balance::weight(omega).check(), invalid_input);
    EXPECT_THROW(Balance::growth(omega).check(), invalid_input);
  }
  EXPECT_THROW(Balance::weight(std::numeric_limits<double>::quiet_NaN()).check(), invalid_input);
  EXPECT_NO_THROW(Balance::red_black().check());
}

}  // namespace
}  // namespace coppice
