// The stepper: some 200 points and a few centers, moved update by update, forward and back.
// data: {points: [[x, y]], starts: {name: {label, centers}}, alpha, rate, interval, sliders: [names], colours, script}

const HALF = [6, 3.4];
const LONGEST = 46; // pixels, of the longest arrow
const MOST = 2000; // moves that can be gone back
const PACE = { slow: 900, play: 50 }; // milliseconds from one half-step, or update, to the next
const TOUCH = 18; // pixels from a point that are still on it

function number(value) { return Number(value.toPrecision(2)); }

function times(k) { return k === 1 ? "at its length" : `${k} times as long`; }

const SLIDERS = { // how each setting stands on its slider
  alpha: { low: -1, high: 1, step: "any", value: (at) => number(10 ** at), at: Math.log10 },
  rate: { low: -2, high: 0, step: "any", value: (at) => number(10 ** at), at: Math.log10 },
  interval: { low: 1, high: 50, step: 1, value: Number, at: Number },
};

class Stepper {
  constructor(root, data) {
    this.root = root; this.data = data;
    this.settings = { alpha: data.alpha, rate: data.rate, interval: data.interval };
    this.hex = data.colours; this.colours = data.colours.map(rgb);
    this.chosen = 0; this.pace = null; this.glide = 1;
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.part = (name) => root.querySelector(name);
    this.say = later(() => this.tell(), 700);
    this.plane = new Plane(root, HALF, () => this.ask());
    this.start = Object.keys(data.starts)[0];
    this.listen();
    this.startOver();
  }

  end() { this.pace = null; this.plane.observer.disconnect(); cancelAnimationFrame(this.asked); }

  // ---- what is shown, and all that was before
  get state() { return this.history[this.history.length - 1]; }

  startOver() {
    this.rest();
    this.history = [begun(this.data.points, this.data.starts[this.start].centers, this.settings)];
    this.buildHandles();
    this.arrived();
  }

  forward() {
    if (this.state.moves >= MOST) return this.rest();
    const whole = this.pace === "play";
    this.from = this.state;
    this.history.push((whole ? update : halfStep)(this.state, this.settings));
    this.glide = this.from.z === this.state.z || this.still ? 1 : 0;
    this.arrived();
  }

  back() {
    this.rest();
    if (this.history.length > 1) this.history.pop();
    this.glide = 1;
    this.arrived();
  }

  edit(change) { // while something is dragged: one state more, which Back takes away
    this.history[this.history.length - 1] = refreshed({ ...this.state, ...change }, this.settings);
    this.arrived();
  }

  beginEdit() {
    this.rest();
    this.glide = 1;
    this.history.push(this.state);
  }

  set(name, value) {
    this.settings = { ...this.settings, [name]: value };
    this.glide = 1;
    this.history[this.history.length - 1] = refreshed(this.state, this.settings);
    this.arrived();
  }

  arrived() {
    if (!this.pace) this.write(); // at once; while it plays, with the next frame
    this.isNew = true;
    this.say(); this.ask();
  }

  // ---- time
  run(pace) {
    if (this.pace === pace) return this.rest();
    this.pace = pace; this.due = 0;
    this.buttons(); this.ask();
  }

  rest() { this.pace = null; this.glide = 1; this.buttons(); }

  ask() { this.isStale = true; this.tick(); } // to be drawn

  tick() { if (!this.asked) this.asked = requestAnimationFrame((time) => this.frame(time)); }

  frame(time) {
    this.asked = 0;
    if (!this.root.isConnected || !this.history) return;
    const wait = this.still && this.pace === "play" ? 250 : PACE[this.pace] ?? PACE.slow;
    if (this.pace && time >= this.due) { this.due = Math.max(this.due + wait, time); this.forward(); } // which asks
    if (this.glide < 1) {
      this.began ??= time;
      this.glide = Math.min(1, (time - this.began) / (this.pace === "play" ? PACE.play : PACE.slow / 2));
    }
    if (this.glide >= 1) this.began = null;
    if (this.isStale) this.draw();
    if (this.isNew) { this.curve(); this.write(); } // sizes are read before anything is written
    this.isNew = false;
    this.isStale = this.glide < 1;
    if (this.pace || this.isStale) this.tick();
  }

  // ---- the picture
  at(name, i) { // where a point or center is drawn: on its way
    const to = this.state[name][i];
    if (this.glide >= 1) return to;
    const from = this.from[name][i];
    return to.map((value, k) => from[k] + this.glide * (value - from[k]));
  }

