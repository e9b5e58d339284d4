// The way back through one level: head, table, encoder. Rows are averaged by their histograms before the first layer
// behind the mean, so only 65 places go back through the encoder, however many points there were.
#include "level_gradient.hpp"

#include <algorithm>

#include "coppice/index/neural_builder/network_kernels.hpp"

namespace coppice::neural_builder {

namespace {

using Layout = NetworkLayout;
constexpr std::size_t places = NetworkTable::places;

void transpose(const float* in, std::size_t rows, std::size_t columns, std::vector<float>& out) {
  out.resize(rows * columns);
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) out[j * rows + i] = in[i * columns + j];
}

/// out = inᵀ · slopes over `rows` rows: the gradient of a matrix; and of its bias: the sums of the slopes.
void outer(const float* in, std::size_t rows, std::size_t inputs, const float* slopes, std::size_t outputs,
           float* matrix, float* bias, std::vector<float>& turned) {
  const std::vector<float> zero(outputs);
  transpose(in, rows, inputs, turned);
  network_kernels().affine(turned.data(), inputs, rows, slopes, zero.data(), outputs, false, matrix);
  if (bias == nullptr) return;
  std::fill_n(bias, outputs, 0.f);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t j = 0; j < outputs; ++j) bias[j] += slopes[r * outputs + j];
}

/// The slopes by the inputs of a layer, from those by its outputs; 0 where the input was not positive.
void pass_back(const float* slopes, std::size_t rows, std::size_t outputs, const float* matrix, std::size_t inputs,
               const float* input, float* out, std::vector<float>& turned) {
  const std::vector<float> zero(inputs);
  transpose(matrix, inputs, outputs, turned);
  network_kernels().affine(slopes, rows, outputs, turned.data(), zero.data(), inputs, false, out);
  for (std::size_t i = 0; i < rows * inputs; ++i)
    if (!(input[i] > 0)) out[i] = 0;
}

}  // namespace

void LevelGradient::tabulate(std::span<const float> parameters) {
  parameters_ = parameters;
  const float* p = parameters.data();
  x_.resize(places);
  for (std::size_t i = 0; i < places; ++i) x_[i] = 1 + static_cast<float>(i) / static_cast<float>(NetworkTable::cells);
  for (std::vector<float>* a : {&a1_, &a2_, &a3_, &first_}) a->resize(places * Layout::width);
  const NetworkKernels& kernels = network_kernels();
  kernels.affine(x_.data(), places, 1, p + Layout::w1, p + Layout::b1, Layout::width, true, a1_.data());
  kernels.affine(a1_.data(), places, Layout::width, p + Layout::w2, p + Layout::b2, Layout::width, true, a2_.data());
  kernels.affine(a2_.data(), places, Layout::width, p + Layout::w3, p + Layout::b3, Layout::width, true, a3_.data());
  const std::vector<float> zero(Layout::width);
  kernels.affine(a3_.data(), places, Layout::width, p + Layout::u1, zero.data(), Layout::width, false, first_.data());
  table_ = NetworkTable(parameters, first_);
}

void LevelGradient::backward(const ActiveRows& active, std::span<float> gradient) {
  std::fill(gradient.begin(), gradient.end(), 0.f);
  const std::size_t rows = active.gradients.size();
  if (rows == 0) return;
  const float* p = parameters_.data();
  float* g = gradient.data();
  const NetworkKernels& kernels = network_kernels();
  std::vector<float>& turned = room_[3];

  std::vector<float> hidden(rows * Layout::width);
  std::vector<float> head(rows * Layout::head);
  kernels.affine(active.histograms.data(), rows, places, first_.data(), p + Layout::c1, Layout::width, true,
                 hidden.data());
  kernels.affine(hidden.data(), rows, Layout::width, p + Layout::u2, p + Layout::c2, Layout::head, true, head.data());

  std::vector<float>& by_head = room_[0];
  by_head.resize(rows * Layout::head);
  for (std::size_t r = 0; r < rows; ++r) {
    const float slope = active.gradients[r];
    g[Layout::c3] += slope;
    for (std::size_t j = 0; j < Layout::head; ++j) {
      const float value = head[r * Layout::head + j];
      g[Layout::u3 + j] += slope * value;
      by_head[r * Layout::head + j] = value > 0 ? slope * p[Layout::u3 + j] : 0;
    }
  }
  outer(hidden.data(), rows, Layout::width, by_head.data(), Layout::head, g + Layout::u2, g + Layout::c2, turned);
  std::vector<float>& by_hidden = room_[1];
  by_hidden.resize(rows * Layout::width);
  pass_back(by_head.data(), rows, Layout::head, p + Layout::u2, Layout::width, hidden.data(), by_hidden.data(), turned);

  // Behind the mean: first = a3 · u1 at every place, rows are its averages.
  std::vector<float> by_first(places * Layout::width);
  outer(active.histograms.data(), rows, places, by_hidden.data(), Layout::width, by_first.data(), nullptr, turned);
  std::fill_n(g + Layout::c1, Layout::width, 0.f);
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t j = 0; j < Layout::width; ++j) g[Layout::c1 + j] += by_hidden[r * Layout::width + j];
  outer(a3_.data(), places, Layout::width, by_first.data(), Layout::width, g + Layout::u1, nullptr, turned);
  std::vector<float> slopes(places * Layout::width);
  std::vector<float> next(places * Layout::width);
  pass_back(by_first.data(), places, Layout::width, p + Layout::u1, Layout::width, a3_.data(), slopes.data(), turned);
  outer(a2_.data(), places, Layout::width, slopes.data(), Layout::width, g + Layout::w3, g + Layout::b3, turned);
  pass_back(slopes.data(), places, Layout::width, p + Layout::w3, Layout::width, a2_.data(), next.data(), turned);
  outer(a1_.data(), places, Layout::width, next.data(), Layout::width, g + Layout::w2, g + Layout::b2, turned);
  pass_back(next.data(), places, Layout::width, p + Layout::w2, Layout::width, a1_.data(), slopes.data(), turned);
  outer(x_.data(), places, 1, slopes.data(), Layout::width, g + Layout::w1, g + Layout::b1, turned);
}

}  // namespace coppice::neural_builder
