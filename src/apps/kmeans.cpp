// KMeans: checks, the frame of the points, the choice of a method, and restarts.
#include "coppice/apps/kmeans.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "coppice/errors.hpp"
#include "coppice/geometry/morton.hpp"
#include "kmeans_prepare.hpp"
#include "kmeans_trees.hpp"

namespace coppice {
namespace {

constexpr std::array<std::string_view, 6> method_names{"automatic", "lloyd",     "elkan",
                                                       "hamerly",   "filtering", "two-trees"};
constexpr std::size_t most_centers = std::size_t{1} << 24;

}  // namespace

std::string_view kmeans_method_name(KMeansMethod method) noexcept {
  return method_names[static_cast<std::size_t>(method)];
}

KMeansMethod kmeans_method(std::string_view name) {
  for (std::size_t i = 0; i < method_names.size(); ++i)
    if (method_names[i] == name) return static_cast<KMeansMethod>(i);
  std::string known;
  for (const std::string_view each : method_names) known += (known.empty() ? "" : ", ") + std::string(each);
  throw invalid_input("method is '" + std::string(name) + "'; expected one of " + known);
}

template <class Scalar>
void KMeans<Scalar>::Config::check() const {
  if (k < 1 || k >= most_centers)
    throw invalid_input("k is " + std::to_string(k) + "; expected 1 … " + std::to_string(most_centers - 1));
  if (iterations < 0) throw invalid_input("iterations is " + std::to_string(iterations) + "; expected 0 or more");
  if (!(tolerance >= 0 && tolerance <= 1e300))
    throw invalid_input("tolerance is " + std::to_string(tolerance) + "; expected 0 or more");
  if (restarts < 1) throw invalid_input("restarts is " + std::to_string(restarts) + "; expected 1 or more");
  if (init != KMeansInit::given) {
    if (!centers.coordinates.empty()) throw invalid_input("centers are given, but init is not KMeansInit::given");
    return;
  }
  if (restarts != 1) throw invalid_input("restarts is " + std::to_string(restarts) + "; expected 1 with given centers");
  if (centers.size() != k || centers.coordinates.size() != k * static_cast<std::size_t>(centers.dimension))
    throw invalid_input("centers: found " + std::to_string(centers.size()) +
                        " rows, expected k = " + std::to_string(k));
}

namespace kmeans {
namespace {

/// Trees pay in few dimensions and with enough points, bounds where distances are dear; ./bench/run kmeans compares.
KMeansMethod chosen(KMeansMethod asked, std::size_t n, std::size_t k, int dimension) {
  if (asked != KMeansMethod::automatic) return asked;
  if (dimension <= most_tree_axes && n * k >= 200'000) return KMeansMethod::filtering;
  if (dimension <= most_tree_axes || k <= 4) return KMeansMethod::lloyd;
  const bool fits = n * k <= (std::size_t{1} << 28);  // elkan's bounds, in floats: 1 GiB
  return dimension >= 64 && fits ? KMeansMethod::elkan : KMeansMethod::hamerly;
}

template <class S>
std::unique_ptr<Engine> make_engine(const Problem<S>& problem, std::size_t k, KMeansMethod method) {
  switch (method) {
    case KMeansMethod::elkan:
      return make_elkan(problem, k);
    case KMeansMethod::hamerly:
      return make_hamerly(problem, k);
    case KMeansMethod::filtering:
    case KMeansMethod::two_trees:
      if (problem.points.dimension() > most_tree_axes)
        throw unsupported(std::string(kmeans_method_name(method)) + " takes up to 8 axes, found " +
                          std::to_string(problem.points.dimension()) + "; lloyd, hamerly and elkan take more");
      return make_filtering(problem, k, method == KMeansMethod::two_trees);
    default:
      return make_lloyd(problem, k);
  }
}

}  // namespace
}  // namespace kmeans

template <class Scalar>
KMeans<Scalar>::KMeans(Config config) : config_(std::move(config)) {
  config_.check();
}

template <class Scalar>
Clustering<Scalar> KMeans<Scalar>::fit(PointView<Scalar> points, std::span<const double> weights) {
  using namespace kmeans;
  const Prepared<Scalar> prepared(points, weights, config_.executor);
  const Problem<Scalar> problem = prepared.problem();
  check_start<Scalar>(config_, points.dimension());
  const ViewRows<Scalar> rows(points);
  check_distinct(rows, config_.k);
  const KMeansMethod method = chosen(config_.method, points.size(), config_.k, points.dimension());
  const std::unique_ptr<Engine> engine = make_engine(problem, config_.k, method);
  const Course course = course_of(rows, problem.frame, problem.weights, config_.k, config_.iterations,
                                  config_.tolerance, config_.executor, to_scalar<Scalar>);
  Best<Scalar> best;
  for (int restart = 0; restart < config_.restarts; ++restart) {
    const bool along_curve = config_.init == KMeansInit::plus_plus;
    Found found = run(course, *engine,
                      start_of<Scalar>(config_, rows, along_curve ? morton_order(points) : std::vector<std::uint32_t>(),
                                       problem.weights, restart));
    best.offer(found, sum_of_squares(problem, found.centers, found.labels.data()), points.dimension(), method);
  }
  weights_ = std::move(best.weights);
  for (double& weight : weights_) weight *= problem.weight_unit;
  centers_ = best.clustering.centers;
  return std::move(best.clustering);
}

template <class Scalar>
std::vector<std::int32_t> KMeans<Scalar>::predict(PointView<Scalar> points) const {
  using namespace kmeans;
  if (centers_.coordinates.empty()) throw invalid_input("predict: there are no centers yet; expected fit before");
  check_points(points, centers_.dimension);
  std::vector<std::int32_t> labels(points.size());
  if (points.empty()) return labels;
  const Prepared<Scalar> prepared(points, {}, config_.executor);
  const KMeansMethod method = chosen(KMeansMethod::automatic, points.size(), config_.k, points.dimension());
  const std::unique_ptr<Engine> engine = make_engine(prepared.problem(), config_.k, method);
  Sums sums(config_.k, points.dimension());
  const std::vector<double> centers(centers_.coordinates.begin(), centers_.coordinates.end());
  engine->assign(centers, sums, labels.data());
  return labels;
}

template <class Scalar>
double KMeans<Scalar>::partial_fit(PointView<Scalar> points, std::span<const double> weights) {
  using namespace kmeans;
  const Prepared<Scalar> prepared(points, weights, config_.executor);
  const Problem<Scalar> problem = prepared.problem();
  const bool first = centers_.coordinates.empty();
  std::vector<double> centers(centers_.coordinates.begin(), centers_.coordinates.end());
  if (first) {
    check_start<Scalar>(config_, points.dimension());
    const ViewRows<Scalar> rows(points);
    if (config_.init != KMeansInit::given) check_distinct(rows, config_.k);
    const bool along_curve = config_.init == KMeansInit::plus_plus;
    centers = start_of<Scalar>(config_, rows, along_curve ? morton_order(points) : std::vector<std::uint32_t>(),
                               problem.weights, 0);
  } else if (points.dimension() != centers_.dimension) {
    throw invalid_input("the batch has " + std::to_string(points.dimension()) +
                        " axes, expected as many as the centers: " + std::to_string(centers_.dimension));
  }
  const KMeansMethod method = chosen(config_.method, points.size(), config_.k, points.dimension());
  const std::unique_ptr<Engine> engine = make_engine(problem, config_.k, method);
  Sums sums(config_.k, points.dimension());
  std::vector<std::int32_t> labels(points.size());
  engine->assign(centers, sums, labels.data());
  const double sse = sum_of_squares(problem, centers, labels.data());
  const auto d = static_cast<std::size_t>(points.dimension());
  if (first) weights_.assign(config_.k, 0.0);
  for (std::size_t j = 0; j < config_.k; ++j) {
    if (sums.weights[j] == 0) continue;
    const double got = static_cast<double>(sums.weights[j]) * problem.weight_unit;
    weights_[j] += got;
    for (std::size_t a = 0; a < d; ++a) {
      const double mean = problem.frame.mean(static_cast<int>(a), sums.places[j * d + a], sums.weights[j]);
      double& center = centers[j * d + a];
      center = weights_[j] == got ? mean : center + (mean - center) * (got / weights_[j]);
    }
  }
  centers_ = to_points<Scalar>(centers, points.dimension());
  return sse;
}

template <class Scalar>
Simplified<Scalar> KMeans<Scalar>::simplify(PointView<Scalar> points, std::span<const double> weights,
                                            Clustering<Scalar>* clustering) {
  Clustering<Scalar> found = fit(points, weights);
  if (clustering != nullptr) *clustering = found;
  Simplified<Scalar> result{std::move(found.centers), weights_, std::move(found.labels), found.sse, 0, 0};
  double total = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto center = result.points.view()[static_cast<std::size_t>(result.labels[i])];
    const std::vector<double> c(center.begin(), center.end());
    const double moved = std::sqrt(kmeans::squared_distance(points.row(i), c.data(), points.dimension()));
    const double weight = weights.empty() ? 1 : weights[i];
    total += weight;
    result.mean_displacement += weight * moved;
    result.largest_displacement = std::max(result.largest_displacement, moved);
  }
  result.mean_displacement /= total;
  return result;
}

template class KMeans<float>;
template class KMeans<double>;

}  // namespace coppice
