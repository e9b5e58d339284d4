// coppice within: every point within a radius of every query, by distance, ties by id.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "output.hpp"
#include "search.hpp"

namespace coppice::cli {

namespace {

struct WithinFlags : SearchFlags {
  double radius = 0;
  MetricFlags metric;
  StrategyFlag strategy;
};

void check(const WithinFlags& flags) {
  flags.check_index();
  flags.metric.check();
  (void)flags.strategy.make();
  (void)checked_radius<double>("-r", flags.radius);
}

template <class Scalar>
void answer(Source<Scalar>& source, std::optional<Dataset>&& queries, const WithinFlags& flags,
            const GlobalOptions& global) {
  const auto& index = *source.index;
  const auto questions = take_questions(source, std::move(queries), flags);
  Within<Scalar> query;
  query.radius = checked_radius<Scalar>("-r", flags.radius);
  query.order = Order::by_distance;
  query.metric = flags.metric.make<Scalar>(index.dimension());
  query.strategy = flags.strategy.make();
  query.executor = global.executor();

  auto head = describe(source, questions.points.size());
  head["radius"] = flags.radius;
  AnswerWriter writer({questions.points.size(), 0, true}, flags.out, global.json, head);
  save_where_asked(index, flags);
  for_each_slice("within", questions.points.size(), [&](std::size_t first, std::size_t count) {
    const auto own = std::span(questions.labels).subspan(first, count);
    const auto found = index.within(questions.points.view().slice(first, count), query);
    questions.drop_self ? writer.add(own, without_self(found, own, std::numeric_limits<std::size_t>::max()))
                        : writer.add(own, found);
  });
  writer.finish();
  if (!flags.out.empty()) report_file(head, writer.found(), flags.out, global.json);
}

}  // namespace

void add_within(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<WithinFlags>();
  auto* command = app.add_subcommand("within", "Every point within a radius of every query");
  flags->add_source_to(*command);
  flags->add_queries_to(*command);
  command->add_option("-r,--radius", flags->radius, "Radius, boundary included, at least 0")
      ->type_name("R")
      ->required();
  flags->metric.add_to(*command);
  flags->strategy.add_to(*command);
  command->footer(
      "Prints a line a query: its id, a colon, then id and distance of each point found, nearest first, ties by id:\n"
      "  7: 12 0.25 3 0.5\n"
      "Ids are the csv column `id` or 0-based rows. Without --queries every point asks for the others.\n"
      "--json prints one object whose `results` hold `query`, `ids` and `distances`. --out writes `offsets` (n + 1,\n"
      "int64), `ids` (int64) and `distances` (float64): row i is offsets[i] … offsets[i + 1].\n"
      "float32 points make a float32 index unless the queries are float64 or --double is given.\n\n"
      "Example:\n"
      "  printf '0,0\\n3,4\\n6,8\\n' > points.csv && coppice within points.csv -r 5\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, &global] {
    check(*flags);
    with_source(*flags, global, true, [&](auto& source, std::optional<Dataset>&& queries) {
      answer(source, std::move(queries), *flags, global);
    });
  });
}

}  // namespace coppice::cli
