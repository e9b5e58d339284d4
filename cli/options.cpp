// The shared options: parsing and checks; see options.hpp.
#include "options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "coppice/errors.hpp"
#include "coppice/index/kd_map/index.hpp"
#include "coppice/index/octree/octree.hpp"
#include "coppice/query/strategy.hpp"
#include "io/counted.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

// Library functions check names and ranges; on the command line their refusal is a usage error.
template <class Call>
auto as_usage(std::string_view option, Call&& call) {
  try {
    return call();
  } catch (const invalid_input& refusal) {
    throw usage_error(fmt::format("{}: {}", option, refusal.reason()));
  }
}

/// The Config that these options make; what is not given is left at its default.
octree::Config<double> octree_config(std::optional<std::int64_t> capacity, std::optional<double> alpha) {
  octree::Config<double> config;
  if (capacity) {
    if (!std::in_range<int>(*capacity)) throw usage_error(fmt::format("--capacity: {} is too large", *capacity));
    config.capacity = static_cast<int>(*capacity);
  }
  if (alpha) config.alpha = *alpha;
  return config;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

double parse_number(std::string_view option, std::string_view entry) {
  std::string_view digits = trimmed(entry);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (status == std::errc::result_out_of_range)
    throw usage_error(fmt::format("{}: '{}' is beyond the range of float64", option, entry));
  if (status != std::errc() || end != digits.data() + digits.size())
    throw usage_error(fmt::format("{}: '{}' is not a number", option, entry));
  if (std::isnan(value)) throw usage_error(fmt::format("{}: NaN is not allowed", option));
  return value;
}

void check_count(std::string_view option, std::size_t found, int dimension) {
  if (found != static_cast<std::size_t>(dimension))
    throw usage_error(fmt::format("{}: {} given, but the points have {}", option, io::counted(found, "value"),
                                  io::counted(dimension, "axis", "axes")));
}

template <class Scalar>
Scalar narrowed(std::string_view option, double value) {
  const auto result = static_cast<Scalar>(value);
  if (!std::isfinite(result) && std::isfinite(value))
    throw usage_error(fmt::format("{}: {} is beyond the range of float32; --double widens the index", option, value));
  return result;
}

}  // namespace

std::string whole_number(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  return status == std::errc() && end == text.data() + text.size() ? std::string()
                                                                   : fmt::format("'{}' is not a whole number", text);
}

std::string real_number(const std::string& text) {
  double value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  return status == std::errc() && end == text.data() + text.size() ? std::string()
                                                                   : fmt::format("'{}' is not a number", text);
}

std::vector<double> parse_numbers(std::string_view option, std::string_view text) {
  std::vector<double> numbers;
  while (true) {
    const std::size_t comma = text.find(',');
    numbers.push_back(parse_number(option, text.substr(0, comma)));
    if (comma == std::string_view::npos) return numbers;
    text.remove_prefix(comma + 1);
  }
}

template <class Scalar>
std::vector<Scalar> parse_coordinates(std::string_view option, std::string_view text, int dimension) {
  const std::vector<double> numbers = parse_numbers(option, text);
  check_count(option, numbers.size(), dimension);
  std::vector<Scalar> coordinates;
  for (const double number : numbers) {
    const auto coordinate = narrowed<Scalar>(option, number);
    if (std::abs(coordinate) > coordinate_limit<Scalar>(dimension))
      throw usage_error(fmt::format("{}: {} is beyond ±{}, the largest coordinate of this index", option, number,
                                    coordinate_limit<Scalar>(dimension)));
    coordinates.push_back(coordinate);
  }
  return coordinates;
}

void check_k(std::int64_t k, std::int64_t largest) {
  if (k < 1 || k > largest) throw usage_error(fmt::format("-k must be 1 … {}, found {}", largest, k));
}

template <class Scalar>
Scalar checked_radius(std::string_view option, double radius) {
  if (std::isnan(radius) || radius < 0)
    throw usage_error(fmt::format("{} must be a number of at least 0, found {}", option, radius));
  return narrowed<Scalar>(option, radius);
}

void IndexFlags::add_to(CLI::App& command) {
  command
      .add_option("--index", index,
                  fmt::format("Index: {} (default {})", fmt::join(index_names(), ", "), index_names().front()))
      ->type_name("NAME");
  command
      .add_option("--balance", balance,
                  "Balance of kd, or of kdmap (avl or red-black, its default): growth (default), avl, avl-2 … avl-8, "
                  "red-black, weight")
      ->type_name("NAME");
  command.add_option("--capacity", capacity, "Points of an octree's leaf when it divides, K: 1 … 2^20 (default 64)")
      ->type_name("K")
      ->check(whole_number);
  command
      .add_option("--alpha", alpha,
                  "An octree's leaves hold up to alpha K points, its nodes more than K/alpha: 1 … 64 (default 1.5)")
      ->type_name("A")
      ->check(real_number);
  command.add_option("--graph-k", neighbors, "Neighbours that a graph keeps of every point: 1 … 2^20 (default 10)")
      ->type_name("K")
      ->check(whole_number);
  command.add_option("--periodic", periodic, "Length of the periodic cell on every axis; 0 or inf leaves an axis open")
      ->type_name("L1,L2,..");
  command.add_flag("--double", widen, "Index float32 points as float64");
}

