// Clocks and the few statistics that reports are made of.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <vector>

namespace coppice::bench {

[[nodiscard]] inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class Work>
[[nodiscard]] double seconds_of(Work&& work) {
  const double start = now();
  work();
  return now() - start;
}

/// By nearest rank; `fraction` in (0, 1]. Requires: values.
[[nodiscard]] inline double quantile(std::vector<double> values, double fraction) {
  const auto rank = static_cast<std::size_t>(fraction * static_cast<double>(values.size()) + 0.999999);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(rank, 1, values.size()) - 1);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

[[nodiscard]] inline double median(const std::vector<double>& values) {
  return quantile(values, 0.5);
}
[[nodiscard]] inline double smallest(const std::vector<double>& values) {
  return *std::min_element(values.begin(), values.end());
}

/// A number as notes show it: three or four digits.
[[nodiscard]] inline std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 1 ? "%.3f" : value < 100 ? "%.2f" : "%.0f", value);
  return text;
}

/// Puts the parts that are not empty behind one another.
[[nodiscard]] inline std::string joined(const std::string& a, const std::string& b) {
  return a.empty() ? b : b.empty() ? a : a + "; " + b;
}

/// Keeps the compiler from dropping the work whose result this is.
template <class T>
void consume(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

}  // namespace coppice::bench
