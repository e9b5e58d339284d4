// Coordinates in subspaces: groups of coordinates, random rotations, principal axes. Rotations are evaluated in doubles
// and in the frame of the high-dimensional filters, so that points of any magnitude are near 1.
#include "subspace_axes.hpp"

#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include <Eigen/Eigenvalues>

#include "coppice/errors.hpp"
#include "coppice/index/neighbor_graph/partition_tree.hpp"
#include "coppice/index/neighbor_graph/qode.hpp"
#include "high_sketch.hpp"

namespace coppice::subspace {
namespace {

constexpr std::size_t usual_axes = 8;
constexpr std::size_t largest_sample = 1024;
constexpr double unit_roundoff = 0x1p-53;

/// Directions, a row each.
struct Directions {
  std::size_t inputs = 0;
  std::vector<double> rows;

  [[nodiscard]] std::size_t size() const { return rows.size() / inputs; }
  [[nodiscard]] double* row(std::size_t i) { return rows.data() + i * inputs; }
  [[nodiscard]] const double* row(std::size_t i) const { return rows.data() + i * inputs; }
};

double dot(const double* a, const double* b, std::size_t size) {
  double partial[4] = {};
  std::size_t i = 0;
  for (; i + 4 <= size; i += 4)
    for (std::size_t lane = 0; lane < 4; ++lane) partial[lane] += a[i + lane] * b[i + lane];
  for (; i < size; ++i) partial[0] += a[i] * b[i];
  return (partial[0] + partial[2]) + (partial[1] + partial[3]);
}

/// Rows [first, first + count) as orthonormal as doubles are; nothing relies on it but speed.
void orthonormalize(Directions& directions, std::size_t first, std::size_t count) {
  for (std::size_t r = first; r < first + count; ++r) {
    double* const x = directions.row(r);
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t q = first; q < r; ++q) {
        const double along = dot(x, directions.row(q), directions.inputs);
        for (std::size_t i = 0; i < directions.inputs; ++i) x[i] -= along * directions.row(q)[i];
      }
      const double norm = std::sqrt(dot(x, x, directions.inputs));
      if (norm > 0)
        for (std::size_t i = 0; i < directions.inputs; ++i) x[i] /= norm;
    }
  }
}

Directions random_directions(std::size_t subspaces, std::size_t axes, std::size_t inputs, std::uint64_t seed) {
  high::Random random(seed);
  Directions directions{inputs, std::vector<double>(subspaces * axes * inputs)};
  for (double& x : directions.rows) {  // nearly normal, so nearly no direction is preferred
    x = 0;
    for (int i = 0; i < 6; ++i) x += random.unit() - 0.5;
  }
  for (std::size_t s = 0; s < subspaces; ++s) orthonormalize(directions, s * axes, axes);
  return directions;
}

/// The sketches' basis spans the leading principal axes but is turned at random: turned back by the eigenvectors of a
/// sample's covariance in it, and dealt out, so that every subspace has its share of what the points differ in.
template <class Scalar>
Directions principal_directions(const high::Store<Scalar>& points, const high::Frame& frame, std::size_t subspaces,
                                std::size_t axes, const SubspaceConfig& config) {
  const std::size_t p = subspaces * axes, d = points.dimension();
  const high::SketchBasis basis =
      high::PrincipalAxes(points, frame, config.seed, config.executor).basis(p, config.executor);
  const Directions turned{d, {basis.rows.begin(), basis.rows.end()}};
  const std::size_t sample = std::min(points.size(), largest_sample);
  Eigen::MatrixXd projected(p, sample);
  std::vector<float> row(d);
  std::vector<double> wide(d);
  for (std::size_t i = 0; i < sample; ++i) {
    points.frame_row(frame, i * points.size() / sample, row.data());
    std::copy(row.begin(), row.end(), wide.begin());
    for (std::size_t r = 0; r < p; ++r)
      projected(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(i)) = dot(turned.row(r), wide.data(), d);
  }
  projected.colwise() -= projected.rowwise().mean().eval();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(projected * projected.transpose());
  Directions directions{d, std::vector<double>(p * d, 0)};
  for (std::size_t axis = 0; axis < p; ++axis) {  // eigenvalues ascend
    double* const to = directions.row(axis % subspaces * axes + axis / subspaces);
    for (std::size_t r = 0; r < p; ++r) {
      const double weight =
          solver.eigenvectors()(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(p - 1 - axis));
      for (std::size_t i = 0; i < d; ++i) to[i] += weight * turned.row(r)[i];
    }
  }
  return directions;
}

