// The bar and its sparse stand-in; see progress.hpp.
#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <system_error>
#include <utility>

namespace coppice::cli {

namespace {

using namespace std::chrono_literals;
constexpr auto quiet_start = 1s;
constexpr auto bar_interval = 100ms;
constexpr auto line_interval = 10s;
constexpr std::uint64_t bar_width = 30;
constexpr std::uint64_t slider_width = 5;

void erase_bar() {
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
}

}  // namespace

Progress::Progress(std::string label, std::uint64_t total)
    : label_(std::move(label)),
      total_(std::max<std::uint64_t>(total, 1)),
      terminal_(isatty(STDERR_FILENO) == 1),
      next_(Clock::now() + (terminal_ ? Clock::duration(quiet_start) : Clock::duration(line_interval))) {}

Progress::~Progress() {
  if (visible_) erase_bar();
}

void Progress::update(std::uint64_t done, const std::string& note) {
  const auto now = Clock::now();
  if (now < next_) return;
  if (terminal_) {
    draw_bar(std::min(done, total_), note);
    next_ = now + bar_interval;
  } else {
    print_line(std::min(done, total_), note);
    next_ = now + line_interval;
  }
}

void Progress::draw_bar(std::uint64_t done, const std::string& note) {
  const std::uint64_t filled = bar_width * done / total_;
  fmt::print(stderr, "\r\x1b[K{} [{}{}] {}/{}{}{}", label_, std::string(filled, '='),
             std::string(bar_width - filled, ' '), done, total_, note.empty() ? "" : "  ", note);
  std::fflush(stderr);
  visible_ = true;
}

void Progress::print_line(std::uint64_t done, const std::string& note) const {
  fmt::print(stderr, "{}: {}/{}{}{}\n", label_, done, total_, note.empty() ? "" : "  ", note);
}

Activity::Activity(std::string label) : label_(std::move(label)) {
  try {
    shower_ = std::thread([this, terminal = isatty(STDERR_FILENO) == 1] { show_until_done(terminal); });
  } catch (const std::system_error&) {  // no thread to be had: the work goes on without a bar
  }
}

Activity::~Activity() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  wake_.notify_one();
  if (shower_.joinable()) shower_.join();
}

void Activity::show_until_done(bool terminal) {
  using Clock = std::chrono::steady_clock;
  constexpr std::uint64_t way = bar_width - slider_width;
  const auto start = Clock::now();
  auto next = start + (terminal ? Clock::duration(quiet_start) : Clock::duration(line_interval));
  std::uint64_t shown = 0;
  std::unique_lock lock(mutex_);
  for (; !wake_.wait_until(lock, next, [this] { return done_; }); ++shown) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - start).count();
    if (terminal) {
      const std::uint64_t left = shown % (2 * way) < way ? shown % way : way - shown % way;  // there and back
      fmt::print(stderr, "\r\x1b[K{} [{}{}{}] {} s", label_, std::string(left, ' '), std::string(slider_width, '='),
                 std::string(way - left, ' '), seconds);
      std::fflush(stderr);
      next += bar_interval;
    } else {
      fmt::print(stderr, "{}: {} s\n", label_, seconds);
      next += line_interval;
    }
  }
  if (terminal && shown > 0) erase_bar();
}

}  // namespace coppice::cli
