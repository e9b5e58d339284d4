// The sweeps over columns that builds run on, in the instruction set in use.

#include "coppice/storage/columns.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <vector>

namespace coppice::test {
namespace {

/// Rows of any stride become columns, and nothing beside the columns is written.
template <class S>
void expect_transposed(std::ptrdiff_t stride, int axes, std::size_t n) {
  constexpr S untouched = -1;
  const auto width = static_cast<std::size_t>(stride);
  std::vector<S> rows(n * width);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<S>(i);
  std::vector<std::vector<S>> columns(static_cast<std::size_t>(axes), std::vector<S>(n + 1, untouched));
  std::vector<S*> to;
  for (std::vector<S>& column : columns) to.push_back(column.data());
  storage::column_kernels<S>().transpose(rows.data(), stride, n, axes, to.data());
  for (std::size_t a = 0; a < columns.size(); ++a) {
    for (std::size_t i = 0; i < n; ++i)
      ASSERT_EQ(columns[a][i], rows[i * width + a]) << "row " << i << ", axis " << a << ", stride " << stride;
    ASSERT_EQ(columns[a][n], untouched) << "axis " << a << ", stride " << stride << ", " << n << " rows";
  }
}

TEST(Columns, RowsOfAnyStrideAreTransposed) {
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{8}, std::size_t{43}})
    for (int axes = 1; axes <= 5; ++axes)
      for (std::ptrdiff_t stride = axes; stride <= 6; ++stride) {
        expect_transposed<double>(stride, axes, n);
        expect_transposed<float>(stride, axes, n);
      }
}

}  // namespace
}  // namespace coppice::test
