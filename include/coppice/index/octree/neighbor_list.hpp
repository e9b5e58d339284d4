// Neighbour lists of moving particles: all pairs within a cutoff, in open space or a periodic cell, exactly, every
// step. The particles live in leaf blocks (query/leaf_blocks.hpp); how lists come from them is in
// docs/design/neighbor_list.md.
//
// What a pair is. Everything about pairs is evaluated in double, coordinates as given, without fused multiply-add:
//   D[a] = (x_j[a] − x_i[a]) + ((S0·c0[a] + S1·c1[a]) + S2·c2[a])     c: the cell's vectors, S: the image of j
//   d²   = (D[0]² + D[1]²) + D[2]²
// and (i, j, S) is a pair if d² ≤ r², r² = r·r. Where nothing is periodic nothing is added. A particle is no neighbour
// of itself at S = 0, but of its own images. Coordinates need not lie in the cell. A full list has both (i, j, S) and
// (j, i, −S); a half list has of the two the one whose S is lexicographically positive, for S = 0 the one with i < j.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/geometry/simulation_cell.hpp"
#include "coppice/index/octree/pair_kernels.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice {

enum class PairKind { half, full };

/// What a copied list holds beside the pairs.
struct PairFields {
  bool distances = false;
  bool vectors = false;
  bool shifts = false;
};

/// Pairs, sorted by (i, j, shift). Arrays that were not asked for are empty.
template <class Index>
struct PairList {
  std::vector<Index> i, j;
  std::vector<double> distances;
  std::vector<double> vectors;       ///< D, three a pair
  std::vector<std::int32_t> shifts;  ///< S, three a pair
};

/// Pairs by particle: the neighbours of i are neighbors[offsets[i]] … neighbors[offsets[i + 1] − 1], sorted by (j,
/// shift).
template <class Index>
struct NeighborRows {
  std::vector<std::int64_t> offsets;
  std::vector<Index> neighbors;
  std::vector<double> distances;
  std::vector<double> vectors;
  std::vector<std::int32_t> shifts;
};

struct NeighborListConfig {
  double cutoff = 0;  ///< how far neighbours may be; > 0, finite
  PairKind kind = PairKind::half;
  SimulationCell cell{};
  /// Verlet skin, ≥ 0. Candidates reach this much farther and serve until the two particles that moved most have moved
  /// by more than it together; until then an update only measures them. Answers never depend on it. Default none: a
  /// search was four times as fast as measuring the candidates of a skin of 0.2 cutoffs (docs/design/neighbor_list.md).
  double skin = 0;
  /// One a particle: a pair is one if d² ≤ (radii[i] + radii[j])². `cutoff` must then be 0.
  std::vector<double> radii{};
  /// One a particle, 0 … k − 1, with k × k symmetric `type_cutoffs`, row after row: a pair is one if its distance is at
  /// most that of its types; 0 means never. `cutoff` must then be 0.
  std::vector<int> types{};
  std::vector<double> type_cutoffs{};
  /// Pairs that are never in the list, whatever the image: bonds.
  std::vector<std::pair<std::int64_t, std::int64_t>> exclusions{};
  /// How much more a search in the order of earlier positions may have to look at than after a fresh sort, as a part of
  /// it, before the particles are sorted anew; 0: sort at every update.
  double resort_fraction = 0.05;
  Executor executor{};

  /// Errors: invalid_input naming the field.
  void check() const;
};

/// What happened so far.
struct NeighborListStatistics {
  std::int64_t updates = 0;
  std::int64_t rebuilds = 0;    ///< updates that searched
  std::int64_t sorts = 0;       ///< of these, the ones that sorted anew
  std::int64_t exact_rows = 0;  ///< rows of the last search that were decided in double
  std::size_t leaves = 0;
  double sort_seconds = 0;  ///< of the last update: placing the particles
  double list_seconds = 0;  ///< … and finding or measuring the pairs
  std::size_t bytes = 0;
};

