// Points that move: the embedding, drawn by WebGL, with the previous and the next frame mixed on the
// graphics card. Without WebGL the same points are drawn on a plain canvas.
//
// data: one ArrayBuffer  [uint32 length of the header][header, JSON, padded to 4 bytes]
//                        [int16 x, y by point][uint8 colour by point][uint8 wrong by point]
//                        [uint8 cluster by point][uint8 digit by point]; 255 means "not known"

const GLIDE = 500; // milliseconds from one frame to the next
const PAUSE = 40; // at least so many milliseconds between two drawings of a glide: training needs the cores, too
const UNIT = 8192; // int16 value of one half of the view
const views = new WeakMap();

const VERTEX = `
  attribute vec2 before, after; attribute float colour, wrong;
  uniform vec2 pan, aspect; uniform float zoom, mixing, size, marks;
  uniform vec3 palette[64];
  varying vec3 ink; varying float cross;
  void main() {
    vec2 position = mix(before, after, mixing) / ${UNIT}.0;
    gl_Position = vec4((position * zoom + pan) * aspect, 0.0, 1.0);
    cross = marks * wrong;
    gl_PointSize = size * (1.0 + 0.9 * cross);
    ink = palette[int(colour + 0.5)];
  }`;
const FRAGMENT = `
  precision mediump float;
  varying vec3 ink; varying float cross;
  void main() {
    vec2 p = gl_PointCoord * 2.0 - 1.0;
    if (cross > 0.5) { if (abs(abs(p.x) - abs(p.y)) > 0.42) discard; }
    else if (dot(p, p) > 1.0) discard;
    gl_FragColor = vec4(ink, 1.0) * 0.85;
  }`;

function parse(buffer) {
  const bytes = buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let at = 4 + length;
  const n = header.n;
  const take = (size) => bytes.slice(at, (at += size));
  return {
    ...header,
    xy: new Int16Array(take(4 * n).buffer),
    colour: take(n), wrong: take(n), cluster: take(n), digit: take(n),
  };
}

function rgb(text) {
  return [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16) / 255);
}

class PointsView {
  constructor(root) {
    this.root = root;
    this.canvas = root.querySelector("canvas");
    this.labels = root.querySelector(".labels");
    this.tip = root.querySelector(".tip");
    this.zoom = 1; this.pan = [0, 0]; this.mixing = 1; this.started = 0;
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.open();
    this.listen();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
  }

  open() {
    const gl = this.canvas.getContext("webgl", { antialias: false, alpha: true });
    this.gl = gl;
    if (!gl) { this.flat = this.canvas.getContext("2d"); return; }
    const program = gl.createProgram();
    for (const [type, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, source); gl.compileShader(shader); gl.attachShader(program, shader);
    }
    gl.linkProgram(program); gl.useProgram(program);
    gl.enable(gl.BLEND); gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.program = program;
    this.buffers = Object.fromEntries(["before", "after", "colour", "wrong"].map((name) => [name, gl.createBuffer()]));
  }

  show(frame) {
    const known = this.frame?.run === frame.run ? this.frame : null; // of another run nothing is kept
    const same = known && known.moment === frame.moment && known.look === frame.look;
    const continues = known && known.n === frame.n && known.space === frame.space;
    if (!same) {
      const moved = !continues || this.frame.moment !== frame.moment;
      if (moved) {
        this.before = continues && !this.still ? this.current() : frame.xy;
        this.started = performance.now();
        this.mixing = continues && !this.still ? 0 : 1;
      }
      if (!this.frame || this.frame.run !== frame.run) { this.zoom = 1; this.pan = [0, 0]; }
      if (this.sprite?.src !== frame.sprite.url) this.load(frame.sprite.url);
      this.frame = frame;
      this.upload();
      this.placeLabels();
    }
    this.canvas.setAttribute("aria-label", frame.name);
    this.canvas.setAttribute("aria-description", frame.alt);
    this.animate();
  }

  load(url) { this.sprite = new Image(); this.sprite.src = url; }

  current() { // where the points are on screen now, mid-glide or not
    const t = this.ease(), a = this.before, b = this.frame.xy, out = new Int16Array(b.length);
    for (let i = 0; i < b.length; i++) out[i] = a[i] + (b[i] - a[i]) * t;
    return out;
  }

  ease() { const t = this.mixing; return t * t * (3 - 2 * t); }

