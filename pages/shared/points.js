// Points that move: the embedding, glided from frame to frame, looked into, clicked and enclosed. They are drawn by a
// graphics card (card.js) or, where there is none, by the processor (raster.js); both stand before this file, and so
// does follow.js.
//
// data is either one ArrayBuffer, a frame that is shown and forgotten:
//   [uint32 length of the header][header, JSON, padded to 4 bytes]
//   [int16 x, y by point][uint8 colour by point][uint8 wrong by point]
//   [uint8 cluster by point][uint8 digit by point]; 255 means "not known"
//   [how later ones are followed, JSON, or nothing: follow.js]
// or an object, a scene: addresses of the files of all moments, each fetched once, and what is chosen. In a scene
// points can be clicked and enclosed by a lasso; both are told to Python as "picked" and "lasso".

const GLIDE = 500; // milliseconds from one frame to the next
const PAUSE = 40; // at least so many milliseconds between two drawings of a glide: training needs the cores, too
const UNKNOWN = 255;
const CORNERS = 24; // of a lasso, at most
const SLOW = 60; // milliseconds between two drawings, from which on points jump instead of gliding; or of a glide
const LABEL = 15; // pixels from the middle of a group's name to its edge: a group no higher than this is not covered by it
const SCROLL = 400; // milliseconds between two turns of the wheel that belong together
const TRAILS = 600; // lines at most
const NARROW = 640; // pixels of a page that is scrolled past its map: there the wheel is the page's, unless Ctrl is held
const views = new WeakMap();
// On the bus the timeline tells which moment is to be seen, and a view into which part of a run's map it looks: another
// view of the same map does likewise.

const files = new Map();
let elsewhere = -9999; // when the wheel was last turned outside of a view: then the page is being scrolled
addEventListener("wheel", (e) => { if (!e.composedPath().some((node) => node.classList?.contains("points"))) elsewhere = e.timeStamp; }, { passive: true });

function file(url) { // fetched once; one that is still being written is asked for again
  if (!files.has(url)) files.set(url, again(url).catch((error) => { files.delete(url); throw error; }));
  return files.get(url);
}

async function again(url, tries = 60) {
  for (; tries; tries--) {
    const answer = await fetch(url);
    if (answer.ok) return answer.arrayBuffer();
    await new Promise((later) => setTimeout(later, 250));
  }
  throw new Error(`${url} did not arrive`);
}

function decoded(text) { return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)); }

function bits(text, n) { // one byte for each bit of a mask, the first the highest
  const bytes = decoded(text), out = new Uint8Array(n);
  for (let i = 0; i < n; i++) out[i] = (bytes[i >> 3] >> (7 - (i & 7))) & 1;
  return out;
}

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
    followed: at < bytes.length ? JSON.parse(new TextDecoder().decode(bytes.subarray(at))) : null,
  };
}

