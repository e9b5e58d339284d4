// Balanced subtrees of a KdMap. The nodes stay who they are and where they are; only their links change. Tuples are
// copied beside their handles while medians are sought, so that comparing them needs no other memory.
// Cost: O(m log m) expected for m tuples; both sides of a median on different threads where they are large.
#pragma once

#include "coppice/index/kd_map/map.hpp"

namespace coppice {

/// The nodes below a link, in the order of the tree.
template <class Key, int Dim, class Value>
void KdMap<Key, Dim, Value>::gather(Link link, std::vector<Handle>& nodes) const {
  if (kd_map::handle_of(link) == kd_map::nil) return;
  const kd_map::Links& links = nodes_->links(kd_map::handle_of(link));
  prefetch_children(kd_map::handle_of(link));
  gather(links.child[0], nodes);
  nodes.push_back(kd_map::handle_of(link));
  gather(links.child[1], nodes);
}

/// The same tuples in a balanced subtree.
template <class Key, int Dim, class Value>
kd_map::Link KdMap<Key, Dim, Value>::rebuilt(Link link, int axis) {
  scratch_.clear();
  gather(link, scratch_);
  rebuilds_.record(scratch_.size());
  return balanced(scratch_, axis);
}

template <class Key, int Dim, class Value>
kd_map::Link KdMap<Key, Dim, Value>::balanced(std::span<Handle> nodes, int axis) {
  const Executor executor = nodes.size() >= config_.parallel_cutoff ? config_.executor : Executor::sequential();
  if constexpr (Dim == 0) {
    struct Entry {
      const Key* key;
      Handle node;
      [[nodiscard]] const Key* tuple() const { return key; }
    };
    std::vector<Entry> entries;
    entries.reserve(nodes.size());
    for (const Handle h : nodes) entries.push_back({nodes_->key(h), h});
    return balanced_entries(std::span<Entry>(entries), axis, executor);
  } else {
    struct Entry {
      Key key[Dim];
      Handle node;
      [[nodiscard]] const Key* tuple() const { return key; }
    };
    const auto fill = [&](Entry* entries) {
      constexpr std::size_t ahead = 8;
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (i + ahead < nodes.size()) nodes_->prefetch(nodes[i + ahead]);
        std::copy_n(nodes_->key(nodes[i]), Dim, entries[i].key);
        entries[i].node = nodes[i];
      }
    };
    constexpr std::size_t few = 64;
    if (nodes.size() <= few) {
      Entry entries[few];
      fill(entries);
      return balanced_entries(std::span<Entry>(entries, nodes.size()), axis, executor);
    }
    std::vector<Entry> entries(nodes.size());
    fill(entries.data());
    return balanced_entries(std::span<Entry>(entries), axis, executor);
  }
}

template <class Key, int Dim, class Value>
template <class Entry>
kd_map::Link KdMap<Key, Dim, Value>::balanced_entries(std::span<Entry> entries, int axis, const Executor& executor) {
  if (entries.empty()) return kd_map::nil;
  const auto precedes = [&](const Entry& a, const Entry& b) { return compare(a.tuple(), b.tuple(), axis) < 0; };
  const std::size_t middle = entries.size() / 2;
  if (entries.size() == 2) {
    if (precedes(entries[1], entries[0])) std::swap(entries[0], entries[1]);
  } else if (entries.size() == 3) {
    if (precedes(entries[1], entries[0])) std::swap(entries[0], entries[1]);
    if (precedes(entries[2], entries[1])) std::swap(entries[1], entries[2]);
    if (precedes(entries[1], entries[0])) std::swap(entries[0], entries[1]);
  } else if (entries.size() > 3) {
    std::nth_element(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(middle), entries.end(), precedes);
  }
  const Handle h = entries[middle].node;
  kd_map::Links& links = nodes_->links(h);
  const auto side = [&](int s) {
    links.child[s] =
        balanced_entries(s == 0 ? entries.first(middle) : entries.subspan(middle + 1), next(axis), executor);
  };
  if (executor.is_parallel() && entries.size() >= config_.parallel_cutoff) {
    executor.invoke([&] { side(0); }, [&] { side(1); });
  } else {
    side(0);
    side(1);
  }
  return joined(h);
}

template <class Key, int Dim, class Value>
template <class Fill>
std::size_t KdMap<Key, Dim, Value>::build_all(PointView<Key> keys, Fill fill) {
  for (std::size_t row = 0; row < keys.size(); ++row) check_key(keys[row], row);
  if (keys.size() > kd_map::most_nodes)
    throw unsupported("a KdMap holds at most 2^26 - 1 tuples; there are " + std::to_string(keys.size()));
  // Rows in the order of the first super-key; of equal rows the first is kept.
  struct Row {
    Key first;  // decides nearly always, without a look at the row
    std::uint32_t row;
  };
  std::vector<Row> rows(keys.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = {keys.row(i)[0], static_cast<std::uint32_t>(i)};
  std::sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    if (a.first != b.first) return a.first < b.first;
    const int order = compare(keys.row(a.row), keys.row(b.row), 0);
    return order < 0 || (order == 0 && a.row < b.row);
  });
  rows.erase(std::unique(rows.begin(), rows.end(),
                         [&](const Row& a, const Row& b) {
                           return a.first == b.first && compare(keys.row(a.row), keys.row(b.row), 0) == 0;
                         }),
             rows.end());
  clear();
  std::vector<Handle> nodes;
  nodes.reserve(rows.size());
  constexpr std::size_t ahead = 8;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + ahead < rows.size()) __builtin_prefetch(keys.row(rows[i + ahead].row));
    nodes.push_back(new_node(keys.row(rows[i].row)));
    fill(nodes.back(), rows[i].row);
  }
  size_ = nodes.size();
  root_ = balanced(nodes, 0);
  return size_;
}

}  // namespace coppice
