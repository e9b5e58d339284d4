// Builders by name, checks of parameters, and tops from outside.
#include "coppice/index/bvh/builder.hpp"

#include <array>
#include <cmath>

#include "binary_tree.hpp"
#include "coppice/errors.hpp"

namespace coppice {
namespace {

constexpr std::array<BvhBuilder, 5> all_builders{BvhBuilder::lbvh, BvhBuilder::fast, BvhBuilder::binned,
                                                 BvhBuilder::sweep, BvhBuilder::sbvh};

}  // namespace

std::string_view bvh_builder_name(BvhBuilder builder) noexcept {
  switch (builder) {
    case BvhBuilder::lbvh:
      return "lbvh";
    case BvhBuilder::fast:
      return "fast";
    case BvhBuilder::binned:
      return "binned";
    case BvhBuilder::sweep:
      return "sweep";
    case BvhBuilder::sbvh:
      break;
  }
  return "sbvh";
}

BvhBuilder bvh_builder_named(std::string_view name) {
  std::string names;
  for (const BvhBuilder b : all_builders) {
    if (name == bvh_builder_name(b)) return b;
    names += (names.empty() ? "" : ", ") + std::string(bvh_builder_name(b));
  }
  throw invalid_input("builder \"" + std::string(name) + "\"; expected one of " + names);
}

std::span<const BvhBuilder> bvh_builders() noexcept {
  return all_builders;
}

namespace bvh {

void Config::check() const {
  if (!(split_overlap >= 0))
    throw invalid_input("split_overlap is " + std::to_string(split_overlap) + "; expected a share, at least 0");
  if (reinsertion_passes < -1 || reinsertion_passes > 100)
    throw invalid_input("reinsertion_passes is " + std::to_string(reinsertion_passes) + "; expected -1 to 100");
  if (!(reinsertion_share == -1 || (reinsertion_share >= 0 && reinsertion_share <= 1)))
    throw invalid_input("reinsertion_share is " + std::to_string(reinsertion_share) + "; expected 0 to 1, or -1");
  if (!(rebuild_growth >= 1))
    throw invalid_input("rebuild_growth is " + std::to_string(rebuild_growth) + "; expected at least 1");
}

namespace {

/// Walks a tree of children from node 0. Errors: invalid_input unless every node is met once, with children after it.
template <class Children>
void check_tree(std::size_t nodes, std::size_t groups, Children children) {
  std::vector<std::uint8_t> node_met(nodes, 0), group_met(groups, 0);
  const auto meet = [&](std::size_t parent, std::int32_t child) {
    const bool group = child < 0;
    const auto i = static_cast<std::size_t>(group ? ~child : child);
    auto& met = group ? group_met : node_met;
    if (i >= met.size() || (!group && i <= parent) || met[i] != 0)
      throw invalid_input(parent, "child " + std::to_string(child) + "; expected a later node or a group, each once (" +
                                      std::to_string(nodes) + " nodes, " + std::to_string(groups) + " groups)");
    met[i] = 1;
  };
  for (std::size_t i = 0; i < nodes; ++i) {
    const auto [left, right] = children(i);
    meet(i, left);
    meet(i, right);
  }
  for (std::size_t i = 1; i < nodes; ++i)
    if (node_met[i] == 0) throw invalid_input(i, "a node that is nobody's child");
  if (nodes > 0)
    for (std::size_t g = 0; g < groups; ++g)
      if (group_met[g] == 0) throw invalid_input("group " + std::to_string(g) + " is nobody's child");
  if (nodes == 0 && groups != 1) throw invalid_input("no nodes, and " + std::to_string(groups) + " groups; expected 1");
}

}  // namespace

void Top::check(std::size_t primitives) const {
  if (offsets.size() < 2 || offsets.front() != 0 || offsets.back() != references.size())
    throw invalid_input("offsets of a top; expected one more than groups, from 0 to the number of references");
  for (std::size_t g = 1; g < offsets.size(); ++g)
    if (offsets[g] < offsets[g - 1]) throw invalid_input(g, "an offset below the one before it");
  check_tree(nodes.size(), offsets.size() - 1, [&](std::size_t i) { return std::pair(nodes[i].left, nodes[i].right); });
  std::vector<std::uint8_t> met(primitives, 0);
  for (std::size_t i = 0; i < references.size(); ++i) {
    if (references[i].primitive >= primitives)
      throw invalid_input(
          i, "reference to primitive " + std::to_string(references[i].primitive) + " of " + std::to_string(primitives));
    if (references[i].box.empty()) throw invalid_input(i, "a reference with an empty box");
    met[references[i].primitive] = 1;
  }
  for (std::size_t p = 0; p < primitives; ++p)
    if (met[p] == 0) throw invalid_input(p, "a primitive that is in no group");
}

Top populate(std::span<const Triangle> triangles, std::span<const Plane> planes, std::size_t groups,
             Population population, Executor executor) {
  check_triangles(triangles);
  check_tree(planes.size(), groups, [&](std::size_t i) { return std::pair(planes[i].left, planes[i].right); });
  for (std::size_t i = 0; i < planes.size(); ++i)
    if (planes[i].axis < 0 || planes[i].axis > 2 || !std::isfinite(planes[i].position))
      throw invalid_input(i, "a plane with axis " + std::to_string(planes[i].axis) + " at " +
                                 std::to_string(planes[i].position) + "; expected axis 0 to 2 and a finite position");
  // Chunks of triangles fall through the planes side by side; a group takes its references chunk by chunk.
  constexpr std::size_t chunk = std::size_t{1} << 14;
  const std::size_t chunks = (triangles.size() + chunk - 1) / chunk;
  std::vector<std::vector<std::vector<Ref>>> fallen(chunks, std::vector<std::vector<Ref>>(groups));
  executor.for_each_chunk(triangles.size(), chunk, [&](std::size_t first, std::size_t last) {
    auto& mine = fallen[first / chunk];
    std::vector<std::pair<Ref, std::int32_t>> open;
    for (std::size_t t = first; t < last; ++t) {
      Ref whole{box4(box_of(triangles[t]))};
      whole.name(static_cast<std::uint32_t>(t));
      open.emplace_back(whole, planes.empty() ? ~0 : 0);
      while (!open.empty()) {
        auto [ref, at] = open.back();
        open.pop_back();
        if (at < 0) {
          mine[static_cast<std::size_t>(~at)].push_back(ref);
          continue;
        }
        const Plane& p = planes[static_cast<std::size_t>(at)];
        const float low = ref.box.lower[p.axis], high = ref.box.upper[p.axis];
        if (population == Population::centroid) {
          open.emplace_back(ref, 0.5f * low + 0.5f * high <= p.position ? p.left : p.right);
          continue;
        }
        if (high <= p.position) {
          open.emplace_back(ref, p.left);
        } else if (low >= p.position) {
          open.emplace_back(ref, p.right);
        } else {
          const Parts parts = cut_reference(ref, triangles[t], p.axis, p.position);
          if (parts.left.empty() || parts.right.empty()) {
            open.emplace_back(ref, parts.right.empty() ? p.left : p.right);
            continue;
          }
          Ref part{parts.right};
          part.name(ref.primitive());
          open.emplace_back(part, p.right);
          part.box = parts.left;
          part.name(ref.primitive());
          open.emplace_back(part, p.left);
        }
      }
    }
  });
  Top top;
  top.offsets.push_back(0);
  for (std::size_t i = 0; i < planes.size(); ++i) top.nodes.push_back({planes[i].left, planes[i].right});
  for (std::size_t g = 0; g < groups; ++g) {
    for (const auto& of_chunk : fallen)
      for (const Ref& r : of_chunk[g]) top.references.push_back({r.box.plain(), r.primitive()});
    top.offsets.push_back(top.references.size());
  }
  return top;
}

}  // namespace bvh
}  // namespace coppice
