// coppice knn: the k nearest points of every query, by distance, ties by id.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "output.hpp"
#include "search.hpp"

namespace coppice::cli {

namespace {

struct KnnFlags : SearchFlags {
  std::int64_t k = 0;
  double radius = std::numeric_limits<double>::infinity();
  MetricFlags metric;
  StrategyFlag strategy;
};

void check(const KnnFlags& flags) {
  check_k(flags.k);
  flags.check_index();
  flags.metric.check();
  (void)flags.strategy.make();
  if (!std::isinf(flags.radius) || flags.radius < 0) (void)checked_radius<double>("--radius", flags.radius);
}

template <class Scalar>
void answer(Source<Scalar>& source, std::optional<Dataset>&& queries, const KnnFlags& flags,
            const GlobalOptions& global) {
  const auto& index = *source.index;
  const auto questions = take_questions(source, std::move(queries), flags);
  const auto k = static_cast<std::size_t>(flags.k);
  Nearest<Scalar> query;
  // More than all points cannot be found; the writer pads.
  query.k = std::max<std::size_t>(1, std::min(k + (questions.drop_self ? 1 : 0), index.size()));
  query.metric = flags.metric.make<Scalar>(index.dimension());
  query.radius = checked_radius<Scalar>("--radius", flags.radius);
  query.strategy = flags.strategy.make();
  query.executor = global.executor();

  auto head = describe(source, questions.points.size());
  head["k"] = flags.k;
  AnswerWriter writer({questions.points.size(), k, true}, flags.out, global.json, head);
  save_where_asked(index, flags);
  for_each_slice("knn", questions.points.size(), [&](std::size_t first, std::size_t count) {
    const auto own = std::span(questions.labels).subspan(first, count);
    const auto found = index.nearest(questions.points.view().slice(first, count), query);
    questions.drop_self ? writer.add(own, without_self(found, own, k)) : writer.add(own, found);
  });
  writer.finish();
  if (!flags.out.empty()) report_file(head, writer.found(), flags.out, global.json);
}

}  // namespace

void add_knn(CLI::App& app, const GlobalOptions& global) {
  auto flags = std::make_shared<KnnFlags>();
  auto* command = app.add_subcommand("knn", "The k nearest points of every query");
  flags->add_source_to(*command);
  flags->add_queries_to(*command);
  command->add_option("-k", flags->k, "Neighbours a query, at least 1")
      ->type_name("K")
      ->check(whole_number)
      ->required();
  command->add_option("-r,--radius", flags->radius, "Only neighbours within this distance, boundary included")
      ->type_name("R")
      ->check(real_number);
  flags->metric.add_to(*command);
  flags->strategy.add_to(*command);
  command->footer(
      "Prints a line a query: its id, a colon, then id and distance of each neighbour, nearest first, ties by id:\n"
      "  7: 12 0.25 3 0.5\n"
      "Ids are the csv column `id` or 0-based rows. Without --queries every point asks for the others.\n"
      "--json prints one object whose `results` hold `query`, `ids` and `distances`. --out writes `ids` (n × k, "
      "int64)\n"
      "and `distances` (n × k, float64), padded with -1 and inf where there are fewer than k.\n"
      "float32 points make a float32 index unless the queries are float64 or --double is given.\n\n"
      "Example:\n"
      "  printf '0,0\\n3,4\\n6,8\\n' > points.csv && coppice knn points.csv -k 1\n\n"
      "Global options: --json, --threads N, --seed N.");
  command->callback([flags, &global] {
    check(*flags);
    with_source(*flags, global, true, [&](auto& source, std::optional<Dataset>&& queries) {
      answer(source, std::move(queries), *flags, global);
    });
  });
}

}  // namespace coppice::cli
