#include "coppice/geometry/instruction_set.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iterator>
#include <string>

#include "coppice/errors.hpp"

namespace coppice {
namespace {

constexpr InstructionSet all_sets[] = {InstructionSet::baseline, InstructionSet::avx2, InstructionSet::avx512};

/// By this build.
constexpr bool is_built(InstructionSet set) noexcept {
  switch (set) {
#if defined(COPPICE_WITH_AVX512)
    case InstructionSet::avx512:
      return true;
#endif
#if defined(COPPICE_WITH_AVX2)
    case InstructionSet::avx2:
      return true;
#endif
#if defined(COPPICE_WITH_BASELINE)
    case InstructionSet::baseline:
      return true;
#endif
    default:
      return false;
  }
}

/// By the processor.
bool is_runnable([[maybe_unused]] InstructionSet set) noexcept {
#if defined(__x86_64__)
  if (set == InstructionSet::avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma");
  if (set == InstructionSet::avx2)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
           __builtin_cpu_supports("fma");
#endif
  return set == InstructionSet::baseline;
}

std::string names_of(const std::vector<InstructionSet>& sets) {
  std::string list;
  for (const InstructionSet set : sets) list += (list.empty() ? "" : ", ") + std::string(instruction_set_name(set));
  return list;
}

InstructionSet initial() {
  const std::vector<InstructionSet> available = available_instruction_sets();
  if (available.empty()) {
    std::vector<InstructionSet> built;
    std::copy_if(std::begin(all_sets), std::end(all_sets), std::back_inserter(built), is_built);
    throw unsupported("this build of coppice is for processors with " + names_of(built) +
                      ", which this one lacks; configure with -DCOPPICE_INSTRUCTION_SETS=all for every processor");
  }
  // A name that is unknown or not available here leaves the choice to the processor: a library has nowhere to say so.
  if (const char* name = std::getenv("COPPICE_INSTRUCTION_SET"))
    for (const InstructionSet set : available)
      if (name == instruction_set_name(set)) return set;
  return available.back();
}

std::atomic<InstructionSet>& current() {
  static std::atomic<InstructionSet> set{initial()};
  return set;
}

}  // namespace

InstructionSet instruction_set() {
  return current().load(std::memory_order_relaxed);
}

std::vector<InstructionSet> available_instruction_sets() {
  std::vector<InstructionSet> sets;
  for (const InstructionSet set : all_sets)
    if (is_built(set) && is_runnable(set)) sets.push_back(set);
  return sets;
}

void force_instruction_set(InstructionSet set) {
  if (!is_built(set) || !is_runnable(set))
    throw unsupported("this processor or this build lacks " + std::string(instruction_set_name(set)) +
                      "; available: " + names_of(available_instruction_sets()));
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
