// The parts of the page, embedded by the build: the frame with its {{PLACES}}, the style sheet, and the scripts in the
// order in which they rest on each other.
#pragma once

#include <string_view>

namespace coppice::cli::page {

extern const std::string_view frame;
extern const std::string_view style;
extern const std::string_view script;

}  // namespace coppice::cli::page
