// Drawing, in WebGL 2: points into a texture with depth; a pass that darkens what lies behind its surroundings
// (eye-dome lighting, after Boucheny), which shows shape without normals; then lines of any width, faint where hidden.

const RAMP = ["#35508a", "#3f7fb0", "#43b3ae", "#9bd770", "#f4d35e", "#fff3c9"];
const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16) / 255);

const POINT_VERTEX = `#version 300 es
layout(location = 0) in vec3 position;
layout(location = 1) in float shade;
uniform mat4 matrix;
uniform float size, distance, glow;
uniform vec3 ramp[6];
out vec3 color;
void main() {
  gl_Position = matrix * vec4(position, 1);
  gl_PointSize = max(1.0, size * clamp(distance / gl_Position.w, 0.55, 4.0));
  float at = shade * 5.0;
  int i = int(min(at, 4.0));
  color = mix(mix(ramp[i], ramp[i + 1], at - float(i)), vec3(1.0, 0.93, 0.84), glow);
}`;
const POINT_FRAGMENT = `#version 300 es
precision highp float;
in vec3 color;
out vec4 result;
void main() {
  vec2 p = 2.0 * gl_PointCoord - 1.0;
  if (dot(p, p) > 1.0) discard;
  result = vec4(color, 1);
}`;
const SHADE_VERTEX = `#version 300 es
void main() { gl_Position = vec4(4 * (gl_VertexID & 1) - 1, 2 * (gl_VertexID & 2) - 1, 0, 1); }`;
const SHADE_FRAGMENT = `#version 300 es
precision highp float;
uniform highp sampler2D colors, depths;
uniform float near, far, reach;
out vec4 result;
float logDepth(float d) { return log2(near * far / (far - d * (far - near))); }
void main() {
  ivec2 at = ivec2(gl_FragCoord.xy), last = textureSize(depths, 0) - 1;
  vec2 place = gl_FragCoord.xy / vec2(last);
  vec3 night = mix(vec3(0.055, 0.078, 0.118), vec3(0.028, 0.040, 0.062), length(place - vec2(0.45, 0.55)) * 1.25);
  float d = texelFetch(depths, at, 0).r;
  if (d == 1.0) { result = vec4(night, 1); return; }
  float own = logDepth(d), behind = 0.0;
  for (int i = 0; i < 8; ++i) {
    float turn = float(i) * 0.785398;
    ivec2 there = clamp(at + ivec2(round(reach * vec2(cos(turn), sin(turn)))), ivec2(0), last);
    behind += max(0.0, own - logDepth(texelFetch(depths, there, 0).r));
  }
  result = vec4(mix(night, texelFetch(colors, at, 0).rgb, 0.22 + 0.78 * exp(-14.0 * min(behind, 0.8) / 8.0 * 2.0)), 1);
}`;
// An edge from corner `from` to corner `to` of an instance's box, as a strip `width` pixels wide.
const EDGE_VERTEX = `#version 300 es
layout(location = 0) in vec3 from;
layout(location = 1) in vec3 to;
layout(location = 2) in vec2 corner;
layout(location = 3) in vec3 lower;
layout(location = 4) in vec3 upper;
uniform mat4 matrix;
uniform vec2 view;
uniform float width, near;
out float across;
void main() {
  vec4 a = matrix * vec4(mix(lower, upper, from), 1), b = matrix * vec4(mix(lower, upper, to), 1);
  across = corner.y * (width * 0.5 + 1.0);
  if (a.w < near && b.w < near) { gl_Position = vec4(2, 2, 2, 1); return; }
  if (a.w < near) a = mix(a, b, (near - a.w) / (b.w - a.w));
  else if (b.w < near) b = mix(b, a, (near - b.w) / (a.w - b.w));
  vec2 along = (b.xy / b.w - a.xy / a.w) * view;
  along = dot(along, along) > 1e-12 ? normalize(along) : vec2(1, 0);
  vec4 end = corner.x < 0.5 ? a : b;
  end.xy += vec2(-along.y, along.x) * across * 2.0 / view * end.w;
  gl_Position = end;
}`;
const EDGE_FRAGMENT = `#version 300 es
precision highp float;
uniform highp sampler2D depths;
uniform vec4 color;
uniform float width, hidden;
in float across;
out vec4 result;
void main() {
  float d = texelFetch(depths, ivec2(gl_FragCoord.xy), 0).r;
  float seen = gl_FragCoord.z <= d + 2e-6 ? 1.0 : hidden;
  result = vec4(color.rgb, color.a * seen * clamp(width * 0.5 + 0.5 - abs(across), 0.0, 1.0));
}`;