void IndexFlags::check() const {
  const auto names = index_names();
  if (!index.empty() && std::find(names.begin(), names.end(), index) == names.end())
    throw usage_error(fmt::format("--index: unknown index '{}'; known: {}", index, fmt::join(names, ", ")));
  if (!balance.empty()) {
    const Balance chosen = as_usage("--balance", [&] { return balance_from_name(balance); });
    if (index_name() != "kd" && index_name() != "kdmap")
      throw usage_error("--balance: only kd and kdmap are balanced indexes");
    if (index_name() == "kdmap") as_usage("--balance", [&] { KdMapIndex<double>::Config{chosen}.check(1); });
  }
  if (index_name() != "octree" && (capacity || alpha))
    throw usage_error(fmt::format("{}: only an octree has it", capacity ? "--capacity" : "--alpha"));
  if (neighbors && index_name() != "graph") throw usage_error("--graph-k: only a graph keeps neighbours");
  constexpr std::int64_t most_neighbors = std::int64_t{1} << 20;
  if (neighbors && (*neighbors < 1 || *neighbors > most_neighbors))
    throw usage_error(fmt::format("--graph-k must be 1 … {}, found {}", most_neighbors, *neighbors));
  as_usage("--capacity", [&] { octree_config(capacity, {}).check(3); });
  as_usage("--alpha", [&] { octree_config({}, alpha).check(3); });
  if (!periodic.empty())
    for (const double length : parse_numbers("--periodic", periodic))
      if (length < 0) throw usage_error(fmt::format("--periodic: a length must not be negative, found {}", length));
}

std::vector<std::string> IndexFlags::given() const {
  std::vector<std::string> options;
  if (!index.empty()) options.emplace_back("--index");
  if (!balance.empty()) options.emplace_back("--balance");
  if (capacity) options.emplace_back("--capacity");
  if (alpha) options.emplace_back("--alpha");
  if (neighbors) options.emplace_back("--graph-k");
  if (!periodic.empty()) options.emplace_back("--periodic");
  if (widen) options.emplace_back("--double");
  return options;
}

std::string_view IndexFlags::index_name() const noexcept {
  return index.empty() ? index_names().front() : std::string_view(index);
}

std::string IndexFlags::balance_in_use() const {
  if (index_name() == "octree") {
    const auto config = octree_config(capacity, alpha);
    return fmt::format("K {}, alpha {}", config.capacity, config.alpha);
  }
  if (index_name() != "kd" && index_name() != "kdmap") return "";
  if (!balance.empty()) return balance_name(balance_from_name(balance));
  return balance_name(index_name() == "kdmap" ? KdMapIndex<double>::Config{}.balance : Balance{});
}

template <class Scalar>
IndexOptions<Scalar> IndexFlags::options(int dimension, Executor executor) const {
  IndexOptions<Scalar> made;
  made.executor = executor;
  if (!balance.empty()) made.balance = balance_from_name(balance);
  if (index_name() == "octree" && dimension != 2 && dimension != 3)
    throw usage_error(fmt::format("--index: an octree has 2 or 3 dimensions, the points have {}", dimension));
  if (capacity) made.capacity = octree_config(capacity, {}).capacity;
  made.alpha = alpha;
  if (neighbors) made.neighbors = static_cast<std::size_t>(*neighbors);
  if (!periodic.empty()) {
    const std::vector<double> lengths = parse_numbers("--periodic", periodic);
    check_count("--periodic", lengths.size(), dimension);
    bool any_closed = false;
    for (const double length : lengths) {
      const bool open = length == 0 || std::isinf(length);
      any_closed |= !open;
      made.periodic.lengths.push_back(open ? std::numeric_limits<Scalar>::infinity()
                                           : narrowed<Scalar>("--periodic", length));
    }
    if (!any_closed) made.periodic.lengths.clear();
    as_usage("--periodic", [&] { made.periodic.check(dimension); });
  }
  return made;
}

void MetricFlags::add_to(CLI::App& command) {
  auto* by_name = command.add_option("--metric", metric, "Metric: l2 (default), l1, linf")->type_name("NAME");
  command.add_option("--weights", weights, "Weighted l2: one positive weight an axis, √Σ w·(x − y)²")
      ->type_name("W1,W2,..")
      ->excludes(by_name);
}

void StrategyFlag::add_to(CLI::App& command) {
  command
      .add_option("--strategy", name,
                  "Order of the search: automatic (default), depth-first, best-first or breadth-first, for bounds by "
                  "balls with /ball behind it; answers are the same (brute and kdmap search in ways of their own)")
      ->type_name("NAME");
}

Strategy StrategyFlag::make() const {
  return as_usage("--strategy", [&] { return strategy_from_name(name); });
}

void MetricFlags::check() const {
  as_usage("--metric", [&] { return metric_from_name(metric); });
  if (!weights.empty())
    for (const double weight : parse_numbers("--weights", weights))
      if (!(weight > 0) || std::isinf(weight))
        throw usage_error(fmt::format("--weights: a weight must be positive and finite, found {}", weight));
}

template <class Scalar>
Metric<Scalar> MetricFlags::make(int dimension) const {
  if (weights.empty()) return {metric_from_name(metric), {}};
  const std::vector<double> numbers = parse_numbers("--weights", weights);
  check_count("--weights", numbers.size(), dimension);
  std::vector<Scalar> narrow;
  for (const double number : numbers) narrow.push_back(narrowed<Scalar>("--weights", number));
  auto made = Metric<Scalar>::weighted_l2(std::move(narrow));
  as_usage("--weights", [&] { made.check(dimension); });
  return made;
}

template std::vector<float> parse_coordinates(std::string_view, std::string_view, int);
template std::vector<double> parse_coordinates(std::string_view, std::string_view, int);
template float checked_radius(std::string_view, double);
template double checked_radius(std::string_view, double);
template IndexOptions<float> IndexFlags::options(int, Executor) const;
template IndexOptions<double> IndexFlags::options(int, Executor) const;
template Metric<float> MetricFlags::make(int) const;
template Metric<double> MetricFlags::make(int) const;

}  // namespace coppice::cli
