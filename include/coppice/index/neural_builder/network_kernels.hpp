// The seam between the network of the neural builder and its compiled kernels: a table of functions that each
// instruction set fills (src/kernels/network_kernels.cpp). Every sum has one order, so that all of them give the same
// bits: the same tree from the same points, and the same weights from the same training, on any processor.
#pragma once

#include <cstddef>

namespace coppice::neural_builder {

/// One step of Adam on `count` parameters; `scale_*` are 1 / (1 − βᵗ).
struct AdamStep {
  float rate;
  float beta1 = 0.9f;
  float beta2 = 0.999f;
  float epsilon = 1e-7f;
  float scale1;
  float scale2;
};

struct NetworkKernels {
  /// out = in · matrix + bias, row after row; sums start at the bias and run over the inputs in order; with `rectify`,
  /// what is negative becomes 0. Requires: `outputs` a multiple of 32; `out` apart from the rest.
  void (*affine)(const float* in, std::size_t rows, std::size_t inputs, const float* matrix, const float* bias,
                 std::size_t outputs, bool rectify, float* out);
  /// out[r] = bias + in[r] · weights, in 16 partial sums. Requires: `inputs` a multiple of 16.
  void (*dot)(const float* in, std::size_t rows, std::size_t inputs, const float* weights, float bias, float* out);
  void (*adam)(float* parameters, const float* gradient, float* first, float* second, std::size_t count,
               const AdamStep& step);
};

/// Of the instruction set in use.
[[nodiscard]] const NetworkKernels& network_kernels();

}  // namespace coppice::neural_builder
