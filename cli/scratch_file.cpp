// A nameless file and its mapping; see scratch_file.hpp.
#include "scratch_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "coppice/errors.hpp"

namespace coppice::cli {

ScratchFile::ScratchFile(const std::filesystem::path& beside)
    : directory_(beside.has_parent_path() ? beside.parent_path().string() : ".") {
  // Unlinked at once. (O_TMPFILE would do it in one step, but not on every file system.)
  std::string name = directory_ + "/.coppice-XXXXXX";
  descriptor_ = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor_ < 0) fail("create");
  ::unlink(name.c_str());
}

ScratchFile::ScratchFile(ScratchFile&& other) noexcept
    : directory_(std::move(other.directory_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, nullptr)) {}

ScratchFile::~ScratchFile() {
  if (mapped_ != nullptr) ::munmap(mapped_, size_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

void ScratchFile::append(std::span<const std::byte> bytes) {
  constexpr std::size_t largest_write = std::size_t{1} << 30;
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(descriptor_, bytes.data() + done, std::min(bytes.size() - done, largest_write));
    if (count >= 0)
      done += static_cast<std::size_t>(count);
    else if (errno != EINTR)
      fail("write");
  }
  size_ += bytes.size();
}

std::span<const std::byte> ScratchFile::bytes() {
  if (size_ == 0) return {};
  if (mapped_ == nullptr) {
    void* const mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor_, 0);
    if (mapped == MAP_FAILED) fail("read");
    mapped_ = mapped;
  }
  return {static_cast<const std::byte*>(mapped_), size_};
}

void ScratchFile::fail(const char* action) const {
  const int code = errno;
  throw io_error(
      fmt::format("{}: cannot {} a scratch file there: {}", directory_, action, std::generic_category().message(code)));
}

}  // namespace coppice::cli
