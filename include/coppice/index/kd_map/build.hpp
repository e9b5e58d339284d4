// Balanced subtrees of a KdMap, by the builder of its Config, of nodes that exist (a rebuild changes their links only)
// or of new tuples (a build lays their nodes out in the order of the tree). The median of m tuples is always the one
// that m / 2 precede, so the tree depends on the tuples alone. Cost: that of the builder; both sides of a median on
// different threads where they are large.
#pragma once

#include "coppice/index/kd_map/distinct.hpp"
#include "coppice/index/kd_map/map.hpp"
#include "coppice/index/kd_map/select.hpp"
#include "coppice/index/kd_map/yu_cao.hpp"
#include "coppice/storage/prefetch.hpp"

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

/// Nodes that exist, as what a subtree is built of.
template <class Key, int Dim, class Value>
struct KdMap<Key, Dim, Value>::Existing {
  KdMap& map;
  std::span<const Handle> nodes;

  [[nodiscard]] std::size_t size() const { return nodes.size(); }
  [[nodiscard]] const Key* tuple(std::size_t i) const { return map.nodes_->key(nodes[i]); }
  void prefetch(std::size_t i) const { map.nodes_->prefetch(nodes[i]); }
  [[nodiscard]] Handle settle(std::size_t i, const Key*, const kd_map::Part&) const { return nodes[i]; }
};

/// Rows that become nodes: handles first, first + 1, … in the order of the tree. `settled`, where it is wanted: the row
/// of every node.
template <class Key, int Dim, class Value>
struct KdMap<Key, Dim, Value>::Arriving {
  KdMap& map;
  const PointView<Key>& keys;
  std::span<const kd_map::Row> rows;
  kd_map::Row* settled;

  [[nodiscard]] std::size_t size() const { return rows.size(); }
  [[nodiscard]] const Key* tuple(std::size_t i) const { return keys.row(rows[i]); }
  void prefetch(std::size_t i) const { storage::prefetch(tuple(i)); }
  /// `tuple`: a copy of tuple i that is near.
  [[nodiscard]] Handle settle(std::size_t i, const Key* tuple, const kd_map::Part& part) const {
    const auto h = static_cast<Handle>(part.first + part.size / 2);
    if (settled != nullptr) settled[h] = rows[i];
    Key* const key = map.nodes_->key(h);
    for (int a = 0; a < map.dimension(); ++a) key[a] = tuple[a];
    return h;
  }
};

/// The same tuples in a balanced subtree.
template <class Key, int Dim, class Value>
kd_map::Link KdMap<Key, Dim, Value>::rebuilt(Link link, int axis) {
  scratch_.clear();
  gather(link, scratch_);
  rebuilds_.record(scratch_.size());
  return balanced(Existing{*this, scratch_}, axis);
}

