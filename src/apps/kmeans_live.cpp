// k-means over the leaves of an index: its nodes are mirrored with their boxes and sums, its points stay where they
// are.
#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coppice/errors.hpp"
#include "coppice/index/kd_tree/kd_tree.hpp"
#include "coppice/query/plane_tree/view.hpp"
#include "kmeans_prepare.hpp"
#include "kmeans_trees.hpp"

namespace coppice::kmeans {
namespace {

/// A leaf block of an index, or a part of it.
template <class S>
struct BorrowedLeaf {
  const S* coordinates;
  std::size_t stride;
  std::uint32_t begin;  ///< the row of its first point
  std::uint32_t count;
};

/// The nodes of an index: parents before children, siblings together.
template <class S>
struct Outline {
  struct Item {
    std::uint32_t child = 0;
    std::uint32_t children = 0;  ///< 0: a leaf, whose number is `child`
  };
  std::vector<Item> items;
  std::vector<BorrowedLeaf<S>> leaves;
  std::vector<point_id> ids;

  template <class View>
  void walk(const View& view, query::Child at, std::size_t item) {
    if (at.is_leaf) {
      const auto block = view.block(at);
      items[item] = {static_cast<std::uint32_t>(leaves.size()), 0};
      leaves.push_back({block.has_holes() ? without_holes(block, view.stored_dimension()) : block.coordinates,
                        block.stride, static_cast<std::uint32_t>(ids.size()), view.points(at)});
      for (std::uint32_t left = block.taken; left != 0; left &= left - 1)
        ids.push_back(block.ids[static_cast<std::size_t>(std::countr_zero(left))]);
      return;
    }
    const auto& node = view.node(at);
    const int children = view.children(node);
    const std::size_t first = items.size();
    items[item] = {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(children)};
    items.resize(first + static_cast<std::size_t>(children));
    for (int c = 0; c < children; ++c) walk(view, view.child(node, c), first + static_cast<std::size_t>(c));
  }

 private:
  /// A copy of a leaf whose points lie side by side.
  const S* without_holes(const query::LeafBlock<S>& block, int axes) {
    const std::size_t stride = block.stride;
    copies_.push_back(std::make_unique<S[]>(stride * static_cast<std::size_t>(axes)));
    S* const copy = copies_.back().get();
    for (int a = 0; a < axes; ++a) {
      S* to = copy + static_cast<std::size_t>(a) * stride;
      for (std::uint32_t left = block.taken; left != 0; left &= left - 1)
        *to++ = block.eight(a, 0)[std::countr_zero(left)];
    }
    return copy;
  }

  std::vector<std::unique_ptr<S[]>> copies_;
};

template <class S, int Width>
void outline_of(const SearchTarget<S>& target, Outline<S>& outline) {
  const auto& view = *static_cast<const plane_tree::TreeView<S, Width>*>(target.view);
  outline.items.resize(1);
  outline.walk(view, view.root(), 0);
}

/// Requires: a target of a KdTree or of its snapshot, not empty.
template <class S>
Outline<S> outline_of(const SearchTarget<S>& target) {
  Outline<S> outline;
  switch (plane_tree::width_for(target.dimension)) {
    case 2:
      outline_of<S, 2>(target, outline);
      break;
    case 3:
      outline_of<S, 3>(target, outline);
      break;
    case 4:
      outline_of<S, 4>(target, outline);
      break;
    default:
      outline_of<S, 0>(target, outline);
  }
  return outline;
}

template <class S>
class BorrowedRows final : public RowSource {
 public:
  BorrowedRows(const Outline<S>& outline, int dimension) : outline_(outline), dimension_(dimension) {
    for (std::size_t leaf = 0; leaf < outline.leaves.size(); ++leaf)
      for (const auto& last = outline.leaves[leaf]; hints_.size() * hint < last.begin + last.count;)
        hints_.push_back(static_cast<std::uint32_t>(leaf));
  }
  [[nodiscard]] std::size_t size() const override { return outline_.ids.size(); }
  [[nodiscard]] int dimension() const override { return dimension_; }
  void read(std::size_t row, double* x) const override {
    std::size_t leaf = hints_[row / hint];
    while (row >= std::size_t{outline_.leaves[leaf].begin} + outline_.leaves[leaf].count) ++leaf;
    const BorrowedLeaf<S>& from = outline_.leaves[leaf];
    for (int a = 0; a < dimension_; ++a)
      x[a] = static_cast<double>(from.coordinates[static_cast<std::size_t>(a) * from.stride + (row - from.begin)]);
  }

 private:
  static constexpr std::size_t hint = 16;
  const Outline<S>& outline_;
  int dimension_;
  std::vector<std::uint32_t> hints_;  ///< the leaf of every sixteenth row
};

template <class S, int D>
class Borrowed final : public TreeEngine<D> {
 public:
  Borrowed(const Outline<S>& outline, const Frame& frame, std::size_t k, const Executor& executor, bool two_trees)
      : TreeEngine<D>(frame, k, executor, two_trees, 0), outline_(outline) {
    divide(0, executor.is_parallel() ? outline.ids.size() / (16 * static_cast<std::size_t>(executor.threads()))
                                     : ~std::size_t{0});
    executor.for_each_chunk(this->parts_.size(), 1, [&](std::size_t i, std::size_t) { mirror(i); });
    settle(0);
  }

