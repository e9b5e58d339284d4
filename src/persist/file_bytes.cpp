// Reading a whole file with the system's own calls, so that every refusal has its reason.
#include "coppice/persist/file_bytes.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <new>
#include <system_error>

#include "coppice/errors.hpp"

namespace coppice::persist {

namespace {

struct Descriptor {
  int value = -1;
  explicit Descriptor(int descriptor) : value(descriptor) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

[[noreturn]] void fail(const std::filesystem::path& path, const char* action) {
  const int code = errno;
  throw io_error(fmt::format("{}: cannot {}: {}", path.string(), action, std::generic_category().message(code)));
}

}  // namespace

FileBytes::FileBytes(const std::filesystem::path& path) {
  // O_NONBLOCK: opening a pipe that nobody writes to must be refused below, not waited for.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.value < 0) fail(path, "open");
  struct stat status {};
  if (::fstat(file.value, &status) != 0) fail(path, "read");
  if (S_ISDIR(status.st_mode)) throw io_error(path.string() + ": is a directory, expected a file");
  if (!S_ISREG(status.st_mode)) throw io_error(path.string() + ": is not a regular file");

  size_ = static_cast<std::size_t>(status.st_size);
  const std::size_t room = std::max(size_ + alignment - 1, alignment) / alignment * alignment;
  data_.reset(static_cast<std::byte*>(std::aligned_alloc(alignment, room)));
  if (!data_) throw std::bad_alloc();

  constexpr std::size_t largest_read = std::size_t{1} << 30;
  for (std::size_t done = 0; done < size_;) {
    const ssize_t count = ::read(file.value, data_.get() + done, std::min(size_ - done, largest_read));
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (count == 0) {
      throw io_error(fmt::format("{}: shrank while it was read: {} of {} bytes", path.string(), done, size_));
    } else if (errno != EINTR) {
      fail(path, "read");
    }
  }
}

}  // namespace coppice::persist
