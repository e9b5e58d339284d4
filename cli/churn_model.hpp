// The churn check: a stream of random operations runs on an index and, beside it, on brute force; every answer, every
// refusal and, now and then, every invariant and the whole content are compared. Everything follows from the seed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/any_index.hpp"

namespace coppice::cli {

/// What a churn does; weights say how often (see churn_model.cpp).
enum class ChurnAction {
  insert,
  insert_batch,
  erase,
  erase_batch,
  move,
  move_batch,
  erase_in_box,
  keep_in_box,
  down_sample,
  refused_batch,
  nearest,
  within,
  in_box,
  count
};
inline constexpr std::size_t churn_actions = 14;
[[nodiscard]] std::string_view churn_action_name(ChurnAction action) noexcept;
/// Whether the action asks and changes nothing.
[[nodiscard]] bool is_query(ChurnAction action) noexcept;

struct ChurnPlan {
  std::uint64_t operations = 10000;
  std::uint64_t check_every = 1000;  ///< operations between two checks of invariants and content; one more at the end
  std::uint64_t seed = 1;
  std::string index;
};

struct ChurnReport {
  struct Count {
    std::uint64_t operations = 0;
    std::uint64_t rows = 0;  ///< points changed, or queries answered
  };
  std::array<Count, churn_actions> actions{};
  std::uint64_t validations = 0;
  std::uint64_t content_checks = 0;
  std::uint64_t mismatches = 0;
  std::vector<std::string> first_mismatches;  ///< up to 5, each with its operation's number
  std::uint64_t operations_done = 0;          ///< fewer than planned when index and model no longer held the same
  std::size_t initial_points = 0;
  std::size_t final_points = 0;
  Statistics statistics{};
};

/// Runs the plan. Requires: `ids` names the rows of `points`, which are valid for `options`.
/// `progress` is told how many operations are done.
/// Errors: what make_index and build throw; afterwards, whatever the index throws counts as a mismatch.
template <class Scalar>
[[nodiscard]] ChurnReport run_churn(PointView<Scalar> points, std::span<const point_id> ids,
                                    const IndexOptions<Scalar>& options, const ChurnPlan& plan,
                                    const std::function<void(std::uint64_t)>& progress);

}  // namespace coppice::cli
