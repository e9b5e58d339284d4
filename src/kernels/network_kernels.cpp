// The kernels of the neural builder's network of one instruction set (COPPICE_TARGET): products of small matrices and
// a step of Adam. A sum runs over the inputs in order, whatever the width of a vector, so all units give the same bits.
#include "network_kernels.hpp"

#include <cmath>
#include <cstring>

namespace coppice::kernels {

using Target = simd::COPPICE_TARGET;

namespace {

#if defined(__AVX512F__)
constexpr std::size_t lanes = 16;
#elif defined(__AVX2__)
constexpr std::size_t lanes = 8;
#else
constexpr std::size_t lanes = 4;
#endif
constexpr std::size_t columns = 2 * lanes;  // of a block: two vectors for each of its rows

typedef float Vector __attribute__((vector_size(lanes * sizeof(float))));

/// A block of `Rows` rows and `columns` columns, in registers.
template <std::size_t Rows>
void block(const float* in, std::size_t inputs, const float* matrix, const float* bias, std::size_t outputs,
           bool rectify, float* out) {
  Vector sum[Rows][2];
  for (std::size_t r = 0; r < Rows; ++r) std::memcpy(sum[r], bias, sizeof sum[r]);
  for (std::size_t i = 0; i < inputs; ++i) {
    Vector weights[2];
    std::memcpy(weights, matrix + i * outputs, sizeof weights);
    for (std::size_t r = 0; r < Rows; ++r) {
      const float factor = in[r * inputs + i];
      sum[r][0] = sum[r][0] + factor * weights[0];
      sum[r][1] = sum[r][1] + factor * weights[1];
    }
  }
  for (std::size_t r = 0; r < Rows; ++r) {
    if (rectify)
      for (Vector& part : sum[r]) part = part > 0 ? part : Vector{};
    std::memcpy(out + r * outputs, sum[r], sizeof sum[r]);
  }
}

void affine(const float* in, std::size_t rows, std::size_t inputs, const float* matrix, const float* bias,
            std::size_t outputs, bool rectify, float* out) {
  constexpr std::size_t tall = 6;
  std::size_t r = 0;
  for (; r + tall <= rows; r += tall)
    for (std::size_t j = 0; j < outputs; j += columns)
      block<tall>(in + r * inputs, inputs, matrix + j, bias + j, outputs, rectify, out + r * outputs + j);
  for (; r + 3 <= rows; r += 3)
    for (std::size_t j = 0; j < outputs; j += columns)
      block<3>(in + r * inputs, inputs, matrix + j, bias + j, outputs, rectify, out + r * outputs + j);
  for (; r < rows; ++r)
    for (std::size_t j = 0; j < outputs; j += columns)
      block<1>(in + r * inputs, inputs, matrix + j, bias + j, outputs, rectify, out + r * outputs + j);
}

void dot(const float* in, std::size_t rows, std::size_t inputs, const float* weights, float bias, float* out) {
  constexpr std::size_t parts = 16;
  for (std::size_t r = 0; r < rows; ++r) {
    float sum[parts] = {};
    for (std::size_t i = 0; i < inputs; i += parts)
      for (std::size_t p = 0; p < parts; ++p) sum[p] += in[r * inputs + i + p] * weights[i + p];
    for (std::size_t half = parts / 2; half != 0; half /= 2)
      for (std::size_t p = 0; p < half; ++p) sum[p] += sum[p + half];
    out[r] = bias + sum[0];
  }
}

void adam(float* parameters, const float* gradient, float* first, float* second, std::size_t count,
          const neural_builder::AdamStep& given) {
  const neural_builder::AdamStep step = given;
  for (std::size_t i = 0; i < count; ++i) {
    const float g = gradient[i];
    first[i] = step.beta1 * first[i] + (1 - step.beta1) * g;
    second[i] = step.beta2 * second[i] + (1 - step.beta2) * g * g;
    parameters[i] -= step.rate * (first[i] * step.scale1) / (std::sqrt(second[i] * step.scale2) + step.epsilon);
  }
}

}  // namespace

template <>
const neural_builder::NetworkKernels NetworkKernelsFor<Target>::table = {affine, dot, adam};

}  // namespace coppice::kernels
