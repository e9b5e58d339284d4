// The balanced multi-way k-d tree as the paper's baseline has it: axes take turns, and every level sorts its points to
// find its pivots. A batch goes down by the pivots; a node of which one child holds more than its share is sorted anew
// as a whole. Points lie in their leaves, and searches prune by tight boxes, depth-first and the nearest child first.
#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <utility>

#include "tasks/multiway/contestants.hpp"

namespace coppice::bench {
namespace {

template <int T>
class SortedLevels : public MultiwayContestant {
 public:
  void build(PointView<Real> points) override {
    std::vector<Item> items(points.size());
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = item(points.row(i), static_cast<point_id>(i));
    root_ = make(items.data(), items.data() + items.size(), 0);
  }
  bool insert(PointView<Real> points, point_id first) override {
    std::vector<Item> items(points.size());
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = item(points.row(i), first + static_cast<point_id>(i));
    take_in(root_, items, 0);
    return true;
  }
  void nearest(const Real* query, std::size_t k, std::vector<point_id>& ids) override {
    best_.clear();
    look(*root_, query, k);
    for (const auto& [key, id] : best_) ids.push_back(id);
  }
  void within(const Real* query, Real radius, std::vector<point_id>& ids) override {
    gather(*root_, query, radius * radius, ids);
  }

 private:
  static constexpr std::size_t capacity = 32;
  static constexpr double omega = 0.75;
  struct Item {
    std::array<Real, dimension> x;
    point_id id;
  };
  struct Node {
    std::array<Real, dimension> lower, upper;
    std::size_t count = 0;
    std::vector<Real> pivots;
    std::vector<std::unique_ptr<Node>> children;
    std::vector<Item> items;  // of a leaf
  };
  using NodePtr = std::unique_ptr<Node>;

  static Item item(const Real* point, point_id id) {
    Item made;
    std::copy_n(point, dimension, made.x.begin());
    made.id = id;
    return made;
  }

  static void widen(Node& node, const Item* first, const Item* last) {
    for (; first != last; ++first)
      for (std::size_t a = 0; a < dimension; ++a) {
        node.lower[a] = std::min(node.lower[a], first->x[a]);
        node.upper[a] = std::max(node.upper[a], first->x[a]);
      }
  }

  static NodePtr make(Item* first, Item* last, int depth) {
    auto node = std::make_unique<Node>();
    node->lower.fill(std::numeric_limits<Real>::infinity());
    node->upper.fill(-std::numeric_limits<Real>::infinity());
    node->count = static_cast<std::size_t>(last - first);
    if (node->count <= capacity || depth > 200) {
      node->items.assign(first, last);
      widen(*node, first, last);
      return node;
    }
    const auto axis = static_cast<std::size_t>(depth % dimension);
    std::sort(first, last, [axis](const Item& a, const Item& b) { return a.x[axis] < b.x[axis]; });
    Item* begin = first;
    for (int i = 1; i <= T; ++i) {
      Item* end = i == T ? last : first + node->count * static_cast<std::size_t>(i) / T;
      // Equal keys stay together, so that pivots lead to them.
      while (end > begin && end < last && end->x[axis] == (end - 1)->x[axis]) ++end;
      if (end <= begin) continue;
      if (begin != first) node->pivots.push_back(begin->x[axis]);
      node->children.push_back(make(begin, end, depth + 1));
      for (std::size_t a = 0; a < dimension; ++a) {
        node->lower[a] = std::min(node->lower[a], node->children.back()->lower[a]);
        node->upper[a] = std::max(node->upper[a], node->children.back()->upper[a]);
      }
      begin = end;
    }
    return node;
  }

  static void collect(Node& node, std::vector<Item>& items) {
    items.insert(items.end(), node.items.begin(), node.items.end());
    for (NodePtr& child : node.children) collect(*child, items);
  }

  static void take_in(NodePtr& node, std::vector<Item>& items, int depth) {
    widen(*node, items.data(), items.data() + items.size());
    node->count += items.size();
    if (node->children.empty()) {
      node->items.insert(node->items.end(), items.begin(), items.end());
      if (node->count > capacity) node = make(node->items.data(), node->items.data() + node->items.size(), depth);
      return;
    }
    const auto axis = static_cast<std::size_t>(depth % dimension);
    std::vector<std::vector<Item>> parts(node->children.size());
    for (const Item& i : items)
      parts[static_cast<std::size_t>(std::upper_bound(node->pivots.begin(), node->pivots.end(), i.x[axis]) -
                                     node->pivots.begin())]
          .push_back(i);
    const double share = 2 * omega * static_cast<double>(node->count) / static_cast<double>(parts.size());
    for (std::size_t c = 0; c < parts.size(); ++c)
      if (parts.size() > 1 && static_cast<double>(node->children[c]->count + parts[c].size()) > share) {
        collect(*node, items);
        node = make(items.data(), items.data() + items.size(), depth);
        return;
      }
    for (std::size_t c = 0; c < parts.size(); ++c)
      if (!parts[c].empty()) take_in(node->children[c], parts[c], depth + 1);
  }

  static Real key(const Item& i, const Real* query) {
    Real sum = 0;
    for (std::size_t a = 0; a < dimension; ++a) sum += (i.x[a] - query[a]) * (i.x[a] - query[a]);
    return sum;
  }
  static Real bound(const Node& node, const Real* query) {
    Real sum = 0;
    for (std::size_t a = 0; a < dimension; ++a) {
      const Real gap = std::max({node.lower[a] - query[a], query[a] - node.upper[a], Real(0)});
      sum += gap * gap;
    }
    return sum;
  }

  void look(const Node& node, const Real* query, std::size_t k) {
    for (const Item& i : node.items) {
      const std::pair<Real, point_id> found{key(i, query), i.id};
      if (best_.size() == k) {
        if (!(found < best_.front())) continue;
        std::pop_heap(best_.begin(), best_.end());
        best_.back() = found;
      } else {
        best_.push_back(found);
      }
      std::push_heap(best_.begin(), best_.end());
    }
    std::array<std::pair<Real, const Node*>, T> order;
    std::size_t n = 0;
    for (const NodePtr& child : node.children) order[n++] = {bound(*child, query), child.get()};
    std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(n));
    for (std::size_t i = 0; i < n; ++i)
      if (best_.size() < k || order[i].first <= best_.front().first) look(*order[i].second, query, k);
  }

  static void gather(const Node& node, const Real* query, Real limit, std::vector<point_id>& ids) {
    if (bound(node, query) > limit) return;
    for (const Item& i : node.items)
      if (key(i, query) <= limit) ids.push_back(i.id);
    for (const NodePtr& child : node.children) gather(*child, query, limit, ids);
  }

  NodePtr root_;
  std::vector<std::pair<Real, point_id>> best_;
};

template <int T>
std::unique_ptr<MultiwayContestant> sorted_levels(int) {
  return std::make_unique<SortedLevels<T>>();
}

}  // namespace

void add_sorted_levels(std::vector<MultiwayEntry>& entries) {
  entries.push_back({{"sorted/2", COPPICE_BENCH_VERSION, "BMKD-tree, binary"}, &sorted_levels<2>});
  entries.push_back({{"sorted/8", COPPICE_BENCH_VERSION, "BMKD-tree, t = 8"}, &sorted_levels<8>});
}

}  // namespace coppice::bench
