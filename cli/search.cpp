// Sources, queries and reports of the searches; see search.hpp.
#include "search.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>
#include <type_traits>
#include <utility>

#include "coppice/errors.hpp"
#include "io/counted.hpp"
#include "output.hpp"

namespace coppice::cli {

namespace {

// A refusal of the library's checks, with the file that it is about.
template <class Call>
auto about_file(const std::string& path, Call&& call) {
  try {
    return call();
  } catch (const invalid_input& refusal) {
    throw Failure(ExitCode::bad_input, fmt::format("{}: {}", path, refusal.what()));
  }
}

template <class Scalar>
Source<Scalar> build_source(const SearchFlags& flags, const GlobalOptions& global, Dataset&& data, bool keep_rows) {
  Source<Scalar> source;
  source.path = flags.points;
  const int dimension = data.dimension();
  about_file(flags.points, [&] { check_dimension(dimension); });
  source.index = make_index<Scalar>(flags.index.index_name(), dimension,
                                    flags.index.template options<Scalar>(dimension, global.executor()));
  source.ids = std::move(data.ids);
  source.points = take_points<Scalar>(std::move(data));
  about_file(flags.points, [&] {
    const Activity building("building the index");
    source.index->build(source.points, source.ids);
  });
  if (!keep_rows) {
    source.points = {};
    source.ids = {};
  }
  return source;
}

template <class Scalar>
Source<Scalar> wrap_loaded(const std::string& path, std::unique_ptr<AnyIndex<Scalar>> index, bool keep_rows) {
  Source<Scalar> source{path, std::move(index), {}, {}};
  if (!keep_rows) return source;
  std::tie(source.ids, source.points) = content_by_id(*source.index);
  return source;
}

}  // namespace

void SearchFlags::add_source_to(CLI::App& command) {
  command.add_option("POINTS", points, "Point file, or an index written by --save")->required();
  command.add_flag("--load", load, "POINTS is a saved index, whatever its first bytes say");
  command.add_option("--save", save, "Save the index here; later runs take the file as POINTS")->type_name("FILE");
  command.add_option("--out", out, "Write the answers as arrays to this .npz file instead of stdout")
      ->type_name("FILE.npz");
  index.add_to(command);
}

void SearchFlags::add_queries_to(CLI::App& command) {
  auto* file =
      command.add_option("--queries", queries, "Query points (default: every point of POINTS asks)")->type_name("FILE");
  command.add_flag("--self", self, "Without --queries: let every point be a neighbour of itself")->excludes(file);
}

void SearchFlags::check_index() const {
  if (!names_saved_index()) return index.check();
  if (const auto given = index.given(); !given.empty())
    throw usage_error(fmt::format("{} {} for building an index; {} is a saved one and has its own",
                                  fmt::join(given, " and "), given.size() == 1 ? "is" : "are", points));
}

AnySource open_source(const SearchFlags& flags, const GlobalOptions& global, bool wide_queries, bool keep_rows) {
  if (flags.names_saved_index())
    return std::visit([&](auto&& index) -> AnySource { return wrap_loaded(flags.points, std::move(index), keep_rows); },
                      load_any_index(flags.points, global.executor()));
  Dataset data = read_dataset(flags.points);
  if (data.is_float32() && !flags.index.widen && !wide_queries)
    return build_source<float>(flags, global, std::move(data), keep_rows);
  return build_source<double>(flags, global, std::move(data), keep_rows);
}

template <class Scalar>
Questions<Scalar> take_questions(Source<Scalar>& source, std::optional<Dataset>&& queries, const SearchFlags& flags,
                                 int width) {
  if (!queries) return {std::move(source.points), std::move(source.ids), !flags.self};
  const std::string path = queries->path;
  const int dimension = source.index->dimension();
  const int columns = width * dimension;
  if (queries->dimension() != columns)
    throw Failure(ExitCode::bad_input, fmt::format("{}: {} found, expected {} for an index of {}", path,
                                                   io::counted(queries->dimension(), "column"), columns,
                                                   io::counted(dimension, "dimension")));
  Questions<Scalar> questions{{}, std::move(queries->ids), false};
  questions.points = take_points<Scalar>(std::move(*queries));
  about_file(path, [&] {
    for (int axis = 0; axis < columns; axis += dimension)
      check_points(
          PointView<Scalar>(questions.points.coordinates.data() + axis, questions.points.size(), dimension, columns),
          dimension);
  });
  return questions;
}

template <class Scalar>
Neighbors<Scalar> without_self(const Neighbors<Scalar>& answers, std::span<const point_id> own, std::size_t k) {
  Neighbors<Scalar> others;
  others.offsets.reserve(answers.offsets.size());
  others.ids.reserve(answers.ids.size());
  others.distances.reserve(answers.distances.size());
  for (std::size_t row = 0; row < answers.size(); ++row) {
    const std::size_t row_start = others.ids.size();
    for (auto i = static_cast<std::size_t>(answers.offsets[row]);
         i < static_cast<std::size_t>(answers.offsets[row + 1]) && others.ids.size() - row_start < k; ++i) {
      if (answers.ids[i] == own[row]) continue;
      others.ids.push_back(answers.ids[i]);
      others.distances.push_back(answers.distances[i]);
    }
    others.offsets.push_back(static_cast<std::int64_t>(others.ids.size()));
  }
  return others;
}

template <class Scalar>
void save_where_asked(const AnyIndex<Scalar>& index, const SearchFlags& flags) {
  if (flags.save.empty()) return;
  const Activity saving("saving " + flags.save);
  index.save(flags.save);
}

template <class Scalar>
nlohmann::ordered_json describe(const Source<Scalar>& source, std::size_t queries) {
  return {{"points", source.index->size()},
          {"dimension", source.index->dimension()},
          {"scalar", std::is_same_v<Scalar, float> ? "float32" : "float64"},
          {"index", std::string(source.index->name())},
          {"queries", queries}};
}

void report_file(nlohmann::ordered_json head, std::uint64_t found, const std::string& path, bool json) {
  head["found"] = found;
  head["out"] = path;
  if (json)
    print_json(head);
  else
    fmt::print(stderr, "{} over {}: {} written to {}\n",
               io::counted(head["queries"].get<std::uint64_t>(), "query", "queries"),
               io::counted(head["points"].get<std::uint64_t>(), "point"), io::counted(found, "neighbour"), path);
}

template Questions<float> take_questions(Source<float>&, std::optional<Dataset>&&, const SearchFlags&, int);
template Questions<double> take_questions(Source<double>&, std::optional<Dataset>&&, const SearchFlags&, int);
template Neighbors<float> without_self(const Neighbors<float>&, std::span<const point_id>, std::size_t);
template Neighbors<double> without_self(const Neighbors<double>&, std::span<const point_id>, std::size_t);
template void save_where_asked(const AnyIndex<float>&, const SearchFlags&);
template void save_where_asked(const AnyIndex<double>&, const SearchFlags&);
template nlohmann::ordered_json describe(const Source<float>&, std::size_t);
template nlohmann::ordered_json describe(const Source<double>&, std::size_t);

}  // namespace coppice::cli
