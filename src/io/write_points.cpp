// Which writer serves which name, the checks before the file is begun, and the rows that several formats share.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

#include "coppice/errors.hpp"
#include "counted.hpp"
#include "formats.hpp"
#include "writers.hpp"

namespace coppice::io {

namespace {

struct PointWriter {
  std::string_view extension;
  void (*write)(Output& out, const PointFile& file);
  bool float_only = false;
  bool three_dimensional = false;
};

constexpr std::array<PointWriter, 7> point_writers{{{".npy", write_npy},
                                                    {".csv", write_csv},
                                                    {".xyz", write_xyz, false, true},
                                                    {".ply", write_ply, false, true},
                                                    {".pcd", write_pcd, false, true},
                                                    {".bin", write_kitti, true, true},
                                                    {".fvecs", write_fvecs, true}}};

const PointWriter& writable_format(const std::filesystem::path& path) {
  return format_of(point_writers, path, "write", "writable");
}

void check_attribute(const std::string& path, const Attribute& attribute, std::size_t points) {
  if (attribute.name.empty() || !std::all_of(attribute.name.begin(), attribute.name.end(), [](char c) {
        return c == '_' || ('0' <= c && c <= '9') || ('A' <= c && c <= 'Z') || ('a' <= c && c <= 'z');
      }))
    throw invalid_input(fmt::format("{}: found an attribute named '{}', expected letters, digits and underscores", path,
                                    attribute.name));
  if (attribute.size() != points)
    throw invalid_input(fmt::format("{}: found {} of the attribute {}, expected {}", path,
                                    counted(attribute.size(), "number"), attribute.name, points));
  std::visit(
      [&](const auto& numbers) {
        const auto bad =
            std::find_if(numbers.begin(), numbers.end(), [](auto number) { return !std::isfinite(number); });
        if (bad != numbers.end())
          throw invalid_input(static_cast<std::size_t>(bad - numbers.begin()),
                              fmt::format("{} of {} is {}, expected a finite number", attribute.name, path, *bad));
      },
      attribute.numbers);
}

/// The same points as float. `rounded` counts the coordinates that change.
PointFile narrowed(const PointFile& file, std::size_t& rounded) {
  PointFile narrow{points_as<float>(file), std::nullopt, {}, {}};
  const auto& before = std::get<Points<double>>(file.points).coordinates;
  const auto& after = std::get<Points<float>>(narrow.points).coordinates;
  for (std::size_t i = 0; i < before.size(); ++i) rounded += before[i] != static_cast<double>(after[i]) ? 1 : 0;
  return narrow;
}

}  // namespace

void Output::append_rows(const PointFile& file) {
  std::visit(
      [&](const auto& points) {
        for (std::size_t row = 0; row < points.size(); ++row) append_row(points, row);
      },
      file.points);
}

void Output::append_rows(const PointFile& file, char separator, bool ids) {
  std::visit(
      [&](const auto& points) {
        const auto columns = static_cast<std::size_t>(points.dimension);
        auto out = std::back_inserter(buffer_);
        for (std::size_t row = 0; row < points.size(); ++row) {
          if (ids) fmt::format_to(out, "{}{}", (*file.ids)[row], separator);
          for (std::size_t column = 0; column < columns; ++column)
            fmt::format_to(out, "{}{}", points.coordinates[row * columns + column],
                           column + 1 < columns ? separator : '\n');
          drain(piece);
        }
      },
      file.points);
}

void check_writable(const std::filesystem::path& path) {
  (void)writable_format(path);
}

WriteLosses write_points(const std::filesystem::path& path, const PointFile& file) {
  const PointWriter& format = writable_format(path);
  const std::string shown_path = path.string();
  check_finite(shown_path, file);
  if (format.three_dimensional && file.dimension() != 3)
    throw invalid_input(
        fmt::format("{}: found points of dimension {}, but {} files hold 3-D points; .npy, .csv and "
                    ".fvecs hold any dimension",
                    shown_path, file.dimension(), format.extension));
  if (file.ids && file.ids->size() != file.size())
    throw invalid_input(
        fmt::format("{}: found {}, expected {}", shown_path, counted(file.ids->size(), "id"), file.size()));
  for (const Attribute& attribute : file.attributes) check_attribute(shown_path, attribute, file.size());
  WriteLosses losses;
  losses.attributes = !file.attributes.empty() && format.write != write_ply;
  losses.ids = file.ids.has_value() && format.write != write_csv;
  Output out(path);
  if (format.float_only && std::holds_alternative<Points<double>>(file.points))
    format.write(out, narrowed(file, losses.rounded));
  else
    format.write(out, file);
  out.commit();
  return losses;
}

}  // namespace coppice::io
