#include "coppice/index/octree/neighbor_list.hpp"

#include <cmath>
#include <string>

#include "coppice/errors.hpp"
#include "pair_engine.hpp"

namespace coppice {
namespace {

[[noreturn]] void refuse(const std::string& what, double found, const char* expected) {
  throw invalid_input(what + " is " + std::to_string(found) + "; expected " + expected);
}

void check_types(const NeighborListConfig& config) {
  std::size_t types = 0;
  while (types * types < config.type_cutoffs.size()) ++types;
  if (types * types != config.type_cutoffs.size())
    throw invalid_input("type_cutoffs has " + std::to_string(config.type_cutoffs.size()) +
                        " entries; expected a square matrix");
  for (std::size_t i = 0; i < types; ++i)
    for (std::size_t j = 0; j < types; ++j) {
      const double r = config.type_cutoffs[i * types + j];
      const std::string name = "type_cutoffs[" + std::to_string(i) + ", " + std::to_string(j) + "]";
      if (!(r >= 0 && r <= 1e150)) refuse(name, r, "a number from 0 to 1e150");
      if (r != config.type_cutoffs[j * types + i]) refuse(name, r, "a symmetric matrix");
    }
  for (std::size_t i = 0; i < config.types.size(); ++i)
    if (config.types[i] < 0 || static_cast<std::size_t>(config.types[i]) >= types)
      throw invalid_input(i, "type " + std::to_string(config.types[i]) + "; expected 0 to " +
                                 std::to_string(static_cast<std::ptrdiff_t>(types) - 1));
}

}  // namespace

void NeighborListConfig::check() const {
  if (types.empty() != type_cutoffs.empty())
    throw invalid_input(std::string(types.empty() ? "type_cutoffs without types" : "types without type_cutoffs") +
                        "; expected both or neither");
  if (!types.empty() && !radii.empty()) throw invalid_input("both radii and types; expected one of them");
  if (!types.empty() || !radii.empty()) {
    if (cutoff != 0) refuse("cutoff", cutoff, "0, since radii or types say how far pairs reach");
  } else if (!(cutoff > 0 && std::isfinite(cutoff))) {
    refuse("cutoff", cutoff, "a positive number");
  }
  if (!(skin >= 0 && std::isfinite(skin))) refuse("skin", skin, "0 or a positive number");
  if (!(resort_fraction >= 0)) refuse("resort_fraction", resort_fraction, "0 or more");
  for (std::size_t i = 0; i < radii.size(); ++i)
    if (!(radii[i] >= 0 && radii[i] <= 1e150))
      throw invalid_input(i, "the radius is " + std::to_string(radii[i]) + "; expected a number from 0 to 1e150");
  check_types(*this);
  for (std::size_t k = 0; k < exclusions.size(); ++k) {
    const auto& [i, j] = exclusions[k];
    if (i < 0 || j < 0 || i >= std::int64_t{1} << 31 || j >= std::int64_t{1} << 31)
      throw invalid_input(k, "the exclusion (" + std::to_string(i) + ", " + std::to_string(j) +
                                 ") names no particle; expected numbers from 0");
  }
  cell.check();
}

template <class Scalar>
NeighborList<Scalar>::NeighborList(Config config)
    : engine_(std::make_unique<octree::PairEngine<Scalar>>(std::move(config))) {}
template <class Scalar>
NeighborList<Scalar>::NeighborList(NeighborList&&) noexcept = default;
template <class Scalar>
NeighborList<Scalar>& NeighborList<Scalar>::operator=(NeighborList&&) noexcept = default;
template <class Scalar>
NeighborList<Scalar>::~NeighborList() = default;

/// Runs what changes the list, then looks where it is now. Refused input has changed nothing.
template <class Scalar>
template <class Change>
void NeighborList<Scalar>::run(Change&& change) {
  try {
    change();
  } catch (const error&) {
    throw;
  } catch (...) {
    engine_->forget();
    look();
    throw;
  }
  look();
}

template <class Scalar>
void NeighborList<Scalar>::look() {
  rows_ = engine_->rows();
  slots_ = engine_->slots();
  size_ = engine_->size();
  pairs_ = engine_->pairs();
}

template <class Scalar>
bool NeighborList<Scalar>::update(PointView<Scalar> positions) {
  bool rebuilt = true;
  run([&] { rebuilt = engine_->update(positions); });
  return rebuilt;
}

template <class Scalar>
void NeighborList<Scalar>::place(PointView<Scalar> positions) {
  run([&] { engine_->place(positions); });
}

template <class Scalar>
void NeighborList<Scalar>::set_cell(const SimulationCell& cell) {
  engine_->set_cell(cell);
}

template <class Scalar>
const typename NeighborList<Scalar>::Config& NeighborList<Scalar>::config() const noexcept {
  return engine_->config();
}

template <class Scalar>
typename NeighborList<Scalar>::Statistics NeighborList<Scalar>::statistics() const {
  return engine_->statistics();
}

template <class Scalar>
std::array<std::int32_t, 3> NeighborList<Scalar>::shift(std::size_t i, std::size_t k) const noexcept {
  const octree::PairRow& row = rows_[slots_[i]];
  return engine_->image(static_cast<std::int32_t>(i), row.ids[k], row.codes == nullptr ? 0 : row.codes[k],
                        engine_->config().kind == PairKind::full);
}

template <class Scalar>
void NeighborList<Scalar>::visit(std::size_t sums, const void* context, Visitor visitor) {
  if (sums != size_)
    throw invalid_input("found " + std::to_string(sums) + " sums; expected one a particle, " + std::to_string(size_));
  engine_->visit(context, visitor);
}

template class NeighborList<float>;
template class NeighborList<double>;

}  // namespace coppice
