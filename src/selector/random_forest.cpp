// How a forest grows, votes, and is stored.
#include "coppice/selector/random_forest.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/persist/archive.hpp"
#include "random.hpp"

namespace coppice::selector {
namespace {

constexpr std::int32_t no_feature = -1;

void check_field(const char* field, int value, int least, int most) {
  if (value < least || value > most)
    throw invalid_input(std::string(field) + " is " + std::to_string(value) + "; expected " + std::to_string(least) +
                        " … " + std::to_string(most));
}

void check_rows(const LabelledRows& rows, int classes) {
  if (classes < 1 || classes > 255)
    throw invalid_input("there are " + std::to_string(classes) + " classes; expected 1 … 255");
  if (rows.width < 1) throw invalid_input("rows have " + std::to_string(rows.width) + " features; expected at least 1");
  if (rows.size() == 0) throw invalid_input("there are no rows to learn from; expected at least 1");
  if (rows.features.size() != rows.size() * static_cast<std::size_t>(rows.width))
    throw invalid_input("there are " + std::to_string(rows.features.size()) + " features; expected " +
                        std::to_string(rows.width) + " a row of " + std::to_string(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows.classes[i] >= classes)
      throw invalid_input(
          i, "class is " + std::to_string(rows.classes[i]) + "; expected less than " + std::to_string(classes));
    for (int f = 0; f < rows.width; ++f)
      if (!std::isfinite(rows.row(i)[f]))
        throw invalid_input(i, "feature " + std::to_string(f) + " is not finite; expected a number");
  }
}

}  // namespace

void RandomForest::Config::check() const {
  check_field("trees", trees, 1, 4096);
  check_field("depth", depth, 0, 30);
  check_field("leaf_rows", leaf_rows, 1, 1 << 30);
  check_field("tried", tried, 0, 1 << 30);
}

/// Grows one tree after another.
class RandomForest::Grower {
 public:
  Grower(const LabelledRows& rows, const Config& config, RandomForest& forest)
      : rows_(rows),
        config_(config),
        forest_(forest),
        random_(config.seed),
        drawn_(rows.size()),
        sorted_(rows.size()),
        features_(static_cast<std::size_t>(rows.width)),
        tried_(std::min(rows.width,
                        config.tried != 0 ? config.tried : static_cast<int>(std::ceil(std::sqrt(rows.width))))) {
    std::iota(features_.begin(), features_.end(), 0);
  }

  void grow_tree() {
    for (std::uint32_t& row : drawn_) row = static_cast<std::uint32_t>(random_.below(rows_.size()));
    forest_.roots_.push_back(static_cast<std::uint32_t>(forest_.nodes_.size()));
    grow(0, drawn_.size(), 0);
  }

 private:
  struct Split {
    int feature = no_feature;
    float threshold = 0;
    double purity = 0;  ///< Σ over both sides of (Σ count²) ÷ rows: greatest where Gini's impurity is least
  };
  using Counts = std::vector<std::uint32_t>;

  [[nodiscard]] Counts count(std::size_t first, std::size_t last) const {
    Counts counts(static_cast<std::size_t>(forest_.classes_));
    for (std::size_t i = first; i < last; ++i) ++counts[rows_.classes[drawn_[i]]];
    return counts;
  }

  void grow(std::size_t first, std::size_t last, int depth) {
    const Counts counts = count(first, last);
    const bool is_pure = *std::max_element(counts.begin(), counts.end()) == last - first;
    const auto least = static_cast<std::size_t>(config_.leaf_rows);
    const Split split =
        is_pure || depth == config_.depth || last - first < 2 * least ? Split{} : best_split(first, last, counts);
    const std::size_t at = forest_.nodes_.size();
    if (split.feature == no_feature) {
      forest_.nodes_.push_back({no_feature, 0, static_cast<std::uint32_t>(forest_.shares_.size())});
      for (const std::uint32_t n : counts)
        forest_.shares_.push_back(static_cast<float>(n) / static_cast<float>(last - first));
      return;
    }
    forest_.nodes_.push_back({split.feature, split.threshold, 0});
    const auto middle = std::stable_partition(
        drawn_.begin() + static_cast<std::ptrdiff_t>(first), drawn_.begin() + static_cast<std::ptrdiff_t>(last),
        [&](std::uint32_t row) { return rows_.row(row)[split.feature] <= split.threshold; });
    const auto cut = static_cast<std::size_t>(middle - drawn_.begin());
    grow(first, cut, depth + 1);
    forest_.nodes_[at].right = static_cast<std::uint32_t>(forest_.nodes_.size());
    grow(cut, last, depth + 1);
  }

  [[nodiscard]] Split best_split(std::size_t first, std::size_t last, const Counts& all) {
    Split best;
    for (const std::uint32_t n : all) best.purity += static_cast<double>(n) * n;
    best.purity /= static_cast<double>(last - first);
    for (int t = 0; t < tried_; ++t) {  // a feature is drawn at most once
      const auto from = static_cast<std::size_t>(t);
      std::swap(features_[from], features_[from + random_.below(features_.size() - from)]);
      try_feature(features_[from], first, last, all, best);
    }
    return best;
  }

