// The stepper: some 200 points and a few centers, moved update by update, forward and back.
// data: {points: [[x, y]], starts: {name: {label, centers}}, alpha, rate, interval, sliders: [names], colours, script}

const HALF = [6, 3.4];
const LONGEST = 46; // pixels, of the longest arrow
const MOST = 2000; // moves that can be gone back
const PACE = { slow: 900, play: 50 }; // milliseconds from one half-step, or update, to the next
const TOUCH = 18; // pixels from a point that are still on it
const CORNERS = [[-1, -1], [1, -1], [1, 1], [-1, 1], [0, -1.3]]; // of a center, where its letter stands: two in one place can be read
const AXIS = [34, 14]; // pixels left of the curve and below it, for its numbers

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
    this.groups = this.begunIn(data.colours.length);
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
    if (!this.pace) { this.curve(); this.write(); } // at once; while it plays, with the next frame
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

  begunIn(n) { // where the groups of points began, as circles around most of each
    const { points } = this.data;
    return Array.from({ length: n }, (_, j) => {
      const own = points.filter((_, i) => Math.floor(i * n / points.length) === j);
      const middle = [0, 1].map((k) => own.reduce((sum, point) => sum + point[k], 0) / own.length);
      return { middle, radius: 1.25 * Math.sqrt(own.reduce((sum, point) => sum + squaredDistance(point, middle), 0) / own.length) };
    });
  }

  origins(points) { // the circles, and a thread from where each point began to where it is
    const { plane } = this, { pen } = plane;
    pen.strokeStyle = plane.ink; pen.lineWidth = 1;
    pen.globalAlpha = 0.13;
    pen.beginPath();
    this.data.points.forEach((place, i) => { pen.moveTo(...plane.toScreen(place)); pen.lineTo(...plane.toScreen(points[i])); });
    pen.stroke();
    pen.globalAlpha = 0.5; pen.setLineDash([4, 4]);
    for (const { middle, radius } of this.groups) { pen.beginPath(); pen.arc(...plane.toScreen(middle), radius * plane.scale, 0, 7); pen.stroke(); }
    pen.setLineDash([]); pen.globalAlpha = 1;
  }

  draw() {
    const { plane, state } = this, shares = state.phase === "q" ? state.q : state.p;
    const points = state.z.map((_, i) => this.at("z", i));
    plane.fit([...points, ...state.centers.map((_, j) => this.at("centers", j))]);
    plane.clear();
    this.origins(points);
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
    const known = values.filter(Number.isFinite), right = Math.max(20, values.length - 1), top = Math.max(0.05, ...known);
    const x = (move) => AXIS[0] + move / right * (width - AXIS[0] - 5), y = (kl) => 5 + (1 - kl / top) * (height - AXIS[1] - 6);
    if (canvas.width !== Math.round(width * ratio)) { canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio); }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.strokeStyle = pen.fillStyle = this.plane.ink;
    this.axes(pen, top, right, x, y);
    pen.lineWidth = 1.5;
    pen.beginPath();
    values.forEach((kl, move) => pen.lineTo(x(move), y(kl)));
    pen.stroke();
    if (known.length) { pen.beginPath(); pen.arc(x(values.length - 1), y(values.at(-1)), 3, 0, 7); pen.fill(); }
    const least = Math.min(...known);
    this.curveSays = known.length
      ? `KL by move: ${fixed(known[0], 3)} at first, ${fixed(least, 3)} at the lowest (move ${values.indexOf(least)}), ${fixed(known.at(-1), 3)} now`
      : "KL by move, a mean over the points: none before the first p";
  }

  axes(pen, top, right, x, y) {
    pen.globalAlpha = 0.5; pen.lineWidth = 1;
    pen.beginPath(); pen.moveTo(x(0), y(top)); pen.lineTo(x(0), y(0)); pen.lineTo(x(right), y(0)); pen.stroke();
    pen.globalAlpha = 0.85; pen.font = "11px sans-serif"; pen.textBaseline = "middle"; pen.textAlign = "right";
    pen.fillText(fixed(top, 2), x(0) - 4, y(top) + 3); pen.fillText("0", x(0) - 4, y(0));
    pen.textBaseline = "top";
    pen.fillText(`move ${right}`, x(right), y(0) + 3);
    pen.globalAlpha = 1;
  }

  // ---- words
  write() {
    const { state } = this, names = state.centers.map((_, j) => "ABCDE"[j]);
    const nearest = names.map((_, j) => state.q.filter((row) => row[j] === Math.max(...row)).length);
    const kl = state.kl ? `KL ${fixed(state.kl, 3)}` : "no KL before the first p";
    this.part(".numbers").textContent = `Move ${state.moves} · ${kl} · ${names.map((name, j) => `${name} ${nearest[j]}`).join(", ")} points`;
    this.part(".sentence").textContent = this.sentence();
    this.part("figcaption").textContent = this.curveSays ?? "";
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
    this.part(".curve").setAttribute("aria-label", this.curveSays ?? "KL by move");
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
    const choose = (event) => { const i = this.nearest(event); if (i >= 0) this.choose(i); }; // points lie within a center's ring
    this.state.centers.forEach((_, j) => {
      const { node } = this.plane.handle({
        name: `Center ${"ABCDE"[j]}`, text: "", colour: this.hex[j], at: () => this.at("centers", j), begun, pressed: choose,
        moved: (place) => this.edit({ centers: put(this.state.centers, j, place) }),
      });
      node.dataset.letter = "ABCDE"[j];
      const [across, down] = CORNERS[j];
      node.style.setProperty("--across", across); node.style.setProperty("--down", down);
    });
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
