// Points from lines of text: from fields that `split` found, or from fixed columns of characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/geometry/point_view.hpp"

namespace coppice::io {

/// Appends the 3-D point whose coordinates are the fields from `first` on (0-based).
/// Errors: invalid_input naming line and field.
void append_point(Points<double>& points, const std::vector<std::string_view>& fields, std::size_t first,
                  const std::string& path, std::size_t line);

/// Appends the 3-D point whose coordinates are `width` characters each from character `first` on (0-based).
/// Errors: invalid_input naming line and character, counted from 1 as the formats do.
void append_fixed_point(Points<double>& points, std::string_view text, std::size_t first, std::size_t width,
                        const std::string& path, std::size_t line);

}  // namespace coppice::io
