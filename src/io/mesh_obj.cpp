// Wavefront .obj as a mesh: lines v, f and usemtl; all others are skipped. A line that ends with a backslash goes on in
// the next one. Format: Wavefront Technologies, "Object Files (.obj)", version 3.0.
#include <fmt/core.h>

#include <charconv>
#include <unordered_map>
#include <utility>

#include "coppice/errors.hpp"
#include "counted.hpp"
#include "mesh_readers.hpp"
#include "text_numbers.hpp"

namespace coppice::io {

namespace {

constexpr std::uint32_t no_material = ~std::uint32_t{0};

class ObjMesh {
 public:
  ObjMesh(const std::string& path, TextSource& text) : path_(path), lines_(text) {}

  MeshFile read() {
    while (auto line = lines_.next_content()) {
      line_number_ = lines_.number();
      if (line->ends_with('\\')) line = joined(*line);
      split(*line, Separator::blanks, fields_);
      if (fields_.empty()) continue;
      if (fields_[0] == "v")
        add_vertex();
      else if (fields_[0] == "f" || fields_[0] == "fo")
        add_face();
      else if (fields_[0] == "usemtl")
        use_material();
    }
    if (highest_ >= static_cast<std::int64_t>(file_.mesh.vertices.size()))
      refuse_index(highest_line_, highest_text_, static_cast<std::int64_t>(file_.mesh.vertices.size()));
    finish_materials();
    return std::move(file_);
  }

 private:
  std::string_view joined(std::string_view line) {
    long_line_.assign(line);
    while (long_line_.ends_with('\\')) {
      long_line_.back() = ' ';
      const auto next = lines_.next_content();
      if (!next) break;
      long_line_ += *next;
    }
    return long_line_;
  }

  void add_vertex() {
    if (fields_.size() < 4)
      refuse_line(path_, line_number_, fmt::format("found {}, expected v x y z", counted(fields_.size(), "column")));
    auto& vertices = file_.mesh.vertices;
    Vec3 vertex{};
    for (std::size_t axis = 0; axis < 3; ++axis)
      vertex[axis] = parse_coordinate<float>(fields_[axis + 1], {path_, line_number_, axis + 2, vertices.size()});
    vertices.push_back(vertex);
  }

  [[noreturn]] void refuse_index(std::size_t line, const std::string& text, std::int64_t count) const {
    refuse_line(path_, line, fmt::format("found the vertex {}, expected 1 to {} or -{} to -1", text, count, count));
  }

  std::uint32_t corner(std::string_view field) {
    const auto count = static_cast<std::int64_t>(file_.mesh.vertices.size());
    std::int64_t index = 0;
    const auto [stop, problem] = std::from_chars(field.data(), field.data() + field.size(), index);
    if (problem != std::errc() || (stop != field.data() + field.size() && *stop != '/'))
      refuse_line(path_, line_number_, fmt::format("found {}, expected the number of a vertex", shown(field)));
    const std::int64_t row = index < 0 ? count + index : index - 1;
    constexpr std::int64_t most = no_material;
    if (index == 0 || row < 0 || row >= most) refuse_index(line_number_, std::to_string(index), count);
    if (row >= count && row > highest_) {  // it may still come
      highest_ = row;
      highest_line_ = line_number_;
      highest_text_ = std::to_string(index);
    }
    return static_cast<std::uint32_t>(row);
  }

  void add_face() {
    if (fields_.size() < 4)
      refuse_line(
          path_, line_number_,
          fmt::format("found a face of {}, expected at least 3", counted(fields_.size() - 1, "corner", "corners")));
    corners_.clear();
    for (std::size_t i = 1; i < fields_.size(); ++i) corners_.push_back(corner(fields_[i]));
    append_fan(file_.mesh, corners_);
    ++file_.polygons;
    if (material_ != no_material || !file_.materials.empty()) {
      file_.materials.resize(file_.mesh.faces.size() - (corners_.size() - 2), no_material);
      file_.materials.resize(file_.mesh.faces.size(), material_);
    }
  }

  void use_material() {
    const std::string name(fields_.size() > 1 ? fields_[1] : std::string_view{});
    const auto [found, is_new] = numbers_.try_emplace(name, static_cast<std::uint32_t>(file_.material_names.size()));
    if (is_new) file_.material_names.push_back(name);
    material_ = found->second;
  }

  /// Faces before the first usemtl have a material without a name.
  void finish_materials() {
    bool any = false;
    for (std::uint32_t& material : file_.materials)
      if (material == no_material) {
        material = static_cast<std::uint32_t>(file_.material_names.size());
        any = true;
      }
    if (any) file_.material_names.emplace_back();
    if (file_.materials.empty()) file_.material_names.clear();
  }

  const std::string& path_;
  LineReader lines_;
  MeshFile file_;
  std::size_t line_number_ = 0;  // where the line begins
  std::string long_line_;
  std::vector<std::string_view> fields_;
  std::vector<std::uint32_t> corners_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::uint32_t material_ = no_material;
  std::int64_t highest_ = -1;  // the largest index ahead of its vertex, where it stands, and how it is written
  std::size_t highest_line_ = 0;
  std::string highest_text_;
};

}  // namespace

MeshFile read_obj_mesh(const std::string& path, TextSource& text) {
  return ObjMesh(path, text).read();
}

}  // namespace coppice::io
