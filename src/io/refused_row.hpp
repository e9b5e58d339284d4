// The refusal of one row of a file, whose message says where in the file the row stands: once, in the file's own terms.
#pragma once

#include <cstddef>
#include <string>

#include "coppice/errors.hpp"

namespace coppice::io {

/// An invalid_input with `row()` whose message is its reason alone, because that names the place already: a line, or
/// the row behind the file's name.
class RefusedRow final : public invalid_input {
 public:
  RefusedRow(std::size_t row, const std::string& message) : invalid_input(row, message) {}
  [[nodiscard]] const char* what() const noexcept override { return reason().c_str(); }
};

}  // namespace coppice::io
