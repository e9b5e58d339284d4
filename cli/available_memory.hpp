// How much memory this process may still take.
#pragma once

#include <cstdint>

namespace coppice::cli {

/// Bytes that the system, and the control group around this process, can give without swapping; the largest number
/// where neither says.
[[nodiscard]] std::uint64_t available_memory();

}  // namespace coppice::cli
