#include "coppice/index/multiway_tree/cdf_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace coppice::multiway_tree {

CdfLine CdfSums::line() const {
  const double determinant = n_ * xx_ - x_ * x_;
  if (!(n_ > 0)) return {};
  if (!(determinant > 0) || !std::isfinite(determinant)) return {0, u_ / n_};
  const double slope = (n_ * xu_ - x_ * u_) / determinant;
  const double intercept = (u_ - slope * x_) / n_ - slope * origin_;
  return std::isfinite(slope) && std::isfinite(intercept) ? CdfLine{slope, intercept} : CdfLine{0, u_ / n_};
}

TwoStageCdf::TwoStageCdf(std::span<const double> sample, int models, CdfLine root, double lowest, double highest)
    : root_(root), lowest_(lowest), highest_(highest), pieces_(static_cast<std::size_t>(models)) {
  if (!(root_.slope >= 0)) root_.slope = 0;  // sums that keys were taken out of may have lost the order
  const auto part = [&](std::size_t rank) {
    return lowest + (highest - lowest) * static_cast<double>(rank) / static_cast<double>(sample.size());
  };
  double key = sample.front();
  double value = lowest;
  std::size_t i = 0;
  for (int m = 0; m < models; ++m) {
    const std::size_t first = i;
    while (i < sample.size() && model_of(sample[i]) <= m) ++i;
    const double last_key = i > first ? sample[i - 1] : key;
    const double last_value = i > first ? part(i) : value;
    const double slope = last_key > key ? (last_value - value) / (last_key - key) : 0;
    pieces_[static_cast<std::size_t>(m)] = {key, last_key > key ? value : last_value, std::isfinite(slope) ? slope : 0};
    key = last_key;
    value = last_value;
  }
}

int TwoStageCdf::model_of(double x) const {
  const auto models = static_cast<double>(pieces_.size());
  const double model = models * root_(x);
  return model >= models - 1 ? static_cast<int>(models) - 1 : model > 0 ? static_cast<int>(model) : 0;
}

double TwoStageCdf::operator()(double x) const {
  const Piece& p = pieces_[static_cast<std::size_t>(model_of(x))];
  return std::clamp(p.value + p.slope * (x - p.key), lowest_, highest_);
}

template <class S>
Pivots<S> learned_pivots(const S* keys, std::size_t n, int parts, const CdfSettings& settings, CdfSums& sums,
                         CdfRange range) {
  constexpr double fewest = 64;  // samples
  const auto size = static_cast<std::size_t>(
      std::min(std::max(fewest, settings.sample_rate * static_cast<double>(n)), static_cast<double>(n)));
  std::vector<double> sample(size);
  SampleStream stream(n);
  for (double& x : sample) x = static_cast<double>(keys[stream.below(n)]);
  std::sort(sample.begin(), sample.end());
  const double span = range.highest - range.lowest;
  if (sums.keys() < 2)
    for (std::size_t i = 0; i < size; ++i)
      sums.add(sample[i], range.lowest + span * static_cast<double>(i) / static_cast<double>(size));
  const TwoStageCdf cdf(sample, settings.models, sums.line(), range.lowest, range.highest);

  const double kappa = std::min(settings.kappa, 1.0 / parts) * span;
  std::array<std::vector<S>, plane_tree::planes> candidates;
  S least = keys[0];
  for (std::size_t i = 0; i < n; ++i) {
    least = std::min(least, keys[i]);
    const double part = (cdf(static_cast<double>(keys[i])) - range.lowest) / span * parts;
    const double reach = kappa / span * parts;
    const int first = std::max(1, static_cast<int>(std::ceil(part - reach)));
    const int last = std::min(parts - 1, static_cast<int>(std::floor(part + reach)));
    for (int j = first; j <= last; ++j) candidates[static_cast<std::size_t>(j - 1)].push_back(keys[i]);
  }
  std::vector<S> found;
  for (int j = 1; j < parts; ++j) {
    std::vector<S>& near = candidates[static_cast<std::size_t>(j - 1)];
    std::sort(near.begin(), near.end());
    if (!near.empty())
      found.push_back(near[near.size() / 2]);
    else
      found.push_back(static_cast<S>(sample[size * static_cast<std::size_t>(j) / static_cast<std::size_t>(parts)]));
  }
  std::sort(found.begin(), found.end());
  Pivots<S> pivots;
  for (const S v : found)
    if (v > least) pivots.add(v);
  return pivots;
}

template Pivots<float> learned_pivots<float>(const float*, std::size_t, int, const CdfSettings&, CdfSums&, CdfRange);
template Pivots<double> learned_pivots<double>(const double*, std::size_t, int, const CdfSettings&, CdfSums&, CdfRange);

}  // namespace coppice::multiway_tree
