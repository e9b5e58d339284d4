// Balanced subtrees of a KdMap, by the builder of its Config. The nodes stay who they are and where they are; only
// their links change. Tuples are copied while medians are sought, so that comparing them needs no other memory. The
// median of m tuples is always the one that m / 2 precede, so the tree depends on the tuples alone. Cost: that of the
// builder; both sides of a median on different threads where they are large.
#pragma once

#include "coppice/index/kd_map/map.hpp"
#include "coppice/index/kd_map/yu_cao.hpp"

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

/// `ordered`: the nodes come in the order of axis 0.
template <class Key, int Dim, class Value>
kd_map::Link KdMap<Key, Dim, Value>::balanced(std::span<const Handle> nodes, int axis, bool ordered) {
  constexpr std::size_t few = 64;  // as Builder says; nearly all rebuilds are this small
  const Executor executor = nodes.size() >= config_.parallel_cutoff ? config_.executor : Executor::sequential();
  return nodes.size() <= few || config_.builder == kd_map::Builder::selection
             ? selected(nodes, axis, executor)
             : presorted(nodes, axis, ordered, executor);
}

/// Links the nodes of a part. `median(part)` is the one in its middle; it is called for a part before the parts below.
template <class Key, int Dim, class Value>
template <class Median>
kd_map::Link KdMap<Key, Dim, Value>::linked(const kd_map::Part& part, const Median& median, const Executor& executor) {
  if (part.size == 0) return kd_map::nil;
  const Handle h = median(part);
  kd_map::Links& links = nodes_->links(h);
  const auto side = [&](int s) { links.child[s] = linked(part.below(s, next(part.axis)), median, executor); };
  if (executor.is_parallel() && part.size >= config_.parallel_cutoff) {
    executor.invoke([&] { side(0); }, [&] { side(1); });
  } else {
    side(0);
    side(1);
  }
  return joined(h);
}

template <class Key, int Dim, class Value>
kd_map::Link KdMap<Key, Dim, Value>::selected(std::span<const Handle> nodes, int axis, const Executor& executor) {
  if constexpr (Dim == 0) {
    struct Entry {
      const Key* key;
      Handle node;
      [[nodiscard]] const Key* tuple() const { return key; }
    };
    std::vector<Entry> entries;
    entries.reserve(nodes.size());
    for (const Handle h : nodes) entries.push_back({nodes_->key(h), h});
    return selected_entries(std::span<Entry>(entries), axis, executor);
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
    constexpr std::size_t few = 64;  // on the stack
    if (nodes.size() <= few) {
      Entry entries[few];
      fill(entries);
      return selected_entries(std::span<Entry>(entries, nodes.size()), axis, executor);
    }
    std::vector<Entry> entries(nodes.size());
    fill(entries.data());
    return selected_entries(std::span<Entry>(entries), axis, executor);
  }
}

template <class Key, int Dim, class Value>
template <class Entry>
kd_map::Link KdMap<Key, Dim, Value>::selected_entries(std::span<Entry> all, int axis, const Executor& executor) {
  const auto median = [this, base = all.data()](const kd_map::Part& part) {
    Entry* const entries = base + part.first;
    const auto precedes = [&](const Entry& a, const Entry& b) { return compare(a.tuple(), b.tuple(), part.axis) < 0; };
    const std::size_t middle = part.size / 2;
    if (part.size == 2) {
      if (precedes(entries[1], entries[0])) std::swap(entries[0], entries[1]);
    } else if (part.size == 3) {
      if (precedes(entries[1], entries[0])) std::swap(entries[0], entries[1]);
      if (precedes(entries[2], entries[1])) std::swap(entries[1], entries[2]);
      if (precedes(entries[1], entries[0])) std::swap(entries[0], entries[1]);
    } else if (part.size > 3) {
      std::nth_element(entries, entries + middle, entries + part.size, precedes);
    }
    return entries[middle].node;
  };
  return linked({0, all.size(), 0, axis}, median, executor);
}

/// By one of the builders that sort the tuples along every axis first.
template <class Key, int Dim, class Value>
kd_map::Link KdMap<Key, Dim, Value>::presorted(std::span<const Handle> nodes, int axis, bool ordered,
                                               const Executor& executor) {
  const std::size_t count = nodes.size();
  const auto width = static_cast<std::size_t>(dimension());
  const auto numbers = std::make_unique_for_overwrite<Key[]>(count * width);
  constexpr std::size_t ahead = 8;
  for (std::size_t i = 0; i < count; ++i) {
    if (i + ahead < count) nodes_->prefetch(nodes[i + ahead]);
    std::copy_n(nodes_->key(nodes[i]), width, numbers.get() + i * width);
  }
  const PointView<Key> tuples(numbers.get(), count, dimension());
  const kd_map::Part whole{0, count, 0, axis};
  const std::size_t cutoff = config_.parallel_cutoff;
  if (config_.builder == kd_map::Builder::presort) {
    auto columns = kd_map::PresortedColumns::of<Dim>(tuples, ordered, axis, executor, cutoff);
    return linked(
        whole, [&](const kd_map::Part& part) { return nodes[columns.median(part)]; }, executor);
  }
  const auto columns = std::make_unique_for_overwrite<kd_map::Row[]>(count * width);
  kd_map::sort_along_every_axis<Dim>(tuples, ordered, columns.get(), executor, cutoff);
  const auto order = kd_map::yu_cao_order(columns.get(), count, dimension(), axis, executor, cutoff);
  return linked(
      whole, [&](const kd_map::Part& part) { return nodes[order[part.first + part.size / 2]]; }, executor);
}

template <class Key, int Dim, class Value>
template <class Fill>
std::size_t KdMap<Key, Dim, Value>::build_all(PointView<Key> keys, Fill fill) {
  for (std::size_t row = 0; row < keys.size(); ++row) check_key(keys[row], row);
  if (keys.size() > kd_map::most_nodes)
    throw unsupported("a KdMap holds at most 2^26 - 1 tuples; there are " + std::to_string(keys.size()));
  // Rows in the order of the first super-key; of equal rows the first is kept.
  const Executor executor = keys.size() >= config_.parallel_cutoff ? config_.executor : Executor::sequential();
  using Item = kd_map::SortItem<Key>;
  std::vector<Item> rows = kd_map::sorted_along<Dim>(keys, 0, executor, config_.parallel_cutoff);
  rows.erase(std::unique(rows.begin(), rows.end(),
                         [&](const Item& a, const Item& b) {
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
  root_ = balanced(nodes, 0, true);
  return size_;
}

}  // namespace coppice
