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
#include <string_view>
#include <thread>

namespace coppice::cli {
namespace {

using namespace std::chrono_literals;
constexpr auto long_work = 1300ms;  // a bar waits for one second

// What is written after the work, to know that all of it has been read: a terminal hands its output on in pieces,
// and when it pleases.
constexpr std::string_view end_mark = "<end>";

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
  ::dup2(stderr_before, STDERR_FILENO);
  std::string seen;
  if (::write(ends[1], end_mark.data(), end_mark.size()) == static_cast<ssize_t>(end_mark.size())) {
    std::array<char, 4096> piece{};
    while (!seen.ends_with(end_mark)) {
      const ssize_t count = ::read(ends[0], piece.data(), piece.size());
      if (count <= 0) break;
      seen.append(piece.data(), static_cast<std::size_t>(count));
    }
  }
  for (const int descriptor : {stderr_before, ends[0], ends[1]}) ::close(descriptor);
  if (!seen.ends_with(end_mark)) return "not read to the end: " + seen;
  return seen.substr(0, seen.size() - end_mark.size());
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
