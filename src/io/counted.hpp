// Numbers of things in messages, the tool's too: "1 column", "2 columns", "1 axis", "2 axes".
#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>

namespace coppice::io {

/// A word as it stands after the number: `one` after 1, else `many`, by default `one` with an s.
template <class Number>
[[nodiscard]] std::string plural(Number number, std::string_view one, std::string_view many = {}) {
  if (number == Number{1}) return std::string(one);
  return many.empty() ? std::string(one) + "s" : std::string(many);
}

/// The number and what is counted.
template <class Number>
[[nodiscard]] std::string counted(Number number, std::string_view one, std::string_view many = {}) {
  return fmt::format("{} {}", number, plural(number, one, many));
}

}  // namespace coppice::io
