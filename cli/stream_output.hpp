// What a stream leaves behind: report.json and map.npy in a directory, and a summary for people.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "stream_job.hpp"

namespace coppice::cli {

/// What the report says about a run besides its measurements.
struct StreamSetting {
  StreamOptions options;
  std::string index;
  std::string balance;  ///< empty where the index has none
  std::string scalar;   ///< float32 or float64
  std::string source;   ///< "simulated drive" or the files
  bool has_route = false;
  int threads = 1;
};

/// The report as one object. Update figures are taken over the sweeps with a full window
/// when there are at least ten of those, and the report says which.
[[nodiscard]] nlohmann::ordered_json stream_json(const StreamReport& report, const StreamSetting& setting);

/// A few aligned lines, made from the same object.
[[nodiscard]] std::string stream_summary(const nlohmann::ordered_json& report);

/// Writes points as float32, n × d, version 1.0 of the npy format. Errors: io_error.
template <class Scalar>
void write_map(const std::filesystem::path& path, const Points<Scalar>& points);

}  // namespace coppice::cli
