// From light to bytes: exposure by the mean of the logarithms (Reinhard et al. 2002), the filmic curve of Narkowicz
// (2015), and the transfer function of sRGB (IEC 61966-2-1).
#include <algorithm>
#include <cmath>

#include "coppice/apps/path_tracer.hpp"

namespace coppice {

namespace {

double luminance(const Vec3& light) noexcept {
  return 0.2126 * static_cast<double>(light[0]) + 0.7152 * static_cast<double>(light[1]) +
         0.0722 * static_cast<double>(light[2]);
}

double filmic(double x) noexcept {
  return std::clamp(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0);
}

std::uint8_t srgb(double x) noexcept {
  const double y = x <= 0.0031308 ? 12.92 * x : 1.055 * std::pow(x, 1 / 2.4) - 0.055;
  return static_cast<std::uint8_t>(std::lround(255 * y));
}

}  // namespace

std::vector<std::uint8_t> develop(const Picture& picture, float exposure) {
  constexpr double darkest = 1e-3;
  constexpr double middle_grey = 0.22;
  constexpr double brightest = 1.4;  // where the curve gets flat: for all but the brightest twentieth
  std::vector<double> all;
  all.reserve(picture.radiance.size());
  double sum = 0;
  for (const Vec3& light : picture.radiance) {
    all.push_back(luminance(light));
    sum += std::log(std::max(all.back(), darkest));
  }
  std::vector<std::uint8_t> bytes;
  if (all.empty()) return bytes;
  const auto bright = all.begin() + static_cast<std::ptrdiff_t>(all.size() * 19 / 20);
  std::nth_element(all.begin(), bright, all.end());
  const double fitting =
      std::min(middle_grey / std::exp(sum / static_cast<double>(all.size())), brightest / std::max(*bright, darkest));
  const double scale = static_cast<double>(exposure) * fitting;
  bytes.reserve(3 * picture.radiance.size());
  for (const Vec3& light : picture.radiance)
    for (const float channel : light) bytes.push_back(srgb(filmic(scale * static_cast<double>(channel))));
  return bytes;
}

}  // namespace coppice
