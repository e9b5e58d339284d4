// How a format is found by a file's name, and the check on numbers that reading and writing share.
#pragma once

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "coppice/errors.hpp"
#include "coppice/io/point_file.hpp"

namespace coppice::io {

/// ".xyz" of "water.XYZ".
[[nodiscard]] inline std::string lower_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return extension;
}

/// The entry of `formats` whose extension is that of `path`, in whatever case.
/// Errors: unsupported, naming the known ones: "cannot read .abc files; readable point files are …".
template <class Format, std::size_t Count>
[[nodiscard]] const Format& format_of(const std::array<Format, Count>& formats, const std::filesystem::path& path,
                                      std::string_view verb, std::string_view able) {
  const std::string extension = lower_extension(path);
  std::string known;
  for (const Format& format : formats) {
    if (format.extension == extension) return format;
    known += (known.empty() ? "" : ", ") + std::string(format.extension);
    if (format.extension == ".bin") known += " (KITTI)";
  }
  throw unsupported(fmt::format("{}: cannot {} {}; {} point files are {}", path.string(), verb,
                                extension.empty() ? "a file without an extension" : extension + " files", able, known));
}

/// Refuses NaN and infinities. Errors: invalid_input naming the first bad row and axis.
void check_finite(const std::string& path, const PointFile& file);

}  // namespace coppice::io
