// A batch of changes to a tree: primitives come, go and move. Leaves change in place; then boxes and costs are brought
// up to date along the paths that were touched, and the highest subtrees whose cost has grown too much since they were
// built are built anew.
#pragma once

#include <utility>
#include <vector>

#include "tree.hpp"

namespace coppice::bvh {

/// One batch of changes to a tree.
struct Tree::Change {
  explicit Change(Tree& tree) : t(tree), w(tree.wide_), triangles(tree.kind_ == Kind::triangles) {}

  /// Adds a primitive to the leaf or empty place where surfaces grow least.
  void add(std::uint32_t slot) {
    const Box4 box = box4_of(t.primitives_[slot], triangles);
    if (w.empty()) {
      const std::uint32_t root = w.take_node();
      w.set_child(root, 0, w.take_leaf({&slot, 1}, t.primitives_), box);
      w.set_root(root);
      touch(root);
      return;
    }
    std::uint32_t at = w.root();
    for (;;) {
      WideNode& n = w.node(at);
      std::size_t best = width, empty = width;
      float least = infinite;
      for (std::size_t i = 0; i < width; ++i) {
        if (n.child[i] == no_child) {
          empty = i;
          continue;
        }
        const Box4 old = w.child_box(n, i);
        const float grown = join(old, box).half_surface() - old.half_surface();
        if (best == width || grown < least) {
          best = i;
          least = grown;
        }
      }
      // A leaf of its own costs one more block; sharing one makes what is there larger.
      if (empty < width && (best == width || least > box.half_surface())) {
        w.set_child(at, empty, w.take_leaf({&slot, 1}, t.primitives_), box);
        touch(at);
        return;
      }
      const ChildRef child = n.child[best];
      w.set_child(at, best, child, join(w.child_box(n, best), box));
      if (is_leaf(child)) {
        add_to_leaf(at, best, slot);
        touch(at);
        return;
      }
      at = child;
    }
  }

  /// Takes a primitive out of every leaf that has it. Its stored form is still what it was.
  void remove(std::uint32_t slot) {
    visit_leaves(slot, [&](std::uint32_t node, std::size_t place, std::size_t lane) {
      const ChildRef leaf = w.node(node).child[place];
      std::size_t last = w.leaf_size(leaf) - 1;
      if (lane != last) {
        const std::uint32_t other = w.slot_at(leaf, last);
        w.write_lane(leaf, lane, other, t.primitives_[other]);
      }
      w.clear_lane(leaf, last);
      if (last == 0) {
        w.give_leaf(leaf);
        w.set_child(node, place, no_child, Box4{});
      } else {
        shrink(node, place);
      }
      touch(node);
    });
  }

  /// Finds all primitives at once, for the moves in place that follow; any other change ends that. Requires: no parts.
  void locate_all() {
    places_.resize(t.primitives_.size());
    open_.assign(1, w.root());
    while (!open_.empty()) {
      const std::uint32_t at = open_.back();
      open_.pop_back();
      for (std::size_t i = 0; i < width; ++i) {
        const ChildRef child = w.node(at).child[i];
        if (!is_leaf(child)) open_.push_back(child);
        for (std::size_t lane = 0; is_leaf(child) && lane < block_count(child) * width; ++lane)
          if (const std::uint32_t slot = w.slot_at(child, lane); slot != no_slot)
            places_[slot] = {at, static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(lane)};
      }
    }
  }

  /// Puts new coordinates where the old ones were, as long as they stay near; false: take it out and add it again.
  bool move_in_place(std::uint32_t slot, const Stored& to) {
    if (t.cut_) return false;
    const Box4 box = box4_of(to, triangles);
    const Four middle = (box.lower + box.upper) * splat(0.5f);
    Place at{};
    if (places_.empty())
      visit_leaves(slot, [&](std::uint32_t node, std::size_t place, std::size_t lane) {
        at = {node, static_cast<std::uint16_t>(place), static_cast<std::uint16_t>(lane)};
      });
    else
      at = places_[slot];
    const Box4 around = w.node_box(w.node(at.node));
    for (int a = 0; a < 3; ++a)
      if (!(middle[a] >= around.lower[a] && middle[a] <= around.upper[a])) return false;
    t.primitives_[slot] = to;
    w.write_lane(w.node(at.node).child[at.place], at.lane, slot, to);
    refit_leaf(at.node, at.place);
    touch(at.node);
    return true;
  }

