// Points in a container of your own: give it size(), dimension() and coordinate(row, axis), or keep the adaptor that
// you have for nanoflann. Rows that already lie in memory need no copy: a PointView with a stride sees them in place.
#include <cstdio>
#include <vector>

#include "coppice/index/kd_tree/kd_tree.hpp"

namespace {

struct Star {
  double x, y, z;
  float brightness;
};

struct Catalogue {
  std::vector<Star> stars;

  [[nodiscard]] std::size_t size() const { return stars.size(); }
  [[nodiscard]] int dimension() const { return 3; }
  [[nodiscard]] double coordinate(std::size_t row, int axis) const {
    const Star& star = stars[row];
    return axis == 0 ? star.x : axis == 1 ? star.y : star.z;
  }
};

struct NanoflannCatalogue {
  const Catalogue& catalogue;

  [[nodiscard]] std::size_t kdtree_get_point_count() const { return catalogue.size(); }
  [[nodiscard]] double kdtree_get_pt(std::size_t row, std::size_t axis) const {
    return catalogue.coordinate(row, static_cast<int>(axis));
  }
};

}  // namespace

int main() {
  const Catalogue catalogue{{{0, 0, 0, 1.0f}, {1, 0, 0, 5.5f}, {0, 2, 0, 2.5f}, {0, 0, 3, 0.5f}}};

  coppice::KdTree<double> tree(3);
  tree.build(coppice::to_points<double>(catalogue));

  coppice::KdTree<double> same(3);
  same.build(coppice::to_points<double>(NanoflannCatalogue{catalogue}, 3));

  // The payload stays with you: an id is the row, and a filter looks up what it needs.
  const auto bright = [&](coppice::point_id id) {
    return catalogue.stars[static_cast<std::size_t>(id)].brightness < 3;
  };
  const std::vector<double> here{1, 0, 0};
  const coppice::PointView<double> query(here.data(), 1, 3);
  const auto found = tree.nearest(query, {.k = 2, .filter = bright});
  for (std::size_t i = 0; i < found.ids.size(); ++i)
    std::printf("star %lld at distance %g\n", static_cast<long long>(found.ids[i]), found.distances[i]);
  return found == same.nearest(query, {.k = 2, .filter = bright}) ? 0 : 1;
}

// Prints:
//   star 0 at distance 1
//   star 2 at distance 2.23607
