// The names of search strategies.
#include "coppice/query/strategy.hpp"

#include "coppice/errors.hpp"

namespace coppice {
namespace {

constexpr std::string_view traversal_names[] = {"automatic", "depth-first", "best-first", "breadth-first"};
constexpr std::string_view ball_suffix = "/ball";

constexpr Strategy fixed[] = {{Traversal::depth_first, Volume::box},   {Traversal::depth_first, Volume::ball},
                              {Traversal::best_first, Volume::box},    {Traversal::best_first, Volume::ball},
                              {Traversal::breadth_first, Volume::box}, {Traversal::breadth_first, Volume::ball}};

}  // namespace

std::string name_of(Strategy strategy) {
  std::string name(traversal_names[static_cast<int>(strategy.traversal)]);
  if (strategy.volume == Volume::ball) name += ball_suffix;
  return name;
}

Strategy strategy_from_name(std::string_view name) {
  std::string_view order = name;
  Strategy strategy;
  if (order.ends_with(ball_suffix)) {
    strategy.volume = Volume::ball;
    order.remove_suffix(ball_suffix.size());
  }
  for (int i = 0; i < static_cast<int>(std::size(traversal_names)); ++i) {
    if (order != traversal_names[i]) continue;
    strategy.traversal = static_cast<Traversal>(i);
    return strategy;
  }
  throw invalid_input("strategy is `" + std::string(name) +
                      "`; expected automatic, depth-first, best-first or breadth-first, for balls with /ball behind");
}

std::span<const Strategy> fixed_strategies() noexcept {
  return fixed;
}

}  // namespace coppice