 private:
  [[nodiscard]] std::size_t count_below(std::size_t item) const {
    const auto& at = outline_.items[item];
    if (at.children == 0) return outline_.leaves[at.child].count;
    // Rows are counted along the leaves: from the first below to the last.
    std::size_t first = item, last = item;
    while (outline_.items[first].children != 0) first = outline_.items[first].child;
    while (outline_.items[last].children != 0) last = outline_.items[last].child + outline_.items[last].children - 1;
    const auto& end = outline_.leaves[outline_.items[last].child];
    return end.begin + end.count - outline_.leaves[outline_.items[first].child].begin;
  }

  /// Nodes of up to `most` points become parts; those above stand over them, as binary ones.
  std::size_t divide(std::size_t item, std::size_t most) {
    const std::size_t at = this->top_.size();
    this->top_.push_back({});
    const auto& node = outline_.items[item];
    if (node.children < 2 || count_below(item) <= most) {
      this->top_[at].part = this->parts_.size();
      this->parts_.push_back(std::make_unique<Part<D>>());
      roots_.push_back(item);
      return at;
    }
    std::vector<std::size_t> below;
    for (std::uint32_t c = 0; c < node.children; ++c) below.push_back(divide(node.child + c, most));
    while (below.size() > 2) {  // two by two
      std::vector<std::size_t> pairs;
      for (std::size_t i = 0; i + 1 < below.size(); i += 2) {
        pairs.push_back(this->top_.size());
        this->top_.push_back({{}, {below[i], below[i + 1]}, 0});
      }
      if (below.size() % 2 == 1) pairs.push_back(below.back());
      below = std::move(pairs);
    }
    this->top_[at].children[0] = below[0];
    this->top_[at].children[1] = below[1];
    return at;
  }

  void mirror(std::size_t i) {
    Part<D>& part = *this->parts_[i];
    part.tree.leaf_points = 1;
    part.tree.block = &block;
    part.reserve(64);
    part.tree.used = 1;
    fill(part, 0, roots_[i]);
    part.tree.owner = this;  // nothing grows any more; leaves are looked up
  }

  void fill(Part<D>& part, std::size_t at, std::size_t item) {
    const auto& from = outline_.items[item];
    if (from.children == 0) return fill_leaf(part.nodes[at], from.child);
    const std::uint32_t child = part.tree.used;
    part.tree.used += from.children;
    while (part.tree.used > part.tree.capacity) part.tree.grow(part.tree);
    for (std::uint32_t c = 0; c < from.children; ++c) fill(part, child + c, from.child + c);
    Node<D> node = part.nodes[child];
    for (std::uint32_t c = 1; c < from.children; ++c) join(node, part.nodes[child + c]);
    node.child = child;
    node.children = from.children;
    part.nodes[at] = node;
  }
  static void join(Node<D>& node, const Node<D>& other) {
    for (int a = 0; a < D; ++a) {
      node.lower[a] = std::min(node.lower[a], other.lower[a]);
      node.upper[a] = std::max(node.upper[a], other.upper[a]);
      node.sum[a] += other.sum[a];
    }
    node.count += other.count;
  }
  void fill_leaf(Node<D>& node, std::uint32_t number) const {
    const BorrowedLeaf<S>& leaf = outline_.leaves[number];
    const Grid grid = this->frame_.grid();
    node = {};
    for (int a = 0; a < this->frame_.dimension(); ++a) {
      const S* const x = leaf.coordinates + static_cast<std::size_t>(a) * leaf.stride;
      node.lower[a] = node.upper[a] = static_cast<double>(x[0]);
      for (std::uint32_t i = 0; i < leaf.count; ++i) {
        const auto coordinate = static_cast<double>(x[i]);
        node.lower[a] = std::min(node.lower[a], coordinate);
        node.upper[a] = std::max(node.upper[a], coordinate);
        node.sum[a] += rounded((coordinate - grid.origin[a]) * grid.scale[a]);
      }
    }
    node.begin = leaf.begin;
    node.count = leaf.count;
    node.child = leaf_node;
    node.children = number;
  }
  /// The boxes above the parts.
  void settle(std::size_t at) {
    TopNode<D>& top = this->top_[at];
    if (top.children[0] == 0) {
      top.node = this->parts_[top.part]->nodes[0];
      return;
    }
    settle(top.children[0]);
    settle(top.children[1]);
    top.node = this->top_[top.children[0]].node;
    join(top.node, this->top_[top.children[1]].node);
  }