/// The largest singular value of rows [first, first + count), bounded from above: by the largest sum of a row of their
/// products.
double stretch_of(const Directions& directions, std::size_t first, std::size_t count) {
  double most = 0;
  for (std::size_t a = first; a < first + count; ++a) {
    double sum = 0;
    for (std::size_t b = first; b < first + count; ++b)
      sum += std::abs(dot(directions.row(a), directions.row(b), directions.inputs));
    most = std::max(most, sum);
  }
  return std::sqrt(most) * (1 + 1e-9);
}

template <class Scalar>
Coordinates rotate(const high::Store<Scalar>& points, const SubspaceConfig& config, std::size_t axes) {
  const std::size_t m = config.subspaces, n = points.size(), d = points.dimension();
  const high::Frame frame = points.frame(points);
  const bool random = config.kind == SubspaceKind::random_rotations;
  const Directions directions =
      random ? random_directions(m, axes, d, config.seed) : principal_directions(points, frame, m, axes, config);
  Coordinates coordinates;
  for (std::size_t s = 0; s < m; ++s)
    coordinates.subspaces.push_back({std::vector<double>(n * axes), static_cast<int>(axes)});
  constexpr std::size_t rows_at_once = 256;
  std::vector<double> largest((n + rows_at_once - 1) / rows_at_once, 0);
  config.executor.for_each_chunk(n, rows_at_once, [&](std::size_t first, std::size_t last) {
    std::vector<double> row(d);
    for (std::size_t i = first; i < last; ++i) {
      for (std::size_t axis = 0; axis < d; ++axis)
        row[axis] = (points.coordinate(i, axis) - frame.center[axis]) * frame.scale;
      largest[first / rows_at_once] =
          std::max(largest[first / rows_at_once], std::sqrt(dot(row.data(), row.data(), d)));
      for (std::size_t r = 0; r < m * axes; ++r)
        coordinates.subspaces[r / axes].coordinates[i * axes + r % axes] = dot(directions.row(r), row.data(), d);
    }
  });
  Bound& bound = coordinates.bound;
  bound.sums = !random;
  bound.rotated = true;
  if (random)
    for (std::size_t s = 0; s < m; ++s) bound.stretch = std::max(bound.stretch, stretch_of(directions, s * axes, axes));
  else
    bound.stretch = stretch_of(directions, 0, m * axes);
  bound.stretch *= frame.scale;
  // A sum of d products is off by at most d + 1 roundings of |direction| |row|, the row itself by three.
  const double norm = std::sqrt(dot(directions.rows.data(), directions.rows.data(), directions.rows.size()));
  const double reach = *std::max_element(largest.begin(), largest.end());
  bound.error = 1.01 * unit_roundoff * static_cast<double>(d + 8) * norm * reach + 1e-290;
  return coordinates;
}

/// Of coordinates [begin, end) those in which a sample differs most, at most `axes`, ascending.
template <class Scalar>
std::vector<std::size_t> widest(const high::Store<Scalar>& points, std::size_t begin, std::size_t end,
                                std::size_t axes) {
  const std::size_t sample = std::min(points.size(), largest_sample);
  std::vector<std::pair<double, std::size_t>> spreads;
  std::vector<double> values(sample);
  for (std::size_t axis = begin; axis < end; ++axis) {
    for (std::size_t i = 0; i < sample; ++i) values[i] = points.coordinate(i * points.size() / sample, axis);
    double mean = 0, spread = 0;
    for (const double x : values) mean += x / static_cast<double>(sample);
    for (const double x : values) spread += std::abs(x - mean) / static_cast<double>(sample);
    spreads.emplace_back(-spread, axis);
  }
  std::sort(spreads.begin(), spreads.end());
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < std::min(axes, spreads.size()); ++i) chosen.push_back(spreads[i].second);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::size_t axes_of(const SubspaceConfig& config, std::size_t dimension) {
  if (config.axes != 0) return static_cast<std::size_t>(config.axes);
  if (config.kind == SubspaceKind::dimension_partition)
    return std::min<std::size_t>((dimension + config.subspaces - 1) / config.subspaces, most_qode_axes);
  const std::size_t share = config.kind == SubspaceKind::random_rotations
                                ? dimension
                                : dimension / std::max<std::size_t>(config.subspaces, 1);
  return std::min(usual_axes, share);
}

}  // namespace

