// A loop of independent fused multiply-adds in the widest vectors, compiled for the machine that compiles it.
#include "tasks/highdim/fma_peak.hpp"

#include <algorithm>
#include <cstddef>

#include "harness/timing.hpp"

namespace coppice::bench {
namespace {

#if defined(__AVX512F__)
constexpr std::size_t width = 16;
#elif defined(__AVX__)
constexpr std::size_t width = 8;
#else
constexpr std::size_t width = 4;
#endif
using Vector [[gnu::vector_size(width * sizeof(float))]] = float;

/// More sums than latency times ports, named so that they stay in registers, and no more than every machine has.
constexpr std::size_t sums = 12;

double operations_a_second(std::size_t steps) {
  Vector a{}, b{}, c{}, d{}, e{}, f{}, g{}, h{}, i{}, j{}, k{}, l{};
  Vector x = a + 0.999f, y = a + 1e-3f;
  asm volatile("" : "+x"(x), "+x"(y));
  const double start = now();
  for (std::size_t step = 0; step < steps; ++step) {
    a = a * x + y;
    b = b * x + y;
    c = c * x + y;
    d = d * x + y;
    e = e * x + y;
    f = f * x + y;
    g = g * x + y;
    h = h * x + y;
    i = i * x + y;
    j = j * x + y;
    k = k * x + y;
    l = l * x + y;
    asm volatile("" : "+x"(a), "+x"(b), "+x"(c), "+x"(d), "+x"(e), "+x"(f));
    asm volatile("" : "+x"(g), "+x"(h), "+x"(i), "+x"(j), "+x"(k), "+x"(l));
  }
  const double seconds = now() - start;
  return 2.0 * static_cast<double>(width * sums * steps) / seconds;
}

}  // namespace

double fma_peak() {
  double best = 0;
  for (int round = 0; round < 20; ++round) best = std::max(best, operations_a_second(2'000'000));
  return best / 1e9;
}

}  // namespace coppice::bench
