// coppice box: every point inside axis-aligned boxes, by id.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "io/counted.hpp"
#include "output.hpp"
#include "search.hpp"

namespace coppice::cli {

namespace {

struct BoxFlags : SearchFlags {  // `queries` is the file of --boxes
  std::string lower;
  std::string upper;
};

void check(const BoxFlags& flags) {
  flags.check_index();
  if (flags.queries.empty() && (flags.lower.empty() || flags.upper.empty()))
    throw usage_error("box needs --lower and --upper, or --boxes");
  if (flags.queries.empty()) {
    const auto lower = parse_numbers("--lower", flags.lower);
    const auto upper = parse_numbers("--upper", flags.upper);
    if (lower.size() != upper.size())
      throw usage_error(fmt::format("--lower has {}, --upper {}", io::counted(lower.size(), "value"), upper.size()));
    for (std::size_t axis = 0; axis < lower.size(); ++axis)
      if (lower[axis] > upper[axis])
        throw usage_error(fmt::format("--lower {} is above --upper {} on axis {}", lower[axis], upper[axis], axis));
  }
}

// Rows of 2 d numbers: the lower corner, then the upper.
template <class Scalar>
Questions<Scalar> boxes(Source<Scalar>& source, std::optional<Dataset>&& queries, const BoxFlags& flags) {
  const int dimension = source.index->dimension();
  if (!queries) {
    Questions<Scalar> one{{parse_coordinates<Scalar>("--lower", flags.lower, dimension), 2 * dimension}, {0}, false};
    const auto upper = parse_coordinates<Scalar>("--upper", flags.upper, dimension);
    one.points.coordinates.insert(one.points.coordinates.end(), upper.begin(), upper.end());
    return one;
  }
  const std::string path = queries->path;
  auto rows = take_questions(source, std::move(queries), flags, 2);
  for (std::size_t row = 0; row < rows.points.size(); ++row) {
    const auto box = rows.points.view()[row];
    for (int axis = 0; axis < dimension; ++axis)
      if (box[axis] > box[dimension + axis])
        throw Failure(ExitCode::bad_input, fmt::format("{}: row {}: lower {} is above upper {} on axis {}", path, row,
                                                       box[axis], box[dimension + axis], axis));
  }
  return rows;
}

template <class Scalar>
void answer(Source<Scalar>& source, std::optional<Dataset>&& queries, const BoxFlags& flags,
            const GlobalOptions& global) {
  const auto& index = *source.index;
  const int dimension = index.dimension();
  const auto questions = boxes(source, std::move(queries), flags);
  InBox query;
  query.order = Order::by_id;
  query.executor = global.executor();

  auto head = describe(source, questions.points.size());
  AnswerWriter writer({questions.points.size(), 0, false}, flags.out, global.json, head);
  save_where_asked(index, flags);
  for_each_slice("box", questions.points.size(), [&](std::size_t first, std::size_t count) {
    const Scalar* corner = questions.points.view().row(first);
    const PointView<Scalar> lower(corner, count, dimension, 2 * dimension);
    const PointView<Scalar> upper(corner + dimension, count, dimension, 2 * dimension);
    writer.add(std::span(questions.labels).subspan(first, count), index.in_box(lower, upper, query));
  });
  writer.finish();
  if (!flags.out.empty()) report_file(head, writer.found(), flags.out, global.json);
}

}  // namespace

void add_box(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<BoxFlags>();
  auto* command = app.add_subcommand("box", "Every point inside axis-aligned boxes");
  flags->add_source_to(*command);
  auto* lower =
      command->add_option("--lower", flags->lower, "Lower corner of one box, boundary included")->type_name("A,B,..");
  auto* upper = command->add_option("--upper", flags->upper, "Upper corner, boundary included")->type_name("A,B,..");
  command->add_option("--boxes", flags->queries, "A file of boxes: n rows of lower corner, then upper (2 d columns)")
      ->type_name("FILE")
      ->excludes(lower)
      ->excludes(upper);
  command->footer(
      "Prints a line a box: its number (or `id` in the file of boxes), a colon, then the ids found, ascending:\n"
      "  0: 3 7 12\n"
      "Ids are the csv column `id` or 0-based rows. A corner that starts with a minus needs no quoting: --lower -1,0.\n"
      "--json prints one object whose `results` hold `query` and `ids`. --out writes `offsets` (n + 1, int64) and\n"
      "`ids` (int64): box i is offsets[i] … offsets[i + 1].\n\n"
      "Example:\n"
      "  printf '0,0\\n3,4\\n6,8\\n' > points.csv && coppice box points.csv --lower 0,0 --upper 3,4\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, &global] {
    check(*flags);
    with_source(*flags, global, false, [&](auto& source, std::optional<Dataset>&& queries) {
      answer(source, std::move(queries), *flags, global);
    });
  });
}

}  // namespace coppice::cli
