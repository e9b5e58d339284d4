// Principal axes by subspace iteration on the covariance of a sample: a few products with the tile kernel, and
// orthogonalisation. More digits would not find more neighbours.
#include <algorithm>
#include <cmath>

#include "high_sketch.hpp"

namespace coppice::high {
namespace {

constexpr int iterations = 4;

float dot(const float* a, const float* b, std::size_t size) {
  float partial[16] = {};
  std::size_t i = 0;
  for (; i + 16 <= size; i += 16)
    for (std::size_t lane = 0; lane < 16; ++lane) partial[lane] += a[i + lane] * b[i + lane];
  for (; i < size; ++i) partial[0] += a[i] * b[i];
  float sum = 0;
  for (const float p : partial) sum += p;
  return sum;
}

/// Makes the rows orthonormal, in order. A row that depends on those before it is replaced by a random one.
void orthonormalize(float* rows, std::size_t count, std::size_t size, Random& random) {
  for (std::size_t r = 0; r < count; ++r) {
    float* const x = rows + r * size;
    float before = std::sqrt(dot(x, x, size));
    for (int pass = 0, tries = 0; pass < 2;) {
      for (std::size_t q = 0; q < r; ++q) {
        const float* const y = rows + q * size;
        const float along = dot(x, y, size);
        for (std::size_t i = 0; i < size; ++i) x[i] -= along * y[i];
      }
      const float norm = std::sqrt(dot(x, x, size));
      if (!(norm > 1e-5f * before) || !(norm > 1e-30f)) {
        if (++tries == 8) {  // no direction is left
          std::fill_n(x, size, 0.0f);
          break;
        }
        for (std::size_t i = 0; i < size; ++i) x[i] = random.signed_unit();
        before = std::sqrt(dot(x, x, size));
        pass = 0;
        continue;
      }
      for (std::size_t i = 0; i < size; ++i) x[i] /= norm;
      // Once is enough unless most of the row is gone.
      pass = norm > 0.5f * before ? 2 : pass + 1;
      before = 1;
    }
  }
}

/// to[r] = Σ_s rows[r][s] · columns[s], where columns are packed in groups of `steps` elements.
void multiply(const float* rows, std::size_t count, std::size_t steps, const float* columns, std::size_t groups,
              float* to, std::size_t size, const Executor& executor) {
  const tiles::TileKernels& kernels = tiles::tile_kernels();
  executor.for_each_chunk(count, 8, [&](std::size_t first, std::size_t last) {
    std::vector<float> left(8 * steps, 0.0f);
    std::vector<float> products(8 * groups * group);
    std::copy(rows + first * steps, rows + last * steps, left.begin());
    kernels.project(steps, left.data(), steps, columns, groups, products.data(), groups * group);
    for (std::size_t r = first; r < last; ++r)
      std::copy_n(products.data() + (r - first) * groups * group, size, to + r * size);
  });
}

/// Rows of `steps` elements as columns of a product.
storage::RawArray<float> packed_columns(const float* rows, std::size_t count, std::size_t steps) {
  storage::RawArray<float> packed(groups_of(count) * group * steps);
  for (std::size_t g = 0; g < groups_of(count); ++g)
    for (std::size_t s = 0; s < steps; ++s)
      for (std::size_t r = 0; r < group; ++r)
        packed.get()[(g * steps + s) * group + r] = g * group + r < count ? rows[(g * group + r) * steps + s] : 0.0f;
  return packed;
}

}  // namespace

template <class Scalar>
PrincipalAxes::PrincipalAxes(const Store<Scalar>& points, const Frame& frame, std::uint64_t seed,
                             const Executor& executor)
    : inputs_(points.dimension()), seed_(seed), sample_(axes_sample(points.size())) {
  const std::size_t groups = groups_of(inputs_);
  const std::size_t d = inputs_;
  sample_rows_ = storage::RawArray<float>(sample_ * d);
  executor.for_each_chunk(sample_, 64, [&](std::size_t first, std::size_t last) {
    for (std::size_t s = first; s < last; ++s)
      points.frame_row(frame, s * points.size() / sample_, sample_rows_.get() + s * d);
  });
  std::vector<double> sum(d, 0);
  for (std::size_t s = 0; s < sample_; ++s)
    for (std::size_t axis = 0; axis < d; ++axis) sum[axis] += static_cast<double>(sample_rows_.get()[s * d + axis]);
  mean_.resize(d);
  for (std::size_t axis = 0; axis < d; ++axis)
    mean_[axis] = static_cast<float>(sum[axis] / static_cast<double>(sample_));

  storage::RawArray<float> columns(groups * group * sample_);  // 48 coordinates of all sample points, then the next 48
  executor.for_each_chunk(groups, 1, [&](std::size_t g, std::size_t) {
    for (std::size_t s = 0; s < sample_; ++s)
      for (std::size_t r = 0; r < group; ++r) {
        const std::size_t axis = g * group + r;
        columns.get()[(g * sample_ + s) * group + r] = axis < d ? sample_rows_.get()[s * d + axis] - mean_[axis] : 0.0f;
      }
  });
  covariance_ = storage::RawArray<float>(groups * group * groups * group);
  const tiles::TileKernels& kernels = tiles::tile_kernels();
  const auto block = [&](std::size_t j, std::size_t i) { return covariance_.get() + (j * groups + i) * group * group; };
  executor.for_each_chunk(groups, 1, [&](std::size_t i, std::size_t) {
    for (std::size_t j = i; j < groups; ++j) {
      kernels.multiply(sample_, columns.get() + i * sample_ * group, columns.get() + j * sample_ * group, block(j, i),
                       group);
      if (j == i) continue;
      for (std::size_t r = 0; r < group; ++r)
        for (std::size_t c = 0; c < group; ++c) block(i, j)[c * group + r] = block(j, i)[r * group + c];
    }
  });
}
template PrincipalAxes::PrincipalAxes(const Store<float>&, const Frame&, std::uint64_t, const Executor&);
template PrincipalAxes::PrincipalAxes(const Store<double>&, const Frame&, std::uint64_t, const Executor&);

const std::vector<float>& PrincipalAxes::leading(std::size_t count, const Executor& executor) {
  const std::size_t d = inputs_;
  if (axes_.size() >= count * d) return axes_;
  Random random(seed_);
  // The covariance has whole groups of rows; those beyond d are zero.
  const std::size_t groups = groups_of(d);
  const std::size_t steps = groups * group;
  axes_.resize(count * d);
  std::vector<float> wide(count * steps, 0.0f);
  for (float& x : axes_) x = random.signed_unit();
  orthonormalize(axes_.data(), count, d, random);
  for (int i = 0; i < iterations; ++i) {
    for (std::size_t r = 0; r < count; ++r) std::copy_n(axes_.data() + r * d, d, wide.data() + r * steps);
    multiply(wide.data(), count, steps, covariance_.get(), groups, axes_.data(), d, executor);
    orthonormalize(axes_.data(), count, d, random);
  }
  return axes_;
}

std::vector<float> PrincipalAxes::along(const float* rows, std::size_t size, std::size_t count,
                                        const Executor& executor) {
  const std::vector<float>& axes = leading(count, executor);
  std::vector<float> coordinates(size * count);
  const storage::RawArray<float> columns = packed_columns(axes.data(), count, inputs_);
  multiply(rows, size, inputs_, columns.get(), groups_of(count), coordinates.data(), count, executor);
  return coordinates;
}

SketchBasis PrincipalAxes::basis(std::size_t dimension, const Executor& executor) {
  const std::size_t d = inputs_;
  const std::size_t groups = groups_of(d);
  const std::size_t p = std::min(dimension, d);
  SketchBasis basis;
  basis.dimension = p;
  basis.steps = (p + 3) / 4;
  basis.inputs = d;
  const std::vector<float>& axes = leading(p, executor);
  Random random(seed_ ^ p);
  basis.axes = std::min<std::size_t>(p, 16);

  // The leading axes, the next, and the others are turned each among themselves, so that a few steps of a sketch hold
  // what the leading ones hold.
  std::vector<std::size_t> ends;
  for (const std::size_t end : {basis.axes, 3 * basis.axes})
    if (end + 2 * basis.axes <= p) ends.push_back(end);
  for (std::size_t e = 0; e < ends.size(); ++e) basis.early[e] = ends[e] / 4;
  ends.push_back(p);
  std::vector<float> turn(p * p, 0.0f);
  for (std::size_t e = 0, begin = 0; e < ends.size(); begin = ends[e++]) {
    const std::size_t size = ends[e] - begin;
    std::vector<float> part(size * size);
    for (float& x : part) x = random.signed_unit() + random.signed_unit() + random.signed_unit();
    orthonormalize(part.data(), size, size, random);
    for (std::size_t r = 0; r < size; ++r)
      std::copy_n(part.data() + r * size, size, turn.data() + (begin + r) * p + begin);
  }
  basis.leading = ends[0];
  basis.unturn.resize(basis.leading * basis.axes);
  for (std::size_t a = 0; a < basis.leading; ++a)
    std::copy_n(turn.data() + a * p, basis.axes, basis.unturn.data() + a * basis.axes);
  storage::RawArray<float> packed(groups * group * p);
  for (std::size_t g = 0; g < groups; ++g)
    for (std::size_t s = 0; s < p; ++s)
      for (std::size_t r = 0; r < group; ++r)
        packed.get()[(g * p + s) * group + r] = g * group + r < d ? axes[s * d + g * group + r] : 0.0f;
  basis.rows.resize(p * d);
  multiply(turn.data(), p, p, packed.get(), groups, basis.rows.data(), d, executor);

  // The range of the sample, with room for others; what lies beyond is cut off, and known to be.
  basis.offset.resize(p);
  for (std::size_t a = 0; a < p; ++a) basis.offset[a] = dot(basis.rows.data() + a * d, mean_.data(), d);
  const storage::RawArray<float> directions = packed_columns(basis.rows.data(), p, d);
  std::vector<float> projected(sample_ * p);
  multiply(sample_rows_.get(), sample_, d, directions.get(), groups_of(p), projected.data(), p, executor);
  std::vector<float> reach(sample_, 0.0f);
  for (std::size_t s = 0; s < sample_; ++s)
    for (std::size_t a = 0; a < p; ++a) reach[s] = std::max(reach[s], std::abs(projected[s * p + a] - basis.offset[a]));
  std::sort(reach.begin(), reach.end());
  const double usual = static_cast<double>(reach[sample_ / 2]);
  const double largest = std::min(static_cast<double>(reach[sample_ - 1]), 4 * usual);
  basis.scale = largest > 1e-30 ? 127 / (1.15 * largest) : 1;
  return basis;
}

double SketchBasis::stretch() const {
  double most = 0;  // the largest sum of a row of the products of all rows: not below the largest eigenvalue
  for (std::size_t a = 0; a < dimension; ++a) {
    double sum = 0;
    for (std::size_t b = 0; b < dimension; ++b) {
      const float* const x = rows.data() + a * inputs;
      const float* const y = rows.data() + b * inputs;
      double partial[4] = {};
      std::size_t i = 0;
      for (; i + 4 <= inputs; i += 4)
        for (std::size_t lane = 0; lane < 4; ++lane)
          partial[lane] += static_cast<double>(x[i + lane]) * static_cast<double>(y[i + lane]);
      for (; i < inputs; ++i) partial[0] += static_cast<double>(x[i]) * static_cast<double>(y[i]);
      sum += std::abs(partial[0] + partial[1] + partial[2] + partial[3]);
    }
    most = std::max(most, sum);
  }
  return scale * std::sqrt(most) * (1 + 1e-9);
}

}  // namespace coppice::high
