// When a subtree counts as out of balance. A criterion looks at the two sides of one splitting plane and nothing else,
// so it serves any tree; how a subtree is then repaired is the business of partial_rebuild.hpp.
// Sources: AVL-δ and the red-black height ratio as in Brown, "A Dynamic, Self-balancing k-d Tree" (arXiv 2509.08148);
// weight balance as in scapegoat trees.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace coppice {

enum class BalanceKind {
  growth,  ///< B-tree growth: full nodes split and pass a plane up; a node whose best cut is lopsided is cut through or
           ///< rebuilt
  avl,     ///< heights of the two sides differ by at most `delta`
  red_black,  ///< the higher side is at most twice the lower
  weight      ///< each side holds at least `omega` of the leaves
};

/// One side of a splitting plane.
struct Side {
  std::uint32_t height = 0;  ///< splitting planes below, 0 for a leaf
  std::uint32_t leaves = 0;
};

/// A balance policy: kind and parameter. Default: growth, which measured best for queries after updates.
struct Balance {
  BalanceKind kind = BalanceKind::growth;
  int delta = 1;       ///< avl: 1 … 8; higher rebuilds less and searches deeper
  double omega = 0.2;  ///< growth and weight: 0 < ω < 0.3; higher rebuilds more and searches shallower

  [[nodiscard]] static Balance growth(double omega = 0.2) { return {BalanceKind::growth, 1, omega}; }
  [[nodiscard]] static Balance avl(int delta = 1) { return {BalanceKind::avl, delta, 0.2}; }
  [[nodiscard]] static Balance red_black() { return {BalanceKind::red_black, 1, 0.2}; }
  [[nodiscard]] static Balance weight(double omega = 0.2) { return {BalanceKind::weight, 1, omega}; }

  /// Whether a plane with these two sides may stay.
  [[nodiscard]] bool holds(Side left, Side right) const noexcept;
  /// Errors: invalid_input when the parameter is outside its range.
  void check() const;
};

/// `growth`, `avl` (that is `avl-1`), `avl-1` … `avl-8`, `red-black`, `weight`; errors: invalid_input that names these.
[[nodiscard]] Balance balance_from_name(std::string_view name);
[[nodiscard]] std::string balance_name(const Balance& balance);

}  // namespace coppice
