// The table and the arrays of neighbors; see neighbors_output.hpp.
#include "neighbors_output.hpp"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <utility>

#include "io/counted.hpp"

namespace coppice::cli {

namespace {

template <class T>
void append(ScratchFile& file, const std::vector<T>& numbers) {
  file.append(std::as_bytes(std::span(numbers)));
}

/// Takes the file, whose room is free again when its array is written.
template <class T>
void write(io::NpzWriter& npz, std::string_view name, ScratchFile file, std::size_t columns = 1) {
  const auto bytes = file.bytes();
  const std::span numbers(reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T));
  std::vector<std::size_t> shape{numbers.size() / columns};
  if (columns > 1) shape.push_back(columns);
  npz.add(name, {numbers, shape});
}

void print(StdoutBuffer& out, std::string_view text) {
  out.text().append(text.data(), text.data() + text.size());
}

}  // namespace

PairArrays::PairArrays(const std::string& path)
    : file_(path), i_(path), j_(path), shift_(path), distance_(path), vector_(path) {}

void PairArrays::add(const PairList<std::int64_t>& pairs) {
  append(i_, pairs.i);
  append(j_, pairs.j);
  append(shift_, pairs.shifts);
  append(distance_, pairs.distances);
  append(vector_, pairs.vectors);
  frames_.push_back(frames_.back() + static_cast<std::int64_t>(pairs.i.size()));
}

void PairArrays::finish() {
  write<std::int64_t>(file_, "i", std::move(i_));
  write<std::int64_t>(file_, "j", std::move(j_));
  write<std::int32_t>(file_, "shift", std::move(shift_), 3);
  write<double>(file_, "distance", std::move(distance_));
  write<double>(file_, "vector", std::move(vector_), 3);
  file_.add("frames", frames_);
  file_.close();
}

FrameTable::FrameTable(bool json, const nlohmann::ordered_json& head) : json_(json) {
  if (json_) {
    std::string opening = head.dump();
    opening.back() = ',';  // the object goes on with its results
    print(out_, opening + "\"results\":[");
  } else {
    print(out_,
          fmt::format("{:>6} {:>12} {:>12} {:>12}  {}\n", "frame", "pairs", "update ms", "list ms", "candidates"));
  }
}

void FrameTable::add(const FrameRecord& record) {
  if (json_) {
    print(out_, frames_ == 0 ? "\n" : ",\n");
    print(out_, nlohmann::ordered_json{{"frame", record.frame},
                                       {"pairs", record.pairs},
                                       {"update_ms", record.update_ms},
                                       {"list_ms", record.list_ms},
                                       {"rebuilt", record.rebuilt}}
                    .dump());
  } else {
    print(out_, fmt::format("{:>6} {:>12} {:>12.3f} {:>12.3f}  {}\n", record.frame, record.pairs, record.update_ms,
                            record.list_ms, record.rebuilt ? "rebuilt" : "kept"));
  }
  out_.drain();
  ++frames_;
  rebuilds_ += record.rebuilt ? 1 : 0;
  pairs_ += record.pairs;
  update_ms_ += record.update_ms;
  list_ms_ += record.list_ms;
}

void FrameTable::finish(const nlohmann::ordered_json& tail) {
  if (json_) {
    nlohmann::ordered_json sums{{"frames", frames_},
                                {"pairs", pairs_},
                                {"rebuilds", rebuilds_},
                                {"update_ms", update_ms_},
                                {"list_ms", list_ms_}};
    sums.update(tail);
    print(out_, "\n]," + sums.dump().substr(1) + "\n");
  } else {
    print(out_, fmt::format("{:>6} {:>12} {:>12.3f} {:>12.3f}  {} in {}\n", "all", pairs_, update_ms_, list_ms_,
                            io::counted(rebuilds_, "rebuild"), io::counted(frames_, "frame")));
  }
  out_.flush();
}

}  // namespace coppice::cli