  static Block block(const Tree<D>& tree, const Node<D>& node, double* scratch) {
    const auto& self = *static_cast<const Borrowed*>(tree.owner);
    const BorrowedLeaf<S>& leaf = self.outline_.leaves[node.children];
    const int d = self.frame_.dimension();
    if constexpr (sizeof(S) == sizeof(double))
      if (d == D) return {leaf.coordinates, leaf.stride};
    for (int a = 0; a < D; ++a)
      for (std::uint32_t i = 0; i < (leaf.count + 7) / 8 * 8; ++i)
        scratch[a * 64 + static_cast<int>(i)] =
            a < d && i < leaf.count
                ? static_cast<double>(leaf.coordinates[static_cast<std::size_t>(a) * leaf.stride + i])
                : 0;
    return {scratch, 64};
  }

  const Outline<S>& outline_;
  std::vector<std::size_t> roots_;
};

template <class S>
std::unique_ptr<Engine> borrow(const Outline<S>& outline, const Frame& frame, std::size_t k, const Executor& executor,
                               bool two_trees) {
  switch (tree_width(frame.dimension())) {
    case 2:
      return std::make_unique<Borrowed<S, 2>>(outline, frame, k, executor, two_trees);
    case 3:
      return std::make_unique<Borrowed<S, 3>>(outline, frame, k, executor, two_trees);
    case 4:
      return std::make_unique<Borrowed<S, 4>>(outline, frame, k, executor, two_trees);
    default:
      return std::make_unique<Borrowed<S, 8>>(outline, frame, k, executor, two_trees);
  }
}

template <class S>
Frame frame_of(const Outline<S>& outline, int dimension) {
  const auto d = static_cast<std::size_t>(dimension);
  std::vector<double> lower(d, std::numeric_limits<double>::infinity()), upper(d, -lower[0]);
  for (const BorrowedLeaf<S>& leaf : outline.leaves)
    for (std::size_t a = 0; a < d; ++a)
      for (std::uint32_t i = 0; i < leaf.count; ++i) {
        const auto x = static_cast<double>(leaf.coordinates[a * leaf.stride + i]);
        lower[a] = std::min(lower[a], x);
        upper[a] = std::max(upper[a], x);
      }
  return {std::move(lower), std::move(upper), static_cast<double>(outline.ids.size()), 1};
}

template <class S>
Best<S> fit_target(const typename KMeans<S>::Config& config, const SearchTarget<S>& target) {
  if (target.size == 0) throw invalid_input("found no points, expected at least k");
  if (target.periodic->is_periodic())
    throw unsupported("k-means of a periodic index: means of coordinates that wrap are not defined");
  if (target.dimension > most_tree_axes)
    throw unsupported("k-means over an index takes up to 8 axes, found " + std::to_string(target.dimension) +
                      "; fit takes points of any number");
  const KMeansMethod method = config.method == KMeansMethod::automatic ? KMeansMethod::filtering : config.method;
  if (method != KMeansMethod::filtering && method != KMeansMethod::two_trees)
    throw unsupported(std::string(kmeans_method_name(method)) +
                      " does not work over an index; filtering and two-trees do");
  check_start<S>(config, target.dimension);
  const Outline<S> outline = outline_of(target);
  const BorrowedRows<S> rows(outline, target.dimension);
  check_distinct(rows, config.k);
  const Frame frame = frame_of(outline, target.dimension);
  const auto engine = borrow(outline, frame, config.k, config.executor, method == KMeansMethod::two_trees);
  const Course course =
      course_of(rows, frame, {}, config.k, config.iterations, config.tolerance, config.executor, to_scalar<S>);
  Best<S> best;
  for (int restart = 0; restart < config.restarts; ++restart) {
    Found found = run(course, *engine, start_of<S>(config, rows, {}, {}, restart));
    best.offer(found, sum_of_squares(rows, found.centers, found.labels.data(), config.executor), target.dimension,
               method);
  }
  best.clustering.ids = outline.ids;
  return best;
}

}  // namespace

}  // namespace coppice::kmeans

namespace coppice {

template <class Scalar>
Clustering<Scalar> KMeans<Scalar>::fit(const KdTree<Scalar>& index) {
  auto best = kmeans::fit_target<Scalar>(config_, index.search_target());
  centers_ = best.clustering.centers;
  weights_ = std::move(best.weights);
  return std::move(best.clustering);
}
template <class Scalar>
Clustering<Scalar> KMeans<Scalar>::fit(const TreeSnapshot<KdTree<Scalar>, Scalar>& index) {
  auto best = kmeans::fit_target<Scalar>(config_, index.search_target());
  centers_ = best.clustering.centers;
  weights_ = std::move(best.weights);
  return std::move(best.clustering);
}

#define COPPICE_INSTANTIATE(Scalar)                                       \
  template Clustering<Scalar> KMeans<Scalar>::fit(const KdTree<Scalar>&); \
  template Clustering<Scalar> KMeans<Scalar>::fit(const TreeSnapshot<KdTree<Scalar>, Scalar>&);
COPPICE_INSTANTIATE(float)
COPPICE_INSTANTIATE(double)
#undef COPPICE_INSTANTIATE

}  // namespace coppice
