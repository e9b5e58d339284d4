// Neighbours in the page: a tree of boxes over the points in Morton order, 16 points a leaf and 8 nodes a parent. It is
// built once by a radix sort; every query looks only at the points [first, last) that are drawn.

class NeighborTree {
  constructor(positions) {
    this.positions = positions;
    this.order = mortonOrder(positions);
    this.levels = [this.boundsOfPoints()];
    while (this.levels[0].length > 6) this.levels.unshift(boundsOfBoxes(this.levels[0]));
  }

  boundsOfPoints() {
    const { positions, order } = this;
    const boxes = new Float32Array(6 * Math.ceil(order.length / 16));
    for (let b = 0; b < boxes.length; b += 6) {
      boxes.fill(Infinity, b, b + 3);
      boxes.fill(-Infinity, b + 3, b + 6);
    }
    for (let slot = 0; slot < order.length; ++slot) {
      const b = 6 * (slot >> 4), p = 3 * order[slot];
      for (let a = 0; a < 3; ++a) {
        boxes[b + a] = Math.min(boxes[b + a], positions[p + a]);
        boxes[b + 3 + a] = Math.max(boxes[b + 3 + a], positions[p + a]);
      }
    }
    return boxes;
  }

  // Visits leaves in the order of bound(boxes, at), as long as that is at most limit().
  search(bound, limit, visitPoint) {
    if (!this.order.length) return;
    const { levels, order } = this, last = levels.length - 1;
    const descend = (level, node) => {
      if (level === last) {
        const end = Math.min(order.length, 16 * (node + 1));
        for (let slot = 16 * node; slot < end; ++slot) visitPoint(order[slot]);
        return;
      }
      const below = levels[level + 1], children = [];
      const end = Math.min(below.length / 6, 8 * (node + 1));
      for (let c = 8 * node; c < end; ++c) {
        const value = bound(below, 6 * c);
        if (value <= limit()) children.push([value, c]);
      }
      children.sort((a, b) => a[0] - b[0]);
      for (const [value, c] of children) if (value <= limit()) descend(level + 1, c);
    };
    descend(0, 0);
  }

  // The k nearest of q among [first, last) without the point `self`: [{index, squared}], by distance and then index.
  nearest(q, k, first, last, self = -1) {
    const { positions } = this, found = [];
    const bound = (boxes, b) => {
      let sum = 0;
      for (let a = 0; a < 3; ++a) {
        const gap = Math.max(boxes[b + a] - q[a], 0, q[a] - boxes[b + 3 + a]);
        sum += gap * gap;
      }
      return sum;
    };
    const limit = () => found.length < k ? Infinity : found[k - 1].squared;
    this.search(bound, limit, (index) => {
      if (index < first || index >= last || index === self) return;
      let squared = 0;
      for (let a = 0; a < 3; ++a) squared += (positions[3 * index + a] - q[a]) ** 2;
      if (squared > limit()) return;
      let at = found.length;
      while (at > 0 && (found[at - 1].squared > squared || (found[at - 1].squared === squared && found[at - 1].index > index))) --at;
      found.splice(at, 0, { index, squared });
      if (found.length > k) found.pop();
    });
    return found;
  }

  // The drawn point that a ray passes within `slope` of its depth; the front one wins, a little sideways counts little.
  pick(ray, slope, first, last) {
    const { positions } = this, { origin, direction } = ray;
    const score = (depth, aside) => depth * (1 + 4 * aside * aside / (slope * slope * depth * depth));
    let best = -1, least = Infinity;
    const bound = (boxes, b) => {
      let depth = 0, radius = 0, square = 0;
      for (let a = 0; a < 3; ++a) {
        const half = (boxes[b + 3 + a] - boxes[b + a]) / 2, offset = boxes[b + a] + half - origin[a];
        radius += half * half;
        depth += offset * direction[a];
        square += offset * offset;
      }
      radius = Math.sqrt(radius);
      const aside = Math.sqrt(Math.max(0, square - depth * depth));
      if (depth + radius <= 0 || aside - radius > slope * (depth + radius)) return Infinity;
      return Math.max(0, depth - radius);
    };
    this.search(bound, () => Math.min(least, Number.MAX_VALUE), (index) => {
      if (index < first || index >= last) return;
      let depth = 0, square = 0;
      for (let a = 0; a < 3; ++a) {
        const offset = positions[3 * index + a] - origin[a];
        depth += offset * direction[a];
        square += offset * offset;
      }
      const aside = Math.sqrt(Math.max(0, square - depth * depth));
      if (depth <= 0 || aside > slope * depth) return;
      const value = score(depth, aside);
      if (value < least) { least = value; best = index; }
    });
    return best;
  }
}

function boundsOfBoxes(below) {
  const boxes = new Float32Array(6 * Math.ceil(below.length / 48));
  for (let b = 0; b < boxes.length; b += 6) {
    for (let a = 0; a < 3; ++a) {
      let lower = Infinity, upper = -Infinity;
      for (let c = 8 * b; c < Math.min(below.length, 8 * b + 48); c += 6) {
        lower = Math.min(lower, below[c + a]);
        upper = Math.max(upper, below[c + 3 + a]);
      }
      boxes[b + a] = lower;
      boxes[b + 3 + a] = upper;
    }
  }
  return boxes;
}

// Indices sorted by the interleaved bits of 1,024 cells an axis. Cells span all but the outermost points, which are
// clamped: a far point must not fold all others into one cell.
function mortonOrder(positions) {
  const n = positions.length / 3;
  const spread = (x) => {
    x = (x | (x << 16)) & 0x030000ff;
    x = (x | (x << 8)) & 0x0300f00f;
    x = (x | (x << 4)) & 0x030c30c3;
    return (x | (x << 2)) & 0x09249249;
  };
  const keys = new Uint32Array(n);
  for (let a = 0; a < 3; ++a) {
    const [lower, upper] = quantiles(positions, a, [0.005, 0.995]);
    const scale = upper > lower ? 1023 / (upper - lower) : 0;
    for (let i = 0; i < n; ++i)
      keys[i] |= spread(Math.min(1023, Math.max(0, Math.floor((positions[3 * i + a] - lower) * scale)))) << a;
  }
  let order = new Uint32Array(n), spare = new Uint32Array(n);
  for (let i = 0; i < n; ++i) order[i] = i;
  for (let shift = 0; shift < 30; shift += 10) {
    const starts = new Uint32Array(1025);
    for (let i = 0; i < n; ++i) ++starts[((keys[i] >>> shift) & 1023) + 1];
    for (let d = 0; d < 1024; ++d) starts[d + 1] += starts[d];
    for (let i = 0; i < n; ++i) spare[starts[(keys[order[i]] >>> shift) & 1023]++] = order[i];
    [order, spare] = [spare, order];
  }
  return order;
}
