// The points that one row meets in a round, each once, with the keys of those subspaces where it was met.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "subspace_axes.hpp"

namespace coppice::subspace {

class Candidates {
 public:
  struct Entry {
    std::uint32_t id;
    std::uint64_t met;  ///< a bit a subspace
    double joined;      ///< keys of those
  };

  explicit Candidates(std::size_t size) : places_(size, 0) {}

  void clear() {
    for (const Entry& entry : entries_) places_[entry.id] = 0;
    entries_.clear();
  }
  void add(std::uint32_t id, std::size_t subspace, double key, const Bound& bound) {
    const std::uint64_t bit = std::uint64_t{1} << subspace;
    std::uint32_t& place = places_[id];
    if (place == 0) {
      entries_.push_back({id, bit, key});
      place = static_cast<std::uint32_t>(entries_.size());
      return;
    }
    Entry& entry = entries_[place - 1];
    entry.joined = bound.join(entry.joined, key);
    entry.met |= bit;
  }
  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }

  /// At most the joined keys of all subspaces: where it was not met, the gap counts (Remark 6.2).
  [[nodiscard]] double bound_of(const Entry& entry, const std::vector<double>& gaps, const Bound& bound) const {
    double joined = entry.joined;
    for (std::size_t s = 0; s < gaps.size(); ++s)
      if ((entry.met >> s & 1) == 0) joined = bound.join(joined, gaps[s]);
    return joined;
  }

 private:
  std::vector<std::uint32_t> places_;  ///< one more than where an id stands; 0: nowhere
  std::vector<Entry> entries_;
};

}  // namespace coppice::subspace