double Bound::limit(double key) const noexcept {
  const double most = key * (1 + relative) + absolute;
  if (!rotated) return most;
  const double length = std::sqrt(most) * stretch * (1 + 1e-12) + 2 * error;
  return length * length * (1 + 1e-12);
}

SubspaceRows::SubspaceRows(const Coordinates& coordinates) : begins{0} {
  for (const auto& part : coordinates.subspaces)
    begins.push_back(begins.back() + static_cast<std::size_t>(part.dimension));
  const std::size_t size = coordinates.subspaces.front().size();
  values.resize(size * begins.back());
  for (std::size_t s = 0; s + 1 < begins.size(); ++s) {
    const PointView<double> part = coordinates.subspaces[s];
    for (std::size_t i = 0; i < size; ++i)
      std::copy_n(part.row(i), begins[s + 1] - begins[s], values.data() + i * begins.back() + begins[s]);
  }
}

void check_config(const SubspaceConfig& config, int dimension) {
  check_dimension(dimension);
  const auto d = static_cast<std::size_t>(dimension);
  const auto say = [&](const std::string& what) {
    throw invalid_input(what + ", and the points have " + std::to_string(dimension) + " dimensions");
  };
  PartitionConfig{.levels = config.levels, .mass = config.mass}.validate();
  if (config.subspaces == 0 || config.subspaces > SubspaceConfig::most_subspaces)
    throw invalid_input("subspaces is " + std::to_string(config.subspaces) + ", expected 1 to " +
                        std::to_string(SubspaceConfig::most_subspaces));
  if (config.axes < 0 || config.axes > most_qode_axes)
    throw invalid_input("axes is " + std::to_string(config.axes) + ", expected at most " +
                        std::to_string(most_qode_axes) + ", or 0");
  if (config.kind == SubspaceKind::random_rotations) {
    if (static_cast<std::size_t>(config.axes) > d) say("axes is " + std::to_string(config.axes));
  } else if (std::max<std::size_t>(static_cast<std::size_t>(config.axes), 1) * config.subspaces > d) {
    say(std::to_string(config.subspaces) + " subspaces of " + std::to_string(std::max(config.axes, 1)) +
        " axes were asked for");
  }
  if (config.metric == MetricKind::weighted_l2) throw unsupported("subspace searches know the metrics l2, l1 and linf");
  if (config.metric != MetricKind::l2 && config.kind != SubspaceKind::dimension_partition)
    throw unsupported("rotations keep no distance but l2; other metrics need a partition of coordinates");
}

template <class Scalar>
Coordinates make_coordinates(const high::Store<Scalar>& points, const SubspaceConfig& config) {
  const std::size_t d = points.dimension(), axes = axes_of(config, d);
  Coordinates coordinates;
  if (config.kind != SubspaceKind::dimension_partition) {
    coordinates = rotate(points, config, axes);
  } else {
    coordinates.bound.sums = config.metric != MetricKind::linf;
    for (std::size_t s = 0; s < config.subspaces; ++s) {
      const std::vector<std::size_t> chosen =
          widest(points, s * d / config.subspaces, (s + 1) * d / config.subspaces, axes);
      const std::size_t count = chosen.size();
      Points<double> part{std::vector<double>(points.size() * count), static_cast<int>(count)};
      for (std::size_t i = 0; i < points.size(); ++i)
        for (std::size_t a = 0; a < count; ++a) part.coordinates[i * count + a] = points.coordinate(i, chosen[a]);
      coordinates.subspaces.push_back(std::move(part));
    }
  }
  const auto roundings = static_cast<double>(d + 32);
  coordinates.bound.relative = 4 * roundings * static_cast<double>(std::numeric_limits<Scalar>::epsilon()) + 1e-12;
  coordinates.bound.absolute = 4 * roundings * static_cast<double>(std::numeric_limits<Scalar>::denorm_min());
  return coordinates;
}
template Coordinates make_coordinates(const high::Store<float>&, const SubspaceConfig&);
template Coordinates make_coordinates(const high::Store<double>&, const SubspaceConfig&);

}  // namespace coppice::subspace
