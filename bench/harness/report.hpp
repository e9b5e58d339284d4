// The report of a bench: rows of figures in the schema that every task shares, their agreement, and the machine.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace coppice::bench {

struct Row {
  std::string contestant;
  std::string version;
  std::string operation;
  std::string dataset;
  std::size_t n = 0;
  int threads = 1;
  double per_op_us = 0;        ///< median over the rounds
  double seconds = 0;          ///< of all operations of a round at that speed
  double bytes_per_point = 0;  ///< on the heap; 0 where it is not known
  std::string checksum{};      ///< empty where the answers were not checked
  std::string note{};
  std::vector<double> latencies{};        ///< of single operations in µs, where they were taken
  std::map<std::string, double> facts{};  ///< what else the task knows, by name
};

/// What a contestant says of itself.
struct Identity {
  std::string name;  ///< ours: coppice/<index>
  std::string version;
  std::string note{};
};

class Report {
 public:
  explicit Report(std::string task) : task_(std::move(task)) {}

  void add(Row row);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// True when rows of one operation, dataset (batch or not) and n have the same checksum, where they have one.
  [[nodiscard]] bool agree() const;
  /// One line for each disagreement, for the reader of a failed run.
  [[nodiscard]] std::vector<std::string> disagreements() const;
  /// Writes the JSON document. Errors: std::runtime_error when the file cannot be written.
  void write(const std::filesystem::path& path) const;

 private:
  std::string task_;
  std::vector<Row> rows_;
};

/// Processor, cores, memory, compiler and flags in one line.
[[nodiscard]] std::string machine();

/// Bytes that the process holds on its heap now.
[[nodiscard]] std::size_t heap_bytes();

/// Writes the report if a file is asked for, says on stderr who disagrees, and gives the exit status: 1 where somebody
/// does, 2 where nothing was measured.
[[nodiscard]] int finish(const Report& report, const std::filesystem::path& json);

}  // namespace coppice::bench