/// The neighbours of one particle with all that belongs to them: what a sum over pairs sees.
struct PairTerms {
  std::int32_t particle = 0;
  std::size_t count = 0;
  const std::int32_t* neighbors = nullptr;
  const double* squared = nullptr;                 ///< d²
  const std::array<double, 3>* vectors = nullptr;  ///< D
};

namespace octree {
template <class S>
class PairEngine;
}

template <class Scalar>
class NeighborList {
 public:
  using Config = NeighborListConfig;
  using Statistics = NeighborListStatistics;

  /// Errors: invalid_input, see Config::check and SimulationCell::check.
  explicit NeighborList(Config config);
  NeighborList(NeighborList&&) noexcept;
  NeighborList& operator=(NeighborList&&) noexcept;
  ~NeighborList();

  /// The list of these positions, n × 3; row i is particle i. True: built anew; false: the skin's candidates served.
  /// Errors: invalid_input (NaN, infinite or too large, with the row; not three coordinates; another number of
  /// particles than radii or types, or than an exclusion names), unsupported (2^31 particles or more); nothing changed
  /// then. Complexity: O(n + pairs) where density varies little within the cutoff. Same rows for any number of threads.
  bool update(PointView<Scalar> positions);
  /// The same without the list, for `sum`; size() is as after an update, and rows are empty.
  void place(PointView<Scalar> positions);
  /// From the next update on. Errors: invalid_input.
  void set_cell(const SimulationCell& cell);

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::int64_t pairs() const noexcept { return pairs_; }
  [[nodiscard]] const Config& config() const noexcept;
  [[nodiscard]] Statistics statistics() const;

  /// Neighbours of particle i, in storage order, without a copy. In a half list every pair is in the row of one of the
  /// two, whichever is stored first. Invalidated by the next update.
  [[nodiscard]] std::span<const std::int32_t> operator[](std::size_t i) const noexcept {
    const octree::PairRow& row = rows_[slots_[i]];
    return {row.ids, row.count};
  }
  /// The image S of the k-th of them.
  [[nodiscard]] std::array<std::int32_t, 3> shift(std::size_t i, std::size_t k) const noexcept;

  /// A sorted copy. `Index`: int32_t or int64_t. Complexity: O(n + pairs).
  template <class Index>
  [[nodiscard]] NeighborRows<Index> rows(PairFields fields = {}) const;
  template <class Index>
  [[nodiscard]] PairList<Index> list(PairFields fields = {}) const;

  /// For each particle i the sum over all its neighbours j (both directions, whatever `kind` is) of
  /// term(i, j, d², D), added to `sums[i]` in a fixed order; no list is made. `Sum` needs += with what `term` returns.
  /// `term` is called from several threads. Requires: an update or place before; sums.size() == size().
  /// Ready-made terms: interaction_sums.hpp. Errors: invalid_input when the sizes differ.
  template <class Sum, class Term>
  void sum(std::span<Sum> sums, const Term& term) {
    const auto add = [&](const PairTerms& of) {
      Sum total = sums[static_cast<std::size_t>(of.particle)];
      for (std::size_t k = 0; k < of.count; ++k)
        total += term(of.particle, of.neighbors[k], of.squared[k], of.vectors[k]);
      sums[static_cast<std::size_t>(of.particle)] = total;
    };
    visit(sums.size(), &add, [](const void* f, const PairTerms& of) { (*static_cast<decltype(&add)>(f))(of); });
  }

 private:
  using Visitor = void (*)(const void* context, const PairTerms& terms);
  void visit(std::size_t sums, const void* context, Visitor visitor);
  template <class Change>
  void run(Change&& change);
  void look();

  std::unique_ptr<octree::PairEngine<Scalar>> engine_;
  const octree::PairRow* rows_ = nullptr;
  const std::int32_t* slots_ = nullptr;
  std::size_t size_ = 0;
  std::int64_t pairs_ = 0;
};

}  // namespace coppice
