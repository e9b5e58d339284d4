// The page itself: state, controls, and what is drawn when. The state may come in the address:
// #level=3&k=5&t=10&size=2&color=order&query=x,y,z&yaw=1&pitch=0.5&zoom=2 (angles in radians).

const $ = (id) => document.getElementById(id);
const meta = JSON.parse($("meta").textContent);
const film = meta.film ?? null;
const clamp = (x, lower, upper) => Math.min(upper, Math.max(lower, x));

function say(title, text) {
  $("message").innerHTML = "<b></b><span></span>";
  $("message").firstChild.textContent = title;
  $("message").lastChild.textContent = text;
  $("message").hidden = false;
}

// Digits that suffice for the extent shown, coordinates far from the origin included.
const decimals = clamp(4 - Math.floor(Math.log10(Math.max(1e-9, ...meta.upper.map((u, a) => u - meta.lower[a])))), 0, 9);
const number = (x) => x.toLocaleString("en-US", { maximumFractionDigits: decimals });
const unit = meta.unit ? ` ${meta.unit}` : "";

function describe() {
  $("title").textContent = meta.title;
  $("subtitle").textContent = meta.subtitle;
  const notes = [];
  if (meta.shown < meta.points) notes.push(`${grouped(meta.shown)} of ${grouped(meta.points)} points shown: ${meta.sampling}`);
  if (meta.dimension > 3) notes.push(`axes ${meta.axes.join(", ")} of ${meta.dimension}; distances in these alone`);
  if (meta.error > 0) notes.push(`coordinates rounded by at most ${meta.error.toPrecision(1)}${unit}`);
  $("notes").textContent = notes.join(" · ");
  document.body.classList.toggle("film", film !== null);
}

