// Reading with the system's own calls, so that every refusal has its reason.
#include "coppice/persist/file_reader.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "coppice/errors.hpp"

namespace coppice::persist {

namespace {

[[noreturn]] void fail(const std::string& path, const char* action) {
  const int code = errno;
  throw io_error(fmt::format("{}: cannot {}: {}", path, action, std::generic_category().message(code)));
}

/// An open descriptor until it is taken over.
struct Opened {
  int descriptor;
  ~Opened() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

}  // namespace

FileReader::FileReader(const std::filesystem::path& path) : path_(path.string()) {
  // O_NONBLOCK: opening a pipe that nobody writes to must be refused below, not waited for.
  Opened file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.descriptor < 0) fail(path_, "open");
  struct stat status {};
  if (::fstat(file.descriptor, &status) != 0) fail(path_, "read");
  if (S_ISDIR(status.st_mode)) throw io_error(path_ + ": is a directory, expected a file");
  if (!S_ISREG(status.st_mode)) throw io_error(path_ + ": is not a regular file");
  size_ = static_cast<std::uint64_t>(status.st_size);
  descriptor_ = std::exchange(file.descriptor, -1);
}

FileReader::~FileReader() {
  ::close(descriptor_);
}

void FileReader::read(std::uint64_t offset, std::span<std::byte> into) const {
  constexpr std::size_t largest_read = std::size_t{1} << 30;
  for (std::size_t done = 0; done < into.size();) {
    const ssize_t count = ::pread(descriptor_, into.data() + done, std::min(into.size() - done, largest_read),
                                  static_cast<off_t>(offset + done));
    if (count > 0) {
      done += static_cast<std::size_t>(count);
    } else if (count == 0) {
      throw io_error(fmt::format("{}: shrank while it was read: {} of {} bytes", path_, offset + done, size_));
    } else if (errno != EINTR) {
      fail(path_, "read");
    }
  }
}

}  // namespace coppice::persist