class Scene {
  constructor(canvas) {
    this.canvas = canvas;
    const gl = this.gl = canvas.getContext("webgl2", { antialias: false, alpha: false, preserveDrawingBuffer: true });
    if (!gl) return;
    this.pointProgram = this.program(POINT_VERTEX, POINT_FRAGMENT);
    this.shadeProgram = this.program(SHADE_VERTEX, SHADE_FRAGMENT);
    this.edgeProgram = this.program(EDGE_VERTEX, EDGE_FRAGMENT);
    this.target = gl.createFramebuffer();
    this.empty = gl.createVertexArray();
    this.cubeEdges = this.buffer(stripsOf(cubeEdges()));
    this.oneEdge = this.buffer(stripsOf([[[0, 0, 0], [1, 1, 1]]]));
  }

  program(vertex, fragment) {
    const { gl } = this, program = gl.createProgram();
    for (const [type, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
    const uniforms = {};
    for (let i = 0; i < gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS); ++i) {
      const { name } = gl.getActiveUniform(program, i);
      uniforms[name.replace("[0]", "")] = gl.getUniformLocation(program, name);
    }
    return { program, ...uniforms };
  }
  buffer(data) {
    const { gl } = this, buffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    return buffer;
  }
  attribute(buffer, index, size, stride, offset, type = this.gl.FLOAT, perInstance = false) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(index);
    gl.vertexAttribPointer(index, size, type, type !== gl.FLOAT, stride, offset);
    if (perInstance) gl.vertexAttribDivisor(index, 1);
  }

  setPoints(positions) {
    const { gl } = this;
    this.points = gl.createVertexArray();
    gl.bindVertexArray(this.points);
    this.attribute(this.buffer(positions), 0, 3, 12, 0);
  }
  setShades(shades) {  // Uint16, one a point
    const { gl } = this;
    gl.bindVertexArray(this.points);
    if (this.shades) gl.deleteBuffer(this.shades);
    this.shades = this.buffer(shades);
    this.attribute(this.shades, 1, 1, 2, 0, gl.UNSIGNED_SHORT);
  }
  // Boxes (lower, upper) drawn by their twelve edges, or, with `segments`, as lines from lower to upper.
  lines(corners, segments, old) {
    const { gl } = this;
    if (old) { gl.deleteBuffer(old.buffer); gl.deleteVertexArray(old.array); }
    const array = gl.createVertexArray(), buffer = this.buffer(corners);
    gl.bindVertexArray(array);
    const strips = segments ? this.oneEdge : this.cubeEdges;
    this.attribute(strips, 0, 3, 32, 0);
    this.attribute(strips, 1, 3, 32, 12);
    this.attribute(strips, 2, 2, 32, 24);
    this.attribute(buffer, 3, 3, 24, 0, gl.FLOAT, true);
    this.attribute(buffer, 4, 3, 24, 12, gl.FLOAT, true);
    return { array, buffer, vertices: segments ? 6 : 72, count: corners.length / 6 };
  }