class PointsView {
  constructor(root) {
    this.root = root;
    this.canvas = root.querySelector("canvas");
    this.labels = root.querySelector(".labels");
    this.tip = root.querySelector(".tip");
    this.whole = root.querySelector(".whole");
    this.zoom = 1; this.pan = [0, 0]; this.mixing = 1; this.started = 0;
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.open();
    this.listen();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.canvas);
  }

  open() {
    this.card = Card.of(this.canvas);
    if (!this.card) this.raster = new Raster(this.canvas);
  }

  leave() { this.observer.disconnect(); bus.removeEventListener("frame", this.hear); bus.removeEventListener("looked", this.follow); }

  // -- scenes

  enter(scene, emit) {
    this.emit = emit;
    const before = this.scene;
    this.scene = scene;
    if (!before) {
      this.hear = (event) => this.toMoment(event.detail);
      bus.addEventListener("frame", this.hear);
      this.follow = ({ detail }) => {
        if (detail.view === this || detail.map !== this.map()) return;
        this.zoom = detail.zoom; this.pan = [...detail.pan];
        this.draw();
      };
      bus.addEventListener("looked", this.follow);
      this.root.classList.add("scene");
    }
    if (before?.run !== scene.run) { this.glide = GLIDE; this.number = undefined; }
    this.chosen = scene.mask ? bits(scene.mask, scene.n) : null;
    this.nChosen = this.chosen ? this.chosen.reduce((sum, one) => sum + one, 0) : scene.n;
    this.shade = scene.shade ? decoded(scene.shade) : null;
    this.root.classList.toggle("fixed", Boolean(scene.fixed));
    this.compose(bus.playing === scene.run && this.number !== undefined ? this.number : scene.number);
  }

  map() { return this.scene && `${this.scene.map} ${this.scene.space}`; }

  looked() { // after every zoom and move
    this.draw();
    if (this.scene) bus.dispatchEvent(new CustomEvent("looked", { detail: { view: this, map: this.map(), zoom: this.zoom, pan: this.pan } }));
  }

  toMoment({ run, number, glide }) {
    if (run !== this.scene.run) return;
    this.glide = this.slow || glide < SLOW ? 0 : glide;
    this.compose(number);
  }

  async compose(number) {
    const { scene } = this, moment = scene.moments[number];
    if (!moment) return;
    this.number = number;
    try {
      const [at, state, digits] = await Promise.all([file(moment.at), file(moment.state), scene.digits && file(scene.digits)]);
      if (this.number !== number || this.scene !== scene) return; // another one is wanted by now
      this.scale = new Float32Array(at.slice(4 * scene.n));
      this.show(this.framed(moment, number, new Int16Array(at, 0, 2 * scene.n), new Uint8Array(state), digits && new Uint8Array(digits)));
      this.root.dataset.moment = number;
      const from = scene.trail >= 0 && scene.trail !== number ? new Int16Array(await file(scene.moments[scene.trail].at), 0, 2 * scene.n) : null;
      if (this.number === number && this.scene === scene) { this.trails(from); this.draw(); }
    } catch (error) { this.tip.hidden = false; this.tip.querySelector("span").textContent = error.message; }
  }

  trails(from) { // lines from where the chosen were to where they are
    const { frame, chosen } = this;
    this.lines = 0;
    if (!from || !chosen) return;
    const ends = [];
    for (let i = 0; i < frame.n && ends.length < 4 * TRAILS; i++) {
      if (chosen[i] && from[2 * i] !== NOWHERE && frame.xy[2 * i] !== NOWHERE) ends.push(from[2 * i], from[2 * i + 1], frame.xy[2 * i], frame.xy[2 * i + 1]);
    }
    this.lines = ends.length / 2;
    this.ends = ends;
    this.root.dataset.trails = this.lines / 2;
    this.card?.uploadLines(ends);
  }

  framed(moment, number, xy, state, digits) {
    const { scene, shade } = this, { n } = scene;
    const cluster = state.subarray(0, n), sure = state.subarray(n, 2 * n), wrong = new Uint8Array(n);
    const digit = digits || new Uint8Array(n).fill(UNKNOWN);
    if (digits && moment.class_of) for (let i = 0; i < n; i++) wrong[i] = cluster[i] !== UNKNOWN && moment.class_of[cluster[i]] !== digits[i];
    const look = scene.looks[scene.colour_by], last = look.palette.length - 1, colour = new Uint8Array(n);
    const of = {
      digit: (i) => (digit[i] === UNKNOWN ? last : digit[i] % last), cluster: (i) => (cluster[i] === UNKNOWN ? last : cluster[i] % last),
      wrong: (i) => wrong[i], sure: (i) => (sure[i] === UNKNOWN ? last : Math.round((sure[i] / 254) * (last - 1))),
      changed: (i) => (shade ? shade[i] : last),
    }[scene.colour_by];
    for (let i = 0; i < n; i++) colour[i] = of(i);
    const group = { digit, cluster }[scene.colour_by], names = scene.colour_by === "digit" ? scene.digit_names : scene.cluster_letters;
    return {
      run: scene.run, n, space: scene.space, moment: `${number} ${scene.space} ${moment.at}`, look: `${scene.colour_by} ${scene.mask} ${scene.shade}`,
      xy, colour, wrong, cluster, digit, palette: look.palette, marks: scene.colour_by === "wrong", labels: group ? this.middles(xy, group, names, look.palette) : [],
      digit_names: scene.digit_names, cluster_names: this.named(moment.class_of), kind: scene.kind, name: scene.name, alt: scene.alt,
      sprite: scene.sheets, sure,
    };
  }

  named(classOf) { // each cluster, with the class that is matched to it at this moment: it may change from one to the next
    const { cluster_letters, digit_names } = this.scene;
    return cluster_letters.map((letter, k) => `cluster ${letter}${classOf?.[k] >= 0 ? `, of ${digit_names[classOf[k]]}` : ""}`);
  }

  middles(xy, group, names, palette) {
    const sums = names.map(() => [0, 0, 0, 0]);
    for (let i = 0; i < group.length; i++) {
      const sum = sums[group[i]];
      if (sum && xy[2 * i] !== NOWHERE) { sum[0] += xy[2 * i]; sum[1] += xy[2 * i + 1]; sum[2]++; }
    }
    for (let i = 0; i < group.length; i++) {
      const sum = sums[group[i]];
      if (sum && xy[2 * i] !== NOWHERE) sum[3] += Math.abs(xy[2 * i + 1] - sum[1] / sum[2]);
    }
    return sums.flatMap(([x, y, n, apart], k) => (n ? [{ text: names[k], colour: palette[k % (palette.length - 1)], at: [x / n, y / n], apart: apart / n }] : []));
  }

  show(frame) {
    const known = this.frame?.run === frame.run ? this.frame : null; // of another run nothing is kept
    const same = known && known.moment === frame.moment && known.look === frame.look && known.n === frame.n;
    const continues = known && known.n === frame.n && known.space === frame.space;
    if (!same) {
      const moved = !continues || this.frame.moment !== frame.moment;
      if (moved) {
        this.before = continues && !this.still && this.glide !== 0 ? this.current() : frame.xy;
        this.started = performance.now();
        this.mixing = continues && !this.still && this.glide !== 0 ? 0 : 1;
      }
      if (!this.frame || this.frame.run !== frame.run) { this.zoom = 1; this.pan = [0, 0]; }
      this.frame = frame;
      if (!this.scene) this.picture(0); // its one sheet, so that it is there before the pointer comes
      this.upload();
      this.placeLabels();
    }
    if (known && known.space !== frame.space) this.root.querySelector(".said").textContent = `The points now show ${frame.space}.`;
    this.root.querySelector(".note").textContent = [frame.note, frame.marks && "orange crosses: wrong"].filter(Boolean).join("; ");
    this.canvas.setAttribute("aria-label", frame.name);
    this.canvas.setAttribute("aria-description", frame.alt);
    this.animate();
  }

  current() { // where the points are on screen now, mid-glide or not
    const t = this.ease(), a = this.before, b = this.frame.xy;
    if (t === 1) return b;
    const out = new Int16Array(b.length);
    for (let i = 0; i < b.length; i++) {
      const start = a[i - (i & 1)] === NOWHERE ? b[i] : a[i];
      out[i] = b[i - (i & 1)] === NOWHERE ? NOWHERE : start + (b[i] - start) * t;
    }
    return out;
  }

  ease() { const t = this.mixing; return t * t * (3 - 2 * t); }

  upload() {
    this.lines = 0;
    this.card?.upload(this.before, this.frame, this.chosen);
  }

  animate() {
    if (this.running) return;
    this.running = true;
    let before = performance.now();
    const tick = () => {
      const now = performance.now();
      if (this.scene && now - before > SLOW) this.slow = true; // without a graphics card
      before = now;
      if (this.mixing < 1) this.mixing = Math.min(1, (performance.now() - this.started) / (this.glide ?? GLIDE));
      this.draw();
      if (this.mixing < 1) setTimeout(() => requestAnimationFrame(tick), this.scene ? 0 : PAUSE); else this.running = false;
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
    const { canvas, frame } = this;
    if (!frame || !canvas.clientWidth) return;
    const scale = window.devicePixelRatio || 1;
    const w = Math.round(canvas.clientWidth * scale), h = Math.round(canvas.clientHeight * scale);
    if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
    const size = Math.max(2.6, Math.min(8, 3.1 * Math.sqrt(this.zoom) * Math.sqrt(10000 / Math.max(frame.n_known ?? frame.n, 2500)))) * scale;
    const faint = 0.14 * Math.min(1, (3000 / frame.n) ** 0.3); // many faint points add up
    const large = this.nChosen < 60 ? 2.6 : this.nChosen < 600 ? 1.9 : 1.25;
    if (this.card) {
      const look = { pan: this.pan, aspect: this.aspect(), zoom: this.zoom, mixing: this.ease(), size, marks: frame.marks ? 1 : 0, faint, large };
      this.card.draw(w, h, look, this.mixing === 1 ? this.lines : 0);
    } else {
      const palette = frame.palette.map(rgb), [ax, ay] = this.aspect();
      const kx = this.zoom * ax * w / 2 / UNIT, ky = this.zoom * ay * h / 2 / UNIT;
      const toPixel = [kx, (this.pan[0] * ax + 1) / 2 * w, -ky, (1 - this.pan[1] * ay) / 2 * h];
      const points = { n: frame.n, xy: this.current(), colour: frame.colour, wrong: frame.wrong, chosen: this.chosen, nowhere: NOWHERE };
      this.raster.draw(w, h, points, toPixel, { palette, size, large, faint, cover: 0.85, marks: frame.marks });
      if (this.lines && this.mixing === 1) this.raster.lines(this.ends, toPixel, frame.palette.at(-1));
    }
    this.moveLabels();
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
      const [x, middle] = this.toScreen(from[0] + (label.at[0] - from[0]) * t, from[1] + (label.at[1] - from[1]) * t);
      const y = Math.max(middle - this.lift(label), Math.min(middle, LABEL)); // within the view
      const inside = x > 0 && y > 0 && x < this.canvas.clientWidth && y < this.canvas.clientHeight;
      const span = this.labels.children[i];
      if (span) { span.style.transform = `translate(${x}px,${y}px) translate(-50%,-50%)`; span.hidden = !inside; }
    });
    this.whole.hidden = this.zoom === 1 && !this.pan[0] && !this.pan[1];
    this.moveRing();
    if (this.scene) this.root.dataset.chosen = this.nChosen;
    if (t === 1) this.lastLabels = Object.fromEntries(this.frame.labels.map((label) => [label.text, label.at]));
  }

  lift({ apart }) { // pixels from the middle of a group up to its name: above a small group, upon a large one
    const half = 2 * apart / UNIT * this.zoom * this.aspect()[1] * this.canvas.clientHeight / 2; // of its height, about
    return (half + LABEL) * Math.max(0, Math.min(1, 2 - half / LABEL));
  }

  moveRing() { // around the one sample that is looked at
    const i = this.scene?.sample ?? -1, ring = this.root.querySelector(".ring");
    if (!ring) return;
    const xy = this.current();
    ring.hidden = i < 0 || xy[2 * i] === NOWHERE;
    if (ring.hidden) return;
    const [x, y] = this.toScreen(xy[2 * i], xy[2 * i + 1]);
    ring.hidden = x < 0 || y < 0 || x > this.canvas.clientWidth || y > this.canvas.clientHeight;
    ring.style.transform = `translate(${x}px,${y}px) translate(-50%,-50%)`;
  }

  nearest(mx, my, reach = 14) {
    if (!this.frame) return -1;
    const xy = this.current(), { clientWidth: w, clientHeight: h } = this.canvas, [ax, ay] = this.aspect();
    const kx = this.zoom * ax * w / 2 / UNIT, ky = this.zoom * ay * h / 2 / UNIT; // as toScreen, without its arrays
    const ox = (this.pan[0] * ax + 1) / 2 * w - mx, oy = (1 - this.pan[1] * ay) / 2 * h - my;
    let best = -1, least = reach * reach;
    for (let i = 0; i < this.frame.n; i++) {
      if (xy[2 * i] === NOWHERE || (this.chosen && !this.chosen[i])) continue; // what is faded cannot be met
      const dx = xy[2 * i] * kx + ox, dy = oy - xy[2 * i + 1] * ky, d = dx * dx + dy * dy;
      if (d < least) { least = d; best = i; }
    }
    return best;
  }

  picture(i) { // the sheet with the image of sample i, and where on it
    const { url, each, columns, width, height } = this.frame.sprite, place = i % (each ?? this.frame.n);
    const address = url.replace("{}", String(Math.floor(i / (each ?? this.frame.n))));
    this.sheets ??= new Map();
    if (!this.sheets.has(address)) {
      const sheet = new Image();
      sheet.onload = () => { if (this.hovered !== undefined) this.hover(...this.hovered); };
      sheet.onerror = () => setTimeout(() => this.sheets.delete(address), 500); // it may still be being drawn
      sheet.src = address;
      this.sheets.set(address, sheet);
    }
    return { sheet: this.sheets.get(address), x: (place % columns) * width, y: Math.floor(place / columns) * height, width, height };
  }

  hover(mx, my) {
    const i = this.nearest(mx, my), { tip, frame } = this;
    tip.hidden = i < 0;
    this.hovered = i < 0 ? undefined : [mx, my];
    if (i < 0) return;
    const { sheet, x, y, width, height } = this.picture(i), picture = tip.querySelector("canvas");
    picture.width = width; picture.height = height;
    const there = sheet.complete && sheet.naturalWidth;
    if (there) picture.getContext("2d").drawImage(sheet, x, y, width, height, 0, 0, width, height);
    tip.dataset.sample = there ? i : "";
    const known = frame.digit[i] !== UNKNOWN, grouped = frame.cluster[i] !== UNKNOWN;
    const digit = known ? `${frame.kind} ${frame.digit_names[frame.digit[i]]}` : "", group = grouped ? frame.cluster_names[frame.cluster[i]] : "";
    const sure = frame.sure && frame.sure[i] !== UNKNOWN ? ` · q ${(frame.sure[i] / 254).toFixed(2)}` : "";
    tip.querySelector("span").textContent = [digit, group].filter(Boolean).join(" → ") + sure;
    const left = mx > this.canvas.clientWidth / 2 ? mx - tip.offsetWidth - 14 : mx + 14;
    const top = Math.max(0, Math.min(this.canvas.clientHeight - tip.offsetHeight, my - 40));
    tip.style.transform = `translate(${left}px,${top}px)`;
  }

  // -- the lasso

  draws(e) { return this.scene && (e.shiftKey || this.root.querySelector(".tools .lasso").getAttribute("aria-pressed") === "true"); }

  trace(x, y) {
    this.outline.push([x, y]);
    const line = this.root.querySelector("polygon");
    line.setAttribute("points", this.outline.map((point) => point.join(",")).join(" "));
  }

  enclose() { // the corners of the lasso, as they lie in the plane
    const { scale } = this, [ax, ay] = this.aspect(), { clientWidth: w, clientHeight: h } = this.canvas;
    const every = Math.ceil(this.outline.length / CORNERS), corners = this.outline.filter((_, i) => i % every === 0);
    this.root.querySelector("polygon").setAttribute("points", "");
    if (corners.length < 3) return;
    const inPlane = ([x, y]) => [((x / w * 2 - 1) / ax - this.pan[0]) / this.zoom, ((1 - y / h * 2) / ay - this.pan[1]) / this.zoom]
      .map((value, k) => Number((scale[k] + value / 0.9 * scale[k + 2]).toPrecision(4)));
    this.emit("lasso", { space: this.scene.space, corners: corners.flatMap(inPlane) });
  }

  zoomAt(factor, mx, my) {
    const [ax, ay] = this.aspect(), { clientWidth: w, clientHeight: h } = this.canvas;
    const c = [(mx / w * 2 - 1) / ax, (1 - my / h * 2) / ay];
    const zoom = Math.max(1, Math.min(60, this.zoom * factor)), ratio = zoom / this.zoom;
    this.pan = zoom === 1 ? [0, 0] : this.pan.map((p, k) => c[k] - (c[k] - p) * ratio);
    this.zoom = zoom;
    this.looked();
  }

  shift(dx, dy) { // by so many pixels
    const [ax, ay] = this.aspect();
    this.pan[0] += dx / this.canvas.clientWidth * 2 / ax;
    this.pan[1] -= dy / this.canvas.clientHeight * 2 / ay;
  }

  // -- fingers: one scrolls the page, two zoom and move

  touch(e) { // whether it belongs to two fingers
    if (e.pointerType !== "touch") return false;
    const before = [...this.fingers.values()];
    if (e.type === "pointerup" || e.type === "pointercancel") this.fingers.delete(e.pointerId);
    else if (e.type === "pointerdown" || this.fingers.has(e.pointerId)) this.fingers.set(e.pointerId, [e.offsetX, e.offsetY]);
    if (this.fingers.size === 2) {
      if (e.type === "pointermove") this.pinch(before, [...this.fingers.values()]);
      this.pinching = true; this.tip.hidden = true; this.outline = this.down = null;
      this.root.querySelector("polygon").setAttribute("points", "");
    }
    const belongs = this.pinching;
    if (!this.fingers.size) this.pinching = false;
    return belongs;
  }

  pinch(before, after) {
    const middle = (pair) => [0, 1].map((k) => (pair[0][k] + pair[1][k]) / 2), apart = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);
    const from = middle(before), to = middle(after);
    this.shift(to[0] - from[0], to[1] - from[1]);
    this.zoomAt(apart(after) / Math.max(apart(before), 1), ...to);
  }

  listen() {
    const { canvas } = this;
    this.fingers = new Map();
    for (const name of ["touchstart", "touchmove"]) canvas.addEventListener(name, (e) => { if (e.touches.length > 1 && e.cancelable) e.preventDefault(); }, { passive: false });
    canvas.onwheel = (e) => { // where there is nothing to zoom out of, and in the midst of scrolling, it is the page's
      const scrolling = !e.ctrlKey && (innerWidth <= NARROW || e.timeStamp - elsewhere < SCROLL || !e.cancelable);
      if (scrolling) elsewhere = e.timeStamp;
      if (scrolling || (e.deltaY > 0 && this.zoom <= 1)) return;
      e.preventDefault();
      this.zoomAt(Math.exp(-e.deltaY / 400), e.offsetX, e.offsetY);
    };
    canvas.onpointerdown = (e) => {
      if (this.touch(e) || e.button) return; // a menu, not a choice
      this.down = [e.offsetX, e.offsetY];
      if (this.draws(e)) { canvas.setPointerCapture(e.pointerId); this.outline = []; this.tip.hidden = true; e.preventDefault(); }
      else if (e.pointerType === "mouse") { canvas.setPointerCapture(e.pointerId); this.drag = [e.offsetX, e.offsetY]; }
      else this.hover(e.offsetX, e.offsetY);
    };
    canvas.onpointermove = (e) => {
      if (this.touch(e)) return;
      if (this.outline) { this.trace(e.offsetX, e.offsetY); return; }
      if (!this.drag) { this.hover(e.offsetX, e.offsetY); return; }
      this.tip.hidden = true;
      this.shift(e.offsetX - this.drag[0], e.offsetY - this.drag[1]);
      this.drag = [e.offsetX, e.offsetY];
      this.looked();
    };
    canvas.onpointerup = (e) => {
      if (this.touch(e)) return;
      const [x, y] = this.down ?? [-99, -99], still = Math.hypot(e.offsetX - x, e.offsetY - y) < 4;
      if (this.outline) this.enclose();
      else if (still && this.scene) {
        const i = this.nearest(e.offsetX, e.offsetY);
        if (i >= 0) this.emit("picked", i);
      }
      this.drag = this.outline = this.down = null;
    };
    canvas.onpointercancel = (e) => { this.touch(e); this.drag = this.outline = this.down = null; };
    canvas.onpointerleave = () => { if (!this.drag) { this.tip.hidden = true; this.hovered = undefined; } };
    this.whole.onclick = () => { this.zoom = 1; this.pan = [0, 0]; this.looked(); };
    for (const tool of this.root.querySelectorAll(".tools .lasso")) {
      tool.onclick = () => {
        const on = tool.getAttribute("aria-pressed") !== "true";
        tool.setAttribute("aria-pressed", on);
        canvas.style.touchAction = on ? "none" : "";
      };
    }
    canvas.ondblclick = () => { this.zoom = 1; this.pan = [0, 0]; this.looked(); };
    canvas.onkeydown = (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey) return; // the browser's
      const { clientWidth: w, clientHeight: h } = canvas, step = 0.12;
      const act = {
        "+": () => this.zoomAt(1.25, w / 2, h / 2), "-": () => this.zoomAt(0.8, w / 2, h / 2),
        "0": () => { this.zoom = 1; this.pan = [0, 0]; },
        ArrowLeft: () => { this.pan[0] += step; }, ArrowRight: () => { this.pan[0] -= step; },
        ArrowUp: () => { this.pan[1] -= step; }, ArrowDown: () => { this.pan[1] += step; },
      }[e.key];
      if (act) { e.preventDefault(); act(); this.looked(); }
    };
    canvas.addEventListener("webglcontextlost", (e) => e.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => { this.open(); if (this.frame) { this.upload(); this.draw(); } });
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".points");
  if (!root || !data) return;
  if (!views.has(root)) views.set(root, new PointsView(root));
  if (data.moments) views.get(root).enter(data, setTriggerValue);
  else {
    const frame = parse(data);
    follow(root, frame.followed, frame, (newest) => views.get(root).show(newest), async (answer) => parse(await answer.arrayBuffer()));
  }
  return () => { if (!root.isConnected) { views.get(root).leave(); unfollow(root); } }; // also called when overtaken by a newer call
}
