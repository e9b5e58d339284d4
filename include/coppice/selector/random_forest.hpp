// A random forest (Breiman 2001): decision trees, each grown on a bootstrap sample with a random choice of features at
// every split, that vote. Small and deterministic: the same rows, Config and seed give the same forest on every
// machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace coppice::persist {
class ArchiveReader;
class ArchiveWriter;
}  // namespace coppice::persist

namespace coppice::selector {

/// Rows of features as one array, and the class of each row.
struct LabelledRows {
  int width = 0;                      ///< features a row
  std::vector<float> features;        ///< row-major
  std::vector<std::uint8_t> classes;  ///< one a row, 0 … 254
  [[nodiscard]] std::size_t size() const noexcept { return classes.size(); }
  [[nodiscard]] const float* row(std::size_t i) const noexcept {
    return features.data() + i * static_cast<std::size_t>(width);
  }
};

/// Thread safety: any number of concurrent const calls.
class RandomForest {
 public:
  struct Config {
    int trees = 32;             ///< more vote more steadily, and take longer to ask; 1 … 4,096
    int depth = 12;             ///< splits on a path at most; 0 … 30
    int leaf_rows = 4;          ///< rows that a leaf keeps at least; more learn less by heart; at least 1
    int tried = 0;              ///< features drawn for a split; 0: the square root of the width, rounded up
    std::uint64_t seed = 2509;  ///< of samples and features
    /// Errors: invalid_input that names the field.
    void check() const;
  };

  /// A forest of no trees, which gives every row to class 0.
  RandomForest() = default;
  /// Errors: invalid_input for no rows, a width below 1, arrays of other lengths, a feature that is not finite (with
  /// its row), or a bad Config. Complexity: O(trees · tried · depth · n log n).
  RandomForest(const LabelledRows& rows, int classes, const Config& config);

  [[nodiscard]] int width() const noexcept { return width_; }
  [[nodiscard]] int classes() const noexcept { return classes_; }
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// The class of the most votes, of equal ones the lowest. Requires: `width` features. Complexity: O(trees · depth).
  [[nodiscard]] int classify(const float* row) const;
  /// The shares of all classes, which sum up to 1. Requires: as many as there are classes.
  void vote(const float* row, std::span<float> shares) const;

  /// Requires: it stays alive until the archive is written.
  void add_to(persist::ArchiveWriter& archive) const;
  /// Errors: corrupt_file.
  [[nodiscard]] static RandomForest from(const persist::ArchiveReader& archive);

 private:
  /// The left child is the next node; a leaf has no feature, and its votes in place of a right child.
  struct Node {
    std::int32_t feature;
    float threshold;  ///< rows up to it go left
    std::uint32_t right;
  };
  class Grower;

  int width_ = 0;
  int classes_ = 1;
  std::vector<std::uint32_t> roots_;
  std::vector<Node> nodes_;
  std::vector<float> shares_;  ///< of each leaf, one a class
};

}  // namespace coppice::selector
