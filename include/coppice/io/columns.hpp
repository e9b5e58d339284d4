// Numbers that go with points and are none themselves: one a point, or pairs of points.
#pragma once

#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

namespace coppice::io {

/// Reads one number a row: an .npy array of shape n or n × 1, or any other point file with one column.
/// Errors: those of `read_points`; invalid_input for more columns than one.
[[nodiscard]] std::vector<double> read_numbers(const std::filesystem::path& path);

/// Reads two whole numbers of at least 0 a row: an .npy array of shape n × 2, of 64-bit integers too, or any other
/// point file with two columns. Errors: those of `read_points`; invalid_input naming the row of another number.
[[nodiscard]] std::vector<std::pair<std::int64_t, std::int64_t>> read_id_pairs(const std::filesystem::path& path);

}  // namespace coppice::io
