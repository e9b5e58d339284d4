// What knn, within and box share: the source of the index, the queries, slices with progress, and the report at the
// end. A subcommand adds its own options and one function that answers a slice.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "coppice/any_index.hpp"
#include "data.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

/// Options of every search.
struct SearchFlags {
  std::string points;
  std::string queries;
  std::string out;
  std::string save;
  bool load = false;
  bool self = false;
  IndexFlags index;

  /// POINTS, --load, --save, --out and those of IndexFlags.
  void add_source_to(CLI::App& command);
  /// --queries and --self.
  void add_queries_to(CLI::App& command);
  /// Whether POINTS is an index that is opened rather than points to build one of.
  [[nodiscard]] bool names_saved_index() const { return load || is_saved_index(points); }
  /// Errors: usage for bad options of the index, and for any where it is made already.
  void check_index() const;
};

/// An index ready to be asked, and where it came from.
template <class Scalar>
struct Source {
  std::string path;
  std::unique_ptr<AnyIndex<Scalar>> index;
  Points<Scalar> points;      ///< its rows where they are asked for as queries: as in the file, or by id
  std::vector<point_id> ids;  ///< of those rows
};
using AnySource = std::variant<Source<float>, Source<double>>;

/// Builds an index over a point file or opens a saved one. Its scalar is float32 when the points are and neither
/// --double nor `wide_queries` asks for more. `keep_rows` fills `points` and `ids`. Requires: flags.check_index().
/// Errors: Failure (usage, bad_input), corrupt_file.
[[nodiscard]] AnySource open_source(const SearchFlags& flags, const GlobalOptions& global, bool wide_queries,
                                    bool keep_rows);

/// Reads the query file where one is named, opens the source and calls answer(source, queries) in its scalar type.
/// `points_ask` says that without a query file the points themselves are the queries.
template <class Answer>
void with_source(const SearchFlags& flags, const GlobalOptions& global, bool points_ask, Answer&& answer) {
  std::optional<Dataset> queries;
  if (!flags.queries.empty()) queries = read_dataset(flags.queries);
  const bool wide = queries && !queries->is_float32();
  AnySource any = open_source(flags, global, wide, points_ask && !queries);
  std::visit([&](auto& source) { answer(source, std::move(queries)); }, any);
}

/// The rows that ask, each with the id that its answer is printed under.
template <class Scalar>
struct Questions {
  Points<Scalar> points;
  std::vector<point_id> labels;
  bool drop_self = false;  ///< each row is a point of the index and not its own neighbour
};

/// The query file's rows in the index's scalar type, or else the source's own. `width` is how many points a row holds
/// (2 for boxes). Errors: Failure(bad_input) naming the file for a wrong number of columns or a bad coordinate.
template <class Scalar>
[[nodiscard]] Questions<Scalar> take_questions(Source<Scalar>& source, std::optional<Dataset>&& queries,
                                               const SearchFlags& flags, int width = 1);

/// Calls body(first, count) over [0, total) in slices that grow until each takes a moment, so that progress can advance
/// without giving up the batch.
template <class Body>
void for_each_slice(const std::string& label, std::size_t total, Body&& body) {
  using Clock = std::chrono::steady_clock;
  constexpr auto moment = std::chrono::milliseconds(200);
  constexpr std::size_t largest = std::size_t{1} << 18;
  Progress progress(label, total);
  std::size_t length = 16;
  for (std::size_t first = 0; first < total;) {
    const std::size_t count = std::min(length, total - first);
    const auto start = Clock::now();
    body(first, count);
    first += count;
    progress.update(first);
    if (Clock::now() - start < moment / 4) length = std::min(4 * length, largest);
  }
}

/// The rows without each query's own id, cut after `k` entries a row.
template <class Scalar>
[[nodiscard]] Neighbors<Scalar> without_self(const Neighbors<Scalar>& answers, std::span<const point_id> own,
                                             std::size_t k);

/// Honours --save. Errors: io_error.
template <class Scalar>
void save_where_asked(const AnyIndex<Scalar>& index, const SearchFlags& flags);

/// What is said of every search: the index and the number of queries.
template <class Scalar>
[[nodiscard]] nlohmann::ordered_json describe(const Source<Scalar>& source, std::size_t queries);

/// After answers went to a file: a line on stderr, or with --json the object on stdout, `found` and `out` added.
void report_file(nlohmann::ordered_json head, std::uint64_t found, const std::string& path, bool json);

}  // namespace coppice::cli
