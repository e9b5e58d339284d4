#include "coppice/balance/criterion.hpp"

#include <algorithm>
#include <string>

#include "coppice/errors.hpp"

namespace coppice {

bool Balance::holds(Side left, Side right) const noexcept {
  const auto [low, high] = std::minmax(left.height, right.height);
  switch (kind) {
    case BalanceKind::avl:
      return high - low <= static_cast<std::uint32_t>(delta);
    case BalanceKind::red_black:
      // With a bare leaf on one side the ratio says nothing: fall back to AVL-1, as the paper does for a lone child.
      return low == 0 ? high <= 1 : high <= 2 * low;
    case BalanceKind::growth:
    case BalanceKind::weight:
      break;
  }
  const double leaves = static_cast<double>(left.leaves) + static_cast<double>(right.leaves);
  return std::min(left.leaves, right.leaves) >= omega * leaves;
}

void Balance::check() const {
  if (kind == BalanceKind::avl && (delta < 1 || delta > 8))
    throw invalid_input("balance.delta is " + std::to_string(delta) + "; expected 1 to 8");
  const bool weighs = kind == BalanceKind::growth || kind == BalanceKind::weight;
  if (weighs && !(omega > 0 && omega < 0.3))
    throw invalid_input("balance.omega is " + std::to_string(omega) + "; expected more than 0 and less than 0.3");
}

Balance balance_from_name(std::string_view name) {
  if (name == "growth") return Balance::growth();
  if (name == "weight") return Balance::weight();
  if (name == "red-black") return Balance::red_black();
  if (name == "avl") return Balance::avl();
  if (name.size() == 5 && name.starts_with("avl-") && name[4] >= '1' && name[4] <= '8')
    return Balance::avl(name[4] - '0');
  throw invalid_input("unknown balance '" + std::string(name) +
                      "'; expected growth, avl, avl-1 to avl-8, red-black or weight");
}

std::string balance_name(const Balance& balance) {
  switch (balance.kind) {
    case BalanceKind::avl:
      return "avl-" + std::to_string(balance.delta);
    case BalanceKind::red_black:
      return "red-black";
    case BalanceKind::weight:
      return "weight";
    case BalanceKind::growth:
      break;
  }
  return "growth";
}

}  // namespace coppice
