// What a user sees of long work: a bar on a terminal, taken away at the end, and nothing where stderr is a file.
#include "../../cli/progress.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <regex>
#include <string>
#include <thread>

namespace coppice::cli {
namespace {

using namespace std::chrono_literals;
constexpr auto long_work = 1300ms;  // a bar waits for one second

// Everything that `work` writes to stderr, which is a terminal or a pipe meanwhile.
template <class Work>
std::string shown_on(bool terminal, Work&& work) {
  std::array<int, 2> ends{-1, -1};  // to read from, to write to
  if (terminal) {
    ends[0] = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (ends[0] < 0 || ::grantpt(ends[0]) != 0 || ::unlockpt(ends[0]) != 0) return "no terminal";
    ends[1] = ::open(::ptsname(ends[0]), O_RDWR | O_NOCTTY);
  } else if (::pipe(ends.data()) != 0) {
    return "no pipe";
  }
  std::fflush(stderr);
  const int stderr_before = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  work();
  std::fflush(stderr);
  std::string seen(1 << 16, '\0');
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  const ssize_t count = ::read(ends[0], seen.data(), seen.size());
  ::dup2(stderr_before, STDERR_FILENO);
  for (const int descriptor : {stderr_before, ends[0], ends[1]}) ::close(descriptor);
  seen.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return seen;
}

void read_slowly() {
  const Activity activity("reading big.csv");
  std::this_thread::sleep_for(long_work);
}

void count_slowly() {
  Progress progress("knn", 10);
  std::this_thread::sleep_for(long_work);
  progress.update(3);
}

TEST(Activity, ABarOnATerminalThatIsTakenAway) {
  const std::string seen = shown_on(true, read_slowly);
  // Which of the steps is drawn is a matter of time; the bar's width is not.
  EXPECT_TRUE(std::regex_search(seen, std::regex(R"(reading big\.csv \[=+ +\] )"))) << seen;
  EXPECT_TRUE(seen.ends_with("\r\x1b[K")) << seen;
}

TEST(Activity, ShortWorkShowsNothing) {
  EXPECT_EQ(shown_on(true, [] { const Activity activity("reading small.csv"); }), "");
}

TEST(Activity, NoBarWithoutATerminal) {
  EXPECT_EQ(shown_on(false, read_slowly), "");
}

TEST(Progress, ABarOnATerminalThatIsTakenAway) {
  const std::string seen = shown_on(true, count_slowly);
  EXPECT_TRUE(std::regex_search(seen, std::regex(R"(knn \[(===)+ +\] \d/10)"))) << seen;
  EXPECT_TRUE(seen.ends_with("\r\x1b[K")) << seen;
}

TEST(Progress, NoBarWithoutATerminal) {
  EXPECT_EQ(shown_on(false, count_slowly), "");
}

}  // namespace
}  // namespace coppice::cli
