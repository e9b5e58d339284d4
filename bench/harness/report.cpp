// Rows into JSON, the comparison of checksums, and what can be said of the machine.
#include "harness/report.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>
#include <tuple>

#include "coppice/geometry/instruction_set.hpp"
#include "harness/datasets.hpp"
#include "harness/timing.hpp"

namespace coppice::bench {
namespace {

std::string base_of(const std::string& dataset) {
  return dataset.substr(0, dataset.find('/'));
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown processor";
}

/// Percentiles of single operations and how many fell between powers of two of a microsecond.
nlohmann::ordered_json latency_json(const std::vector<double>& latencies) {
  nlohmann::ordered_json json;
  for (const auto& [name, fraction] : {std::pair{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1.0}})
    json[name] = quantile(latencies, fraction);
  constexpr int lowest = -5;
  std::vector<std::uint64_t> counts;
  for (const double latency : latencies) {
    const int bucket = std::max(0, std::ilogb(std::max(latency, 1e-9)) + 1 - lowest);
    if (counts.size() <= static_cast<std::size_t>(bucket)) counts.resize(static_cast<std::size_t>(bucket) + 1);
    ++counts[static_cast<std::size_t>(bucket)];
  }
  json["histogram"] = nlohmann::ordered_json::array();
  for (std::size_t bucket = 0; bucket < counts.size(); ++bucket)
    if (counts[bucket] != 0)
      json["histogram"].push_back(
          {{"below_us", std::ldexp(1.0, static_cast<int>(bucket) + lowest)}, {"count", counts[bucket]}});
  return json;
}

}  // namespace

void Report::add(Row row) {
  std::fprintf(stderr, "%-18s %-12s %-16s n=%-9zu %10s us  %s\n", row.contestant.c_str(), row.operation.c_str(),
               row.dataset.c_str(), row.n, shown(row.per_op_us).c_str(), row.note.c_str());
  rows_.push_back(std::move(row));
}

std::vector<std::string> Report::disagreements() const {
  std::map<std::tuple<std::string, std::string, std::size_t>, const Row*> first;
  std::vector<std::string> found;
  for (const Row& row : rows_) {
    if (row.checksum.empty()) continue;
    const auto [at, fresh] = first.try_emplace({row.operation, base_of(row.dataset), row.n}, &row);
    if (!fresh && at->second->checksum != row.checksum)
      found.push_back(row.operation + " on " + row.dataset + ", n = " + std::to_string(row.n) + ": " + row.contestant +
                      " and " + at->second->contestant + " gave different answers");
  }
  return found;
}

bool Report::agree() const {
  return disagreements().empty();
}

void Report::write(const std::filesystem::path& path) const {
  nlohmann::ordered_json document{
      {"task", task_}, {"machine", machine()}, {"rows", nlohmann::ordered_json::array()}, {"agree", agree()}};
  for (const Row& row : rows_) {
    nlohmann::ordered_json bytes = nullptr;
    if (row.bytes_per_point > 0) bytes = row.bytes_per_point;
    document["rows"].push_back({{"contestant", row.contestant},
                                {"version", row.version},
                                {"operation", row.operation},
                                {"dataset", row.dataset},
                                {"n", row.n},
                                {"d", dimension},
                                {"scalar", sizeof(Real) == sizeof(double) ? "double" : "float"},
                                {"threads", row.threads},
                                {"per_op_us", row.per_op_us},
                                {"seconds", row.seconds},
                                {"bytes_per_point", bytes},
                                {"checksum", row.checksum},
                                {"note", row.note}});
    if (!row.facts.empty()) document["rows"].back()["facts"] = row.facts;
    if (!row.latencies.empty()) document["rows"].back()["latency_us"] = latency_json(row.latencies);
  }
  std::ofstream file(path);
  file << document.dump(1) << '\n';
  if (!file.flush()) throw std::runtime_error(path.string() + ": cannot be written");
}

std::string machine() {
  const double gigabytes =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e9;
  return processor() + ", " + std::to_string(std::thread::hardware_concurrency()) + " cores, " + shown(gigabytes) +
         " GB; " COPPICE_BENCH_COMPILER "; coppice " COPPICE_BENCH_FLAGS ", " +
         std::string(instruction_set_name(instruction_set())) + " chosen at run time; peers " COPPICE_BENCH_PEER_FLAGS;
}

std::size_t heap_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

int finish(const Report& report, const std::filesystem::path& json) {
  if (report.empty()) {
    std::fprintf(stderr, "error: nothing was measured: --only and --datasets name nobody who takes part here\n");
    return 2;
  }
  if (!json.empty()) report.write(json);
  const auto found = report.disagreements();
  for (const std::string& line : found) std::fprintf(stderr, "disagreement: %s\n", line.c_str());
  return found.empty() ? 0 : 1;
}

}  // namespace coppice::bench
