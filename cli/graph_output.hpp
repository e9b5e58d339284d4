// What graph prints and writes: rows as knn and within do, arrays of the tool's contract, and the facts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "coppice/index/neighbor_graph/graph.hpp"
#include "coppice/index/neighbor_graph/graph_facts.hpp"
#include "coppice/io/npz.hpp"
#include "scratch_file.hpp"

namespace coppice::cli {

/// What is said of every graph.
struct GraphSummary {
  Degrees degrees;
  std::size_t components = 0;
  double mutual_share = 1;
  bool has_critical = false;  ///< whether the two below were asked for
  std::optional<std::size_t> critical_k;
  std::size_t most_k = 0;  ///< where no critical k was found: how far it was looked for
  double critical_radius = 0;
  double build_seconds = 0;
  double search_seconds = 0;
  double facts_seconds = 0;

  /// Adds its fields to `head`.
  void add_to(nlohmann::ordered_json& head) const;
  /// Two lines on stderr.
  void print(const std::string& file, std::size_t points, int dimension) const;
};

/// Rows of text, or with `json` an object that starts with `head`, on stdout. Errors: Failure(runtime).
template <class Scalar>
void print_graph(const GraphView<Scalar>& graph, bool json, const nlohmann::ordered_json& head);

/// `ids` and `distances`, n × k, padded on the right where the graph has fewer columns. Errors: io_error.
template <class Scalar>
void write_graph(io::NpzWriter& file, const DenseGraph<Scalar>& graph, std::size_t k);
/// `offsets`, `ids` and `distances`. Errors: io_error.
template <class Scalar>
void write_graph(io::NpzWriter& file, const SparseGraph<Scalar>& graph);

/// The same arrays piece by piece, for graphs that do not fit into memory: they wait on disk beside `path`.
class GraphFile {
 public:
  /// Requires: `file` outlives this. Errors: io_error, as those of the other functions.
  GraphFile(io::NpzWriter& file, const std::string& path);

  template <class Scalar>
  void add(const SparseGraph<Scalar>& rows);
  void finish();

 private:
  io::NpzWriter& file_;
  ScratchFile ids_;
  ScratchFile distances_;
  std::vector<std::int64_t> offsets_{0};
};

}  // namespace coppice::cli
