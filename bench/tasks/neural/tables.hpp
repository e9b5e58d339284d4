// What the tables of the task `neural` share: figures by scene, contestant and operation, and their geometric means.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "coppice/geometry/triangle_mesh.hpp"
#include "harness/options.hpp"

namespace coppice::bench {

struct Figure {
  std::string table;
  std::string scene;
  std::string contestant;
  std::string operation;
  double value;
};

/// Collects figures, prints tables as Markdown and leaves all as JSON.
class Figures {
 public:
  void add(const std::string& table, const std::string& scene, const std::string& contestant,
           const std::string& operation, double value);
  /// A row a contestant, in the order they came; a column a named operation: the geometric mean over the scenes.
  void print_means(const std::string& table, const std::string& title) const;
  /// A row a scene, a column a contestant, of one operation; the geometric mean below.
  void print_scenes(const std::string& table, const std::string& operation, const std::string& title) const;
  void write(const Options& options) const;

 private:
  std::vector<Figure> figures_;
};

struct NeuralScene {
  std::string name;
  std::vector<Triangle> triangles;
};

/// Procedural scenes that no network was trained on, and the meshes that are there.
[[nodiscard]] std::vector<NeuralScene> neural_scenes(const Options& options);

/// Tables of trees of triangles: Figure 5 and section 6.4.
void measure_rays(const Options& options, Figures& figures);

}  // namespace coppice::bench