  resize() {
    const { gl, canvas } = this, ratio = Math.min(devicePixelRatio || 1, 2);
    const width = Math.max(1, Math.round(innerWidth * ratio)), height = Math.max(1, Math.round(innerHeight * ratio));
    this.ratio = ratio;
    if (canvas.width === width && canvas.height === height && this.colors) return;
    canvas.width = width;
    canvas.height = height;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.target);
    const texture = (format, attachment) => {
      const made = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, made);
      gl.texStorage2D(gl.TEXTURE_2D, 1, format, width, height);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
      gl.framebufferTexture2D(gl.FRAMEBUFFER, attachment, gl.TEXTURE_2D, made, 0);
      return made;
    };
    gl.deleteTexture(this.colors ?? null);
    gl.deleteTexture(this.depths ?? null);
    this.colors = texture(gl.RGBA8, gl.COLOR_ATTACHMENT0);
    this.depths = texture(gl.DEPTH_COMPONENT24, gl.DEPTH_ATTACHMENT);
  }

  // ranges: [{first, count, glow}]; overlays: [{lines, color, width, hidden}].
  draw(camera, pointSize, ranges, overlays) {
    const { gl } = this;
    this.resize();
    const { width, height } = this.canvas, matrix = camera.matrix(width / height);
    gl.viewport(0, 0, width, height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.target);
    gl.enable(gl.DEPTH_TEST);
    gl.disable(gl.BLEND);
    gl.clearColor(0, 0, 0, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    let p = this.pointProgram;
    gl.useProgram(p.program);
    gl.uniformMatrix4fv(p.matrix, false, matrix);
    gl.uniform1f(p.size, pointSize * this.ratio);
    gl.uniform1f(p.distance, camera.distance);
    gl.uniform3fv(p.ramp, RAMP.flatMap(rgb));
    gl.bindVertexArray(this.points);
    for (const { first, count, glow } of ranges) {
      gl.uniform1f(p.glow, glow);
      if (count > 0) gl.drawArrays(gl.POINTS, first, count);
    }

    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.disable(gl.DEPTH_TEST);
    p = this.shadeProgram;
    gl.useProgram(p.program);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.colors);
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D, this.depths);
    gl.uniform1i(p.colors, 0);
    gl.uniform1i(p.depths, 1);
    gl.uniform1f(p.near, camera.near());
    gl.uniform1f(p.far, camera.far());
    gl.uniform1f(p.reach, 1.4 * this.ratio);
    gl.bindVertexArray(this.empty);
    gl.drawArrays(gl.TRIANGLES, 0, 3);

    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    p = this.edgeProgram;
    gl.useProgram(p.program);
    gl.uniformMatrix4fv(p.matrix, false, matrix);
    gl.uniform2f(p.view, width, height);
    gl.uniform1f(p.near, camera.near());
    gl.uniform1i(p.depths, 1);
    for (const { lines, color, width: pixels, hidden } of overlays) {
      if (!lines || lines.count === 0) continue;
      gl.uniform4fv(p.color, color);
      gl.uniform1f(p.width, pixels * this.ratio);
      gl.uniform1f(p.hidden, hidden);
      gl.bindVertexArray(lines.array);
      gl.drawArraysInstanced(gl.TRIANGLES, 0, lines.vertices, lines.count);
    }
  }
}

function cubeEdges() {
  const edges = [];
  for (let axis = 0; axis < 3; ++axis)
    for (const u of [0, 1])
      for (const v of [0, 1]) {
        const end = (x) => { const c = [0, 0, 0]; c[axis] = x; c[(axis + 1) % 3] = u; c[(axis + 2) % 3] = v; return c; };
        edges.push([end(0), end(1)]);
      }
  return edges;
}

// Two triangles an edge: from, to, and which end and side the vertex is.
function stripsOf(edges) {
  const corners = [[0, -1], [1, -1], [1, 1], [0, -1], [1, 1], [0, 1]];
  return new Float32Array(edges.flatMap(([from, to]) => corners.flatMap((corner) => [...from, ...to, ...corner])));
}
