// Large blocks: what is discarded, and what must stay.
#include "coppice/storage/memory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "coppice/storage/columns.hpp"

namespace coppice::storage {
namespace {

TEST(Memory, DiscardsWholePagesOfAPartAndNothingAround) {
  constexpr std::size_t bytes = 5 * huge_page, first = huge_page + 100, last = 4 * huge_page - 1;
  auto* const block = static_cast<unsigned char*>(allocate(bytes, PageSize::huge));
  std::memset(block, 0xa5, bytes);
  discard(block + first, last - first);
  const auto is_kept = [](unsigned char x) { return x == 0xa5; };
  // Whole pages within the part: only the third of the five.
  EXPECT_TRUE(std::all_of(block, block + 2 * huge_page, is_kept));
  EXPECT_TRUE(std::all_of(block + 3 * huge_page, block + bytes, is_kept));
  std::memset(block + 2 * huge_page, 0x5a, huge_page);
  EXPECT_EQ(block[2 * huge_page], 0x5a);
  release(block, bytes, PageSize::huge);
}

/// Columns that will be kept for others stay as they are.
TEST(Memory, ColumnsOfUsualSizeStayWhole) {
  constexpr std::size_t n = std::size_t{1} << 20;
  const Columns<double> columns(n, 3, false);
  for (int a = 0; a < 3; ++a) std::fill_n(columns.axis(0, a), n, 1.5 + a);
  columns.discard(0, n);
  for (int a = 0; a < 3; ++a)
    EXPECT_TRUE(std::all_of(columns.axis(0, a), columns.axis(0, a) + n, [&](double x) { return x == 1.5 + a; }));
}

}  // namespace
}  // namespace coppice::storage
