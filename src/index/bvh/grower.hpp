// Top-down growth over references that lie in one array, of which the node in hand has the tail: what is on the right
// of a split is grown first, and gone when the left is.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <span>
#include <vector>

#include "splits.hpp"

namespace coppice::bvh {

inline constexpr int deepest_cut = 40;

struct Fragment {
  // References that stay whole lie in one array of all fragments, beside which there is room for as many. Those that
  // may be cut are the fragment's own.
  Ref* refs = nullptr;
  Ref* room = nullptr;
  std::size_t size = 0;
  Refs own;
  Box4 box;
  Box4 middles;
  int depth = 0;
  storage::RawVector<BinaryNode> nodes;  // node 0 is its root; children within the fragment
  storage::RawVector<std::uint32_t> primitives;
  std::unique_ptr<Fragment> left, right;  // or both are null
};

class Grower {
 public:
  Grower(Fragment& fragment, const Growth& growth, std::span<const Triangle> triangles)
      : f_(fragment),
        growth_(growth),
        binned_(growth.bins, growth.weighted),
        sweep_(growth.weighted),
        spatial_(triangles) {}

  /// One node, into two fragments.
  void divide_out() {
    f_.left = std::make_unique<Fragment>();
    f_.right = std::make_unique<Fragment>();
    Fragment& l = *f_.left;
    Fragment& r = *f_.right;
    const std::span<Ref> refs(f_.refs, f_.size);
    Side left, right;
    if (!cut(refs, f_.box, f_.middles, f_.depth, left, right)) {
      divide(refs, have_choice_ ? choice_ : choose(refs, f_.middles, f_.depth), left, right);
      if (growth_.spatial) {
        left_.assign(refs.begin(), refs.begin() + static_cast<std::ptrdiff_t>(left.count));
        right_.assign(refs.begin() + static_cast<std::ptrdiff_t>(left.count), refs.end());
      }
    }
    if (growth_.spatial) {
      l.own = std::move(left_);
      r.own = std::move(right_);
      l.refs = l.own.data();
      r.refs = r.own.data();
      f_.own = {};
    } else {
      l.refs = f_.refs;
      l.room = f_.room;
      r.refs = f_.refs + left.count;
      r.room = f_.room + left.count;
    }
    l.size = left.count;
    r.size = right.count;
    l.box = left.box;
    r.box = right.box;
    l.middles = left.middles;
    r.middles = right.middles;
    l.depth = r.depth = f_.depth + 1;
  }

  void grow_all() {
    f_.nodes.reserve(2 * f_.size / growth_.leaf_size + 2);
    f_.primitives.reserve(f_.size);
    f_.nodes.push_back({f_.box});
    grow(0, f_.size, f_.middles, f_.depth);
    f_.own = {};
  }

  /// Grows a tree in every one of the groups in which the references lie: node i is the root of group i. `ends` are
  /// those of groups, `first` the place of the first reference, `depths` those of the roots.
  void grow_groups(std::span<const std::uint32_t> ends, std::uint32_t first, std::span<const int> depths) {
    f_.primitives.reserve(f_.size);
    f_.nodes.resize(ends.size(), BinaryNode{});
    for (std::size_t i = ends.size(); i-- > 0;) {
      const std::size_t begin = i == 0 ? 0 : ends[i - 1] - first;
      const std::span<const Ref> refs(f_.refs + begin, f_.size - begin);
      Box4 box, middles;
      for (const Ref& r : refs) {
        box.extend(r.box);
        middles.extend(r.middle());
      }
      f_.nodes[i].box = box;
      grow(static_cast<std::uint32_t>(i), refs.size(), middles, depths[i]);
    }
  }

 private:
  struct Side {
    Box4 box, middles;
    std::size_t count = 0;
  };

