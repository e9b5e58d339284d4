#include "coppice/persist/point_archive.hpp"

#include <algorithm>
#include <string>

#include "coppice/errors.hpp"

namespace coppice::persist {
namespace {

template <class Scalar>
constexpr std::string_view scalar_name = sizeof(Scalar) == sizeof(double) ? "float64" : "float32";

/// Runs a check of the library over stored data: what would be the caller's mistake is the file's damage here.
template <class Check>
void check_stored(const ArchiveReader& archive, std::string_view section, Check check) {
  try {
    check();
  } catch (const invalid_input& mistake) {
    archive.refuse(section, mistake.what());
  }
}

}  // namespace

template <class Scalar>
void add_points(ArchiveWriter& archive, const StoredPoints<Scalar>& stored) {
  archive.set("scalar", scalar_name<Scalar>);
  archive.set("dimension", stored.points.dimension);
  archive.set("points", static_cast<std::int64_t>(stored.ids.size()));
  archive.set("next_id", stored.next_id);
  const std::vector<double> lengths(stored.periodic.lengths.begin(), stored.periodic.lengths.end());
  archive.set("periodic_lengths", lengths);
  archive.add("ids", stored.ids);
  archive.add("coordinates", stored.points.coordinates);
}

std::string_view stored_scalar(const ArchiveReader& archive) {
  return archive.text("scalar");
}

std::int64_t stored_dimension(const ArchiveReader& archive) {
  return archive.integer("dimension");
}

template <class Scalar>
StoredPoints<Scalar> read_points(const ArchiveReader& archive, std::string_view kind) {
  if (archive.kind() != kind)
    throw invalid_input(archive.path() + ": holds a '" + archive.kind() + "' index; expected '" + std::string(kind) +
                        "'");
  if (archive.text("scalar") != scalar_name<Scalar>)
    throw invalid_input(archive.path() + ": holds " + archive.text("scalar") + " points; expected " +
                        std::string(scalar_name<Scalar>));
  StoredPoints<Scalar> stored;
  check_stored(archive, "dimension", [&] {
    const std::int64_t dimension = archive.integer("dimension");
    check_dimension(static_cast<int>(std::clamp<std::int64_t>(dimension, 0, max_dimension + 1)));
    stored.points.dimension = static_cast<int>(dimension);
  });
  const auto ids = archive.section<point_id>("ids");
  const auto coordinates = archive.section<Scalar>("coordinates");
  if (archive.integer("points") != static_cast<std::int64_t>(ids.size()))
    archive.refuse("points", "says " + std::to_string(archive.integer("points")) + " points; there are " +
                                 std::to_string(ids.size()) + " ids");
  if (coordinates.size() != ids.size() * static_cast<std::size_t>(stored.points.dimension))
    archive.refuse("coordinates", "there are " + std::to_string(coordinates.size()) + " numbers for " +
                                      std::to_string(ids.size()) + " points of " +
                                      std::to_string(stored.points.dimension) + " dimensions");
  stored.ids.assign(ids.begin(), ids.end());
  stored.points.coordinates.assign(coordinates.begin(), coordinates.end());
  check_stored(archive, "coordinates", [&] { check_points(stored.points.view(), stored.points.dimension); });
  const std::vector<double>& lengths = archive.reals("periodic_lengths");
  stored.periodic.lengths.assign(lengths.begin(), lengths.end());
  check_stored(archive, "periodic_lengths", [&] { stored.periodic.check(stored.points.dimension); });
  stored.next_id = archive.integer("next_id");
  std::vector<point_id> sorted = stored.ids;
  std::sort(sorted.begin(), sorted.end());
  if (!sorted.empty() && sorted.front() < 0) archive.refuse("ids", "an id is negative");
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) archive.refuse("ids", "an id stands twice");
  if (stored.next_id < (sorted.empty() ? 0 : sorted.back()))
    archive.refuse("next_id", "is " + std::to_string(stored.next_id) + ", which is below an id in use");
  return stored;
}

#define COPPICE_INSTANTIATE(Scalar)                                              \
  template void add_points<Scalar>(ArchiveWriter&, const StoredPoints<Scalar>&); \
  template StoredPoints<Scalar> read_points<Scalar>(const ArchiveReader&, std::string_view);
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice::persist
