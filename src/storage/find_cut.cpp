// Selecting where to cut: sampling first, counting sweeps next, exact selection only where they fail.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "coppice/storage/columns.hpp"

namespace coppice::storage {
namespace {

/// The best cut seen so far, and whether it is good enough.
template <class S>
class Best {
 public:
  Best(std::size_t n, std::size_t lowest, std::size_t highest) : n_(n), lowest_(lowest), highest_(highest) {}

  /// Offers a value with its count; true when it lies in the window.
  bool offer(S value, std::size_t less) {
    if (less == 0 || less == n_) return false;
    const std::size_t miss = less < lowest_ ? lowest_ - less : less > highest_ ? less - highest_ : 0;
    if (cut_.less == 0 || miss < miss_) {
      cut_ = {value, less};
      miss_ = miss;
    }
    return miss == 0;
  }
  [[nodiscard]] Cut<S> cut() const { return cut_; }

 private:
  std::size_t n_, lowest_, highest_;
  Cut<S> cut_{};
  std::size_t miss_ = 0;
};

}  // namespace

template <class S>
Cut<S> find_cut(const S* keys, std::size_t n, std::size_t lowest, std::size_t highest, S lower, S upper,
                const ColumnKernels<S>& kernels) {
  Best<S> best(n, lowest, highest);
  const std::size_t target = lowest + (highest - lowest) / 2;
  // Invariant: fewer than `lowest` keys are less than `low`, more than `highest` are less than `high`'s successor.
  S low = lower;
  S high = upper;
  std::size_t below_low = 0;
  std::size_t below_high = n;

  constexpr std::size_t sampled_from = 1 << 12, many = 1 << 15;
  constexpr std::size_t large_sample = 512, small_sample = 128;  // selecting from it must not cost more than a sweep
  if (n >= sampled_from) {
    S sample[large_sample];
    const std::size_t sample_size = n < many ? small_sample : large_sample;
    const std::size_t step = n / sample_size;
    for (std::size_t i = 0; i < sample_size; ++i)
      sample[i] = keys[i * step + (i * 2654435761u >> 8) % step];  // scattered within each step
    const std::size_t rank = std::min(target * sample_size / n, sample_size - 1);
    // The true cut lies between sample ranks two standard deviations to either side, nearly always. Each is selected
    // when it is asked for, from the part of the sample on its side.
    const std::size_t deviation = n < many ? 12 : 24;
    for (const std::size_t r :
         {rank, rank < deviation ? 0 : rank - deviation, std::min(rank + deviation, sample_size - 1)}) {
      std::nth_element(sample + (r > rank ? rank : 0), sample + r, sample + (r < rank ? rank : sample_size));
      if (!(sample[r] > low && sample[r] < high)) continue;
      const std::size_t less = kernels.count_less(keys, n, sample[r]);
      if (best.offer(sample[r], less)) return best.cut();
      if (less < lowest) {
        low = sample[r];
        below_low = less;
      } else {
        high = sample[r];
        below_high = less;
      }
    }
  }
  // Interpolation between the bracket's ends, now and then bisection: a handful of sweeps when the keys spread evenly.
  // Few keys in tight clusters far apart take more, and a sweep over them still costs far less than selection.
  const int sweeps = n < sampled_from ? 32 : 8;
  for (int i = 0; i < sweeps && low < high; ++i) {
    const double share = static_cast<double>(target - below_low) / static_cast<double>(below_high - below_low);
    const double step = i % 3 == 2 ? 0.5 : std::clamp(share, 0.02, 0.98);
    S middle = static_cast<S>(low + (high - low) * static_cast<S>(step));
    if (!(middle > low)) middle = std::nextafter(low, std::numeric_limits<S>::infinity());
    if (!(middle <= high)) break;
    const std::size_t less = kernels.count_less(keys, n, middle);
    if (best.offer(middle, less)) return best.cut();
    if (less < lowest) {
      low = middle;
      below_low = less;
    } else {
      high = std::nextafter(middle, -std::numeric_limits<S>::infinity());
      below_high = less;
    }
  }
  // Exact: the key of the wanted rank cuts in front of its equals, the next greater one behind them.
  std::vector<S> sorted(keys, keys + n);
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(target);
  std::nth_element(sorted.begin(), middle, sorted.end());
  const S key = *middle;
  if (best.offer(key, kernels.count_less(keys, n, key))) return best.cut();
  S next = std::numeric_limits<S>::infinity();
  for (auto it = middle; it != sorted.end(); ++it)
    if (*it > key) next = std::min(next, *it);
  if (next <= upper) best.offer(next, kernels.count_less(keys, n, next));
  return best.cut();
}

template Cut<float> find_cut<float>(const float*, std::size_t, std::size_t, std::size_t, float, float,
                                    const ColumnKernels<float>&);
template Cut<double> find_cut<double>(const double*, std::size_t, std::size_t, std::size_t, double, double,
                                      const ColumnKernels<double>&);

}  // namespace coppice::storage
