// Reads a PCD header up to its line DATA; lines may come in any order, each once.
#include "pcd_header.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "coppice/errors.hpp"
#include "counted.hpp"

namespace coppice::io::pcd {

namespace {

/// A line of the header: where it stands and what follows its word.
struct Entry {
  std::size_t line = 0;
  std::vector<std::string> values;
};
using Entries = std::map<std::string, Entry, std::less<>>;

constexpr std::array<std::string_view, 9> words{"VERSION", "FIELDS", "SIZE",   "TYPE",     "COUNT",
                                                "WIDTH",   "HEIGHT", "POINTS", "VIEWPOINT"};
constexpr std::size_t most_numbers_a_field = 1'000'000;

const Entry& required(const std::string& path, const Entries& entries, std::string_view word) {
  const auto found = entries.find(word);
  if (found == entries.end())
    refuse_line(path, entries.at("DATA").line, fmt::format("the header ends without a line {}", word));
  return found->second;
}

/// A line with one value a field.
const Entry& a_field_each(const std::string& path, const Entries& entries, std::string_view word, std::size_t fields) {
  const Entry& entry = required(path, entries, word);
  if (entry.values.size() != fields)
    refuse_line(
        path, entry.line,
        fmt::format("{} has {}, expected {} as in FIELDS", word, counted(entry.values.size(), "value"), fields));
  return entry;
}

std::uint64_t whole(const std::string& path, std::string_view word, const Entry& entry, std::size_t which,
                    std::uint64_t lowest, std::uint64_t highest) {
  const auto number = which < entry.values.size() ? parse_whole(entry.values[which]) : std::nullopt;
  if (!number || static_cast<std::uint64_t>(*number) < lowest || static_cast<std::uint64_t>(*number) > highest)
    refuse_line(path, entry.line,
                fmt::format("{}: found {}, expected a whole number from {} to {}", word,
                            which < entry.values.size() ? shown(entry.values[which]) : "nothing", lowest, highest));
  return static_cast<std::uint64_t>(*number);
}

std::uint64_t number_of_points(const std::string& path, const Entries& entries) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  std::optional<std::uint64_t> area;
  if (entries.contains("WIDTH") || !entries.contains("POINTS")) {
    const std::uint64_t width = whole(path, "WIDTH", required(path, entries, "WIDTH"), 0, 0, most);
    const auto height = entries.find("HEIGHT");
    area = width * (height == entries.end() ? 1 : whole(path, "HEIGHT", height->second, 0, 0, most));
  }
  const auto points = entries.find("POINTS");
  if (points == entries.end()) return *area;
  const std::uint64_t count = whole(path, "POINTS", points->second, 0, 0, std::numeric_limits<std::int64_t>::max());
  if (area && *area != count)
    refuse_line(path, points->second.line,
                fmt::format("found {}, expected {} as in WIDTH x HEIGHT", counted(count, "point"), *area));
  return count;
}

Encoding encoding_from(const std::string& path, const Entry& data) {
  const std::string name = data.values.empty() ? "" : data.values[0];
  if (name == "ascii") return Encoding::ascii;
  if (name == "binary") return Encoding::binary;
  if (name == "binary_compressed") return Encoding::binary_compressed;
  refuse_line(path, data.line, fmt::format("found DATA {}, expected ascii, binary or binary_compressed", shown(name)));
}

/// Fills the header's layout: where x, y and z are, and how much a point takes.
void read_fields(const std::string& path, const Entries& entries, Header& header) {
  constexpr std::array<std::string_view, 3> names{"x", "y", "z"};
  const Entry& fields = required(path, entries, "FIELDS");
  const std::size_t count = fields.values.size();
  const Entry& sizes = a_field_each(path, entries, "SIZE", count);
  const Entry& types = a_field_each(path, entries, "TYPE", count);
  const Entry* counts = entries.contains("COUNT") ? &a_field_each(path, entries, "COUNT", count) : nullptr;
  std::array<bool, 3> found{};
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t size = whole(path, "SIZE", sizes, i, 1, 8);
    const std::size_t numbers = counts != nullptr ? whole(path, "COUNT", *counts, i, 1, most_numbers_a_field) : 1;
    const auto name = std::find(names.begin(), names.end(), fields.values[i]);
    if (name != names.end()) {
      const auto axis = static_cast<std::size_t>(name - names.begin());
      if (found[axis]) refuse_line(path, fields.line, fmt::format("the field {} stands twice", *name));
      if (types.values[i] != "F" || (size != 4 && size != 8) || numbers != 1)
        refuse_line(path, fields.line,
                    fmt::format("found {} of type {} and size {} in the field {}, expected one of type F and "
                                "size 4 or 8",
                                counted(numbers, "number"), shown(types.values[i]), size, *name));
      found[axis] = true;
      header.coordinates[axis] = {size == 4 ? ScalarType::float32 : ScalarType::float64, header.columns,
                                  header.record_bytes};
    }
    header.columns += numbers;
    header.record_bytes += numbers * size;
  }
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (!found[axis]) refuse_line(path, fields.line, fmt::format("lacks the field {}", names[axis]));
}

}  // namespace

Header read_header(const std::string& path, std::string_view text) {
  Header header{Encoding::ascii, 0, 0, 0, {}, LineReader(text)};
  LineReader& lines = header.body;
  Entries entries;
  std::vector<std::string_view> fields;
  while (const auto line = lines.next_content()) {
    split(*line, Separator::blanks, fields);
    const std::string_view word = fields[0] == "COLUMNS" ? "FIELDS" : fields[0];  // its name before version 0.6
    if (word != "DATA" && std::find(words.begin(), words.end(), word) == words.end())
      refuse_line(path, lines.number(),
                  fmt::format("found {}, expected a line of a PCD header: FIELDS, SIZE, TYPE, COUNT, WIDTH, HEIGHT, "
                              "POINTS, DATA",
                              shown(word)));
    const auto [entry, is_new] = entries.emplace(word, Entry{lines.number(), {fields.begin() + 1, fields.end()}});
    if (!is_new) refuse_line(path, lines.number(), fmt::format("{} stands in line {}, too", word, entry->second.line));
    if (word != "DATA") continue;
    header.encoding = encoding_from(path, entry->second);
    header.points = number_of_points(path, entries);
    read_fields(path, entries, header);
    return header;
  }
  throw corrupt_file(path, "header", text.size(), "the file ends before a line DATA");
}

}  // namespace coppice::io::pcd
