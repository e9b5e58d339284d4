// AtomicFile: the target is the old file or the new one, and nothing is left beside it.
#include "coppice/persist/atomic_file.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "coppice/errors.hpp"
#include "temporary_folder.hpp"

namespace coppice::persist {
namespace {

using test::file_content;
using test::TemporaryFolder;
using test::write_file;

TEST(AtomicFile, AppearsOnlyWithCommit) {
  const TemporaryFolder folder;
  {
    AtomicFile file(folder / "a");
    file.write("hello ");
    file.write("world");
    EXPECT_EQ(file.size(), 11u);
    EXPECT_FALSE(std::filesystem::exists(folder / "a"));
    file.commit();
  }
  EXPECT_EQ(file_content(folder / "a"), "hello world");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(AtomicFile, AbandonedLeavesTheOldFile) {
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  {
    AtomicFile file(folder / "a");
    file.write("new");
  }
  EXPECT_EQ(file_content(folder / "a"), "old");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(AtomicFile, KeepsPermissionsAndFollowsLinks) {
  const TemporaryFolder folder;
  write_file(folder / "real", "old");
  ASSERT_EQ(::chmod((folder / "real").c_str(), 0640), 0);
  std::filesystem::create_symlink("real", folder / "link");
  AtomicFile file(folder / "link");
  file.write("new");
  file.commit();
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(file_content(folder / "real"), "new");
  EXPECT_EQ(std::filesystem::status(folder / "real").permissions(), std::filesystem::perms{0640});
}

TEST(AtomicFile, TakesTheLongestLegalName) {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  AtomicFile file(folder / name);
  file.commit();
  EXPECT_TRUE(std::filesystem::exists(folder / name));
}

void expect_refused(const std::filesystem::path& target, const std::string& reason) {
  try {
    AtomicFile file(target);
    FAIL() << "accepted " << target;
  } catch (const io_error& problem) {
    EXPECT_NE(std::string(problem.what()).find(target.string()), std::string::npos) << problem.what();
    EXPECT_NE(std::string(problem.what()).find(reason), std::string::npos) << problem.what();
  }
}

TEST(AtomicFile, RefusesTargetsThatCannotBeFiles) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "directory");
  expect_refused(folder / "missing/a", "No such file or directory");
  expect_refused(folder / "directory", "is a directory");
  expect_refused(folder / "directory/", "is a directory");
  expect_refused("/dev/null", "is not a regular file");
  expect_refused("", "names no file");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(AtomicFile, FailedWriteLeavesTheOldFileAndNothingElse) {
  const TemporaryFolder folder;
  write_file(folder / "a", "old");
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  auto* const old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit = old_limit;
  limit.rlim_cur = 1000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limit), 0);
  bool refused = false;
  std::string message;
  try {
    AtomicFile file(folder / "a");
    file.write(std::string(600, 'x'));
    file.write(std::string(600, 'x'));
    file.commit();
  } catch (const io_error& problem) {
    refused = true;
    message = problem.what();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old_limit), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_TRUE(refused);
  EXPECT_NE(message.find("File too large"), std::string::npos) << message;
  EXPECT_EQ(file_content(folder / "a"), "old");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(AtomicFile, FailedRenameLeavesNothing) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "a");
  file.write("new");
  std::filesystem::create_directory(folder / "a");  // comes in the way after the check
  EXPECT_THROW(file.commit(), io_error);
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a"));
  EXPECT_EQ(folder.entries(), 1u);
}

}  // namespace
}  // namespace coppice::persist