  draw() {
    const { plane, state } = this, shares = state.phase === "q" ? state.q : state.p;
    const points = state.z.map((_, i) => this.at("z", i));
    plane.fit([...points, ...state.centers.map((_, j) => this.at("centers", j))]);
    plane.clear();
    const radius = plane.width < 500 ? 3.2 : 4.5;
    points.forEach((place, i) => {
      const [r, g, b] = mixed(shares[i], this.colours);
      plane.disc(place, radius, `rgb(${r}, ${g}, ${b})`);
    });
    if (state.phase === "arrows") this.arrows();
    plane.disc(points[this.chosen], 8, "transparent", plane.ink);
    plane.place();
  }

  arrows() {
    const { plane, state: { z, centers, gradient } } = this;
    const k = this.enlarged("z"), ofCenters = this.enlarged("centers");
    z.forEach((point, i) => this.arrow(point, gradient.z[i], k, 1.2, 6, plane.ink));
    centers.forEach((center, j) => this.arrow(center, gradient.centers[j], ofCenters, 5, 15, this.hex[j]));
  }

  arrow(place, gradient, k, width, head, colour) {
    const { plane } = this, { pen } = plane, [x, y] = plane.toScreen(place), by = this.settings.rate * k * plane.scale;
    const dx = -by * gradient[0], dy = by * gradient[1], length = Math.hypot(dx, dy);
    if (length < 1) return;
    const [ux, uy] = [dx / length, dy / length], tip = [x + dx, y + dy];
    pen.lineWidth = width; pen.strokeStyle = pen.fillStyle = colour;
    pen.beginPath(); pen.moveTo(x, y); pen.lineTo(...tip); pen.stroke();
    pen.beginPath(); pen.moveTo(...tip);
    pen.lineTo(tip[0] - head * ux + head * uy / 2, tip[1] - head * uy - head * ux / 2);
    pen.lineTo(tip[0] - head * ux - head * uy / 2, tip[1] - head * uy + head * ux / 2);
    pen.fill();
  }

  enlarged(which) { // how many times as long as the move its arrow is drawn
    const longest = Math.max(...this.state.gradient[which].map((each) => Math.hypot(...each))) * this.settings.rate;
    return Math.max(1, Math.round(LONGEST / (longest * this.plane.scale)) || 1);
  }