  /// Builds everything anew: what a batch as large as the tree is worth.
  void rebuild_all() {
    Refs references;
    references.reserve(t.size_);
    for (std::uint32_t s = 0; s < t.primitives_.size(); ++s)
      if (t.id_of(s) != no_point) {
        references.push_back(Ref{box4_of(t.primitives_[s], triangles)});
        references.back().name(s);
      }
    t.cut_ = false;
    w = WideTree(w.primitive());
    if (!references.empty()) put_root(std::move(references));
  }

  /// Brings boxes, costs and heights up to date, and builds anew what has become bad.
  void repair() {
    if (w.empty()) return;
    refit(w.root());
    if (t.size_ == 0) {
      w = WideTree(w.primitive());
      return;
    }
    rebuild_below(w.root());
    if (root_height() > most_height) rebuild(w.root());
  }

 private:
  [[nodiscard]] std::uint32_t root_height() { return w.node(w.root()).height; }

  void touch(std::uint32_t node) {
    for (; node != no_node && w.node(node).dirty == 0; node = w.node(node).parent) w.node(node).dirty = 1;
  }

  /// Calls with (node, place, lane) for every leaf that holds a slot. The call may change that leaf.
  template <class F>
  void visit_leaves(std::uint32_t slot, F call) {
    const Box4 box = box4_of(t.primitives_[slot], triangles);
    open_.assign(1, w.root());
    while (!open_.empty()) {
      const std::uint32_t at = open_.back();
      open_.pop_back();
      for (std::size_t i = 0; i < width; ++i) {
        const ChildRef child = w.node(at).child[i];
        if (child == no_child) continue;
        Box4 common = w.child_box(w.node(at), i);
        common.cut(box);
        if (common.empty()) continue;
        if (!is_leaf(child)) {
          open_.push_back(child);
          continue;
        }
        for (std::size_t lane = 0; lane < block_count(child) * width; ++lane)
          if (w.slot_at(child, lane) == slot) {
            call(at, i, lane);
            if (!t.cut_) return;
            break;
          }
      }
    }
  }

  void add_to_leaf(std::uint32_t node, std::size_t place, std::uint32_t slot) {
    const ChildRef leaf = w.node(node).child[place];
    const Box4 box = w.child_box(w.node(node), place);
    const std::size_t size = w.leaf_size(leaf);
    if (size < block_count(leaf) * width) {
      w.write_lane(leaf, size, slot, t.primitives_[slot]);
      return;
    }
    slots_.clear();
    w.slots_of(leaf, slots_);
    slots_.push_back(slot);
    w.give_leaf(leaf);
    if (slots_.size() <= leaf_blocks * width) {
      w.set_child(node, place, w.take_leaf(slots_, t.primitives_), box);
      return;
    }
    // Full: a node takes its place. Parts keep to the box of their leaf, the newcomer lies inside it.
    Refs references;
    for (const std::uint32_t s : slots_) references.push_back(reference(s, box));
    BinaryTree binary = t.grow_references(Refs(references), box.half_surface(), {});
    note_cuts(binary, references);
    const Collapsed made = collapse(binary, t.primitives_, w, {});
    w.set_child(node, place, made.root, box);
  }

  [[nodiscard]] Ref reference(std::uint32_t slot, const Box4& within) const {
    Ref r{box4_of(t.primitives_[slot], triangles)};
    r.box.cut(within);
    r.name(slot);
    return r;
  }

