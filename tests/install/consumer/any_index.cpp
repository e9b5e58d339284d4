// A stranger's program: every index by its name, saved and loaded, and a refusal that arrives as an exception.
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "coppice/any_index.hpp"
#include "coppice/errors.hpp"

int main() {
  const std::vector<float> rows{0, 0, 0, 1, 2, 2, 5, 5, 5};
  const std::filesystem::path file = "stranger.idx";
  for (const std::string_view name : coppice::index_names()) {
    const auto index = coppice::make_index<float>(name, 3);
    index->build({rows.data(), 3, 3});
    index->save(file);
    const auto loaded = coppice::load_index<float>(file);
    std::filesystem::remove(file);
    const auto found = loaded->within({rows.data(), 1, 3}, {.radius = 3, .order = coppice::Order::by_distance});
    std::printf("%s: %zu of %zu points\n", std::string(name).c_str(), found.ids.size(), loaded->size());
    if (found.ids != std::vector<coppice::point_id>{0, 1} || found.distances[1] != 3) return 1;
  }
  try {
    (void)coppice::make_index<float>("no such index", 3);
  } catch (const coppice::invalid_input& refusal) {
    std::printf("refused: %s\n", refusal.what());
    return 0;
  }
  return 1;
}
