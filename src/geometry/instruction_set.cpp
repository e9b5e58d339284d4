#include "coppice/geometry/instruction_set.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string>

#include "coppice/errors.hpp"

namespace coppice {
namespace {

/// By the processor and by this build.
bool is_available(InstructionSet set) noexcept {
#if defined(COPPICE_WITH_AVX512)
  if (set == InstructionSet::avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw");
#endif
#if defined(COPPICE_WITH_AVX2)
  if (set == InstructionSet::avx2)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
#endif
  return set == InstructionSet::baseline;
}

InstructionSet initial() noexcept {
  InstructionSet best = InstructionSet::baseline;
  for (InstructionSet set : {InstructionSet::avx2, InstructionSet::avx512})
    if (is_available(set)) best = set;
  // A name that is unknown or not available here leaves the choice to the processor: a library has nowhere to say so.
  if (const char* name = std::getenv("COPPICE_INSTRUCTION_SET"))
    for (InstructionSet set : {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512})
      if (name == instruction_set_name(set) && is_available(set)) return set;
  return best;
}

std::atomic<InstructionSet>& current() noexcept {
  static std::atomic<InstructionSet> set{initial()};
  return set;
}

}  // namespace

InstructionSet instruction_set() noexcept {
  return current().load(std::memory_order_relaxed);
}

std::vector<InstructionSet> available_instruction_sets() {
  std::vector<InstructionSet> sets;
  for (InstructionSet set : {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512})
    if (is_available(set)) sets.push_back(set);
  return sets;
}

void force_instruction_set(InstructionSet set) {
  if (!is_available(set)) {
    std::string names;
    for (InstructionSet known : available_instruction_sets())
      names += (names.empty() ? "" : ", ") + std::string(instruction_set_name(known));
    throw unsupported("this processor or this build lacks " + std::string(instruction_set_name(set)) + "; available: " + names);
  }
  current().store(set, std::memory_order_relaxed);
}

std::string_view instruction_set_name(InstructionSet set) noexcept {
  switch (set) {
    case InstructionSet::avx2:
      return "avx2";
    case InstructionSet::avx512:
      return "avx512";
    case InstructionSet::baseline:
      break;
  }
  return "baseline";
}

}  // namespace coppice