  upload() {
    const { gl, frame } = this;
    if (!gl) return;
    const put = (name, data, size, type) => {
      const at = gl.getAttribLocation(this.program, name);
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
      gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
      gl.enableVertexAttribArray(at);
      gl.vertexAttribPointer(at, size, type, false, 0, 0);
    };
    put("before", this.before, 2, gl.SHORT);
    put("after", frame.xy, 2, gl.SHORT);
    put("colour", frame.colour, 1, gl.UNSIGNED_BYTE);
    put("wrong", frame.wrong, 1, gl.UNSIGNED_BYTE);
    const palette = new Float32Array(64 * 3);
    frame.palette.forEach((text, i) => palette.set(rgb(text), 3 * i));
    gl.uniform3fv(gl.getUniformLocation(this.program, "palette"), palette);
  }

  animate() {
    if (this.running) return;
    this.running = true;
    const tick = () => {
      if (this.mixing < 1) this.mixing = Math.min(1, (performance.now() - this.started) / GLIDE);
      this.draw();
      if (this.mixing < 1) setTimeout(() => requestAnimationFrame(tick), PAUSE); else this.running = false;
    };
    requestAnimationFrame(tick);
  }

  aspect() { // one unit reaches the nearer edge; the other axis is stretched a little, to use the box
    const { clientWidth: w, clientHeight: h } = this.canvas, most = 1.5;
    return w > h ? [Math.min(1, most * h / w), 1] : [1, Math.min(1, most * w / h)];
  }

  toScreen(x, y) {
    const [ax, ay] = this.aspect();
    const cx = (x / UNIT * this.zoom + this.pan[0]) * ax, cy = (y / UNIT * this.zoom + this.pan[1]) * ay;
    return [(cx + 1) / 2 * this.canvas.clientWidth, (1 - cy) / 2 * this.canvas.clientHeight];
  }

  draw() {
    const { canvas, gl, frame } = this;
    if (!frame || !canvas.clientWidth) return;
    const scale = window.devicePixelRatio || 1;
    const w = Math.round(canvas.clientWidth * scale), h = Math.round(canvas.clientHeight * scale);
    if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
    const size = Math.max(2.6, Math.min(8, 3.1 * Math.sqrt(this.zoom) * Math.sqrt(10000 / Math.max(frame.n, 2500)))) * scale;
    if (gl) {
      gl.viewport(0, 0, w, h); gl.clearColor(0, 0, 0, 0); gl.clear(gl.COLOR_BUFFER_BIT);
      const at = (name) => gl.getUniformLocation(this.program, name);
      gl.uniform2fv(at("pan"), this.pan); gl.uniform2fv(at("aspect"), this.aspect());
      gl.uniform1f(at("zoom"), this.zoom); gl.uniform1f(at("mixing"), this.ease());
      gl.uniform1f(at("size"), size); gl.uniform1f(at("marks"), frame.marks ? 1 : 0);
      gl.drawArrays(gl.POINTS, 0, frame.n);
    } else this.drawFlat(w, h, size, scale);
    this.moveLabels();
  }

  drawFlat(w, h, size, scale) {
    const { flat, frame } = this, xy = this.current();
    flat.clearRect(0, 0, w, h);
    for (let i = 0; i < frame.n; i++) {
      const [x, y] = this.toScreen(xy[2 * i], xy[2 * i + 1]);
      flat.fillStyle = frame.palette[frame.colour[i]];
      flat.fillRect(x * scale - size / 2, y * scale - size / 2, size, frame.marks && frame.wrong[i] ? size / 3 : size);
    }
  }

  placeLabels() {
    this.labels.replaceChildren(...this.frame.labels.map((label) => {
      const span = document.createElement("span");
      span.textContent = label.text; span.style.borderColor = label.colour;
      return span;
    }));
  }

  moveLabels() {
    const t = this.ease();
    this.frame.labels.forEach((label, i) => {
      const from = this.lastLabels?.[label.text] || label.at;
      const [x, y] = this.toScreen(from[0] + (label.at[0] - from[0]) * t, from[1] + (label.at[1] - from[1]) * t);
      const inside = x > 0 && y > 0 && x < this.canvas.clientWidth && y < this.canvas.clientHeight;
      const span = this.labels.children[i];
      if (span) { span.style.transform = `translate(${x}px,${y}px) translate(-50%,-50%)`; span.hidden = !inside; }
    });
    if (t === 1) this.lastLabels = Object.fromEntries(this.frame.labels.map((label) => [label.text, label.at]));
  }

