// Data and queries as numpy arrays.
#include "harness/share.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "coppice/io/npz.hpp"

namespace coppice::bench {

void leave_for_others(const std::filesystem::path& folder, const Dataset& dataset, const Workload& work) {
  const auto place = folder / (dataset.name + "-" + std::to_string(dataset.points.size()));
  std::filesystem::create_directories(place);
  const auto write = [&](const char* name, const Points<Real>& points) {
    io::write_npy(place / (std::string(name) + ".npy"), {points.coordinates, {points.size(), dimension}});
  };
  write("points", dataset.points);
  write("queries", work.shuffled.points);
  write("queries_sorted", work.sorted.points);
  nlohmann::json notes{
      {"dataset", dataset.name}, {"n", dataset.points.size()}, {"radius", work.radius}, {"checked", work.checked}};
  for (const Search search : all_searches) notes["limits"][name_of(search)] = work.limit(search);
  std::ofstream(place / "workload.json") << notes.dump(1) << '\n';
}

}  // namespace coppice::bench
