// The split network: initial weights, evaluation point by point, and evaluation by table.
#include "coppice/index/neural_builder/network.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/index/neural_builder/network_kernels.hpp"
#include "coppice/index/neural_builder/top_tree.hpp"
#include "random.hpp"

namespace coppice::neural_builder {

namespace {

using Layout = NetworkLayout;

void fill_uniform(Random& random, float* weights, std::size_t count, std::size_t inputs, float gain) {
  const float limit = std::sqrt(gain / static_cast<float>(inputs));
  for (std::size_t i = 0; i < count; ++i) weights[i] = limit * (2 * random.uniform() - 1);
}

/// The encoder's function at `count` places of [1, 2], before the mean: count × 128.
void encode(const float* parameters, const float* x, std::size_t count, float* a, float* b) {
  const NetworkKernels& kernels = network_kernels();
  kernels.affine(x, count, 1, parameters + Layout::w1, parameters + Layout::b1, Layout::width, true, a);
  kernels.affine(a, count, Layout::width, parameters + Layout::w2, parameters + Layout::b2, Layout::width, true, b);
  kernels.affine(b, count, Layout::width, parameters + Layout::w3, parameters + Layout::b3, Layout::width, true, a);
}

}  // namespace

SplitNetwork::SplitNetwork(Heuristic task, int count, std::uint64_t seed) : heuristic(task) {
  if (count < 1 || count > max_network_levels)
    throw invalid_input("levels is " + std::to_string(count) + "; expected 1 to " + std::to_string(max_network_levels));
  for (int level = 0; level < count; ++level) {
    Random random(seed, 0x6e6574776f726bu, static_cast<std::uint64_t>(level));
    std::vector<float>& p = levels.emplace_back(Layout::size);
    constexpr float he = 6;
    fill_uniform(random, &p[Layout::w1], Layout::width, 1, he);
    for (std::size_t j = 0; j < Layout::width; ++j) p[Layout::b1 + j] = -p[Layout::w1 + j] * (1 + random.uniform());
    fill_uniform(random, &p[Layout::w2], Layout::square, Layout::width, he);
    fill_uniform(random, &p[Layout::w3], Layout::square, Layout::width, he);
    fill_uniform(random, &p[Layout::u1], Layout::square, Layout::width, he);
    fill_uniform(random, &p[Layout::u2], Layout::width * Layout::head, Layout::width, he);
    fill_uniform(random, &p[Layout::u3], Layout::head, Layout::head + 1, he);  // Glorot: 6 / (inputs + outputs)
    p[Layout::c3] = 0.5f;
  }
}

float SplitNetwork::offset(int level, std::span<const float> scaled) const {
  const float* p = levels[static_cast<std::size_t>(level)].data();
  constexpr std::size_t chunk = 64;
  std::vector<float> a(chunk * Layout::width);
  std::vector<float> b(chunk * Layout::width);
  std::vector<double> sum(Layout::width);
  for (std::size_t first = 0; first < scaled.size(); first += chunk) {
    const std::size_t count = std::min(chunk, scaled.size() - first);
    encode(p, scaled.data() + first, count, a.data(), b.data());
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t j = 0; j < Layout::width; ++j) sum[j] += static_cast<double>(a[i * Layout::width + j]);
  }
  std::vector<float> mean(Layout::width);
  if (!scaled.empty())
    for (std::size_t j = 0; j < Layout::width; ++j)
      mean[j] = static_cast<float>(sum[j] / static_cast<double>(scaled.size()));
  const NetworkKernels& kernels = network_kernels();
  kernels.affine(mean.data(), 1, Layout::width, p + Layout::u1, p + Layout::c1, Layout::width, true, a.data());
  kernels.affine(a.data(), 1, Layout::width, p + Layout::u2, p + Layout::c2, Layout::head, true, b.data());
  float out = 0;
  kernels.dot(b.data(), 1, Layout::head, p + Layout::u3, p[Layout::c3], &out);
  return out;
}

NetworkTable::NetworkTable(std::span<const float> parameters, std::span<const float> function)
    : first_(function.begin(), function.end()),
      bias1_(parameters.begin() + Layout::c1, parameters.begin() + Layout::c1 + Layout::width),
      second_(parameters.begin() + Layout::u2, parameters.begin() + Layout::u2 + Layout::width * Layout::head),
      bias2_(parameters.begin() + Layout::c2, parameters.begin() + Layout::c2 + Layout::head),
      third_(parameters.begin() + Layout::u3, parameters.begin() + Layout::u3 + Layout::head),
      bias3_(parameters[Layout::c3]) {}

NetworkTable::NetworkTable(std::span<const float> parameters)
    : NetworkTable(parameters, std::vector<float>(places * Layout::width)) {
  std::vector<float> x(places);
  for (std::size_t i = 0; i < places; ++i) x[i] = 1 + static_cast<float>(i) / static_cast<float>(cells);
  std::vector<float> a(places * Layout::width);
  std::vector<float> b(places * Layout::width);
  encode(parameters.data(), x.data(), places, a.data(), b.data());
  const std::vector<float> zero(Layout::width);
  network_kernels().affine(a.data(), places, Layout::width, parameters.data() + Layout::u1, zero.data(), Layout::width,
                           false, first_.data());
}

void NetworkTable::offsets(const float* histograms, std::size_t rows, float* out, NetworkScratch& scratch) const {
  scratch.hidden.resize(rows * Layout::width);
  scratch.head.resize(rows * Layout::head);
  const NetworkKernels& kernels = network_kernels();
  kernels.affine(histograms, rows, places, first_.data(), bias1_.data(), Layout::width, true, scratch.hidden.data());
  kernels.affine(scratch.hidden.data(), rows, Layout::width, second_.data(), bias2_.data(), Layout::head, true,
                 scratch.head.data());
  kernels.dot(scratch.head.data(), rows, Layout::head, third_.data(), bias3_, out);
}

void add_histograms(std::span<const Vec3> points, const Box3& tight, float* histograms) noexcept {
  if (points.empty()) return;
  constexpr std::size_t places = NetworkTable::places;
  constexpr auto last = static_cast<int>(NetworkTable::cells) - 1;
  constexpr float smallest = 1e-30f;  // of an extent whose inverse is still a number
  const float share = 1 / static_cast<float>(points.size());
  Vec3 scale;
  for (std::size_t a = 0; a < 3; ++a)
    scale[a] = extent(tight, a) > smallest ? static_cast<float>(NetworkTable::cells) / extent(tight, a) : 0;
  for (const Vec3& p : points)
    for (std::size_t a = 0; a < 3; ++a) {
      const float at = (p[a] - tight.lower[a]) * scale[a];
      const int cell = std::min(static_cast<int>(at), last);
      const float part = (at - static_cast<float>(cell)) * share;
      float* bin = histograms + a * places + static_cast<std::size_t>(cell);
      bin[0] += share - part;
      bin[1] += part;
    }
}

}  // namespace coppice::neural_builder
