// Bvh in files: primitives by ascending id and the configuration; the tree is built on load. Layout: docs/format.md.
#include <cmath>
#include <limits>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/index/bvh/bvh.hpp"
#include "coppice/persist/archive.hpp"
#include "coppice/storage/id_check.hpp"
#include "tree.hpp"

namespace coppice {
namespace {

constexpr std::string_view kind_of_file = "bvh";
constexpr std::string_view names[] = {"triangles", "boxes", "points"};

std::size_t numbers_of(bvh::Kind kind) {
  return kind == bvh::Kind::triangles ? 9 : kind == bvh::Kind::boxes ? 6 : 3;
}

float small(const persist::ArchiveReader& archive, std::string_view name, double least, double most) {
  const double x = archive.real(name);
  if (!(x >= least && x <= most)) archive.refuse(name, std::to_string(x) + " is out of range");
  return static_cast<float>(x);
}

}  // namespace

void Bvh::save(const std::filesystem::path& path) const {
  const std::vector<std::uint32_t> slots = tree_->slots();
  std::vector<point_id> ids;
  std::vector<float> numbers;
  ids.reserve(slots.size());
  numbers.reserve(slots.size() * numbers_of(kind()));
  for (const std::uint32_t slot : slots) {
    ids.push_back(tree_->id_of(slot));
    const bvh::Stored& s = tree_->stored(slot);
    numbers.insert(numbers.end(), s.a.begin(), s.a.end());
    if (kind() != bvh::Kind::points) numbers.insert(numbers.end(), s.b.begin(), s.b.end());
    if (kind() == bvh::Kind::triangles) numbers.insert(numbers.end(), s.c.begin(), s.c.end());
  }
  const Config& c = config();
  persist::ArchiveWriter archive{std::string(kind_of_file)};
  archive.set("primitives", names[static_cast<std::size_t>(kind())]);
  archive.set("builder", bvh_builder_name(c.builder));
  archive.set("watertight", c.watertight ? 1 : 0);
  archive.set("split_overlap", static_cast<double>(c.split_overlap));
  archive.set("reinsertion_passes", c.reinsertion_passes);
  archive.set("reinsertion_share", static_cast<double>(c.reinsertion_share));
  archive.set("rebuild_growth", static_cast<double>(c.rebuild_growth));
  archive.set("next_id", tree_->next_id());
  archive.add("ids", std::move(ids));
  archive.add("coordinates", std::move(numbers));
  archive.write(path);
}

Bvh Bvh::load(const std::filesystem::path& path, Executor executor) {
  const persist::ArchiveReader archive(path);
  if (archive.kind() != kind_of_file)
    throw invalid_input(archive.path() + " holds an index of kind \"" + archive.kind() + "\"; expected \"" +
                        std::string(kind_of_file) + "\"");
  std::size_t kind = 0;
  while (kind < 3 && archive.text("primitives") != names[kind]) ++kind;
  if (kind == 3) archive.refuse("primitives", "\"" + archive.text("primitives") + "\" is no kind of primitive");
  Config config;
  try {
    config.builder = bvh_builder_named(archive.text("builder"));
  } catch (const invalid_input& e) {
    archive.refuse("builder", e.what());
  }
  constexpr double largest = std::numeric_limits<float>::max();
  config.watertight = archive.integer("watertight") != 0;
  config.split_overlap = small(archive, "split_overlap", 0, std::numeric_limits<double>::infinity());
  const std::int64_t passes = archive.integer("reinsertion_passes");
  if (passes < -1 || passes > 100) archive.refuse("reinsertion_passes", std::to_string(passes) + " is out of range");
  config.reinsertion_passes = static_cast<int>(passes);
  config.reinsertion_share = small(archive, "reinsertion_share", -1, 1);
  config.rebuild_growth = small(archive, "rebuild_growth", 1, largest);
  config.executor = executor;

  const auto ids = archive.section<point_id>("ids");
  const auto numbers = archive.section<float>("coordinates");
  const std::size_t each = numbers_of(static_cast<bvh::Kind>(kind));
  if (numbers.size() != ids.size() * each)
    archive.refuse("coordinates", std::to_string(numbers.size()) + " numbers for " + std::to_string(ids.size()) +
                                      " primitives; expected " + std::to_string(each) + " each");
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] < 0 || (i > 0 && ids[i] <= ids[i - 1])) archive.refuse("ids", "not ascending from 0 on");
  const std::int64_t next = archive.integer("next_id");
  if (next < 0 || (!ids.empty() && next < storage::next_after(0, ids)))
    archive.refuse("next_id", std::to_string(next) + " is not above every id");

  if (config.reinsertion_share < 0 && config.reinsertion_share != -1)
    archive.refuse("reinsertion_share", std::to_string(config.reinsertion_share) + " is out of range");
  Bvh loaded(config);
  const auto corner = [&](std::size_t i, std::size_t k) {
    const float* from = numbers.data() + i * each + 3 * k;
    return Vec3{from[0], from[1], from[2]};
  };
  const bool in_order = ids.empty() || (ids.front() == 0 && ids.back() == static_cast<point_id>(ids.size()) - 1);
  const std::span<const point_id> named = in_order ? std::span<const point_id>() : ids;
  try {
    if (each == 9) {
      std::vector<Triangle> all;
      for (std::size_t i = 0; i < ids.size(); ++i) all.push_back({corner(i, 0), corner(i, 1), corner(i, 2)});
      in_order ? loaded.build(all) : loaded.build(all, named);
    } else if (each == 6) {
      std::vector<Box3> all;
      for (std::size_t i = 0; i < ids.size(); ++i) all.push_back({corner(i, 0), corner(i, 1)});
      in_order ? loaded.build(all) : loaded.build(all, named);
    } else {
      const PointView<float> all(numbers.data(), ids.size(), 3);
      in_order ? loaded.build(all) : loaded.build(all, named);
    }
  } catch (const invalid_input& e) {
    archive.refuse("coordinates", e.what());
  }
  loaded.tree_->set_next_id(next);
  return loaded;
}

}  // namespace coppice
