// The procedural part of the town: draws streets, blocks, buildings, trees, parked cars and poles from one seed.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "town.hpp"

namespace coppice::lidar {

struct TownPlan {
  std::array<std::vector<double>, 2> streets;  ///< axis 0: x of the north–south streets; axis 1: y of the others
  std::vector<Solid> solids;
};

/// The same town for the same seed.
[[nodiscard]] TownPlan plan_town(std::uint64_t seed);

}  // namespace coppice::lidar
