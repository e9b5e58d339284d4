// Splits that leave primitives whole: bins and the sweep.
#include "splits.hpp"

#include <algorithm>

namespace coppice::bvh {

Box4 middles_of(std::span<const Ref> refs) {
  Box4 middles;
  for (const Ref& r : refs) middles.extend(r.middle());
  return middles;
}

Split BinnedSplitter::find(std::span<const Ref> refs, const Box4& middles) {
  return weighted_ ? find_as<true>(refs, middles) : find_as<false>(refs, middles);
}

template <bool Weighted>
Split BinnedSplitter::find_as(std::span<const Ref> refs, const Box4& middles) {
  const std::size_t n = refs.size();
  const int bins = static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(bins_), 4 + n / 4));
  origin_ = middles.lower;
  const Four extent = middles.upper - middles.lower;
  for (int a = 0; a < 3; ++a) {
    const bool used = extent[a] > 1e-30f;
    scale_[a] = used ? static_cast<float>(bins) * 0.9999f / static_cast<float>(extent[a]) : 0;
    if (!(scale_[a] < infinite)) scale_[a] = 0;
    std::fill_n(boxes_[a], bins, Box4{});
    std::fill_n(counts_[a], bins, 0u);
  }
  origin_[3] = scale_[3] = 0;
  for (const Ref& r : refs) {
    const FourInts bin = truncated((r.middle() - origin_) * scale_);
    const Box4 box = r.box;
    const std::uint32_t weight = Weighted ? r.weight() : 1;
    for (int a = 0; a < 3; ++a) {
      boxes_[a][bin[a]].extend(box);
      counts_[a][bin[a]] += weight;
    }
  }
  Split best;
  for (int a = 0; a < 3; ++a) {
    if (scale_[a] == 0) continue;
    float surface[most_bins];
    std::uint32_t count[most_bins];
    Box4 box;
    std::uint32_t total = 0;
    for (int i = bins - 1; i > 0; --i) {
      box.extend(boxes_[a][i]);
      total += counts_[a][i];
      surface[i] = box.half_surface();
      count[i] = total;
    }
    box = {};
    total = 0;
    for (int i = 0; i + 1 < bins; ++i) {
      box.extend(boxes_[a][i]);
      total += counts_[a][i];
      if (total == 0 || count[i + 1] == 0) continue;
      const float cost =
          box.half_surface() * static_cast<float>(total) + surface[i + 1] * static_cast<float>(count[i + 1]);
      if (cost < best.cost) {
        best.cost = cost;
        best.axis = a;
        best.bin = i;
      }
    }
  }
  if (best.axis >= 0)
    for (int i = 0; i < bins; ++i) (i <= best.bin ? best.left : best.right).extend(boxes_[best.axis][i]);
  return best;
}

Split SweepSplitter::find(std::span<const Ref> refs) {
  const std::size_t n = refs.size();
  Split best;
  right_surface_.resize(n + 1);
  auto all = static_cast<std::uint32_t>(n);
  if (weighted_) {
    all = 0;
    for (const Ref& r : refs) all += r.weight();
  }
  for (int a = 0; a < 3; ++a) {
    auto& keys = keys_[a];
    keys.resize(n);
    for (std::size_t i = 0; i < n; ++i)
      keys[i] = {static_cast<float>(refs[i].middle()[a]), static_cast<std::uint32_t>(i)};
    if (n <= 16) {
      for (std::size_t i = 1; i < n; ++i) {
        const auto key = keys[i];
        std::size_t j = i;
        for (; j > 0 && key.first < keys[j - 1].first; --j) keys[j] = keys[j - 1];
        keys[j] = key;
      }
    } else {
      std::sort(keys.begin(), keys.end());
    }
    Box4 box;
    for (std::size_t i = n - 1; i > 0; --i) {
      box.extend(refs[keys[i].second].box);
      right_surface_[i] = box.half_surface();
    }
    box = {};
    std::uint32_t total = 0;
    for (std::size_t i = 0; i + 1 < n; ++i) {
      const Ref& ref = refs[keys[i].second];
      box.extend(ref.box);
      total += weighted_ ? ref.weight() : 1;
      const float cost =
          box.half_surface() * static_cast<float>(total) + right_surface_[i + 1] * static_cast<float>(all - total);
      if (cost < best.cost) {
        best.cost = cost;
        best.axis = a;
        best.left_count = i + 1;
        best.left = box;
      }
    }
  }
  best.right_count = n - best.left_count;
  if (best.axis >= 0)
    for (std::size_t i = best.left_count; i < n; ++i) best.right.extend(refs[keys_[best.axis][i].second].box);
  return best;
}

}  // namespace coppice::bvh
