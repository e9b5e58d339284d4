// Neighbours in ascending order, one at a time, without knowing how many will be wanted.
#pragma once

#include <algorithm>
#include <vector>

#include "coppice/query/geometry_terms.hpp"
#include "coppice/query/hierarchy.hpp"
#include "coppice/query/kernels.hpp"

namespace coppice::query {

/// Hands out neighbours in ascending (key, id) order up to `limit`, until `visitor` says stop. A point leaves the queue
/// only when no waiting node's bound is as small as its key, since that node might hold an equal key and a smaller id.
template <class T, class H, class Query>
bool ascend(const H& h, const Query& query, typename H::Scalar limit, const IdFilter* filter,
            const AscendingVisitor<typename H::Scalar>& visitor) {
  using S = typename H::Scalar;
  using Pack = typename T::template Pack<S>;
  struct Entry {
    S key;
    bool is_point;
    point_id id;
    Child child;
    bool operator<(const Entry& other) const {  // the heap's top: smallest key, nodes before points, then smallest id
      if (key != other.key) return key > other.key;
      if (is_point != other.is_point) return is_point;
      return id > other.id;
    }
  };
  std::vector<Entry> heap{{0, false, no_point, h.root()}};
  const auto push = [&](const Entry& e) {
    heap.push_back(e);
    std::push_heap(heap.begin(), heap.end());
  };
  const Pack bound = Pack::broadcast(limit);
  S lane[simd::lanes];
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end());
    const Entry next = heap.back();
    heap.pop_back();
    if (next.is_point) {
      if (!visitor.visit(visitor.context, {next.key, next.id})) return false;
    } else if (next.child.is_leaf) {
      const auto block = h.block(next.child);
      for (int i = 0; i < block.count(); i += simd::lanes) {
        const Pack keys = query.keys(block, i);
        Mask m = less_equal(keys, bound) & block.live(i);
        point_id eight[simd::lanes];
        if (filter != nullptr) m = accepted(filter, m, block.ids.eight(static_cast<std::size_t>(i), eight));
        keys.store(lane);
        for (; m != 0; m &= m - 1) {
          const int s = __builtin_ctz(m);
          push({lane[s], true, block.ids[static_cast<std::size_t>(i + s)], {}});
        }
      }
    } else {
      const typename H::Node& node = h.node(next.child);
      const Pack bounds = query.lower_bounds(h.template boxes<T>(node));
      bounds.store(lane);
      for (Mask m = less_equal(bounds, bound) & live_lanes(h.children(node), 0); m != 0; m &= m - 1) {
        const int s = __builtin_ctz(m);
        push({lane[s], false, no_point, h.child(node, s)});
      }
    }
  }
  return true;
}

}  // namespace coppice::query
