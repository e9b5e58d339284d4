// What neighbors prints and writes: a row of text or JSON a frame, and the pairs as arrays, which wait in scratch files
// until their lengths are known, so that no more than a frame of them is in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "coppice/index/octree/neighbor_list.hpp"
#include "coppice/io/npz.hpp"
#include "output.hpp"
#include "scratch_file.hpp"

namespace coppice::cli {

/// The list of one frame, as reported. Times are wall-clock.
struct FrameRecord {
  std::size_t frame = 0;
  std::uint64_t pairs = 0;
  double update_ms = 0;  ///< placing the atoms
  double list_ms = 0;    ///< finding the pairs
  bool rebuilt = false;  ///< the candidates were searched anew
};

/// The arrays i, j, shift, distance, vector and frames of the tool's contract.
class PairArrays {
 public:
  /// Errors: io_error when nothing can be written at `path`.
  explicit PairArrays(const std::string& path);

  void add(const PairList<std::int64_t>& pairs);
  /// Writes the file; nothing can be added afterwards. Errors: io_error.
  void finish();

 private:
  io::NpzWriter file_;
  ScratchFile i_, j_, shift_, distance_, vector_;
  std::vector<std::int64_t> frames_{0};
};

/// The table: `head` and an array `results` in JSON, or a line a frame under a heading.
class FrameTable {
 public:
  FrameTable(bool json, const nlohmann::ordered_json& head);

  void add(const FrameRecord& record);
  /// Ends the table with the sums of all rows, and in JSON with `tail`. Errors: Failure(runtime) when stdout refuses.
  void finish(const nlohmann::ordered_json& tail);

  [[nodiscard]] std::uint64_t pairs() const noexcept { return pairs_; }
  [[nodiscard]] std::size_t frames() const noexcept { return frames_; }

 private:
  bool json_;
  StdoutBuffer out_;
  std::size_t frames_ = 0;
  std::size_t rebuilds_ = 0;
  std::uint64_t pairs_ = 0;
  double update_ms_ = 0;
  double list_ms_ = 0;
};

}  // namespace coppice::cli