  /// The box of a leaf's primitives; of parts, no more than it was.
  [[nodiscard]] Box4 leaf_box(std::uint32_t node, std::size_t place) {
    slots_.clear();
    w.slots_of(w.node(node).child[place], slots_);
    Box4 box;
    for (const std::uint32_t s : slots_) box.extend(box4_of(t.primitives_[s], triangles));
    return box;
  }
  void shrink(std::uint32_t node, std::size_t place) {
    Box4 box = leaf_box(node, place);
    box.cut(w.child_box(w.node(node), place));
    w.set_child(node, place, w.node(node).child[place], box);
  }
  void refit_leaf(std::uint32_t node, std::size_t place) {
    const Box4 box = leaf_box(node, place);
    w.set_child(node, place, w.node(node).child[place], box);
  }

  void refit(std::uint32_t at) {
    for (std::size_t i = 0; i < width; ++i) {
      const ChildRef child = w.node(at).child[i];
      if (is_leaf(child) || w.node(child).dirty == 0) continue;
      refit(child);
      const Box4 box = w.node_box(w.node(child));
      if (box.empty()) {
        w.give_node(child);
        w.set_child(at, i, no_child, Box4{});
      } else {
        w.set_child(at, i, child, box);
      }
    }
    sum_up(w, at);
  }

  void rebuild_below(std::uint32_t at) {
    WideNode& n = w.node(at);
    n.dirty = 0;
    const float surface = w.node_box(n).half_surface();
    if (surface > 0 && n.cost > t.config_.rebuild_growth * n.built_cost * surface) {
      rebuild(at);
      return;
    }
    for (std::size_t i = 0; i < width; ++i)
      if (const ChildRef child = w.node(at).child[i]; !is_leaf(child) && w.node(child).dirty != 0) rebuild_below(child);
    sum_up(w, at);
  }

  void note_cuts(BinaryTree& binary, const Refs& references) {
    t.cut_ = t.cut_ || binary.primitives.size() > references.size();
    binary.repeats = t.cut_;
  }

  /// Gathers what lies below a node, builds it anew and puts it in the same place.
  void rebuild(std::uint32_t at) {
    Refs references;
    gather(at, references);
    const std::uint32_t parent = w.node(at).parent;
    const std::size_t place = w.node(at).place;
    w.give_node(at);
    if (parent == no_node) {
      put_root(std::move(references));
      return;
    }
    const float scene = w.node_box(w.node(w.root())).half_surface();
    BinaryTree binary = t.grow_references(Refs(references), scene, t.config_.executor);
    note_cuts(binary, references);
    t.optimise(binary);
    const Collapsed made = collapse(binary, t.primitives_, w, t.config_.executor);
    w.set_child(parent, place, made.root, w.node_box(w.node(made.root)));
  }

  void put_root(Refs&& references) {
    BinaryTree binary = t.grow_references(Refs(references), 0, t.config_.executor);
    note_cuts(binary, references);
    t.optimise(binary);
    Collapsed made = collapse(binary, t.primitives_, w, t.config_.executor);
    if (made.height > most_height) {  // moved about too much: without reinsertion
      w = WideTree(w.primitive());
      made = collapse(t.grow_references(std::move(references), 0, t.config_.executor), t.primitives_, w,
                      t.config_.executor);
    }
    w.set_root(made.root);
  }

  void gather(std::uint32_t at, Refs& references) {
    for (std::size_t i = 0; i < width; ++i) {
      const ChildRef child = w.node(at).child[i];
      if (child == no_child) continue;
      if (!is_leaf(child)) {
        gather(child, references);
        w.give_node(child);
        continue;
      }
      slots_.clear();
      w.slots_of(child, slots_);
      const Box4 box = w.child_box(w.node(at), i);
      for (const std::uint32_t s : slots_) references.push_back(reference(s, box));
      w.give_leaf(child);
    }
  }

  struct Place {
    std::uint32_t node;
    std::uint16_t place, lane;
  };

  Tree& t;
  WideTree& w;
  bool triangles;
  std::vector<Place> places_;  ///< by slot, after locate_all
  std::vector<std::uint32_t> open_, slots_;
};

}  // namespace coppice::bvh