  nearest(mx, my, reach = 14) {
    if (!this.frame) return -1;
    const xy = this.mixing < 1 ? this.current() : this.frame.xy;
    let best = -1, least = reach * reach;
    for (let i = 0; i < this.frame.n; i++) {
      const [x, y] = this.toScreen(xy[2 * i], xy[2 * i + 1]), d = (x - mx) ** 2 + (y - my) ** 2;
      if (d < least) { least = d; best = i; }
    }
    return best;
  }

  hover(mx, my) {
    const i = this.nearest(mx, my), { tip, frame } = this;
    tip.hidden = i < 0;
    if (i < 0) return;
    const { columns, width, height } = frame.sprite, picture = tip.querySelector("canvas");
    picture.width = width; picture.height = height;
    if (this.sprite.complete && this.sprite.naturalWidth) {
      picture.getContext("2d").drawImage(
        this.sprite, (i % columns) * width, Math.floor(i / columns) * height, width, height, 0, 0, width, height);
    }
    const known = frame.digit[i] !== 255, grouped = frame.cluster[i] !== 255;
    const digit = known ? `${frame.kind} ${frame.digit_names[frame.digit[i]]}` : "", group = grouped ? frame.cluster_names[frame.cluster[i]] : "";
    tip.querySelector("span").textContent = [digit, group].filter(Boolean).join(" → ");
    const left = mx > this.canvas.clientWidth / 2 ? mx - tip.offsetWidth - 14 : mx + 14;
    const top = Math.max(0, Math.min(this.canvas.clientHeight - tip.offsetHeight, my - 40));
    tip.style.transform = `translate(${left}px,${top}px)`;
  }

  zoomAt(factor, mx, my) {
    const [ax, ay] = this.aspect(), { clientWidth: w, clientHeight: h } = this.canvas;
    const c = [(mx / w * 2 - 1) / ax, (1 - my / h * 2) / ay];
    const zoom = Math.max(0.5, Math.min(60, this.zoom * factor)), ratio = zoom / this.zoom;
    this.pan = this.pan.map((p, k) => c[k] - (c[k] - p) * ratio);
    this.zoom = zoom;
    this.draw();
  }

  listen() {
    const { canvas } = this;
    canvas.onwheel = (e) => { e.preventDefault(); this.zoomAt(Math.exp(-e.deltaY / 400), e.offsetX, e.offsetY); };
    canvas.onpointerdown = (e) => {
      if (e.pointerType === "mouse") { canvas.setPointerCapture(e.pointerId); this.drag = [e.offsetX, e.offsetY]; }
      else this.hover(e.offsetX, e.offsetY);
    };
    canvas.onpointermove = (e) => {
      if (!this.drag) { this.hover(e.offsetX, e.offsetY); return; }
      const [ax, ay] = this.aspect();
      this.tip.hidden = true;
      this.pan[0] += (e.offsetX - this.drag[0]) / canvas.clientWidth * 2 / ax;
      this.pan[1] -= (e.offsetY - this.drag[1]) / canvas.clientHeight * 2 / ay;
      this.drag = [e.offsetX, e.offsetY];
      this.draw();
    };
    canvas.onpointerup = canvas.onpointercancel = () => { this.drag = null; };
    canvas.onpointerleave = () => { if (!this.drag) this.tip.hidden = true; };
    canvas.ondblclick = () => { this.zoom = 1; this.pan = [0, 0]; this.draw(); };
    canvas.onkeydown = (e) => {
      const { clientWidth: w, clientHeight: h } = canvas, step = 0.12;
      const act = {
        "+": () => this.zoomAt(1.25, w / 2, h / 2), "-": () => this.zoomAt(0.8, w / 2, h / 2),
        "0": () => { this.zoom = 1; this.pan = [0, 0]; },
        ArrowLeft: () => { this.pan[0] += step; }, ArrowRight: () => { this.pan[0] -= step; },
        ArrowUp: () => { this.pan[1] -= step; }, ArrowDown: () => { this.pan[1] += step; },
      }[e.key];
      if (act) { e.preventDefault(); act(); this.draw(); }
    };
    canvas.addEventListener("webglcontextlost", (e) => e.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => { this.open(); if (this.frame) { this.upload(); this.draw(); } });
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".points");
  if (!root || !data) return;
  if (!views.has(root)) views.set(root, new PointsView(root));
  views.get(root).show(parse(data));
  return () => views.get(root)?.observer.disconnect();
}
