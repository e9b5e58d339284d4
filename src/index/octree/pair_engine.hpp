// What a NeighborList runs on: leaf blocks, the images of the cell, candidates within cutoff and skin, and the rows.
#pragma once

#include <memory>
#include <optional>

#include "coppice/index/octree/neighbor_list.hpp"
#include "pair_rows.hpp"

namespace coppice::octree {

using query::LeafBlocks;

/// What D of two points takes, at hand for many of them.
template <class S>
struct PairGeometry {
  const CellShift* shifts;
  const std::int32_t* images;  ///< as in LeafBlocks; null: all in cell (0, 0, 0)
  double cell[3][3];
  bool periodic;

  /// d², and D into `d`. `code`: of the image of j.
  double square(const LeafPoint<S>& i, const LeafPoint<S>& j, std::uint32_t code, double* d) const noexcept {
    for (int a = 0; a < 3; ++a) d[a] = static_cast<double>(j.x[a]) - static_cast<double>(i.x[a]);
    if (periodic) {
      const CellShift& shift = shifts[code];
      const std::int32_t* of_i = images == nullptr ? none : images + 3 * static_cast<std::ptrdiff_t>(i.id);
      const std::int32_t* of_j = images == nullptr ? none : images + 3 * static_cast<std::ptrdiff_t>(j.id);
      if (of_i[0] == of_j[0] && of_i[1] == of_j[1] && of_i[2] == of_j[2]) {
        for (int a = 0; a < 3; ++a) d[a] += shift.vector[a];
      } else {
        std::int32_t s[3];
        for (int k = 0; k < 3; ++k) s[k] = shift.steps[k] + of_i[k] - of_j[k];
        for (int a = 0; a < 3; ++a) d[a] += (s[0] * cell[0][a] + s[1] * cell[1][a]) + s[2] * cell[2][a];
      }
    }
    return (d[0] * d[0] + d[1] * d[1]) + d[2] * d[2];
  }

 private:
  static constexpr std::int32_t none[3] = {0, 0, 0};
};

template <class S>
class PairEngine {
 public:
  explicit PairEngine(NeighborListConfig config);

  bool update(PointView<S> positions);
  void place(PointView<S> positions);
  void set_cell(const SimulationCell& cell);
  /// No particles any more: what an update that ran out of memory leaves behind.
  void forget() noexcept;
  void visit(const void* context, void (*visitor)(const void* context, const PairTerms& terms));

  [[nodiscard]] const NeighborListConfig& config() const noexcept { return config_; }
  [[nodiscard]] NeighborListStatistics statistics() const;
  [[nodiscard]] std::size_t size() const noexcept { return blocks_.size(); }
  [[nodiscard]] std::int64_t pairs() const noexcept { return pairs_; }
  [[nodiscard]] const PairRow* rows() const noexcept { return rows_.get(); }
  [[nodiscard]] const std::int32_t* slots() const noexcept { return blocks_.slots(); }
  [[nodiscard]] bool periodic() const noexcept { return config_.cell.is_periodic(); }

  /// S of a neighbour: of particles i and j and the code beside it.
  [[nodiscard]] std::array<std::int32_t, 3> image(std::int32_t i, std::int32_t j, std::uint32_t code, bool full) const;
  /// D of particles i and j in that image.
  [[nodiscard]] std::array<double, 3> vector(std::int32_t i, std::int32_t j,
                                             const std::array<std::int32_t, 3>& s) const;

 private:
  struct Images {
    std::vector<CellShift> half, full;
    double farthest = 0;  ///< the largest entry of any of their vectors
  };
  void check(PointView<S> positions);
  void arrange(PointView<S> positions);
  [[nodiscard]] Images images_of(const SimulationCell& cell) const;
  [[nodiscard]] PairSearch<S> search(double cutoff, bool full, const std::int32_t* labels) const;
  void list(const PairSearch<S>& search, RowStore& store, storage::Buffer<PairRow>& rows);
  void drop_excluded();
  void measure();
  bool still_serves(PointView<S> positions);
  void remember(PointView<S> positions);
  void clear() noexcept;
  void take_cell();

  /// Whether a pair of candidates is a pair.
  [[nodiscard]] bool within(std::int32_t i, std::int32_t j, double squared) const noexcept;
  [[nodiscard]] bool excluded(std::int32_t i, std::int32_t j) const noexcept;
  [[nodiscard]] bool filters() const noexcept { return !config_.radii.empty() || !config_.types.empty(); }
  [[nodiscard]] PairGeometry<S> geometry(bool full) const;

  NeighborListConfig config_;
  double reach_ = 0;  ///< the largest cutoff of any pair
  double cutoff_squared_ = 0;
  std::vector<double> type_squared_;
  std::size_t types_ = 0;
  std::vector<std::int64_t> excluded_begin_;  ///< by particle
  std::vector<std::int32_t> excluded_;
  std::int64_t largest_excluded_ = -1;

  std::optional<SimulationCell> new_cell_;
  LeafBlocks<S> blocks_;
  Images images_;
  storage::Buffer<std::int32_t> own_slots_;  ///< 0, 1, 2, …: labels of candidates
  std::size_t own_slots_made_ = 0;
  storage::Buffer<PairRow> rows_, candidates_, visited_;
  RowStore row_store_, candidate_store_;
  ScratchPool scratch_;
  std::int64_t pairs_ = 0;

  bool have_candidates_ = false;  ///< that a later update may measure again
  bool boxes_are_old_ = false;
  std::vector<S> remembered_;  ///< positions that the candidates were found at
  std::vector<std::int32_t> remembered_images_;
  double sorted_spread_ = 0;
  int sorts_to_come_ = 0;  ///< updates that sort without trying to keep the order
  int patience_ = 0;
  NeighborListStatistics statistics_;
};

}  // namespace coppice::octree
