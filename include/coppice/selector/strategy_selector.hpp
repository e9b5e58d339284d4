// StrategySelector: a random forest that picks the search strategy of a query from features of it, after Ji et al.
// (UnIS, section VI). It exists to be compared: `Traversal::automatic` decides by a rule that costs nothing, and the
// gain of an oracle over the best fixed strategy is small (docs/design/selector.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "coppice/selector/questions.hpp"
#include "coppice/selector/random_forest.hpp"

namespace coppice {

/// Chooses among `selector::candidates(task)` for queries to one index.
///
/// Features. F1: the coordinates and k (or the radius). F2: for each of some reference leaves, the index-based metric
/// (Definition 11): how many nodes below the root the ways to both have in common, minus those that they have not.
/// Every function takes the index as its `search_target()`. An index that has changed may still be asked about: choices
/// become worse, never answers.
/// Thread safety: any number of concurrent const calls.
template <class Scalar>
class StrategySelector {
 public:
  struct Config {
    selector::Task task = selector::Task::nearest;
    std::size_t questions = 2000;                   ///< learnt from
    Scalar largest = 1000;                          ///< k of 1 … largest, or radii of 0 … largest
    bool paths = true;                              ///< F1 and F2, or F1 alone
    std::size_t references = 64;                    ///< leaves of F2; every leaf where there are no more
    selector::Label label = selector::Label::work;  ///< by time, two trainings differ
    selector::RandomForest::Config forest{};
    std::uint64_t seed = 2509;  ///< of questions and references
    /// Errors: invalid_input that names the field.
    void check() const;
  };

  /// Draws questions among `points` (those of the index, or some of them), finds the best strategy of each, and learns.
  /// Errors: invalid_input for no points, another dimension or a bad Config; unsupported for an index without nodes.
  [[nodiscard]] static StrategySelector train(const SearchTarget<Scalar>& target, PointView<Scalar> points,
                                              const Config& config = {});
  /// Learns from given questions and the best candidate of each. The same errors.
  [[nodiscard]] static StrategySelector train(const SearchTarget<Scalar>& target, PointView<Scalar> points,
                                              const selector::Questions<Scalar>& questions,
                                              std::span<const std::uint8_t> best, const Config& config);

  [[nodiscard]] selector::Task task() const noexcept { return task_; }
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// The strategy for one query; `extent` is its k or its radius. Errors: invalid_input, as every search.
  /// Complexity: O(depth + references + trees · depth of a tree).
  [[nodiscard]] Strategy choose(const SearchTarget<Scalar>& target, std::span<const Scalar> point, Scalar extent) const;
  /// The share of trees for each candidate: what ranks them.
  [[nodiscard]] std::vector<float> shares(const SearchTarget<Scalar>& target, std::span<const Scalar> point,
                                          Scalar extent) const;
  /// What the index's own `nearest` gives, each row by the strategy chosen for it.
  [[nodiscard]] Neighbors<Scalar> nearest(const SearchTarget<Scalar>& target, PointView<Scalar> queries,
                                          Nearest<Scalar> query) const;

  /// Writes the selector with a fingerprint of the index: dimension, number of points, and the ids found at the
  /// reference points. Checksummed and atomic. Errors: io_error.
  void save(const std::filesystem::path& path, const SearchTarget<Scalar>& target) const;
  /// Errors: io_error, corrupt_file; invalid_input when the file is for another scalar type or another index.
  [[nodiscard]] static StrategySelector load(const std::filesystem::path& path, const SearchTarget<Scalar>& target);

 private:
  struct Path {
    std::uint32_t depth;
    std::uint32_t first;  // in path_nodes_
  };

  StrategySelector() = default;
  void choose_references(const SearchTarget<Scalar>& target, PointView<Scalar> points, const Config& config);
  void follow_references(const SearchTarget<Scalar>& target);
  [[nodiscard]] int width() const noexcept;
  void features(const SearchTarget<Scalar>& target, std::span<const Scalar> point, Scalar extent, float* row) const;

  selector::Task task_ = selector::Task::nearest;
  int dimension_ = 0;
  Points<Scalar> references_;  // points in the reference leaves; none without F2
  std::vector<Path> paths_;
  std::vector<std::uint64_t> path_nodes_;
  selector::RandomForest forest_;
};

/// Reciprocal rank of `best` when candidates are ranked by their shares, of equal ones the first: 1, 1/2, 1/3, …
[[nodiscard]] double reciprocal_rank(std::span<const float> shares, std::size_t best) noexcept;

}  // namespace coppice
