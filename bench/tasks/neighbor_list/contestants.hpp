// What a contestant of the task `neighbor-list` is: it is given the positions of all particles and makes the list of
// all pairs within the cutoff, again and again as they move. Calls go through pointers: one a list.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "harness/report.hpp"
#include "harness/series.hpp"

namespace coppice::bench {

enum class Pairs { half, full };

struct Setting {
  Pairs pairs = Pairs::full;
  double cutoff = 0;
  std::optional<Cell> cell{};
  int threads = 1;
  bool steps = false;  ///< positions that follow each other, not lists that have nothing to do with each other
};

/// Image shifts: the pair's vector is x[j] − x[i] + shift · cell.
using Shift = std::array<int, 3>;
using TakePair = std::function<void(std::int32_t i, std::int32_t j, const Shift& shift)>;

class PairLister {
 public:
  virtual ~PairLister() = default;
  [[nodiscard]] virtual Identity identity() const = 0;
  [[nodiscard]] virtual bool can(const Setting& setting) const = 0;
  /// Starts anew, without particles.
  virtual void start(const Setting& setting) = 0;
  /// The list for particles that are at these positions now.
  virtual void list(PointView<Real> positions) = 0;
  [[nodiscard]] virtual std::int64_t pairs() const = 0;
  /// On the heap, the list included.
  [[nodiscard]] virtual std::size_t bytes() const = 0;
  virtual void each_pair(const TakePair& take) const = 0;
};

std::unique_ptr<PairLister> make_coppice_octree();
/// The same for steps as it might be: sorted anew at every one, and with a Verlet skin of a fifth of the cutoff.
std::unique_ptr<PairLister> make_coppice_sorted();
std::unique_ptr<PairLister> make_coppice_skin();
/// The tight cell list, which shows what the machine can do.
std::unique_ptr<PairLister> make_cell_list();

}  // namespace coppice::bench
