// Which vector instructions the compiled kernels use. Chosen once from the processor; answers never depend on it.
#pragma once

#include <string_view>
#include <vector>

namespace coppice {

enum class InstructionSet { baseline, avx2, avx512 };

/// The one in use: the best available, unless forced or named by the environment variable COPPICE_INSTRUCTION_SET.
/// Errors: unsupported when this build holds none that the processor has; builds and searches then throw the same.
[[nodiscard]] InstructionSet instruction_set();
/// What this processor and this build can run, weakest first.
[[nodiscard]] std::vector<InstructionSet> available_instruction_sets();
/// Uses this one from now on, for indexes made before, too. Errors: unsupported when it is not available.
/// Thread safety: not while a search runs.
void force_instruction_set(InstructionSet set);
/// `baseline`, `avx2`, `avx512`.
[[nodiscard]] std::string_view instruction_set_name(InstructionSet set) noexcept;

}  // namespace coppice