  curve() { // KL by move
    const canvas = this.part(".curve"), pen = canvas.getContext("2d"), ratio = globalThis.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight, values = [];
    for (const { moves, kl } of this.history) if (kl) values[moves] = kl;
    const right = Math.max(20, values.length - 1), top = Math.max(0.05, ...values.filter(Number.isFinite)) * 1.1;
    if (canvas.width !== Math.round(width * ratio)) { canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio); }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.strokeStyle = pen.fillStyle = this.plane.ink;
    pen.globalAlpha = 0.35;
    pen.strokeRect(0.5, 0.5, width - 1, height - 1);
    pen.globalAlpha = 1; pen.lineWidth = 1.5;
    pen.beginPath();
    values.forEach((kl, move) => pen.lineTo(2 + move / right * (width - 6), height - 2 - kl / top * (height - 4)));
    pen.stroke();
    if (values.length) { pen.beginPath(); pen.arc(2 + (values.length - 1) / right * (width - 6), height - 2 - values.at(-1) / top * (height - 4), 3, 0, 7); pen.fill(); }
    this.curveSays = values.length ? `KL by move: ${fixed(values.find(Number.isFinite), 3)} at first, ${fixed(values.at(-1), 3)} now.` : "KL by move: none yet, since there is no p.";
  }

  // ---- words
  write() {
    const { state } = this, names = state.centers.map((_, j) => "ABCDE"[j]);
    const nearest = names.map((_, j) => state.q.filter((row) => row[j] === Math.max(...row)).length);
    const kl = state.kl ? `KL ${fixed(state.kl, 3)}` : "no KL before the first p";
    this.part(".numbers").textContent = `Move ${state.moves} · ${kl} · ${names.map((name, j) => `${name} ${nearest[j]}`).join(", ")} points`;
    this.part(".sentence").textContent = this.sentence();
    for (const node of this.root.querySelectorAll(".phases li")) {
      const is = node.dataset.phase === state.phase;
      node.classList.toggle("now", is);
      if (is) node.setAttribute("aria-current", "step"); else node.removeAttribute("aria-current");
    }
    const row = (shares) => (shares ? names.map((name, j) => `${name} ${fixed(shares[j], 2)}`).join(", ") : "none yet");
    this.part(".chosen").textContent = `Ringed, point ${this.chosen + 1}: q ${row(state.q[this.chosen])}; p ${row(state.p?.[this.chosen])}`;
    this.buttons();
  }

  tell() { // what is read aloud, once it has been still for a while
    const { z, centers } = this.state, finding = `${this.part(".numbers").textContent}. ${this.sentence()}`;
    this.part(".said").textContent = finding;
    this.plane.canvas.setAttribute("aria-label", `A plane with ${z.length} points and ${centers.length} centers. ${finding}`);
    this.part(".curve").setAttribute("aria-label", this.curveSays);
    this.plane.name();
  }

  sentence() {
    const { state, settings: { rate, interval } } = this;
    if (state.phase === "q") return "q: each point has the colors of the centers, by its shares in them.";
    if (state.phase === "arrows") return `Gradients, downhill. Arrows show the move, for points ${times(this.enlarged("z"))}, for centers ${times(this.enlarged("centers"))}.`;
    if (state.phase === "move") return `All have moved: learning rate ${rate} × gradient, downhill. q is still that of before.`;
    if (state.made === state.moves) return "p: what q should become. The sure get surer: colours are purer.";
    return `p is held: it was made at move ${state.made}, and is made anew at move ${state.made + interval}.`;
  }

  buttons() {
    if (!this.history) return;
    this.part(".back").disabled = this.history.length < 2;
    for (const [pace, label] of [["slow", "Slow"], ["play", "Play"]]) {
      const node = this.part(`.${pace}`);
      node.textContent = this.pace === pace ? "Pause" : label;
      node.setAttribute("aria-pressed", String(this.pace === pace));
    }
  }

  // ---- hands
  buildHandles() {
    this.part(".handles").replaceChildren();
    this.plane.handles = [];
    const begun = () => this.beginEdit(), put = (rows, i, place) => rows.map((row, k) => (k === i ? place : row));
    this.plane.handle({
      name: "The ringed point", text: "", colour: "transparent", at: () => this.at("z", this.chosen), begun,
      moved: (place) => this.edit({ z: put(this.state.z, this.chosen, place) }),
    }).node.classList.add("ringed");
    this.state.centers.forEach((_, j) => this.plane.handle({
      name: `Center ${"ABCDE"[j]}`, text: "ABCDE"[j], colour: this.hex[j], at: () => this.at("centers", j), begun,
      moved: (place) => this.edit({ centers: put(this.state.centers, j, place) }),
    }));
  }

  nearest(event) { // the point below a pointer; -1 if there is none
    const [x, y] = this.plane.toPlane(event);
    const squared = this.state.z.map((point) => squaredDistance(point, [x, y])), least = Math.min(...squared);
    return Math.sqrt(least) * this.plane.scale < TOUCH ? squared.indexOf(least) : -1;
  }

  choose(i) {
    this.chosen = (i + this.state.z.length) % this.state.z.length;
    this.arrived();
  }

  listen() {
    const { canvas } = this.plane, root = this.root;
    canvas.addEventListener("pointerdown", (event) => {
      const i = this.nearest(event);
      if (i < 0 || event.button) return;
      this.choose(i);
      const node = this.part(".ringed");
      this.plane.drag(node, event, () => this.beginEdit(), (place) => this.edit({ z: this.state.z.map((row, k) => (k === i ? place : row)) }), () => {});
    });
    canvas.addEventListener("touchstart", (event) => { if (this.nearest(event.touches[0]) >= 0) event.preventDefault(); }, { passive: false });
    this.part(".back").onclick = () => this.back();
    this.part(".forward").onclick = () => { this.rest(); this.forward(); };
    this.part(".slow").onclick = () => this.run("slow");
    this.part(".play").onclick = () => this.run("play");
    this.part(".over").onclick = () => this.startOver();
    const select = this.part("select"), starts = Object.entries(this.data.starts);
    select.replaceChildren(...starts.map(([name, { label }]) => Object.assign(document.createElement("option"), { value: name, textContent: label })));
    select.parentElement.hidden = starts.length < 2;
    select.onchange = () => { this.start = select.value; this.startOver(); };
    for (const [name, slider] of Object.entries(SLIDERS)) this.slider(name, slider);
    root.onkeydown = (event) => this.pressed(event);
  }

  slider(name, { low, high, step, value, at }) {
    const label = this.part(`.${name}`), input = label.querySelector("input"), output = label.querySelector("output");
    Object.assign(input, { min: low, max: high, step, value: at(this.settings[name]) });
    const write = () => { output.textContent = this.settings[name]; input.setAttribute("aria-valuetext", this.settings[name]); };
    input.oninput = () => { this.set(name, value(input.value)); write(); };
    label.hidden = !this.data.sliders.includes(name);
    write();
  }

  pressed(event) {
    const node = event.target;
    if (node.matches("input, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts = { ArrowRight: () => { this.rest(); this.forward(); }, ArrowLeft: () => this.back() };
    if (node.matches(".ringed")) Object.assign(acts, { PageDown: () => this.choose(this.chosen + 1), PageUp: () => this.choose(this.chosen - 1) });
    if (!node.matches("button:not(.handle)")) acts[" "] = () => this.run("play");
    if (!acts[event.key]) return;
    event.preventDefault(); event.stopPropagation();
    acts[event.key]();
  }
}

export function draw(shown) { mount(shown, "stepper", (root, data) => new Stepper(root, data)); }
