// Options that several subcommands share, and the checks that turn a bad value into one clear line before any file is
// read: the index and its balance, the metric, periodic lengths, and lists of numbers.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coppice/any_index.hpp"
#include "coppice/query/queries.hpp"

namespace CLI {
class App;
}

namespace coppice::cli {

/// Checks for CLI11 options: empty when `text` is a whole number that 64 bits hold (or a number), else what it is not.
[[nodiscard]] std::string whole_number(const std::string& text);
[[nodiscard]] std::string real_number(const std::string& text);

/// Numbers separated by commas. Errors: usage, naming the option and the entry that is no number.
[[nodiscard]] std::vector<double> parse_numbers(std::string_view option, std::string_view text);

/// One finite number an axis, in the index's scalar type. Errors: usage.
template <class Scalar>
[[nodiscard]] std::vector<Scalar> parse_coordinates(std::string_view option, std::string_view text, int dimension);

/// Errors: usage unless k is 1 … `largest`.
void check_k(std::int64_t k, std::int64_t largest = std::numeric_limits<std::int32_t>::max());

/// A radius as typed, in the index's scalar type. Errors: usage when it is negative, NaN or beyond the type.
template <class Scalar>
[[nodiscard]] Scalar checked_radius(std::string_view option, double radius);

/// Which index is made and in which space: --index, --balance, --capacity, --alpha,
/// --graph-k, --periodic, --double.
struct IndexFlags {
  std::string index;
  std::string balance;
  std::optional<std::int64_t> capacity;
  std::optional<double> alpha;
  std::optional<std::int64_t> neighbors;
  std::string periodic;
  bool widen = false;

  void add_to(CLI::App& command);
  /// Errors: usage for an unknown name.
  void check() const;
  /// The names of the options that were given, for the refusal when the index is already made.
  [[nodiscard]] std::vector<std::string> given() const;
  [[nodiscard]] std::string_view index_name() const noexcept;
  /// The name of the balance, given or by default; empty where the index has none.
  [[nodiscard]] std::string balance_in_use() const;
  /// Errors: usage when the lengths do not fit the dimension.
  template <class Scalar>
  [[nodiscard]] IndexOptions<Scalar> options(int dimension, Executor executor) const;
};

/// How distances are measured: --metric or --weights.
struct MetricFlags {
  std::string metric = "l2";
  std::string weights;

  void add_to(CLI::App& command);
  /// Errors: usage for an unknown name or a bad weight.
  void check() const;
  /// Errors: usage when the weights do not fit the dimension.
  template <class Scalar>
  [[nodiscard]] Metric<Scalar> make(int dimension) const;
};

/// How to search: --strategy.
struct StrategyFlag {
  std::string name = "automatic";

  void add_to(CLI::App& command);
  /// Errors: usage for an unknown name.
  [[nodiscard]] Strategy make() const;
};

}  // namespace coppice::cli
