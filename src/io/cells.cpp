// Simulation cells as the text formats tell them: the Lattice and pbc of an extended .xyz comment, the box of .gro, the
// CRYST1 record of .pdb. The vectors are the rows a, b, c, in the unit of the file.
#include <fmt/core.h>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "counted.hpp"
#include "frames.hpp"

namespace coppice::io {

namespace {

using Fields = std::vector<std::string_view>;

double cell_number(const std::string& path, std::size_t line, std::string_view what, std::string_view field) {
  double number = 0;
  if (parse_number(field, number) != NumberProblem::none)
    refuse_line(path, line, fmt::format("{}: found {}, expected a finite number", what, shown(field)));
  return number;
}

std::vector<double> cell_numbers(const std::string& path, std::size_t line, std::string_view what,
                                 const Fields& fields) {
  std::vector<double> numbers;
  for (const std::string_view field : fields) numbers.push_back(cell_number(path, line, what, field));
  return numbers;
}

/// The value of `key` in an extended comment, where it stands after a blank or at the start: up to the closing quote or
/// brace where it opens with one, else to the next blank.
std::optional<std::string_view> value_of(const std::string& path, std::size_t line, std::string_view comment,
                                         std::string_view key) {
  for (std::size_t at = comment.find(key); at != std::string_view::npos; at = comment.find(key, at + 1)) {
    if (at > 0 && comment[at - 1] != ' ' && comment[at - 1] != '\t') continue;
    const std::string_view rest = trimmed(comment.substr(at + key.size()));
    if (!rest.starts_with('=')) continue;
    const std::string_view value = trimmed(rest.substr(1));
    const char opening = value.empty() ? ' ' : value.front();
    if (opening != '"' && opening != '\'' && opening != '{') return value.substr(0, value.find_first_of(" \t"));
    const std::size_t end = value.find(opening == '{' ? '}' : opening, 1);
    if (end == std::string_view::npos) refuse_line(path, line, fmt::format("{}: its value does not end", key));
    return value.substr(1, end - 1);
  }
  return std::nullopt;
}

/// cos of an angle in degrees, exactly 0 where it is a right one.
double cos_degrees(double angle) {
  return angle == 90 ? 0 : std::cos(angle * std::numbers::pi / 180);
}

}  // namespace

std::optional<SimulationCell> xyz_cell(const std::string& path, std::size_t line, std::string_view text) {
  const auto lattice = value_of(path, line, text, "Lattice");
  if (!lattice) return std::nullopt;
  Fields fields;
  split(*lattice, Separator::blanks, fields);
  if (fields.size() != 9)
    refuse_line(
        path, line,
        fmt::format("Lattice: found {}, expected 9: ax ay az bx by bz cx cy cz", counted(fields.size(), "number")));
  const std::vector<double> numbers = cell_numbers(path, line, "Lattice", fields);
  SimulationCell cell;
  for (std::size_t i = 0; i < 9; ++i) cell.vectors[i / 3][i % 3] = numbers[i];
  cell.periodic = {true, true, true};
  if (const auto pbc = value_of(path, line, text, "pbc")) {
    split(*pbc, Separator::blanks, fields);
    const auto refuse = [&] {
      refuse_line(path, line, fmt::format("pbc: found {}, expected three of T and F", shown(*pbc)));
    };
    if (fields.size() != 3) refuse();
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const std::string_view flag = fields[axis];
      cell.periodic[axis] = flag == "T" || flag == "True" || flag == "true" || flag == "1";
      if (!cell.periodic[axis] && flag != "F" && flag != "False" && flag != "false" && flag != "0") refuse();
    }
  }
  return cell;
}

std::optional<SimulationCell> gro_cell(const std::string& path, std::size_t line, std::string_view text) {
  Fields fields;
  split(text, Separator::blanks, fields);
  if (fields.size() != 3 && fields.size() != 9)
    refuse_line(path, line, fmt::format("box: found {}, expected 3 or 9", counted(fields.size(), "number")));
  std::vector<double> v = cell_numbers(path, line, "box", fields);
  v.resize(9, 0.0);
  if (v[0] == 0 && v[1] == 0 && v[2] == 0) return std::nullopt;  // how GROMACS says that there is no box
  // The order of the file: v1(x) v2(y) v3(z) v1(y) v1(z) v2(x) v2(z) v3(x) v3(y).
  return SimulationCell{{{{v[0], v[3], v[4]}, {v[5], v[1], v[6]}, {v[7], v[8], v[2]}}}, {true, true, true}};
}

std::optional<SimulationCell> pdb_cell(const std::string& path, std::size_t line, std::string_view text) {
  struct Field {
    std::size_t first, width;
  };
  constexpr std::array<Field, 6> places{{{6, 9}, {15, 9}, {24, 9}, {33, 7}, {40, 7}, {47, 7}}};
  std::array<double, 6> v{};
  for (std::size_t i = 0; i < 6; ++i) {
    if (text.size() < places[i].first + 1)
      refuse_line(
          path, line,
          fmt::format("CRYST1: found {}, expected lengths and angles in 7 to 54", counted(text.size(), "character")));
    v[i] = cell_number(path, line, "CRYST1", trimmed(text.substr(places[i].first, places[i].width)));
  }
  const auto [a, b, c, alpha, beta, gamma] = v;
  // What stands there when there is no crystal, by the format's own rule and by the habit of some programs.
  if ((a == 1 && b == 1 && c == 1) || (a == 0 && b == 0 && c == 0)) return std::nullopt;
  for (const double angle : {alpha, beta, gamma})
    if (!(angle > 0 && angle < 180))
      refuse_line(path, line, fmt::format("CRYST1: found the angle {}, expected one between 0 and 180", angle));
  const double cos_alpha = cos_degrees(alpha), cos_beta = cos_degrees(beta), cos_gamma = cos_degrees(gamma);
  const double sin_gamma = gamma == 90 ? 1 : std::sin(gamma * std::numbers::pi / 180);
  const double y = (cos_alpha - cos_beta * cos_gamma) / sin_gamma;
  const double z_squared = 1 - cos_beta * cos_beta - y * y;
  if (!(z_squared > 0))
    refuse_line(path, line, fmt::format("CRYST1: no cell has the angles {}, {} and {}", alpha, beta, gamma));
  return SimulationCell{
      {{{a, 0, 0}, {b * cos_gamma, b * sin_gamma, 0}, {c * cos_beta, c * y, c * std::sqrt(z_squared)}}},
      {true, true, true}};
}

}  // namespace coppice::io
