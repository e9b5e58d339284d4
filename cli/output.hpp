// The answers of knn, within and box: rows of text or JSON on stdout as they come, or arrays for an .npz file at the
// end. Padding (no_point) appears in arrays only.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "coppice/io/npz.hpp"
#include "coppice/query/hit.hpp"

namespace coppice::cli {

/// Collects text and hands it to stdout in large pieces. Errors: Failure(runtime) when stdout refuses.
class StdoutBuffer {
 public:
  [[nodiscard]] fmt::memory_buffer& text() noexcept { return text_; }
  /// Writes when enough has come together.
  void drain();
  void flush();

 private:
  fmt::memory_buffer text_;
};

/// Prints one JSON object on a line of its own.
void print_json(const nlohmann::ordered_json& object);

/// What the answers look like.
struct AnswerShape {
  std::size_t queries = 0;
  std::size_t k = 0;      ///< nearest: exactly k entries a row in arrays; 0: as many as were found
  bool distances = true;  ///< boxes have none
};

/// Takes the answers slice by slice. Text: a line a query, `query: id distance id distance …`; JSON: `head` and an
/// array `results`; with a path, nothing on stdout: `finish` writes the arrays of the tool's contract there.
class AnswerWriter {
 public:
  /// Errors: io_error when nothing can be written at `path`.
  AnswerWriter(AnswerShape shape, const std::string& path, bool json, const nlohmann::ordered_json& head);

  /// The next rows; `labels` names their queries. Requires: at most k entries a row where k is set.
  template <class Scalar>
  void add(std::span<const point_id> labels, const Neighbors<Scalar>& answers);
  /// Errors: io_error, or Failure(runtime) when stdout refuses.
  void finish();

  /// Neighbours found so far, padding not counted.
  [[nodiscard]] std::uint64_t found() const noexcept { return found_; }

 private:
  template <class Scalar>
  void add_text(point_id label, std::span<const point_id> ids, std::span<const Scalar> distances);
  template <class Scalar>
  void add_json(point_id label, std::span<const point_id> ids, std::span<const Scalar> distances);
  template <class Scalar>
  void add_arrays(std::span<const point_id> ids, std::span<const Scalar> distances);

  AnswerShape shape_;
  std::string path_;
  std::optional<io::NpzWriter> arrays_;
  bool json_;
  bool first_row_ = true;
  std::uint64_t found_ = 0;
  StdoutBuffer out_;
  std::vector<std::int64_t> offsets_{0};
  std::vector<point_id> ids_;
  std::vector<double> distances_;
};

}  // namespace coppice::cli
