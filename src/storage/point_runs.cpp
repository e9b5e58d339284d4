#include "coppice/storage/point_runs.hpp"

#include <algorithm>
#include <utility>

namespace coppice::storage {

Handle FreeRuns::take(std::uint32_t units) {
  if (units_ < units) return none;
  const auto taken = [&](Handle first, std::uint32_t length) {
    units_ -= length;
    --runs_;
    if (length > units) give(first + units, length - units);
    return first;
  };
  for (std::uint32_t length = units; length <= short_run; ++length)
    if (!short_[length].empty()) {
      const Handle first = short_[length].back();
      short_[length].pop_back();
      return taken(first, length);
    }
  const auto fits = long_.lower_bound(units);
  if (fits == long_.end()) return none;
  const auto [length, first] = *fits;
  long_.erase(fits);
  return taken(first, length);
}

void FreeRuns::give(Handle first, std::uint32_t units) {
  if (units <= short_run)
    short_[units].push_back(first);
  else
    long_.emplace(units, first);
  units_ += units;
  ++runs_;
}

void FreeRuns::join(std::uint32_t chunk) {
  std::vector<std::pair<Handle, std::uint32_t>> runs;
  runs.reserve(runs_);
  for (std::uint32_t length = 1; length <= short_run; ++length)
    for (const Handle first : short_[length]) runs.emplace_back(first, length);
  for (const auto& [length, first] : long_) runs.emplace_back(first, length);
  clear();
  std::sort(runs.begin(), runs.end());
  for (std::size_t i = 0; i < runs.size();) {
    auto [first, length] = runs[i];
    for (++i; i < runs.size() && runs[i].first == first + length && runs[i].first % chunk != 0; ++i)
      length += runs[i].second;
    give(first, length);
  }
}

void FreeRuns::clear() noexcept {
  for (std::vector<Handle>& list : short_) list.clear();
  long_.clear();
  units_ = 0;
  runs_ = 0;
}

}  // namespace coppice::storage
