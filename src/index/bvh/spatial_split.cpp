// Splits by planes that cut primitives: references to the parts on both sides, or to the whole on one side where that
// costs less. Parts are rounded; the searches' padding covers that.
#include <algorithm>

#include "splits.hpp"

namespace coppice::bvh {

Parts cut_reference(const Ref& reference, const Triangle& triangle, int axis, float position) {
  Parts parts;
  const Vec3* const corners[3] = {&triangle.a, &triangle.b, &triangle.c};
  const auto axis_index = static_cast<std::size_t>(axis);
  for (int i = 0; i < 3; ++i) {
    const Vec3& p = *corners[i];
    const Vec3& q = *corners[i == 2 ? 0 : i + 1];
    const float a = p[axis_index], b = q[axis_index];
    const Four from = four(p);
    if (a <= position) parts.left.extend(from);
    if (a >= position) parts.right.extend(from);
    if ((a < position && b > position) || (a > position && b < position)) {
      const Four on_plane = from + (four(q) - from) * splat((position - a) / (b - a));
      parts.left.extend(on_plane);
      parts.right.extend(on_plane);
    }
  }
  parts.left.upper[axis] = position;
  parts.right.lower[axis] = position;
  parts.left.cut(reference.box);
  parts.right.cut(reference.box);
  return parts;
}

Split SpatialSplitter::find(std::span<const Ref> refs, const Box4& box) {
  const std::size_t n = refs.size();
  const int bins = static_cast<int>(std::min<std::size_t>(most_bins, 6 + n / 2));
  Split best;
  for (int a = 0; a < 3; ++a) {
    const float low = box.lower[a];
    const float extent = box.upper[a] - low;
    if (!(extent > 1e-6f * ((low < 0 ? -low : low) + extent) + 1e-20f)) continue;
    const float step = extent / static_cast<float>(bins);
    const float per_step = static_cast<float>(bins) / extent;
    Box4 boxes[most_bins];
    int enter[most_bins] = {};
    int leave[most_bins] = {};
    const auto bin_of = [&](float x) { return std::clamp(static_cast<int>((x - low) * per_step), 0, bins - 1); };
    for (const Ref& r : refs) {
      const int first = bin_of(r.box.lower[a]);
      const int last = bin_of(r.box.upper[a]);
      ++enter[first];
      ++leave[last];
      if (first == last) {
        boxes[first].extend(r.box);
        continue;
      }
      Ref rest = r;
      for (int k = first; k < last; ++k) {
        const Parts parts = cut_reference(rest, triangles_[r.primitive()], a, low + step * static_cast<float>(k + 1));
        if (!parts.left.empty()) boxes[k].extend(parts.left);
        rest.box = parts.right;
      }
      if (!rest.box.empty()) boxes[last].extend(rest.box);
    }
    float surface[most_bins];
    int count[most_bins];
    Box4 side;
    int total = 0;
    for (int i = bins - 1; i > 0; --i) {
      side.extend(boxes[i]);
      surface[i] = side.half_surface();
      total += leave[i];
      count[i] = total;
    }
    side = {};
    total = 0;
    for (int i = 0; i + 1 < bins; ++i) {
      side.extend(boxes[i]);
      total += enter[i];
      if (total == 0 || count[i + 1] == 0) continue;
      const float cost =
          side.half_surface() * static_cast<float>(total) + surface[i + 1] * static_cast<float>(count[i + 1]);
      if (cost < best.cost) {
        best.cost = cost;
        best.axis = a;
        best.position = low + step * static_cast<float>(i + 1);
        best.left_count = static_cast<std::size_t>(total);
        best.right_count = static_cast<std::size_t>(count[i + 1]);
      }
    }
  }
  return best;
}

bool SpatialSplitter::divide(std::span<const Ref> refs, const Split& split, Refs& left, Refs& right, Box4& left_box,
                             Box4& right_box) {
  left.clear();
  right.clear();
  straddlers_.clear();
  left_box = right_box = {};
  for (const Ref& r : refs) {
    if (r.box.upper[split.axis] <= split.position) {
      left.push_back(r);
      left_box.extend(r.box);
    } else if (r.box.lower[split.axis] >= split.position) {
      right.push_back(r);
      right_box.extend(r.box);
    } else {
      Parts parts = cut_reference(r, triangles_[r.primitive()], split.axis, split.position);
      // Where one part is empty by rounding, the reference goes whole to the other side; where both are, to both.
      if (parts.left.empty() || parts.right.empty()) {
        const bool lost = parts.left.empty() && parts.right.empty();
        if (lost || parts.right.empty()) {
          left.push_back(r);
          left_box.extend(r.box);
        } else {
          right.push_back(r);
          right_box.extend(r.box);
        }
      } else {
        straddlers_.push_back({r, parts});
      }
    }
  }
  Box4 left_all = left_box, right_all = right_box;
  for (const Straddler& s : straddlers_) {
    left_all.extend(s.parts.left);
    right_all.extend(s.parts.right);
  }
  auto left_count = static_cast<float>(left.size() + straddlers_.size());
  auto right_count = static_cast<float>(right.size() + straddlers_.size());
  for (const Straddler& s : straddlers_) {
    const float l = left_all.half_surface(), r = right_all.half_surface();
    const float both = l * left_count + r * right_count;
    const float only_left = join(left_all, s.whole.box).half_surface() * left_count + r * (right_count - 1);
    const float only_right = l * (left_count - 1) + join(right_all, s.whole.box).half_surface() * right_count;
    if (only_left < both && only_left <= only_right) {
      left.push_back(s.whole);
      left_all.extend(s.whole.box);
      --right_count;
    } else if (only_right < both) {
      right.push_back(s.whole);
      right_all.extend(s.whole.box);
      --left_count;
    } else {
      Ref part{s.parts.left};
      part.name(s.whole.primitive());
      left.push_back(part);
      part.box = s.parts.right;
      part.name(s.whole.primitive());
      right.push_back(part);
    }
  }
  if (left.empty() || right.empty() || (left.size() >= refs.size() && right.size() >= refs.size())) return false;
  left_box = right_box = {};
  for (const Ref& r : left) left_box.extend(r.box);
  for (const Ref& r : right) right_box.extend(r.box);
  return true;
}

}  // namespace coppice::bvh
