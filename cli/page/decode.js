// What the page was given: points as 16-bit numbers within blocks of 1,024, each with its own corner and step; ids; and
// boxes as floats, level by level. Everything is relative to meta.origin, so floats suffice far from the origin.

function bytesOf(id) {
  const text = atob(document.getElementById(id).textContent.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  return bytes.buffer;
}

const BLOCK = 1024;

function decodePoints() {
  const frames = new Float32Array(bytesOf("blocks"));
  const steps = new Uint16Array(bytesOf("points"));
  const positions = new Float32Array(steps.length);
  for (let i = 0; i < steps.length; i += 3) {
    const frame = 6 * Math.floor(i / (3 * BLOCK));
    for (let a = 0; a < 3; ++a) positions[i + a] = frames[frame + a] + steps[i + a] * frames[frame + 3 + a];
  }
  return positions;
}

// id(i) of the i-th point: listed, or, for sweeps, counted from the sweep's first id.
function decodeIds(meta) {
  if (!meta.film) {
    const listed = meta.wide_ids ? new BigInt64Array(bytesOf("ids")) : new Uint32Array(bytesOf("ids"));
    return (i) => listed[i];
  }
  const { first, stride } = meta.film;
  const starts = sweepStarts(meta.film);
  return (i) => {
    const sweep = sweepOf(starts, i);
    return first[sweep] + (i - starts[sweep]) * stride[sweep];
  };
}

// Where each sweep's points start, and where the last one ends.
function sweepStarts(film) {
  const starts = [0];
  for (const count of film.count) starts.push(starts[starts.length - 1] + count);
  return starts;
}

function sweepOf(starts, i) {
  let low = 0, high = starts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= i) low = middle; else high = middle;
  }
  return low;
}

// Values that a share q of all lie below, from a regular sample: robust against a few far points.
function quantiles(positions, axis, shares) {
  const n = positions.length / 3;
  const step = Math.max(1, Math.floor(n / 20000));
  const sample = [];
  for (let i = 0; i < n; i += step) sample.push(positions[3 * i + axis]);
  sample.sort((a, b) => a - b);
  return shares.map((q) => sample.length ? sample[Math.round(q * (sample.length - 1))] : 0);
}
