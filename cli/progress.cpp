// The bar and its sparse stand-in; see progress.hpp.
#include "progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace coppice::cli {

namespace {

using namespace std::chrono_literals;
constexpr auto quiet_start = 1s;
constexpr auto bar_interval = 100ms;
constexpr auto line_interval = 10s;
constexpr std::uint64_t bar_width = 30;

}  // namespace

Progress::Progress(std::string label, std::uint64_t total)
    : label_(std::move(label)),
      total_(std::max<std::uint64_t>(total, 1)),
      terminal_(isatty(STDERR_FILENO) == 1),
      next_(Clock::now() + (terminal_ ? Clock::duration(quiet_start) : Clock::duration(line_interval))) {}

Progress::~Progress() {
  if (visible_) {
    std::fputs("\r\x1b[K", stderr);
    std::fflush(stderr);
  }
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

}  // namespace coppice::cli
