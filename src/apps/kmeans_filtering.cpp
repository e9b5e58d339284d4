// Filtering over a tree that is planted from the caller's rows: the root is cut while rows become columns, and with
// several threads a few levels more, so that each has parts of its own.
#include "coppice/errors.hpp"
#include "kmeans_trees.hpp"

namespace coppice::kmeans {
namespace {

constexpr std::uint32_t leaf_points = 32;
/// A node with fewer points · candidates is finished point by point.
constexpr std::uint32_t small_work = 1536;
constexpr std::size_t chunk_rows = std::size_t{1} << 15;

template <class S, int D>
class Planted final : public TreeEngine<D> {
  using Base = TreeEngine<D>;
  using Base::parts_;
  using Base::top_;

 public:
  Planted(const Problem<S>& problem, std::size_t k, bool two_trees)
      : Base(problem.frame, k, problem.executor, two_trees, small_work),
        problem_(problem),
        n_(static_cast<std::uint32_t>(problem.points.size())),
        stride_((std::size_t{n_} + 16 + 7) / 8 * 8),
        coordinates_(stride_ * D),
        rows_(stride_) {
    if (!problem.weights.empty()) weights_ = storage::RawArray<double>(stride_);
    top_.push_back({});
    plant();
    // Sixteen parts a thread or more, so that none waits for the last one.
    if (problem.executor.is_parallel())
      for (int parts = 2; parts < 16 * problem.executor.threads(); parts *= 2) divide();
  }

 private:
  Tree<D> empty_tree() {
    Tree<D> tree{};
    tree.coordinates = coordinates_.get();
    tree.stride = stride_;
    tree.rows = rows_.get();
    tree.weights = weights_.get();
    tree.leaf_points = leaf_points;
    return tree;
  }

  void plant() {
    const Frame& frame = problem_.frame;
    Planting<D> whole{};
    whole.rows = problem_.points.row(0);
    whole.is_float = sizeof(S) == sizeof(float);
    whole.stride = problem_.points.stride();
    whole.dimension = frame.dimension();
    whole.weights = problem_.weights.empty() ? nullptr : problem_.weights.data();
    for (int a = 1; a < whole.dimension; ++a)
      if (frame.upper(a) - frame.lower(a) > frame.upper(whole.axis) - frame.lower(whole.axis)) whole.axis = a;
    whole.pivot = pivot(whole.axis);
    // Where each chunk's points go is counted first.
    const std::size_t chunks = this->executor_.is_parallel() ? (n_ + chunk_rows - 1) / chunk_rows : 1;
    const std::size_t grain = chunks == 1 ? n_ : chunk_rows;
    std::vector<Planting<D>> pieces(chunks, whole);
    const auto& kernel = kernels().trees<D>();
    this->executor_.for_each_chunk(n_, grain, [&](std::size_t first, std::size_t last) {
      Planting<D>& piece = pieces[first / grain];
      piece.first = first;
      piece.last = last;
      if (chunks > 1) piece.left = kernel.count_left(piece);
    });
    std::uint32_t left = 0, right = n_;
    for (Planting<D>& piece : pieces) {
      const std::uint32_t goes_left = piece.left;
      piece.left = left;
      piece.right = right;
      left += goes_left;
      right -= static_cast<std::uint32_t>(piece.last - piece.first) - goes_left;
    }
    Tree<D> tree = empty_tree();
    this->executor_.for_each_chunk(
        n_, grain, [&](std::size_t first, std::size_t) { kernel.plant(pieces[first / grain], tree, frame.grid()); });
    join(pieces, tree);
  }

  void join(const std::vector<Planting<D>>& pieces, const Tree<D>& tree) {
    Node<D> sides[2];
    std::int64_t weights[2] = {};
    for (int side = 0; side < 2; ++side) {
      Node<D>& node = sides[side] = pieces.front().sides[side];
      for (std::size_t i = 1; i < pieces.size(); ++i)
        for (int a = 0; a < D; ++a) {
          const Node<D>& other = pieces[i].sides[side];
          node.lower[a] = std::min(node.lower[a], other.lower[a]);
          node.upper[a] = std::max(node.upper[a], other.upper[a]);
          node.sum[a] += other.sum[a];
        }
      for (const Planting<D>& piece : pieces) weights[side] += piece.side_weights[side];
    }
    const std::uint32_t split = pieces.back().left;  // the last one's left points end where the right ones begin
    sides[0].begin = 0;
    sides[0].count = split;
    sides[1].begin = split;
    sides[1].count = n_ - split;
    for (Node<D>& side : sides) seal(side);
    auto part = std::make_unique<Part<D>>();
    part->tree = tree;
    part->reserve(4096);
    if (sides[1].count == 0) {  // all points are equal, or few
      part->nodes[0] = sides[0];
      if (tree.weights != nullptr) part->node_weights[0] = weights[0];
      part->tree.used = 1;
    } else {
      Node<D>& root = part->nodes[0];
      for (int a = 0; a < D; ++a) {
        root.lower[a] = std::min(sides[0].lower[a], sides[1].lower[a]);
        root.upper[a] = std::max(sides[0].upper[a], sides[1].upper[a]);
        root.sum[a] = sides[0].sum[a] + sides[1].sum[a];
      }
      root.begin = 0;
      root.count = n_;
      root.child = 1;
      root.children = 2;
      for (std::size_t side = 0; side < 2; ++side) part->nodes[1 + side] = sides[side];
      if (tree.weights != nullptr)
        part->node_weights[0] = weights[0] + weights[1], part->node_weights[1] = weights[0],
        part->node_weights[2] = weights[1];
      part->tree.used = 3;
    }
    top_[0].node = part->nodes[0];
    parts_.push_back(std::move(part));
  }

