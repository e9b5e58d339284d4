// Reading point files and saved indexes; see data.hpp.
#include "data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "io/counted.hpp"
#include "progress.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

// The first bytes of every archive, see docs/format.md.
constexpr std::string_view archive_magic =
    "\x89"
    "CPC\r\n\x1A\n";

}  // namespace

std::string with_path(const std::string& path, std::string_view message) {
  return message.find(path) == std::string_view::npos ? fmt::format("{}: {}", path, message) : std::string(message);
}

std::size_t Dataset::size() const noexcept {
  return std::visit([](const auto& rows) { return rows.size(); }, points);
}

int Dataset::dimension() const noexcept {
  return std::visit([](const auto& rows) { return rows.dimension; }, points);
}

Dataset read_dataset(const std::string& path) {
  io::PointFile file = as_bad_input(path, [&] {
    const Activity reading("reading " + path);
    return io::read_points(path);
  });
  Dataset data;
  data.path = path;
  data.format = std::move(file.format);
  data.columns = std::move(file.columns);
  std::visit([&](auto&& rows) { data.points = std::move(rows); }, std::move(file.points));
  data.has_ids = file.ids.has_value();
  if (data.has_ids) {
    data.ids = std::move(*file.ids);
  } else {
    data.ids.resize(data.size());
    std::iota(data.ids.begin(), data.ids.end(), point_id{0});
  }
  return data;
}

void check_target(const std::string& from, const std::string& to) {
  try {
    io::check_writable(to);
  } catch (const unsupported& refusal) {
    throw usage_error(refusal.what());
  }
  std::error_code absent;
  if (std::filesystem::equivalent(from, to, absent))
    throw usage_error(fmt::format("{}: source and target are the same file", to));
}

io::WriteLosses write_dataset(const std::string& to, const io::PointFile& file, bool json) {
  const io::WriteLosses losses = [&] {
    const Activity writing("writing " + to);
    return io::write_points(to, file);
  }();
  if (losses.ids && !json) fmt::print(stderr, "{}: the ids are left out; only .csv files hold them\n", to);
  if (losses.rounded != 0 && !json)
    fmt::print(stderr, "{}: {} of {} {} rounded to float32\n", to, losses.rounded,
               io::counted(file.size() * static_cast<std::size_t>(file.dimension()), "coordinate"),
               io::plural(losses.rounded, "is", "are"));
  return losses;
}

template <class Scalar>
Points<Scalar> take_points(Dataset&& data) {
  const std::string path = data.path;
  io::PointFile file;
  std::visit([&](auto&& rows) { file.points = std::move(rows); }, std::move(data.points));
  return as_bad_input(path, [&] { return io::points_as<Scalar>(std::move(file)); });
}

bool is_saved_index(const std::string& path) {
  if (path.ends_with(".coppice")) return true;
  std::ifstream file(path, std::ios::binary);
  std::array<char, archive_magic.size()> first{};
  if (!file.read(first.data(), first.size())) return false;
  std::size_t equal = 0;
  for (std::size_t i = 0; i < first.size(); ++i) equal += first[i] == archive_magic[i] ? 1 : 0;
  return equal + 1 >= archive_magic.size();
}

AnyScalarIndex load_any_index(const std::string& path, Executor executor) {
  const Activity opening("opening " + path);
  try {
    return load_index<float>(path, executor);
  } catch (const invalid_input&) {  // another scalar type
    return load_index<double>(path, executor);
  } catch (const io_error& failure) {
    throw Failure(ExitCode::bad_input, with_path(path, failure.what()));
  }
}

template <class Scalar>
std::pair<std::vector<point_id>, Points<Scalar>> content_by_id(const AnyIndex<Scalar>& index) {
  std::vector<point_id> stored_ids;
  Points<Scalar> stored;
  index.copy_points(stored_ids, stored);
  std::vector<std::size_t> rows(stored_ids.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) { return stored_ids[a] < stored_ids[b]; });
  std::vector<point_id> ids;
  Points<Scalar> points{{}, index.dimension()};
  ids.reserve(rows.size());
  points.coordinates.reserve(stored.coordinates.size());
  for (const std::size_t row : rows) {
    ids.push_back(stored_ids[row]);
    const auto point = stored.view()[row];
    points.coordinates.insert(points.coordinates.end(), point.begin(), point.end());
  }
  return {std::move(ids), std::move(points)};
}

template Points<float> take_points(Dataset&&);
template Points<double> take_points(Dataset&&);
template std::pair<std::vector<point_id>, Points<float>> content_by_id(const AnyIndex<float>&);
template std::pair<std::vector<point_id>, Points<double>> content_by_id(const AnyIndex<double>&);

}  // namespace coppice::cli
