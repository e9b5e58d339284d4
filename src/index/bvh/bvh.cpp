// Bvh's public face: checks what callers say and hands over to the tree. Rays are in rays.cpp, distances in
// distances.cpp, files in files.cpp.
#include "coppice/index/bvh/bvh.hpp"

#include <string>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/storage/id_check.hpp"
#include "coppice/storage/memory.hpp"
#include "tree.hpp"

namespace coppice {
namespace {

using bvh::Kind;
using bvh::Stored;
using bvh::StoredPrimitives;

constexpr std::size_t most_primitives = std::size_t{1} << 26;

const char* kind_name(Kind kind) {
  return kind == Kind::triangles ? "triangles" : kind == Kind::boxes ? "boxes" : "points";
}

StoredPrimitives stored(std::span<const Triangle> triangles) {
  check_triangles(triangles);
  return {triangles.begin(), triangles.end()};
}
StoredPrimitives stored(std::span<const Box3> boxes) {
  check_boxes(boxes);
  StoredPrimitives all;
  all.reserve(boxes.size());
  for (const Box3& b : boxes) all.push_back({b.lower, b.upper, b.lower});
  return all;
}
StoredPrimitives stored(PointView<float> points) {
  std::vector<Box3> boxes(points.size());
  if (points.size() > 0 && points.dimension() != 3) check_points(points, 3);
  for (std::size_t i = 0; i < points.size(); ++i)
    for (std::size_t a = 0; a < 3; ++a) boxes[i].lower[a] = boxes[i].upper[a] = points.row(i)[a];
  return stored(std::span<const Box3>(boxes));
}

void check_count(std::size_t count) {
  if (count > most_primitives)
    throw invalid_input(std::to_string(count) + " primitives; expected at most " + std::to_string(most_primitives));
}
void check_ids(std::span<const point_id> ids, std::size_t count) {
  storage::check_one_id_a_row(ids, count);
  storage::check_fresh(ids, IdMap{});
}

void build_tree(bvh::Tree& tree, Kind kind, StoredPrimitives&& all, std::span<const point_id> ids = {},
                const bvh::Top* top = nullptr) {
  check_count(all.size());
  tree.build(kind, std::move(all), ids, top);
}

void check_kind(const bvh::Tree& tree, Kind kind) {
  if (tree.size() > 0 && tree.kind() != kind)
    throw invalid_input(std::string(kind_name(kind)) + " for an index of " + kind_name(tree.kind()));
}

point_id insert_into(bvh::Tree& tree, Kind kind, StoredPrimitives&& all) {
  check_kind(tree, kind);
  check_count(tree.size() + all.size());
  storage::check_left(tree.next_id(), all.size());
  const point_id first = tree.next_id();
  if (tree.size() == 0) {
    const auto ids = storage::fresh_ids(first, all.size());
    const std::size_t count = all.size();
    tree.build(kind, std::move(all), first == 0 ? std::span<const point_id>() : ids, nullptr);
    tree.set_next_id(first + static_cast<point_id>(count));
    return first;
  }
  return tree.insert(all);
}

void move_in(bvh::Tree& tree, Kind kind, std::span<const point_id> ids, const StoredPrimitives& all) {
  check_kind(tree, kind);
  storage::check_one_id_a_row(ids, all.size());
  tree.move(ids, all);
}

}  // namespace

Bvh::Bvh(Config config) : tree_(std::make_unique<bvh::Tree>(config)) {}
Bvh::Bvh(Bvh&&) noexcept = default;
Bvh& Bvh::operator=(Bvh&&) noexcept = default;
Bvh::~Bvh() = default;

void Bvh::build(const TriangleMesh& mesh) {
  check_mesh(mesh);
  StoredPrimitives all(mesh.size());
  config().executor.for_each_chunk(all.size(), std::size_t{1} << 14, [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) all[i] = mesh.triangle(i);
  });
  build_tree(*tree_, Kind::triangles, std::move(all));
}
void Bvh::build(std::span<const Triangle> triangles) {
  build_tree(*tree_, Kind::triangles, stored(triangles));
}
void Bvh::build(std::span<const Box3> boxes) {
  build_tree(*tree_, Kind::boxes, stored(boxes));
}
void Bvh::build(PointView<float> points) {
  build_tree(*tree_, Kind::points, stored(points));
}
void Bvh::build(std::span<const Triangle> triangles, std::span<const point_id> ids) {
  check_ids(ids, triangles.size());
  build_tree(*tree_, Kind::triangles, stored(triangles), ids);
}
void Bvh::build(std::span<const Box3> boxes, std::span<const point_id> ids) {
  check_ids(ids, boxes.size());
  build_tree(*tree_, Kind::boxes, stored(boxes), ids);
}
void Bvh::build(PointView<float> points, std::span<const point_id> ids) {
  check_ids(ids, points.size());
  build_tree(*tree_, Kind::points, stored(points), ids);
}
void Bvh::build(std::span<const Triangle> triangles, const bvh::Top& top) {
  top.check(triangles.size());
  build_tree(*tree_, Kind::triangles, stored(triangles), {}, &top);
}

point_id Bvh::insert(std::span<const Triangle> triangles) {
  return insert_into(*tree_, Kind::triangles, stored(triangles));
}
point_id Bvh::insert(std::span<const Box3> boxes) {
  return insert_into(*tree_, Kind::boxes, stored(boxes));
}
point_id Bvh::insert(PointView<float> points) {
  return insert_into(*tree_, Kind::points, stored(points));
}
void Bvh::erase(std::span<const point_id> ids) {
  tree_->erase(ids);
}
void Bvh::move(std::span<const point_id> ids, std::span<const Triangle> triangles) {
  move_in(*tree_, Kind::triangles, ids, stored(triangles));
}
void Bvh::move(std::span<const point_id> ids, std::span<const Box3> boxes) {
  move_in(*tree_, Kind::boxes, ids, stored(boxes));
}
void Bvh::move(std::span<const point_id> ids, PointView<float> points) {
  move_in(*tree_, Kind::points, ids, stored(points));
}
void Bvh::clear() {
  tree_->clear();
}

std::size_t Bvh::size() const noexcept {
  return tree_->size();
}
bvh::Kind Bvh::kind() const noexcept {
  return tree_->kind();
}
const Bvh::Config& Bvh::config() const noexcept {
  return tree_->config();
}
bool Bvh::contains(point_id id) const noexcept {
  return tree_->slot_of(id) != bvh::no_slot;
}
Triangle Bvh::triangle(point_id id) const {
  if (kind() != Kind::triangles)
    throw unsupported(std::string("triangle() of an index of ") + kind_name(kind()) + "; box() gives any primitive");
  const std::uint32_t slot = tree_->slot_of(id);
  if (slot == bvh::no_slot) storage::refuse_unknown(0, id);
  return tree_->stored(slot);
}
Box3 Bvh::box(point_id id) const {
  const std::uint32_t slot = tree_->slot_of(id);
  if (slot == bvh::no_slot) storage::refuse_unknown(0, id);
  return bvh::box_of_stored(tree_->stored(slot), kind() == Kind::triangles);
}
Box3 Bvh::bounds() const noexcept {
  return tree_->bounds();
}
bvh::Quality Bvh::quality() const {
  return tree_->quality();
}
void Bvh::validate() const {
  tree_->validate();
}

}  // namespace coppice