  static void seal(Node<D>& node) {
    bool flat = true;
    for (int a = 0; a < D; ++a) flat &= !(node.upper[a] > node.lower[a]);
    node.child = node.count <= leaf_points || flat ? leaf_node : unsplit_node;
    node.children = 0;
  }

  /// Cuts every part in two. Requires: no part has grandchildren.
  void divide() {
    const std::size_t before = parts_.size();
    const auto& kernel = kernels().trees<D>();
    this->executor_.for_each_chunk(before, 1, [&](std::size_t i, std::size_t) {
      Tree<D>& tree = parts_[i]->tree;
      if (tree.nodes[0].child == unsplit_node) kernel.split(tree, 0, problem_.frame.grid());
    });
    for (std::size_t t = 0, top_before = top_.size(); t < top_before; ++t) {
      if (top_[t].children[0] != 0) continue;
      const std::size_t at = top_[t].part;
      if (parts_[at]->tree.nodes[0].children == 0) continue;  // a leaf stays as it is
      const std::unique_ptr<Part<D>> parent = std::move(parts_[at]);
      for (std::size_t side = 0; side < 2; ++side) {
        auto part = std::make_unique<Part<D>>();
        part->tree = empty_tree();
        part->reserve(1024);
        part->nodes[0] = parent->nodes[1 + side];
        if (part->tree.weights != nullptr) part->node_weights[0] = parent->node_weights[1 + side];
        part->tree.used = 1;
        top_[t].children[side] = top_.size();
        top_.push_back({part->nodes[0], {}, side == 0 ? at : parts_.size()});
        if (side == 0)
          parts_[at] = std::move(part);
        else
          parts_.push_back(std::move(part));
      }
    }
  }

  /// About the median along the widest axis; where it cannot be cut, infinity: all points go left.
  double pivot(int axis) const {
    const double lower = problem_.frame.lower(axis), upper = problem_.frame.upper(axis);
    if (n_ <= leaf_points || !(upper > lower)) return std::numeric_limits<double>::infinity();
    std::vector<double> sample;
    const std::size_t step = std::max<std::size_t>(1, n_ / 127);
    for (std::size_t i = 0; i < n_; i += step) sample.push_back(static_cast<double>(problem_.points.row(i)[axis]));
    const auto middle = sample.begin() + static_cast<std::ptrdiff_t>(sample.size() / 2);
    std::nth_element(sample.begin(), middle, sample.end());
    double cut = *middle;
    if (!(cut > lower)) cut = lower + (upper - lower) / 2;
    return cut > lower ? cut : upper;
  }

  Problem<S> problem_;
  std::uint32_t n_;
  std::size_t stride_;
  storage::RawArray<double> coordinates_, weights_;
  storage::RawArray<std::uint32_t> rows_;
};

}  // namespace

template <class S>
std::unique_ptr<Engine> make_filtering(const Problem<S>& problem, std::size_t k, bool two_trees) {
  switch (tree_width(problem.points.dimension())) {
    case 2:
      return std::make_unique<Planted<S, 2>>(problem, k, two_trees);
    case 3:
      return std::make_unique<Planted<S, 3>>(problem, k, two_trees);
    case 4:
      return std::make_unique<Planted<S, 4>>(problem, k, two_trees);
    default:
      return std::make_unique<Planted<S, 8>>(problem, k, two_trees);
  }
}
template std::unique_ptr<Engine> make_filtering(const Problem<float>&, std::size_t, bool);
template std::unique_ptr<Engine> make_filtering(const Problem<double>&, std::size_t, bool);

}  // namespace coppice::kmeans
