// Points drawn by a graphics card: uploaded once for a frame; its shaders mix the frame before into it as it glides.

const UNIT = 8192; // int16 value of one half of the view
const NOWHERE = -32768; // of a point that is not known
const ATTRIBUTES = ["before", "after", "colour", "wrong", "chosen"];

const VERTEX = `
  attribute vec2 before, after; attribute float colour, wrong, chosen;
  uniform vec2 pan, aspect; uniform float zoom, mixing, size, marks, layer, faint, large; // layer: 0 all, 1 the rest, 2 the chosen, 3 trails
  uniform vec3 palette[64];
  varying vec3 ink; varying float cross, cover;
  void main() {
    vec2 start = before.x < ${NOWHERE + 1}.0 ? after : before;
    vec2 position = mix(start, after, mixing) / ${UNIT}.0;
    gl_Position = vec4((position * zoom + pan) * aspect, 0.0, 1.0);
    bool trail = layer > 2.5, other = layer > 0.5 && !trail && abs(chosen - (layer - 1.0)) > 0.5;
    if (other || after.x < ${NOWHERE + 1}.0) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    cross = trail ? -1.0 : marks * wrong;
    bool rest = layer > 0.5 && layer < 1.5;
    cover = rest ? faint : trail ? 0.3 : 0.85;
    gl_PointSize = size * (1.0 + 0.9 * max(cross, 0.0)) * (layer > 1.5 ? large : 1.0);
    ink = mix(palette[int(colour + 0.5)], vec3(0.6), rest ? 0.6 : 0.0);
  }`;
const FRAGMENT = `
  precision mediump float;
  varying vec3 ink; varying float cross, cover;
  void main() {
    vec2 p = gl_PointCoord * 2.0 - 1.0;
    if (cross > 0.5) { if (abs(abs(p.x) - abs(p.y)) > 0.42) discard; }
    else if (cross > -0.5 && dot(p, p) > 1.0) discard; // lines have no point coordinates
    gl_FragColor = vec4(ink, 1.0) * cover;
  }`;

function hasCard() { // whether WebGL is there, and drawn by a graphics card
  const gl = document.createElement("canvas").getContext("webgl", { failIfMajorPerformanceCaveat: true });
  if (!gl) return false;
  const named = gl.getExtension("WEBGL_debug_renderer_info");
  const who = gl.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return !/swiftshader|llvmpipe|softpipe|software|basic render/i.test(who);
}

function rgb(text) {
  return [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16) / 255);
}

class Card {
  static of(canvas) { // null where there is no graphics card
    const gl = hasCard() ? canvas.getContext("webgl", { antialias: false, alpha: true }) : null;
    return gl && new Card(gl);
  }

  constructor(gl) {
    this.gl = gl;
    const program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, source); gl.compileShader(shader); gl.attachShader(program, shader);
    }
    gl.linkProgram(program); gl.useProgram(program);
    gl.enable(gl.BLEND); gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.program = program;
    this.buffers = Object.fromEntries(ATTRIBUTES.map((name) => [name, gl.createBuffer()]));
  }

  upload(before, frame, chosen) { // chosen: one byte for each point, or null
    const { gl } = this, { n, xy, colour, wrong } = frame;
    this.n = n; this.chosen = chosen; this.grey = frame.palette.length - 1;
    for (const [name, data] of Object.entries({ before, after: xy, colour, wrong, chosen: chosen || new Uint8Array(n) })) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
      gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    }
    this.sort();
    this.bind();
    const palette = new Float32Array(64 * 3);
    frame.palette.forEach((text, i) => palette.set(rgb(text), 3 * i));
    gl.uniform3fv(gl.getUniformLocation(this.program, "palette"), palette);
  }

  uploadLines(ends) { // each four numbers
    const { gl } = this;
    this.buffers.lines ??= gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers.lines);
    gl.bufferData(gl.ARRAY_BUFFER, new Int16Array(ends), gl.DYNAMIC_DRAW);
  }

  sort() { // the faint rest first, then the chosen: each point is drawn once
    const { gl, chosen, n } = this;
    if (!chosen || !gl.getExtension("OES_element_index_uint")) return;
    const order = new Uint32Array(n);
    let rest = 0, last = n;
    for (let i = 0; i < n; i++) if (chosen[i]) order[--last] = i; else order[rest++] = i;
    this.nRest = rest;
    this.buffers.order ??= gl.createBuffer();
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.buffers.order);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, order, gl.DYNAMIC_DRAW);
  }

  bind() { // which buffer feeds which attribute of the shader
    const { gl } = this;
    for (const [name, size, type] of ATTRIBUTES.map((name, i) => [name, i < 2 ? 2 : 1, i < 2 ? gl.SHORT : gl.UNSIGNED_BYTE])) {
      const at = gl.getAttribLocation(this.program, name);
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
      gl.enableVertexAttribArray(at);
      gl.vertexAttribPointer(at, size, type, false, 0, 0);
    }
  }

  draw(width, height, look, nEnds) { // look: pan, aspect, zoom, mixing, size, marks, faint, large; nEnds: of the lines
    const { gl, n } = this, at = (name) => gl.getUniformLocation(this.program, name);
    gl.viewport(0, 0, width, height); gl.clearColor(0, 0, 0, 0); gl.clear(gl.COLOR_BUFFER_BIT);
    for (const name of ["pan", "aspect"]) gl.uniform2fv(at(name), look[name]);
    for (const name of ["zoom", "mixing", "size", "marks", "faint", "large"]) gl.uniform1f(at(name), look[name]);
    if (nEnds) this.drawLines(at, nEnds);
    if (!this.chosen) { gl.uniform1f(at("layer"), 0); gl.drawArrays(gl.POINTS, 0, n); }
    else for (const [layer, first, count] of [[1, 0, this.nRest], [2, this.nRest, n - this.nRest]]) {
      gl.uniform1f(at("layer"), layer); // the chosen above the rest
      if (count) gl.drawElements(gl.POINTS, count, gl.UNSIGNED_INT, 4 * first);
    }
  }

  drawLines(at, nEnds) {
    const { gl } = this, place = (name) => gl.getAttribLocation(this.program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers.lines);
    for (const name of ["before", "after"]) gl.vertexAttribPointer(place(name), 2, gl.SHORT, false, 0, 0);
    for (const name of ["colour", "wrong", "chosen"]) { gl.disableVertexAttribArray(place(name)); gl.vertexAttrib1f(place(name), 0); }
    gl.vertexAttrib1f(place("colour"), this.grey);
    gl.uniform1f(at("layer"), 3);
    gl.drawArrays(gl.LINES, 0, nEnds);
    this.bind();
  }
}