function start() {
  describe();
  const positions = decodePoints(), count = positions.length / 3;
  if (count === 0) return say("No points", "The file holds no points, so there is nothing to show.");
  const scene = new Scene($("canvas"));
  if (!scene.gl)
    return say("WebGL 2 is not available", "This browser cannot draw the points. Try another browser, or switch hardware acceleration on.");
  const idOf = decodeIds(meta), boxes = new Float32Array(bytesOf("boxes"));
  const starts = film ? sweepStarts(film) : [0, count];
  const flat = meta.flat, heightAxis = flat ? 1 : 2;
  const ends = [0, 1, 2].map((a) => quantiles(positions, a, [0.01, 0.99]));
  const centre = ends.map(([lower, upper]) => (lower + upper) / 2);
  const radius = Math.max(Math.hypot(...ends.map(([lower, upper]) => (upper - lower) / 2)),
                          1e-6 * Math.max(1, ...centre.map(Math.abs)));
  const camera = new Camera(centre, radius, flat, flat ? 0.95 : film ? 1.25 : 1.12);
  const deepest = meta.levels.length - 1;
  const state = { size: count > 200000 ? 2 : count > 20000 ? 2.5 : 4, level: -1, k: 8, color: flat ? "order" : "height",
                  t: film ? film.count.length - 1 : 0, playing: false };
  let pinned = null, tree = null, frame = 0, boxLines = null, queryLines = null, crossLines = null, routeLines = null;
  scene.setPoints(positions);

  // ---- what is live
  const firstSweep = () => film ? Math.max(0, state.t - film.window + 1) : 0;
  const live = () => film ? [starts[firstSweep()], starts[state.t + 1]] : [0, count];
  function ranges() {
    if (!film) return [{ first: 0, count, glow: 0 }];
    const newest = starts[state.t], [first, last] = live();
    return [{ first, count: newest - first, glow: 0 }, { first: newest, count: last - newest, glow: film.count.length > 1 ? 0.62 : 0 }];
  }

  // ---- colours
  function shade() {
    const shades = new Uint16Array(count);
    const [lower, upper] = quantiles(positions, heightAxis, [0.005, 0.985]), byHeight = state.color === "height";
    if (byHeight) {
      const scale = upper > lower ? 65535 / (upper - lower) : 0;
      for (let i = 0; i < count; ++i) shades[i] = clamp((positions[3 * i + heightAxis] - lower) * scale, 0, 65535);
    } else if (film) {
      for (let s = 0; s + 1 < starts.length; ++s) shades.fill(65535 * s / Math.max(1, starts.length - 2), starts[s], starts[s + 1]);
    } else {
      const least = meta.least_id, most = meta.greatest_id;
      for (let i = 0; i < count; ++i) shades[i] = most > least ? 65535 * (Number(idOf(i)) - least) / (most - least) : 0;
    }
    scene.setShades(shades);
    const origin = meta.origin[heightAxis];
    $("ramp-lower").textContent = byHeight ? number(lower + origin) + unit : film ? "first sweep" : `id ${meta.least_id}`;
    $("ramp-upper").textContent = byHeight ? number(upper + origin) + unit : film ? "last sweep" : `id ${meta.greatest_id}`;
    $("color-height").setAttribute("aria-checked", byHeight);
    $("color-order").setAttribute("aria-checked", !byHeight);
  }

  // ---- boxes: those of the level, and the leaves that ended above it
  function showLevel() {
    $("level").value = state.level;
    const chosen = state.level < 0 ? null : meta.levels[state.level];
    $("level-value").textContent = chosen ? `${state.level} of ${meta.tree_height}` : deepest < 0 ? "none" : "off";
    $("level-note").textContent = deepest < 0 ? meta.no_boxes : !chosen ? "" :
      [chosen.inner ? `${grouped(chosen.inner)} inner` : "", chosen.leaves ? `${grouped(chosen.leaves)} leaves` : ""].filter(Boolean).join(", ") +
      (film ? " · the tree after the last sweep" : "") + (deepest < meta.tree_height && state.level === deepest ? " · deeper levels are left out" : "");
    const part = (first, size, old) => scene.lines(boxes.subarray(6 * first, 6 * (first + size)), false, old);
    boxLines = chosen ? { inner: part(chosen.first, chosen.inner, boxLines?.inner),
                          leaves: part(chosen.first + chosen.inner, chosen.leaves, boxLines?.leaves) } : null;
  }
  const fade = (n) => clamp(1.5 / Math.log10(10 + n), 0.22, 0.9);

  // ---- the query
  function ask(q, self) {
    tree ??= new NeighborTree(positions);
    const [first, last] = live();
    const found = tree.nearest(q, state.k, first, last, self).sort((a, b) => a.squared - b.squared || (idOf(a.index) < idOf(b.index) ? -1 : 1));
    const lines = [], arm = camera.distance * 0.008;
    for (const { index } of found) lines.push(...q, ...positions.subarray(3 * index, 3 * index + 3));
    queryLines = scene.lines(new Float32Array(lines), true, queryLines);
    const cross = [0, 1, 2].flatMap((a) => [...q.map((x, b) => a === b ? x - arm : x), ...q.map((x, b) => a === b ? x + arm : x)]);
    crossLines = scene.lines(new Float32Array(cross), true, crossLines);
    $("answer-title").textContent = self >= 0 ? `The ${found.length} nearest of ${idOf(self)}` : `The ${found.length} nearest`;
    $("answer-place").textContent = "at " + q.slice(0, flat ? 2 : 3).map((x, a) => number(x + meta.origin[a])).join(", ");
    const row = (left, right, name) => {
      const item = document.createElement("li");
      item.className = name;
      for (const text of [left, right]) item.append(Object.assign(document.createElement("span"), { textContent: text }));
      return item;
    };
    $("neighbors").replaceChildren(row("id", `distance${unit && " in" + unit}`, "head"), ...found.map(({ index, squared }) => {
      const item = row(String(idOf(index)), Math.sqrt(squared).toPrecision(5), "hit");
      item.dataset.id = idOf(index);
      item.dataset.distance = Math.sqrt(squared);
      return item;
    }));
    requestDraw();
  }
  function clearAnswer() {
    queryLines = crossLines = null;
    $("answer-title").textContent = "Nearest neighbours";
    $("answer-place").textContent = matchMedia("(hover: hover)").matches ? "Point at something." : "Tap a point.";
    $("neighbors").replaceChildren();
    requestDraw();
  }
  function pin(query) {
    pinned = query;
    $("unpin").hidden = query === null;
    if (query) ask(query.q, query.self); else clearAnswer();
  }
  function under(x, y) {
    tree ??= new NeighborTree(positions);
    const slope = 2 * FIELD / innerHeight, ray = camera.ray(x, y, innerWidth, innerHeight), [first, last] = live();
    let index = tree.pick(ray, slope * (3 + state.size), first, last);
    if (index < 0) index = tree.pick(ray, slope * 24, first, last);
    return index < 0 ? null : { q: [...positions.subarray(3 * index, 3 * index + 3)], self: index };
  }
  const askAgain = () => { if (pinned) ask(pinned.q, pinned.self); else clearAnswer(); };

  // ---- time
  let timeline = null;
  function seek(t) {
    state.t = clamp(Math.round(t), 0, film.count.length - 1);
    $("time").value = state.t;
    timeline.show(state.t);
    const route = film.route.slice(0, state.t + 1);
    const height = quantiles(positions, 2, [0.02])[0] + 0.01 * radius;
    const lines = [];
    for (let i = 1; i < route.length; ++i) lines.push(...route[i - 1], height, ...route[i], height);
    routeLines = scene.lines(new Float32Array(lines), true, routeLines);
    if (pinned || queryLines) askAgain(); else requestDraw();
  }
  function play(on) {
    state.playing = on;
    $("play").textContent = on ? "❚❚" : "▶";
    $("play").setAttribute("aria-label", on ? "Pause" : "Play");
    if (!on) return;
    if (state.t === film.count.length - 1) seek(0);
    const pause = clamp(12000 / film.count.length, 60, 400);
    let next = performance.now() + pause;
    const tick = (now) => {
      if (!state.playing) return;
      if (now >= next) {
        next = Math.max(next + pause, now);
        seek(state.t + 1);
        if (state.t === film.count.length - 1) return play(false);
      }
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  // ---- drawing
  function requestDraw() { frame ||= requestAnimationFrame(draw); }
  function draw() {
    cancelAnimationFrame(frame);
    frame = 0;
    const overlays = [];
    if (routeLines) overlays.push({ lines: routeLines, color: [1, 0.62, 0.26, 0.85], width: 2, hidden: 0.5 });
    if (boxLines) {
      overlays.push({ lines: boxLines.leaves, color: [0.36, 0.85, 0.80, fade(boxLines.leaves.count)], width: 1.1, hidden: 0.25 });
      overlays.push({ lines: boxLines.inner, color: [0.75, 0.83, 1, fade(boxLines.inner.count)], width: 1.3, hidden: 0.3 });
    }
    overlays.push({ lines: queryLines, color: [1, 0.42, 0.30, 1], width: 2.2, hidden: 0.75 });
    overlays.push({ lines: crossLines, color: [1, 1, 1, 1], width: 2.2, hidden: 0.8 });
    scene.draw(camera, state.size, ranges(), overlays);
    drawScale();
  }
  // A bar of a round length, true at the depth of the camera's target.
  function drawScale() {
    const perUnit = innerHeight / (2 * FIELD * camera.distance), ideal = Math.min(150, innerWidth / 4) / perUnit;
    const power = 10 ** Math.floor(Math.log10(ideal)), length = power * [5, 2, 1].find((m) => m * power <= ideal);
    const bottom = innerHeight - (parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--bottom")) || 0) - 22;
    $("marks").replaceChildren();
    const w = length * perUnit, phone = innerWidth <= 720 && !document.body.classList.contains("controls-hidden");
    if (phone) return;
    element($("marks"), "path", { d: `M20,${bottom - 5}v5h${w}v-5` });
    element($("marks"), "text", { x: 20 + w + 8, y: bottom + 1 }, `${+length.toPrecision(1)}${unit}`);
  }
  function layout() {
    const bottom = film ? $("timeline").offsetHeight + 10 : 0, side = innerWidth > 720 ? $("panel").offsetWidth + 16 : 0;
    document.documentElement.style.setProperty("--bottom", `${bottom}px`);
    camera.shift = [-side / innerWidth, bottom / innerHeight];
    timeline?.draw();
    timeline?.show(state.t);
    draw();
  }

  // ---- controls
  function setSize(size) { state.size = clamp(size, 1, 8); $("size").value = state.size; $("size-value").textContent = `${state.size} px`; requestDraw(); }
  function setLevel(level) { state.level = clamp(level, -1, deepest); showLevel(); requestDraw(); }
  function setK(k) { state.k = clamp(Math.round(k), 1, 50); $("k").value = state.k; $("k-value").textContent = state.k; if (pinned || queryLines) askAgain(); }
  function setColor(color) { state.color = color; shade(); requestDraw(); }
  function goHome() { camera.reset(); requestDraw(); }

  function readAddress() {
    const given = new URLSearchParams(location.hash.slice(1));
    const value = (name) => { const x = parseFloat(given.get(name)); return Number.isFinite(x) ? x : null; };
    if (["height", "order"].includes(given.get("color"))) state.color = given.get("color");
    camera.reset();
    camera.yaw = value("yaw") ?? camera.yaw;
    camera.pitch = clamp(value("pitch") ?? camera.pitch, -Math.PI / 2, Math.PI / 2);
    camera.distance /= Math.max(1e-3, value("zoom") ?? 1);
    if (film) state.t = clamp(Math.round(value("t") ?? state.t), 0, film.count.length - 1);
    setK(value("k") ?? state.k);
    setSize(value("size") ?? state.size);
    setLevel(Math.round(value("level") ?? state.level));
    const place = (given.get("query") ?? "").split(",").map(parseFloat);
    while (place.length < 3) place.push(0);
    pin(given.has("query") && place.every(Number.isFinite) ? { q: place.slice(0, 3).map((x, a) => x - meta.origin[a]), self: -1 } : null);
    if (pinned && given.has("zoom")) camera.target = [...pinned.q];
  }

  $("ramp").style.background = `linear-gradient(90deg, ${RAMP.join(", ")})`;
  $("color-height").textContent = flat ? meta.axes[1] : "height";
  $("color-order").textContent = film ? "sweep" : "id";
  $("level").max = Math.max(0, deepest);
  $("level").disabled = deepest < 0;
  $("size").oninput = () => setSize(+$("size").value);
  $("level").oninput = () => setLevel(+$("level").value);
  $("k").oninput = () => setK(+$("k").value);
  $("color-height").onclick = () => setColor("height");
  $("color-order").onclick = () => setColor("order");
  $("unpin").onclick = () => pin(null);
  $("home").onclick = goHome;
  $("ask").onclick = () => $("help").showModal();
  $("toggle").onclick = () => { document.body.classList.toggle("controls-hidden"); requestDraw(); };
  if (film) {
    $("timeline").hidden = false;
    $("time").max = film.count.length - 1;
    timeline = new Timeline(meta.report, (t) => { play(false); seek(t); });
    $("time").oninput = () => { play(false); seek(+$("time").value); };
    $("play").onclick = () => play(!state.playing);
  }
  if (innerWidth <= 720) document.body.classList.add("controls-hidden");

  let hovered = 0;
  listenTo($("canvas"), camera, {
    changed: requestDraw,
    leave: () => { cancelAnimationFrame(hovered); if (!pinned) clearAnswer(); },
    hover: (x, y) => {
      if (pinned) return;
      cancelAnimationFrame(hovered);
      hovered = requestAnimationFrame(() => { const hit = under(x, y); if (hit) ask(hit.q, hit.self); else clearAnswer(); });
    },
    click: (x, y) => { const hit = under(x, y); pin(pinned && hit?.self === pinned.self ? null : hit); },
  });
  const middle = () => [innerWidth / 2, innerHeight / 2, innerWidth, innerHeight];
  const keys = {
    "+": () => camera.zoom(0.85, ...middle()), "=": () => camera.zoom(0.85, ...middle()), "-": () => camera.zoom(1 / 0.85, ...middle()),
    "[": () => setLevel(state.level - 1), "]": () => setLevel(state.level + 1),
    k: () => setK(state.k + 1), K: () => setK(state.k - 1), s: () => setSize(state.size + 0.5), S: () => setSize(state.size - 0.5),
    c: () => setColor(state.color === "height" ? "order" : "height"), r: goHome, Home: goHome, "?": () => $("help").showModal(),
    t: () => { camera.pitch = Math.PI / 2; camera.yaw = -Math.PI / 2; }, Escape: () => pin(null),
    ...(film && { " ": () => play(!state.playing), ",": () => { play(false); seek(state.t - 1); }, ".": () => { play(false); seek(state.t + 1); } }),
  };
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || $("help").open) return;
    const inControl = e.target instanceof HTMLInputElement || (e.target instanceof HTMLButtonElement && (e.key === " " || e.key === "Enter"));
    if (inControl && (e.key in arrows || e.key === " " || e.key === "Home" || e.key === "Enter")) return;
    if (e.key in arrows) {
      const [dx, dy] = arrows[e.key];
      if (e.shiftKey) camera.move(-40 * dx, -40 * dy, innerHeight); else camera.turn(0.08 * dx, 0.08 * dy);
    } else if (keys[e.key]) {
      keys[e.key]();
    } else {
      return;
    }
    e.preventDefault();
    requestDraw();
  });
  addEventListener("hashchange", () => { readAddress(); shade(); if (film) seek(state.t); draw(); });
  addEventListener("resize", layout);
  $("canvas").addEventListener("webglcontextlost", () => say("The picture was lost", "The graphics driver took it back; reload the page."));

  readAddress();
  shade();
  layout();
  if (film) seek(state.t);
  if (pinned) ask(pinned.q, pinned.self);
  draw();
  document.body.dataset.state = "ready";
}

start();
