// The places of a leaf. An erase leaves a hole, so that it mostly reads and writes nothing of the leaf itself;
// newcomers fill the lowest hole first. Searches read places eight by eight, so a leaf closes its holes as soon as that
// spares them eight: they never read more of a leaf than its points need. Closing later makes erases cheaper still, and
// searches after many erases slower by more than that. A leaf that is to be cut, or to take in another, closes them,
// too.
#pragma once

#include <bit>

#include "coppice/index/kd_tree/tree.hpp"

namespace coppice::kd_tree {

/// Puts the last points of a leaf in the places of its holes.
template <class S, int Width>
void Tree<S, Width>::close_holes(Handle h, std::uint32_t& taken) {
  const Leaf<S> l = leaf(h);
  const std::uint32_t wanted = first_places(std::popcount(taken));
  std::uint32_t last = taken & ~wanted;
  for (std::uint32_t holes = wanted & ~taken; holes != 0; holes &= holes - 1, last &= last - 1) {
    const int to = std::countr_zero(holes);
    const int from = std::countr_zero(last);
    for (int a = 0; a < axes(); ++a) l.axis(a)[to] = l.axis(a)[from];
    const point_id id = l.ids[static_cast<std::size_t>(from)];
    l.ids.set(static_cast<std::size_t>(to), id);
    locations_.relocate(id, location_of(h, to));
  }
  taken = wanted;
}

/// Takes a point out of its leaf.
template <class S, int Width>
[[gnu::always_inline]] inline typename Tree<S, Width>::Loss Tree<S, Width>::leave_hole(Handle h, int slot) {
  const std::uint32_t link = leaf_cold(h).parent;
  std::uint32_t& taken = node(link >> 3).taken[link & 7];
  taken &= ~(1u << slot);
  if (plane_tree::eights(std::bit_width(taken)) > plane_tree::eights(std::popcount(taken))) close_holes(h, taken);
  return {std::popcount(taken), link};
}

}  // namespace coppice::kd_tree
