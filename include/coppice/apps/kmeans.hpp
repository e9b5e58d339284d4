// KMeans: k centers that the points of a set gather around. Every method gives the answer of Lloyd's algorithm bit for
// bit; they differ in what they leave out. The fast one in few dimensions sends points down a k-d tree that is split
// only where it must be (filtering; Kanungo et al. 2002); the two trees, over points and over centers, of which the
// paper on UnIS speaks (section IX-E) are there too, made exact. Background: docs/design/kmeans.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "coppice/geometry/point_view.hpp"
#include "coppice/parallel/executor.hpp"

namespace coppice {

template <class Scalar>
class KdTree;
template <class Index, class Scalar>
class TreeSnapshot;

/// How a point finds its center. The answer never depends on it.
enum class KMeansMethod {
  automatic,  ///< by the number of points, of centers and of axes
  lloyd,      ///< every center for every point, 32 points at a time in registers
  elkan,      ///< a lower bound for every pair of a point and a center (Elkan 2003): n · k floats
  hamerly,    ///< one lower bound a point (Hamerly 2010)
  filtering,  ///< a k-d tree over the points, up to 8 axes
  two_trees   ///< and a tree over the centers, which every node asks for those within its reach; up to 8 axes
};
/// `automatic`, `lloyd`, `elkan`, `hamerly`, `filtering`, `two-trees`.
[[nodiscard]] std::string_view kmeans_method_name(KMeansMethod method) noexcept;
/// Errors: invalid_input for another name, listing these.
[[nodiscard]] KMeansMethod kmeans_method(std::string_view name);

/// Where the centers start.
enum class KMeansInit {
  plus_plus,  ///< points, each with a probability proportional to the squared distance from those before it
  random,     ///< distinct rows, all equally likely
  given       ///< Config::centers
};

/// A clustering of n points of d axes.
template <class Scalar>
struct Clustering {
  Points<Scalar> centers;            ///< k × d
  std::vector<std::int32_t> labels;  ///< of every row the nearest of `centers`, the lower one where two are
  std::vector<point_id> ids;         ///< of every row, where the points came from an index; else empty
  double sse = 0;                    ///< the sum of (weighted) squared distances to it
  int iterations = 0;                ///< how often centers were moved
  bool converged = false;            ///< whether they moved no more than the tolerance, or not at all
  KMeansMethod method{};             ///< the one used
};

/// A set of points replaced by fewer, weighted ones, and what that costs.
template <class Scalar>
struct Simplified {
  Points<Scalar> points;             ///< k × d, the centroids
  std::vector<double> weights;       ///< k, the weight of the points that each stands for
  std::vector<std::int32_t> labels;  ///< of every row the centroid that stands for it
  double sse = 0;                    ///< the sum of (weighted) squared displacements
  double mean_displacement = 0;      ///< the (weighted) mean distance from a point to its centroid
  double largest_displacement = 0;
};

/// `Scalar` is float or double; distances and sums are computed in double, centers are numbers of `Scalar`.
///
/// Exactness: a point belongs to the center of least Σ (x − c)², taken in double in the order of the axes with every
/// product and sum rounded; of two equal ones to the lower. A center moves to the mean of its points, whose sum is
/// taken in 64-bit integers: coordinates as multiples of a step that is a power of two, about 2^−42 of the axis' range
/// at a million points (2^−50 at few). Integers add up to the same number in any order, so centers, labels, sse and the
/// number of iterations are the same for every method, instruction set and number of threads. A coordinate thus counts
/// with an error of half a step; one outlier 10^12 times farther away than all other points widens the step for them.
/// An axis of a range below 1e-270 counts as constant.
///
/// An empty cluster (as in scikit-learn): of the points, the farthest from their centers, by (distance, row) as many as
/// clusters are empty, become centers of these in order, and leave the mean of their old ones.
///
/// Limits: 2^30 points, k < 2^24, coordinates as in check_points. Thread safety: concurrent const calls.
/// Complexity of an iteration: O(n · k · d) for lloyd; filtering in few dimensions about O(k · log n) above the points
/// at borders between clusters.
template <class Scalar>
class KMeans {
 public:
  struct Config {
    std::size_t k = 8;                        ///< centers
    KMeansInit init = KMeansInit::plus_plus;  ///< where they start
    Points<Scalar> centers{};                 ///< k × d, with KMeansInit::given alone
    int iterations = 300;                     ///< at most; 0 only labels
    double tolerance = 1e-4;  ///< stop when Σ |move of a center|² ≤ tolerance · mean variance of an axis
    int restarts = 1;         ///< starts, of which the one of least sse is kept; not with `given`
    std::uint64_t seed = 1;   ///< of the start
    KMeansMethod method = KMeansMethod::automatic;  ///< how points find centers
    Executor executor{};                            ///< where the work runs

    /// Errors: invalid_input that names the field.
    void check() const;
  };

  /// Errors: invalid_input for a bad Config.
  explicit KMeans(Config config);
  [[nodiscard]] const Config& config() const noexcept { return config_; }

  /// Clusters the points. `weights`, one a row where there are any: positive, the least at least 2^−40 of their sum;
  /// they count exactly when they are whole and their sum is below 2^50, else to 2^−50 of their sum.
  /// Errors: invalid_input for fewer distinct points than k, for what check_points refuses, bad weights, or centers of
  /// another shape; unsupported for filtering or two_trees above 8 axes.
  [[nodiscard]] Clustering<Scalar> fit(PointView<Scalar> points, std::span<const double> weights = {});
  /// Clusters what an index holds, over its own leaves and without copying them: rows are in storage order, `ids` names
  /// them. Methods: filtering (automatic) or two_trees. Errors: as above, and unsupported for periodic indexes, more
  /// than 8 axes and other methods. Requires: the index does not change meanwhile.
  [[nodiscard]] Clustering<Scalar> fit(const KdTree<Scalar>& index);
  [[nodiscard]] Clustering<Scalar> fit(const TreeSnapshot<KdTree<Scalar>, Scalar>& index);

  /// Moves the centers by a batch of a stream, without the points before it (Sculley 2010, a batch at a time): points
  /// go to their nearest centers, and center c, which stood for weight W, moves by (m − c) · w / (W + w) towards the
  /// mean m of the w that it got. The first batch only gives the start (seeded as Config says, all weights 0), so it
  /// needs k distinct points. After `fit`, W is the weight of each cluster. Returns the batch's sse before the move.
  double partial_fit(PointView<Scalar> points, std::span<const double> weights = {});

  /// The nearest of the centers found last, a row each. Errors: invalid_input when there are none yet.
  [[nodiscard]] std::vector<std::int32_t> predict(PointView<Scalar> points) const;
  /// The centers found last; empty before.
  [[nodiscard]] const Points<Scalar>& centers() const noexcept { return centers_; }
  /// What each stands for.
  [[nodiscard]] const std::vector<double>& cluster_weights() const noexcept { return weights_; }

  /// Replaces points by k weighted ones, the centroids of a clustering, and says how far that moves them. Where the
  /// clustering is wanted, too, it goes to `clustering`.
  [[nodiscard]] Simplified<Scalar> simplify(PointView<Scalar> points, std::span<const double> weights = {},
                                            Clustering<Scalar>* clustering = nullptr);

 private:
  Config config_;
  Points<Scalar> centers_;
  std::vector<double> weights_;
};

}  // namespace coppice
