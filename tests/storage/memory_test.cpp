// Large blocks: what is discarded, and what must stay.
#include "coppice/storage/memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "coppice/storage/columns.hpp"

namespace coppice::storage {
namespace {

/// Under sanitizers memory comes from the allocator, and nothing is given back.
bool gives_back() {
  return most_spare_bytes() > 0;
}

TEST(Memory, DiscardsWholePagesOfAPartAndNothingAround) {
  constexpr std::size_t bytes = 5 * huge_page, first = huge_page + 100, last = 4 * huge_page - 1;
  auto* const block = static_cast<unsigned char*>(allocate(bytes, PageSize::huge));
  std::memset(block, 0xa5, bytes);
  discard(block + first, last - first);
  const auto is_kept = [](unsigned char x) { return x == 0xa5; };
  // Whole pages within the part: only the third of the five.
  EXPECT_TRUE(std::all_of(block, block + 2 * huge_page, is_kept));
  EXPECT_TRUE(std::all_of(block + 3 * huge_page, block + bytes, is_kept));
  EXPECT_EQ(block[2 * huge_page], gives_back() ? 0 : 0xa5);
  EXPECT_EQ(block[3 * huge_page - 1], gives_back() ? 0 : 0xa5);
  std::memset(block + 2 * huge_page, 0x5a, huge_page);
  EXPECT_EQ(block[2 * huge_page], 0x5a);
  release(block, bytes, PageSize::huge);
}

/// Points [first, first + count) of columns of n points in both buffers, in a sea of others; who is still there?
template <class Check>
void discard_some(std::size_t n, std::size_t first, std::size_t count, Check check) {
  const Columns<double> columns(n, 2, false);
  const std::size_t filled = 3 * count;
  for (int b = 0; b < 2; ++b) {
    for (int a = 0; a < 2; ++a) std::fill_n(columns.axis(b, a), filled, 1.5 + a);
    for (std::size_t i = 0; i < filled; ++i) columns.ids(b).set(i, 7);
  }
  columns.discard(first, count);
  for (int b = 0; b < 2; ++b)
    for (std::size_t i = 0; i < filled; ++i)
      ASSERT_NO_FATAL_FAILURE(check(i, columns.axis(b, 0)[i], columns.axis(b, 1)[i], columns.ids(b)[i])) << i;
}

TEST(Memory, ColumnsThatWillBeKeptStayWhole) {
  constexpr std::size_t count = std::size_t{1} << 19;
  discard_some(3 * count, count, count, [](std::size_t, double x, double y, point_id id) {
    ASSERT_EQ(x, 1.5);
    ASSERT_EQ(y, 2.5);
    ASSERT_EQ(id, 7);
  });
}

/// Most of them is never touched, and takes no memory.
TEST(Memory, LargeColumnsGiveBackWhatTheyAreTold) {
  if (!gives_back()) GTEST_SKIP() << "nothing is kept under sanitizers";
  constexpr std::size_t count = std::size_t{1} << 20;
  std::size_t coordinates = 0, ids = 0;
  discard_some(most_spare_bytes() / (2 * sizeof(double)) + 3 * count, count, count,
               [&](std::size_t i, double x, double y, point_id id) {
                 if (i < count || i >= 2 * count) {
                   ASSERT_EQ(x, 1.5);
                   ASSERT_EQ(y, 2.5);
                   ASSERT_EQ(id, 7);
                 }
                 coordinates += static_cast<std::size_t>(x == 0) + static_cast<std::size_t>(y == 0);
                 ids += static_cast<std::size_t>(id == 0);
               });
  // Of each array all but less than a page at either end.
  EXPECT_GT(coordinates, 4 * (count - 2 * huge_page / sizeof(double)));
  EXPECT_GE(ids, 2 * huge_page / sizeof(std::uint32_t));
}

}  // namespace
}  // namespace coppice::storage
