// Fuzzes the loading of saved indexes: the archive's header and sections, and the points that every index keeps in it.
// The checksum is replaced by 0, stored and computed alike, so that changed bytes get past it to the checks behind.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/persist/archive.hpp"
#include "coppice/persist/checksum.hpp"
#include "coppice/persist/point_archive.hpp"

namespace coppice::persist {

std::uint32_t crc32(std::span<const std::byte>, std::uint32_t) noexcept {
  return 0;
}

}  // namespace coppice::persist

namespace {

/// Loads the points as an index of that scalar type would. What cannot be true of points that were saved is a trap.
template <class Scalar>
void load(const coppice::persist::ArchiveReader& archive) {
  try {
    const auto stored = coppice::persist::read_points<Scalar>(archive, archive.kind());
    if (stored.ids.size() != stored.points.size()) __builtin_trap();
    coppice::check_points<Scalar>(stored.points, stored.points.dimension);
  } catch (const coppice::error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = memfd_create("archive", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (file < 0 || ftruncate(file, static_cast<off_t>(size)) != 0 ||
      pwrite(file, data, size, 0) != static_cast<ssize_t>(size))
    std::abort();
  try {
    const coppice::persist::ArchiveReader archive(path);
    load<float>(archive);
    load<double>(archive);
  } catch (const coppice::error&) {
  }
  return 0;
}