template <class Key, int Dim, class Value>
template <class Source>
kd_map::Link KdMap<Key, Dim, Value>::balanced(const Source& source, int axis) {
  constexpr std::size_t few = 64;  // as Builder says; nearly all rebuilds are this small
  const Executor executor = source.size() >= config_.parallel_cutoff ? config_.executor : Executor::sequential();
  return source.size() <= few || config_.builder == kd_map::Builder::selection ? selected(source, axis, executor)
                                                                               : presorted(source, axis, executor);
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
template <class Source>
kd_map::Link KdMap<Key, Dim, Value>::selected(const Source& source, int axis, const Executor& executor) {
  // Comparing entries needs no other memory, unless the dimension is known at run time only.
  struct Far {
    const Key* key;
    kd_map::Row index;
    [[nodiscard]] const Key* tuple() const { return key; }
  };
  struct Near {
    Key key[Dim != 0 ? Dim : 1];
    kd_map::Row index;
    [[nodiscard]] const Key* tuple() const { return key; }
  };
  using Entry = std::conditional_t<Dim == 0, Far, Near>;
  const auto fill = [&](Entry* entries) {
    constexpr std::size_t ahead = 8;
    for (std::size_t i = 0; i < source.size(); ++i) {
      if (i + ahead < source.size()) source.prefetch(i + ahead);
      const Key* const key = source.tuple(i);
      if constexpr (Dim == 0)
        entries[i].key = key;
      else
        for (int a = 0; a < Dim; ++a) entries[i].key[a] = key[a];
      entries[i].index = static_cast<kd_map::Row>(i);
    }
  };
  const auto link_all = [&](Entry* all) {
    const auto median = [&, all](const kd_map::Part& part) {
      Entry* const entries = all + part.first;
      Entry* const middle = entries + part.size / 2;
      kd_map::select(
          entries, middle, entries + part.size, [&](const Entry& entry) { return entry.tuple()[part.axis]; },
          [&](const Entry& a, const Entry& b) { return compare(a.tuple(), b.tuple(), part.axis) < 0; });
      return source.settle(middle->index, middle->tuple(), part);
    };
    return linked({0, source.size(), 0, axis}, median, executor);
  };
  constexpr std::size_t few = 64;  // on the stack
  if (source.size() <= few) {
    Entry entries[few];
    fill(entries);
    return link_all(entries);
  }
  const auto entries = std::make_unique_for_overwrite<Entry[]>(source.size());
  fill(entries.get());
  return link_all(entries.get());
}

/// By one of the builders that sort the tuples along every axis first.
template <class Key, int Dim, class Value>
template <class Source>
kd_map::Link KdMap<Key, Dim, Value>::presorted(const Source& source, int axis, const Executor& executor) {
  const std::size_t count = source.size();
  const auto width = static_cast<std::size_t>(dimension());
  const auto numbers = std::make_unique_for_overwrite<Key[]>(count * width);
  constexpr std::size_t ahead = 8;
  for (std::size_t i = 0; i < count; ++i) {
    if (i + ahead < count) source.prefetch(i + ahead);
    std::copy_n(source.tuple(i), width, numbers.get() + i * width);
  }
  const PointView<Key> tuples(numbers.get(), count, dimension());
  const kd_map::Part whole{0, count, 0, axis};
  const std::size_t cutoff = config_.parallel_cutoff;
  if (config_.builder == kd_map::Builder::presort) {
    auto columns = kd_map::PresortedColumns::of<Dim>(tuples, axis, executor, cutoff);
    const auto median = [&](const kd_map::Part& part) {
      const kd_map::Row i = columns.median(part);
      return source.settle(i, tuples.row(i), part);
    };
    return linked(whole, median, executor);
  }
  const auto columns = std::make_unique_for_overwrite<kd_map::Row[]>(count * width);
  kd_map::sort_along_every_axis<Dim>(tuples, columns.get(), executor, cutoff);
  const auto order = kd_map::yu_cao_order(columns.get(), count, dimension(), axis, executor, cutoff);
  const auto median = [&](const kd_map::Part& part) {
    const kd_map::Row i = order[part.first + part.size / 2];
    return source.settle(i, tuples.row(i), part);
  };
  return linked(whole, median, executor);
}

template <class Key, int Dim, class Value>
template <class Fill>
std::size_t KdMap<Key, Dim, Value>::build_all(PointView<Key> keys, Fill fill) {
  for (std::size_t row = 0; row < keys.size(); ++row) check_key(keys[row], row);
  if (keys.size() > kd_map::most_nodes)
    throw unsupported("a KdMap holds at most 2^26 - 1 tuples; there are " + std::to_string(keys.size()));
  const std::vector<kd_map::Row> rows = kd_map::distinct_rows<Dim>(keys);
  clear();
  std::vector<kd_map::Row> settled(is_map ? rows.size() : 0);
  nodes_->allocate_first(rows.size());
  for (const kd_map::Row row : rows) widen_extents(keys.row(row));
  root_ = balanced(Arriving{*this, keys, rows, is_map ? settled.data() : nullptr}, 0);
  size_ = rows.size();
  if constexpr (is_map) {
    values_.resize(size_);
    for (std::size_t h = 0; h < size_; ++h) fill(static_cast<Handle>(h), settled[h]);
  }
  return size_;
}

}  // namespace coppice
