// One reader a format, each a function over the bytes of a file; `path` is for messages only. They check what their
// format says; that binary coordinates are finite is checked once, by decode_points.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "coppice/io/point_file.hpp"

namespace coppice::io {

[[nodiscard]] PointFile read_npy(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] PointFile read_csv(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] PointFile read_xyz(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] PointFile read_ply(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] PointFile read_pcd(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] PointFile read_kitti(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] PointFile read_las(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] PointFile read_obj(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] PointFile read_pdb(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] PointFile read_gro(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] PointFile read_fvecs(const std::string& path, std::span<const std::byte> bytes);
[[nodiscard]] PointFile read_bvecs(const std::string& path, std::span<const std::byte> bytes);

/// All of read_points behind the file's name and its bytes: the reader that the name asks for, then the shared checks.
[[nodiscard]] PointFile decode_points(const std::filesystem::path& path, std::span<const std::byte> bytes);

[[nodiscard]] inline std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace coppice::io
