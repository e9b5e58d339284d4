// The greedy cuts of one box.
#include "partial_partition_split.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <tuple>

namespace coppice::neighbor_graph {
namespace {

class Splitter {
 public:
  Splitter(std::span<const UniformChild> children, const SplitRule& rule)
      : children_(children), rule_(rule), all_(rule.dimension == 64 ? ~Qode{0} : (Qode{1} << rule.dimension) - 1) {}

  void split(Piece piece, const std::vector<TouchingBox>& neighbors) {
    const std::uint64_t mass = mass_of(piece);
    if (mass <= rule_.mass || piece.cut == all_) {
      pieces_.push_back(std::move(piece));
      return;
    }
    const Qode axis = Qode{1} << best_axis(piece, mass, neighbors);
    for (const Qode half : {Qode{0}, axis}) {
      Piece part{piece.qode | half, piece.cut | axis, {}};
      for (const std::uint32_t child : piece.children)
        if ((children_[child].qode & axis) == half) part.children.push_back(child);
      if (part.children.empty()) continue;
      std::vector<TouchingBox> touched;
      for (const TouchingBox& neighbor : neighbors)
        if (touches(half, axis, neighbor.face)) touched.push_back(neighbor);
      split(std::move(part), touched);
    }
  }

  [[nodiscard]] std::vector<Piece> take() { return std::move(pieces_); }

 private:
  [[nodiscard]] std::uint64_t mass_of(const Piece& piece) const {
    std::uint64_t mass = 0;
    for (const std::uint32_t child : piece.children) mass += children_[child].mass();
    return mass;
  }

  [[nodiscard]] int best_axis(const Piece& piece, std::uint64_t mass, const std::vector<TouchingBox>& neighbors) const {
    std::array<std::uint64_t, 64> high{};    // points in the upper half of each axis
    std::array<std::uint64_t, 64> at_low{};  // edges to boxes that touch the lower half only
    std::array<std::uint64_t, 64> at_high{};
    std::uint64_t edges = 0;
    for (const std::uint32_t child : piece.children)
      for (Qode left = children_[child].qode & ~piece.cut; left != 0; left &= left - 1)
        high[static_cast<std::size_t>(std::countr_zero(left))] += children_[child].mass();
    for (const TouchingBox& neighbor : neighbors) {
      edges += neighbor.edges;
      for (Qode left = neighbor.face.split & ~piece.cut; left != 0; left &= left - 1) {
        const auto axis = static_cast<std::size_t>(std::countr_zero(left));
        (neighbor.face.side >> axis & 1 ? at_high : at_low)[axis] += neighbor.edges;
      }
    }
    const bool is_last = std::popcount(all_ & ~piece.cut) == 1;
    // Deficient first, then the cost, the imbalance, the axis.
    using Rank = std::tuple<bool, std::uint64_t, std::uint64_t, std::size_t>;
    Rank best{true, ~std::uint64_t{0}, 0, 0};
    for (Qode left = all_ & ~piece.cut; left != 0; left &= left - 1) {
      const auto axis = static_cast<std::size_t>(std::countr_zero(left));
      const std::uint64_t sides[2] = {mass - high[axis], high[axis]};
      const std::uint64_t missed[2] = {at_high[axis], at_low[axis]};
      bool deficient = false;
      std::uint64_t pieces = 0;
      std::uint64_t external = 0;
      for (const int side : {0, 1}) {
        if (sides[side] == 0) continue;
        deficient |= sides[side] <= rule_.mass_low;
        pieces += sides[side] > rule_.mass && !is_last ? 2 : 1;
        external += edges - missed[side];
      }
      const std::uint64_t imbalance = sides[0] > sides[1] ? sides[0] - sides[1] : sides[1] - sides[0];
      best = std::min(best, Rank{deficient, pieces * pieces + external, imbalance, axis});
    }
    return static_cast<int>(std::get<3>(best));
  }

  std::span<const UniformChild> children_;
  SplitRule rule_;
  Qode all_;
  std::vector<Piece> pieces_;
};

}  // namespace

std::vector<Piece> split_box(std::span<const UniformChild> children, std::span<const TouchingBox> neighbors,
                             const SplitRule& rule) {
  Piece whole;
  whole.children.resize(children.size());
  std::iota(whole.children.begin(), whole.children.end(), 0u);
  Splitter splitter(children, rule);
  splitter.split(std::move(whole), {neighbors.begin(), neighbors.end()});
  return splitter.take();
}

std::uint64_t adjacency_cost(std::span<const Piece> pieces, std::span<const TouchingBox> neighbors) {
  std::uint64_t cost = static_cast<std::uint64_t>(pieces.size()) * pieces.size();
  for (const Piece& piece : pieces)
    for (const TouchingBox& neighbor : neighbors)
      if (touches(piece.qode, piece.cut, neighbor.face)) cost += neighbor.edges;
  return cost;
}

}  // namespace coppice::neighbor_graph
