// Ready-made terms for NeighborList::sum: what one neighbour adds to a particle. Each is a small value; a term of your
// own is any callable (i, j, d², D) → something that your sum can +=.
//
//   std::vector<double> density(list.size());
//   list.sum(std::span(density), GaussianTerm(charges, width));
//
// Sums are made in double, each particle's in a fixed order, so they do not depend on the number of threads. Terms are
// compiled with the caller's flags.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/index/octree/neighbor_list.hpp"

namespace coppice {

/// Σ_j q_j exp(−d² / 2h²).
class GaussianTerm {
 public:
  /// One charge a particle; they must outlive the term. Errors: invalid_input when `width` is not positive and finite.
  GaussianTerm(std::span<const double> charges, double width)
      : charges_(charges.data()), scale_(-0.5 / (width * width)) {
    if (!(width > 0 && std::isfinite(width)))
      throw invalid_input("the width of a Gaussian is " + std::to_string(width) + "; expected a positive number");
  }
  double operator()(std::int32_t, std::int32_t j, double squared, const std::array<double, 3>&) const noexcept {
    return charges_[j] * std::exp(squared * scale_);
  }

 private:
  const double* charges_;
  double scale_;
};

/// Energy of a particle and the force on it.
struct EnergyAndForce {
  double energy = 0;
  std::array<double, 3> force{};

  EnergyAndForce& operator+=(const EnergyAndForce& other) noexcept {
    energy += other.energy;
    for (std::size_t a = 0; a < 3; ++a) force[a] += other.force[a];
    return *this;
  }
};

/// Lennard-Jones: half of 4ε((σ/d)¹² − (σ/d)⁶) to each particle of a pair, so that energies add up to the whole, and
/// the force on i. Not shifted at the cutoff. Infinite at d = 0.
class LennardJonesTerm {
 public:
  /// Errors: invalid_input when a parameter is not finite or `sigma` is not positive.
  LennardJonesTerm(double epsilon, double sigma) : epsilon_(epsilon), sigma_squared_(sigma * sigma) {
    if (!(sigma > 0 && std::isfinite(sigma) && std::isfinite(epsilon)))
      throw invalid_input("Lennard-Jones with epsilon " + std::to_string(epsilon) + " and sigma " +
                          std::to_string(sigma) + "; expected a finite epsilon and a positive sigma");
  }
  EnergyAndForce operator()(std::int32_t, std::int32_t, double squared, const std::array<double, 3>& d) const noexcept {
    const double s2 = sigma_squared_ / squared;
    const double s6 = s2 * s2 * s2;
    const double pull = -24 * epsilon_ * (2 * s6 * s6 - s6) / squared;  // along D, which points from i to j
    return {2 * epsilon_ * (s6 * s6 - s6), {pull * d[0], pull * d[1], pull * d[2]}};
  }

 private:
  double epsilon_;
  double sigma_squared_;
};

}  // namespace coppice
