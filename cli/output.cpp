// Rows of text, JSON and arrays; see output.hpp.
#include "output.hpp"

#include <fmt/compile.h>

#include <cmath>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "progress.hpp"
#include "subcommand.hpp"

namespace coppice::cli {

namespace {

constexpr std::size_t drain_bytes = std::size_t{1} << 20;

void append(fmt::memory_buffer& text, std::string_view piece) {
  text.append(piece.data(), piece.data() + piece.size());
}

template <class Number>
void append_number(fmt::memory_buffer& text, Number number) {
  fmt::format_to(std::back_inserter(text), FMT_COMPILE("{}"), number);
}

}  // namespace

void StdoutBuffer::drain() {
  if (text_.size() >= drain_bytes) flush();
}

void StdoutBuffer::flush() {
  if (std::fwrite(text_.data(), 1, text_.size(), stdout) != text_.size())
    throw Failure(ExitCode::runtime, "standard output could not be written");
  text_.clear();
}

void print_json(const nlohmann::ordered_json& object) {
  fmt::print("{}\n", object.dump());
}

AnswerWriter::AnswerWriter(AnswerShape shape, const std::string& path, bool json, const nlohmann::ordered_json& head)
    : shape_(shape), path_(path), json_(json && path.empty()) {
  if (!path.empty()) arrays_.emplace(path);
  if (arrays_ && shape_.k > 0) {
    ids_.reserve(shape_.queries * shape_.k);
    distances_.reserve(shape_.queries * shape_.k);
  }
  if (json_) {
    std::string opening = head.dump();
    opening.back() = ',';  // the object goes on with its results
    append(out_.text(), opening + "\"results\":[");
  }
}

template <class Scalar>
void AnswerWriter::add(std::span<const point_id> labels, const Neighbors<Scalar>& answers) {
  const std::span<const point_id> all_ids(answers.ids);
  const std::span<const Scalar> all_distances(answers.distances);
  for (std::size_t row = 0; row < answers.size(); ++row) {
    const auto first = static_cast<std::size_t>(answers.offsets[row]);
    std::size_t count = static_cast<std::size_t>(answers.offsets[row + 1]) - first;
    while (count > 0 && all_ids[first + count - 1] == no_point) --count;
    found_ += count;
    const auto ids = all_ids.subspan(first, count);
    const auto distances = shape_.distances ? all_distances.subspan(first, count) : std::span<const Scalar>();
    if (arrays_)
      add_arrays(ids, distances);
    else if (json_)
      add_json(labels[row], ids, distances);
    else
      add_text(labels[row], ids, distances);
    out_.drain();
  }
}

template <class Scalar>
void AnswerWriter::add_text(point_id label, std::span<const point_id> ids, std::span<const Scalar> distances) {
  auto& text = out_.text();
  append_number(text, label);
  text.push_back(':');
  for (std::size_t i = 0; i < ids.size(); ++i) {
    text.push_back(' ');
    append_number(text, ids[i]);
    if (distances.empty()) continue;
    text.push_back(' ');
    append_number(text, distances[i]);
  }
  text.push_back('\n');
}

template <class Scalar>
void AnswerWriter::add_json(point_id label, std::span<const point_id> ids, std::span<const Scalar> distances) {
  auto& text = out_.text();
  append(text, std::exchange(first_row_, false) ? "\n{\"query\":" : ",\n{\"query\":");
  append_number(text, label);
  append(text, ",\"ids\":[");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) text.push_back(',');
    append_number(text, ids[i]);
  }
  text.push_back(']');
  if (shape_.distances) {
    append(text, ",\"distances\":[");
    for (std::size_t i = 0; i < distances.size(); ++i) {
      if (i > 0) text.push_back(',');
      append_number(text, static_cast<double>(distances[i]));  // what a reader of float64 gets is then exact
    }
    text.push_back(']');
  }
  text.push_back('}');
}

template <class Scalar>
void AnswerWriter::add_arrays(std::span<const point_id> ids, std::span<const Scalar> distances) {
  ids_.insert(ids_.end(), ids.begin(), ids.end());
  distances_.insert(distances_.end(), distances.begin(), distances.end());
  if (shape_.k > 0) {
    const std::size_t padding = shape_.k - ids.size();
    ids_.insert(ids_.end(), padding, no_point);
    distances_.insert(distances_.end(), padding, INFINITY);
  } else {
    offsets_.push_back(static_cast<std::int64_t>(ids_.size()));
  }
}

void AnswerWriter::finish() {
  if (json_) append(out_.text(), "\n]}\n");
  out_.flush();
  if (!arrays_) return;
  const Activity writing("writing " + path_);
  if (shape_.k > 0) {
    arrays_->add("ids", io::ArrayView(ids_, {shape_.queries, shape_.k}));
    arrays_->add("distances", io::ArrayView(distances_, {shape_.queries, shape_.k}));
  } else {
    arrays_->add("offsets", offsets_);
    arrays_->add("ids", ids_);
    if (shape_.distances) arrays_->add("distances", distances_);
  }
  arrays_->close();
}

template void AnswerWriter::add(std::span<const point_id>, const Neighbors<float>&);
template void AnswerWriter::add(std::span<const point_id>, const Neighbors<double>&);

}  // namespace coppice::cli