  void try_feature(int feature, std::size_t first, std::size_t last, const Counts& all, Split& best) {
    const std::size_t n = last - first;
    for (std::size_t i = 0; i < n; ++i)
      sorted_[i] = {rows_.row(drawn_[first + i])[feature], rows_.classes[drawn_[first + i]]};
    std::sort(sorted_.begin(), sorted_.begin() + static_cast<std::ptrdiff_t>(n));
    Counts left(all.size());
    double left_squares = 0;
    double right_squares = 0;
    for (const std::uint32_t c : all) right_squares += static_cast<double>(c) * c;
    const auto least = static_cast<std::size_t>(config_.leaf_rows);
    for (std::size_t i = 1; i < n; ++i) {
      const std::size_t c = sorted_[i - 1].second;
      left_squares += 2.0 * left[c] + 1;
      right_squares -= 2.0 * (all[c] - left[c]) - 1;
      ++left[c];
      if (i < least || n - i < least || sorted_[i - 1].first == sorted_[i].first) continue;
      const double purity = left_squares / static_cast<double>(i) + right_squares / static_cast<double>(n - i);
      if (purity > best.purity * (1 + 1e-12)) best = {feature, sorted_[i - 1].first, purity};
    }
  }

  const LabelledRows& rows_;
  const Config& config_;
  RandomForest& forest_;
  Random random_;
  std::vector<std::uint32_t> drawn_;
  std::vector<std::pair<float, std::uint8_t>> sorted_;
  std::vector<int> features_;
  int tried_;
};

RandomForest::RandomForest(const LabelledRows& rows, int classes, const Config& config)
    : width_(rows.width), classes_(classes) {
  config.check();
  check_rows(rows, classes);
  Grower grower(rows, config, *this);
  for (int t = 0; t < config.trees; ++t) grower.grow_tree();
}

std::size_t RandomForest::bytes() const noexcept {
  return roots_.size() * sizeof(std::uint32_t) + nodes_.size() * sizeof(Node) + shares_.size() * sizeof(float);
}

void RandomForest::vote(const float* row, std::span<float> shares) const {
  std::fill(shares.begin(), shares.end(), 0.0f);
  if (roots_.empty()) shares[0] = 1;
  for (const std::uint32_t root : roots_) {
    std::uint32_t at = root;
    while (nodes_[at].feature != no_feature)
      at = row[nodes_[at].feature] <= nodes_[at].threshold ? at + 1 : nodes_[at].right;
    const float* leaf = shares_.data() + nodes_[at].right;
    for (int c = 0; c < classes_; ++c) shares[static_cast<std::size_t>(c)] += leaf[c];
  }
  if (!roots_.empty())
    for (float& share : shares) share /= static_cast<float>(roots_.size());
}

int RandomForest::classify(const float* row) const {
  float shares[256];
  const std::span<float> all(shares, static_cast<std::size_t>(classes_));
  vote(row, all);
  return static_cast<int>(std::max_element(all.begin(), all.end()) - all.begin());
}

void RandomForest::add_to(persist::ArchiveWriter& archive) const {
  archive.set("width", width_);
  archive.set("classes", classes_);
  archive.add("roots", roots_);
  archive.add("nodes", nodes_);
  archive.add("shares", shares_);
}

RandomForest RandomForest::from(const persist::ArchiveReader& archive) {
  RandomForest forest;
  forest.width_ = static_cast<int>(archive.integer("width"));
  forest.classes_ = static_cast<int>(archive.integer("classes"));
  if (forest.width_ < 1) archive.refuse("width", "expected at least 1");
  if (forest.classes_ < 1 || forest.classes_ > 255) archive.refuse("classes", "expected 1 … 255");
  const auto roots = archive.section<std::uint32_t>("roots");
  const auto nodes = archive.section<Node>("nodes");
  const auto shares = archive.section<float>("shares");
  const auto classes = static_cast<std::size_t>(forest.classes_);
  for (const std::uint32_t root : roots)
    if (root >= nodes.size()) archive.refuse("roots", "a tree begins behind the last node");
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    // Children lie behind their parents, so that a walk always ends.
    const Node& node = nodes[i];
    const bool is_leaf = node.feature == no_feature;
    const bool is_good =
        is_leaf ? node.right + std::uint64_t{classes} <= shares.size()
                : node.feature >= 0 && node.feature < forest.width_ && node.right > i + 1 && node.right < nodes.size();
    if (!is_good) archive.refuse("nodes", "node " + std::to_string(i) + " contradicts the others");
  }
  forest.roots_.assign(roots.begin(), roots.end());
  forest.nodes_.assign(nodes.begin(), nodes.end());
  forest.shares_.assign(shares.begin(), shares.end());
  return forest;
}

}  // namespace coppice::selector
