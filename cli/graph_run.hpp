// One run of coppice graph, once its options are read: makes the graph, prints or writes it, and says what it is like.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "coppice/geometry/metric.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

struct GraphFlags {
  std::string file;
  std::optional<std::int64_t> k;
  std::optional<double> radius;
  bool self = false;
  std::string metric = "l2";
  double epsilon = 0;
  std::optional<double> recall;
  std::optional<std::int64_t> patches;
  bool widen = false;
  bool facts = false;
  std::string out;
};

/// Errors: usage for a name that is none.
[[nodiscard]] MetricKind metric_of(const GraphFlags& flags);

/// Requires: the flags are checked. Errors: Failure, and those of the library.
void make_graph(const GraphFlags& flags, const GlobalOptions& global);

}  // namespace coppice::cli
