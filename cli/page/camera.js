// A camera that turns around a target, z up, and the gestures and keys that move it.

const FIELD = Math.tan(22.5 * Math.PI / 180);  // half the view's height at distance 1

class Camera {
  constructor(centre, radius, flat, fill) {
    this.whole = { target: centre, distance: radius / FIELD / fill,
                   yaw: flat ? -Math.PI / 2 : -2.2, pitch: flat ? Math.PI / 2 : 0.62 };
    this.radius = radius;
    this.shift = [0, 0];  // of the picture's middle, in half widths and heights: the panels leave it off centre
    this.reset();
  }
  reset() {
    Object.assign(this, this.whole, { target: [...this.whole.target] });
  }
  axes() {
    const cy = Math.cos(this.yaw), sy = Math.sin(this.yaw), cp = Math.cos(this.pitch), sp = Math.sin(this.pitch);
    return { back: [cp * cy, cp * sy, sp], right: [-sy, cy, 0], up: [-sp * cy, -sp * sy, cp] };
  }
  eye() {
    const { back } = this.axes();
    return this.target.map((x, a) => x + back[a] * this.distance);
  }
  near() { return Math.max(this.distance, 0.01 * this.radius) * 0.01; }
  far() { return this.distance + 30 * this.radius; }
  // Column-major view-projection.
  matrix(aspect) {
    const { back, right, up } = this.axes(), eye = this.eye(), n = this.near(), f = this.far();
    const dot = (v) => v[0] * eye[0] + v[1] * eye[1] + v[2] * eye[2];
    const sx = 1 / (FIELD * aspect), sy = 1 / FIELD, zz = (f + n) / (f - n), zw = 2 * f * n / (f - n);
    const m = new Float32Array(16);
    for (let c = 0; c < 4; ++c) {
      const r = c < 3 ? right[c] : -dot(right), u = c < 3 ? up[c] : -dot(up), b = c < 3 ? back[c] : -dot(back);
      m[4 * c] = sx * r - this.shift[0] * b;
      m[4 * c + 1] = sy * u - this.shift[1] * b;
      m[4 * c + 2] = -zz * b - (c === 3 ? zw : 0);
      m[4 * c + 3] = -b;
    }
    return m;
  }
  // Through a pixel of a view of `width` × `height`.
  ray(x, y, width, height) {
    const { back, right, up } = this.axes();
    const u = (2 * x / width - 1 - this.shift[0]) * FIELD * width / height;
    const v = (1 - 2 * y / height - this.shift[1]) * FIELD;
    const direction = right.map((r, a) => r * u + up[a] * v - back[a]);
    const length = Math.hypot(...direction);
    return { origin: this.eye(), direction: direction.map((d) => d / length) };
  }
  turn(dx, dy) {
    this.yaw -= dx;
    this.pitch = Math.min(Math.PI / 2, Math.max(-Math.PI / 2, this.pitch + dy));
  }
  move(dx, dy, height) {
    const { right, up } = this.axes(), unit = 2 * FIELD * this.distance / height;
    for (let a = 0; a < 3; ++a) this.target[a] += (up[a] * dy - right[a] * dx) * unit;
  }
  // Keeps what lies under (x, y) at the target's depth in place.
  zoom(factor, x, y, width, height) {
    const distance = Math.min(40 * this.radius, Math.max(1e-4 * this.radius, this.distance * factor));
    const { right, up } = this.axes(), unit = 2 * FIELD * (this.distance - distance) / height;
    const px = x - width / 2 * (1 + this.shift[0]), py = y - height / 2 * (1 - this.shift[1]);
    for (let a = 0; a < 3; ++a) this.target[a] += (right[a] * px - up[a] * py) * unit;
    this.distance = distance;
  }
}

// Mouse, touch and wheel on the canvas. Calls changed() after a move, hover(x, y), leave() and click(x, y).
function listenTo(canvas, camera, { changed, hover, leave, click }) {
  const pointers = new Map();
  let travelled = 0;
  const place = (e) => ({ x: e.clientX, y: e.clientY });
  canvas.addEventListener("contextmenu", (e) => e.preventDefault());
  canvas.addEventListener("pointerdown", (e) => {
    canvas.setPointerCapture(e.pointerId);
    if (pointers.size === 0) travelled = 0;
    pointers.set(e.pointerId, place(e));
  });
  canvas.addEventListener("pointermove", (e) => {
    const before = pointers.get(e.pointerId), now = place(e);
    if (!before) return hover(now.x, now.y);
    const dx = now.x - before.x, dy = now.y - before.y;
    travelled += Math.abs(dx) + Math.abs(dy);
    if (pointers.size === 2) {
      const other = [...pointers].find(([id]) => id !== e.pointerId)[1];
      const span = Math.hypot(before.x - other.x, before.y - other.y), wide = Math.hypot(now.x - other.x, now.y - other.y);
      camera.move(dx / 2, dy / 2, innerHeight);
      if (wide > 0) camera.zoom(span / wide, (now.x + other.x) / 2, (now.y + other.y) / 2, innerWidth, innerHeight);
    } else if (e.shiftKey || (e.buttons & 6)) {
      camera.move(dx, dy, innerHeight);
    } else {
      camera.turn(dx * 0.006, dy * 0.006);
    }
    pointers.set(e.pointerId, now);
    changed();
  });
  const release = (e) => {
    if (!pointers.delete(e.pointerId) || e.type === "pointercancel") return;
    if (pointers.size === 0 && travelled < 6 && e.button === 0) click(e.clientX, e.clientY);
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", leave);
  canvas.addEventListener("wheel", (e) => {
    e.preventDefault();
    const pixels = e.deltaY * (e.deltaMode === 1 ? 32 : 1);
    camera.zoom(Math.exp(Math.max(-240, Math.min(240, pixels)) * 0.0016), e.clientX, e.clientY, innerWidth, innerHeight);
    changed();
  }, { passive: false });
}
