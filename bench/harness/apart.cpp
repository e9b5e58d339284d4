// A fork, a pipe with one JSON document in it, and what Linux knows of a process's memory.
#include "harness/apart.hpp"

#include <malloc.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>
#include <exception>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "harness/timing.hpp"

namespace coppice::bench {
namespace {

/// A line of /proc/self/status that ends in kB.
std::size_t status_bytes(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1)) * 1024;
  return 0;
}

double cpu_now() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

[[noreturn]] void run_and_end(const std::function<Outcome()>& work, int out) {
  Outcome outcome;
  try {
    outcome = work();
  } catch (const std::exception& failure) {
    outcome.failure = failure.what();
  }
  const std::string text =
      nlohmann::json{{"failure", outcome.failure}, {"numbers", outcome.numbers}, {"texts", outcome.texts}}.dump();
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = write(out, text.data() + done, text.size() - done);
    if (wrote < 0 && errno != EINTR) _exit(1);
    if (wrote > 0) done += static_cast<std::size_t>(wrote);
  }
  _exit(0);
}

}  // namespace

Usage usage_of(const std::function<void()>& work) {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins here
  const std::size_t before = status_bytes("VmRSS");
  Usage usage;
  const double start = now(), start_cpu = cpu_now();
  work();
  usage.seconds = now() - start;
  usage.cpu_seconds = cpu_now() - start_cpu;
  const std::size_t peak = status_bytes("VmHWM");
  usage.peak_bytes = peak > before ? peak - before : 0;
  return usage;
}

Usage settled_usage_of(const std::function<void()>& work) {
  Usage usage = usage_of(work);
  if (usage.seconds >= 1) return usage;
  std::vector<double> seconds, cpu_seconds;
  for (int run = 0; run < 3; ++run) {
    const double start = now(), start_cpu = cpu_now();
    work();
    seconds.push_back(now() - start);
    cpu_seconds.push_back(cpu_now() - start_cpu);
  }
  usage.seconds = median(seconds);
  usage.cpu_seconds = median(cpu_seconds);
  return usage;
}

Outcome apart(const std::function<Outcome()>& work, double limit) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe can be made");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process can be made");
  if (child == 0) {
    close(ends[0]);
    run_and_end(work, ends[1]);
  }
  close(ends[1]);
  std::string text;
  bool late = false;
  for (const double start = now(); !late;) {
    pollfd ready{ends[0], POLLIN, 0};
    const int answer = poll(&ready, 1, 200);
    if (answer > 0) {
      char part[4096];
      const ssize_t length = read(ends[0], part, sizeof part);
      if (length == 0) break;
      if (length > 0) text.append(part, static_cast<std::size_t>(length));
    }
    late = now() - start > limit;
  }
  if (late) kill(child, SIGKILL);
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (late) return {"more than " + shown(limit) + " s", {}, {}};
  if (WIFSIGNALED(status)) return {"ended by signal " + std::to_string(WTERMSIG(status)), {}, {}};
  const auto said = nlohmann::json::parse(text);
  return {said.at("failure"), said.at("numbers"), said.at("texts")};
}

}  // namespace coppice::bench