  /// Grows from the last n references, and takes them away.
  void grow(std::uint32_t node, std::size_t n, const Box4& middles, int depth) {
    const std::size_t first = f_.size - n;
    const std::span<Ref> refs(f_.refs + first, n);
    if (n <= growth_.leaf_size) {
      BinaryNode& leaf = f_.nodes[node];
      leaf.child[1] = static_cast<std::uint32_t>(f_.primitives.size());
      leaf.count = static_cast<std::uint32_t>(n);
      for (const Ref& r : refs) f_.primitives.push_back(r.primitive());
      f_.size = first;
      return;
    }
    Side left, right;
    if (n == 2) {
      left.box = refs[0].box;
      right.box = refs[1].box;
      left.count = right.count = 1;
    } else if (cut(refs, f_.nodes[node].box, middles, depth, left, right)) {
      f_.own.resize(first);
      f_.own.insert(f_.own.end(), left_.begin(), left_.end());
      f_.own.insert(f_.own.end(), right_.begin(), right_.end());
      f_.refs = f_.own.data();
      f_.size = f_.own.size();
    } else {
      divide(refs, have_choice_ ? choice_ : choose(refs, middles, depth), left, right);
    }
    have_choice_ = false;
    const auto child = static_cast<std::uint32_t>(f_.nodes.size());
    f_.nodes[node].child[0] = child;
    f_.nodes[node].child[1] = child + 1;
    f_.nodes.push_back({left.box, {none, 0}, node, 0});
    f_.nodes.push_back({right.box, {none, 0}, node, 0});
    grow(child + 1, right.count, right.middles, depth + 1);
    grow(child, left.count, left.middles, depth + 1);
  }

  /// The best split that leaves references whole; also remembers which of the two splitters found it.
  Split choose(std::span<const Ref> refs, const Box4& middles, int depth) {
    swept_ = refs.size() < growth_.sweep_below;
    if (depth >= growth_.deepest_choice) return {};
    return swept_ ? sweep_.find(refs) : binned_.find(refs, middles);
  }

  /// Puts the left side before the right one; both keep their order.
  void divide(std::span<Ref> refs, const Split& split, Side& left, Side& right) {
    const std::size_t n = refs.size();
    if (f_.room == nullptr && moved_.size() < n) moved_.resize(n);
    Ref* room = f_.room == nullptr ? moved_.data() : f_.room + (refs.data() - f_.refs);
    std::size_t l = 0, r = 0;
    if (split.axis < 0) {  // all middles are the same, or the tree is too deep to choose
      l = n / 2;
      for (std::size_t i = 0; i < n; ++i) (i < l ? left.box : right.box).extend(refs[i].box);
    } else {
      left.box = split.left;
      right.box = split.right;
      if (swept_) {
        l = split.left_count;
        for (std::size_t i = 0; i < n; ++i) room[i] = refs[sweep_.at(split, i)];
        std::copy_n(room, n, refs.data());
      } else {
        for (std::size_t i = 0; i < n; ++i) {  // no branch depends on where a reference goes
          const Ref ref = refs[i];
          const bool goes_left = binned_.goes_left(ref, split);
          refs[l] = ref;
          room[r] = ref;
          l += goes_left;
          r += !goes_left;
        }
        std::copy_n(room, r, refs.data() + l);
      }
    }
    left.count = l;
    right.count = n - l;
    left.middles = middles_of(refs.first(l));
    right.middles = middles_of(refs.subspan(l));
  }

  /// Divides by a plane where that promises more than leaving references whole. True: the sides are in left_ and
  /// right_. False: the choice of what else to do is kept.
  bool cut(std::span<const Ref> refs, const Box4& box, const Box4& middles, int depth, Side& left, Side& right) {
    have_choice_ = false;
    if (!growth_.spatial || refs.size() < 4 || depth >= deepest_cut) return false;
    choice_ = choose(refs, middles, depth);
    have_choice_ = true;
    Box4 overlap = choice_.left;
    overlap.cut(choice_.right);
    if (choice_.axis >= 0 && !(overlap.half_surface() > growth_.split_overlap * growth_.root_surface)) return false;
    const Split plane = spatial_.find(refs, box);
    const float surface = box.half_surface();
    const float whole = static_cast<float>(refs.size()) * surface;
    if (plane.axis < 0 || !(plane.cost < 0.999f * choice_.cost) || !(surface + 0.6f * plane.cost < 0.6f * whole))
      return false;
    if (2 * refs.size() < plane.left_count + plane.right_count) return false;
    if (!spatial_.divide(refs, plane, left_, right_, left.box, right.box)) return false;
    left.count = left_.size();
    right.count = right_.size();
    left.middles = middles_of(left_);
    right.middles = middles_of(right_);
    have_choice_ = false;
    return true;
  }

  Fragment& f_;
  const Growth& growth_;
  BinnedSplitter binned_;
  SweepSplitter sweep_;
  SpatialSplitter spatial_;
  Refs left_, right_, moved_;
  Split choice_;
  bool have_choice_ = false;
  bool swept_ = false;
};

}  // namespace coppice::bvh
