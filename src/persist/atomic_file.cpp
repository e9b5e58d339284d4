// Temporary file, fsync, rename, fsync of the directory.
#include "coppice/persist/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>

#include "coppice/errors.hpp"
#include "coppice/persist/byte_order.hpp"

namespace coppice::persist {

namespace {

std::filesystem::path directory_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

}  // namespace

AtomicFile::AtomicFile(const std::filesystem::path& target) : target_(target), shown_(target.string()) {
  std::error_code problem;
  if (std::filesystem::is_symlink(target_, problem)) {
    target_ = std::filesystem::weakly_canonical(target_, problem);
    if (problem) throw io_error(fmt::format("{}: cannot follow the link: {}", shown_, problem.message()));
  }
  // A rename would replace a device such as /dev/null, and would fail only after all the work on a directory.
  struct stat old {};
  const bool exists = ::stat(target_.c_str(), &old) == 0;
  if (exists && S_ISDIR(old.st_mode)) throw io_error(shown_ + ": cannot write: is a directory");
  if (exists && !S_ISREG(old.st_mode)) throw io_error(shown_ + ": cannot write: is not a regular file");
  if (!target_.has_filename()) throw io_error(fmt::format("cannot write: '{}' names no file", shown_));

  // The name is short whatever the target's, so that a target of the longest legal name works too.
  static std::atomic<unsigned> counter{0};
  do {
    temporary_ = directory_of(target_) / fmt::format(".coppice-{}-{}.tmp", ::getpid(), counter++);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (descriptor_ < 0 && errno == EEXIST);
  if (descriptor_ < 0) fail("create a file beside it");
  if (exists) ::fchmod(descriptor_, old.st_mode & 07777);  // best effort: not every file system has modes
}

AtomicFile::~AtomicFile() {
  abandon();
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  constexpr std::size_t largest_write = std::size_t{1} << 30;
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(descriptor_, bytes.data() + done, std::min(bytes.size() - done, largest_write));
    if (count >= 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      fail("write");
    }
  }
  size_ += bytes.size();
}

void AtomicFile::write(std::string_view text) {
  write(as_bytes(text));
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail("sync");
  const int descriptor = descriptor_;
  descriptor_ = -1;
  const bool closed = ::close(descriptor) == 0;
  if (!closed || ::rename(temporary_.c_str(), target_.c_str()) != 0) {
    const int code = errno;
    ::unlink(temporary_.c_str());
    errno = code;
    fail(closed ? "rename the new file to it" : "close");
  }

  const int directory = ::open(directory_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return;  // a directory that may be written but not read cannot be synced
  const int synced = ::fsync(directory);
  const int code = errno;
  ::close(directory);
  errno = code;
  if (synced != 0 && code != EINVAL) fail("sync the directory of");  // EINVAL: a file system without such a sync
}

void AtomicFile::fail(std::string_view action) const {
  const int code = errno;
  throw io_error(fmt::format("{}: cannot {}: {}", shown_, action, std::generic_category().message(code)));
}

void AtomicFile::abandon() noexcept {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
  descriptor_ = -1;
}

}  // namespace coppice::persist
