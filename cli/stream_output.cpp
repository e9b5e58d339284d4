// See stream_output.hpp.
#include "stream_output.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>
#include <vector>

#include "coppice/geometry/instruction_set.hpp"
#include "coppice/persist/atomic_file.hpp"
#include "io/counted.hpp"

namespace coppice::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t enough_full_sweeps = 10;
constexpr std::string_view all_sweeps = "all sweeps";
constexpr std::string_view full_window = "sweeps with a full window";

// Nearest rank: the smallest value that is not below a fraction `q` of all. 0 for no values.
double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double rank = std::ceil(q * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

double median(const std::vector<double>& values) {
  return quantile(values, 0.5);
}

// Three decimals are finer than any clock here, and keep the file readable.
double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

template <class Records, class Field>
std::vector<double> column(const Records& records, Field&& field) {
  std::vector<double> values;
  for (const auto& record : records) values.push_back(rounded(field(record)));
  return values;
}

Json series_json(const StreamReport& report, bool has_route) {
  const auto of = [&](auto field) { return column(report.sweeps, field); };
  Json series;
  series["update_ms"] = of([](const SweepRecord& s) { return s.update_ms(); });
  series["erase_ms"] = of([](const SweepRecord& s) { return s.erase_ms; });
  series["insert_ms"] = of([](const SweepRecord& s) { return s.insert_ms; });
  series["query_us"] = of([](const SweepRecord& s) { return s.query_us; });
  series["points"] = Json::array();
  series["live"] = Json::array();
  for (const SweepRecord& sweep : report.sweeps) {
    series["points"].push_back(sweep.points);
    series["live"].push_back(sweep.live);
    if (has_route) series["position"].push_back({rounded(sweep.position[0]), rounded(sweep.position[1])});
  }
  return series;
}

Json statistics_json(const Statistics& statistics) {
  return {{"points", statistics.points},
          {"nodes", statistics.nodes},
          {"leaves", statistics.leaves},
          {"height", statistics.height},
          {"binary_height", statistics.binary_height},
          {"leaf_fill", rounded(statistics.leaf_fill)},
          {"bytes", statistics.bytes},
          {"bytes_per_point", rounded(statistics.bytes_per_point)},
          {"rebuilds",
           {{"count", statistics.rebuilds.events},
            {"points", statistics.rebuilds.total},
            {"largest", statistics.rebuilds.largest}}}};
}

double ratio(double a, double b) {
  return b > 0 ? rounded(a / b) : 0;
}

std::string grouped(std::size_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace

Json stream_json(const StreamReport& report, const StreamSetting& setting) {
  std::vector<SweepRecord> measured;  // the sweeps that also made another one leave
  std::size_t streamed = 0;
  std::size_t largest = 0;
  for (std::size_t i = 0; i < report.sweeps.size(); ++i) {
    streamed += report.sweeps[i].points;
    if (i >= setting.options.window) measured.push_back(report.sweeps[i]);
    if (report.sweeps[i].update_ms() > report.sweeps[largest].update_ms()) largest = i;
  }
  const std::size_t full = measured.size();
  if (full < enough_full_sweeps) measured = report.sweeps;
  const auto updates = column(measured, [](const SweepRecord& s) { return s.update_ms(); });
  const double p95 = quantile(updates, 0.95);
  const double rebuild_ms = median(column(report.comparisons, [](const Comparison& c) { return c.rebuild_ms; }));
  const double query_us = median(column(report.comparisons, [](const Comparison& c) { return c.query_us; }));
  const double fresh_us = median(column(report.comparisons, [](const Comparison& c) { return c.rebuild_query_us; }));
  const auto queried = column(report.sweeps, [](const SweepRecord& s) { return s.query_us; });

  Json json;
  json["sweeps"] = report.sweeps.size();
  json["live"] = report.sweeps.back().live;
  json["update_ms"] = {{"median", median(updates)},
                       {"p95", p95},
                       {"max", quantile(updates, 1)},
                       {"over", full < enough_full_sweeps ? all_sweeps : full_window},
                       {"count", updates.size()}};
  json["query_us"] = query_us;
  json["rebuild_ms"] = rebuild_ms;
  json["rebuild_query_us"] = fresh_us;
  json["verified"] = report.verified;
  json["compared"] = report.compared;
  json["mismatches"] = report.mismatches;
  if (report.mismatches > 0) json["first_mismatch"] = report.first_mismatch;
  json["bytes_per_point"] = rounded(report.statistics.bytes_per_point);
  json["update_p95_over_rebuild"] = ratio(p95, rebuild_ms);
  json["query_over_rebuild_query"] = ratio(query_us, fresh_us);
  json["query_us_all_sweeps"] = median({queried.begin() + 1, queried.end()});  // the first asks an empty map
  json["largest_update"] = {{"sweep", largest},
                            {"ms", rounded(report.sweeps[largest].update_ms())},
                            {"erased", report.sweeps[largest].erased},
                            {"inserted", report.sweeps[largest].points}};
  json["points_streamed"] = streamed;
  json["dimension"] = report.dimension;
  json["seconds"] = rounded(report.seconds);
  json["config"] = {{"source", setting.source},         {"index", setting.index},
                    {"balance", setting.balance},       {"scalar", setting.scalar},
                    {"window", setting.options.window}, {"k", setting.options.k},
                    {"verify", setting.options.verify}, {"seed", setting.options.seed},
                    {"threads", setting.threads},       {"instruction_set", instruction_set_name(instruction_set())}};
  json["comparisons"] = Json::array();
  for (const Comparison& c : report.comparisons)
    json["comparisons"].push_back({{"sweep", c.sweep},
                                   {"live", c.live},
                                   {"queries", c.queries},
                                   {"rebuild_ms", rounded(c.rebuild_ms)},
                                   {"query_us", rounded(c.query_us)},
                                   {"rebuild_query_us", rounded(c.rebuild_query_us)},
                                   {"mismatches", c.mismatches}});
  json["statistics"] = statistics_json(report.statistics);
  json["series"] = series_json(report, setting.has_route);
  return json;
}

std::string stream_summary(const Json& report) {
  const Json& config = report["config"];
  const Json& update = report["update_ms"];
  const auto number = [](const Json& value) { return value.get<double>(); };
  const auto count = [](const Json& value) { return grouped(value.get<std::size_t>()); };
  const auto counted = [&](const Json& value, std::string_view one, std::string_view many = {}) {
    return count(value) + " " + io::plural(value.get<std::size_t>(), one, many);
  };
  const auto text = [](const Json& value) { return value.get<std::string>(); };
  const auto figure = [&](const Json& value) {  // small numbers keep their digits
    const double shown = number(value);
    return shown < 10 ? fmt::format("{:.3f}", shown) : fmt::format("{:.1f}", shown);
  };
  const double share = number(report["update_p95_over_rebuild"]);
  std::string out;
  const auto line = [&](std::string_view label, const std::string& value) {
    out += fmt::format("  {:<10}{}\n", label, value);
  };
  out += fmt::format("Streamed {} ({}) through a window of {}; {} {} live.\n", counted(report["sweeps"], "sweep"),
                     counted(report["points_streamed"], "point"), count(config["window"]),
                     counted(report["live"], "point"), io::plural(report["live"].get<std::size_t>(), "is", "are"));
  line("source", text(config["source"]));
  line("index",
       fmt::format("{}{}, {}, {}, {}", text(config["index"]),
                   text(config["balance"]).empty() ? "" : " (" + text(config["balance"]) + ")", text(config["scalar"]),
                   counted(config["threads"], "thread"), text(config["instruction_set"])));
  const std::string over = text(update["over"]) == all_sweeps ? fmt::format("all {} sweeps", count(update["count"]))
                                                              : count(update["count"]) + " " + text(update["over"]);
  line("update", fmt::format("median {} ms, p95 {} ms, max {} ms  ({})", figure(update["median"]),
                             figure(update["p95"]), figure(update["max"]), over));
  line("rebuild", fmt::format("{} ms{}", figure(report["rebuild_ms"]),
                              share > 0 ? fmt::format(", {:.1f} times the p95 of an update", 1 / share) : ""));
  line("query", fmt::format("{:.2f} µs for {}; a fresh index {:.2f} µs, ratio {:.2f}", number(report["query_us"]),
                            counted(config["k"], "neighbour"), number(report["rebuild_query_us"]),
                            number(report["query_over_rebuild_query"])));
  line("memory", fmt::format("{:.1f} bytes a point", number(report["bytes_per_point"])));
  line("checked",
       fmt::format("{} against a scan, {} against a fresh index: {}", counted(report["verified"], "query", "queries"),
                   count(report["compared"]), counted(report["mismatches"], "mismatch", "mismatches")));
  return out;
}

template <class Scalar>
void write_map(const std::filesystem::path& path, const Points<Scalar>& points) {
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}", points.size(), points.dimension);
  constexpr std::size_t preamble = 10;  // magic, version and the header's length
  header.append(63 - (preamble + header.size()) % 64, ' ').push_back('\n');
  const std::vector<float> rows(points.coordinates.begin(), points.coordinates.end());
  persist::AtomicFile file(path);
  file.write(std::string_view("\x93NUMPY\x01\x00", 8));
  file.write(std::string{static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)});
  file.write(header);
  file.write(std::as_bytes(std::span(rows)));
  file.commit();
}

template void write_map(const std::filesystem::path&, const Points<float>&);
template void write_map(const std::filesystem::path&, const Points<double>&);

}  // namespace coppice::cli
