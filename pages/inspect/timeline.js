// The moments of a run on a line: scrub, play, step, speed. Every other view follows by the event "frame"; where the
// line comes to rest is told to Python as "moment" (a number, or -1 for "the newest, and follow it").
// data: {run, number, following, training, moments: [{words, counts, class_of}], marks: [{number, words, up}],
//        trend: [a number or null by moment], trend_words, still: what to say where points stand still, first_clustered, name}

const bus = (window.decBus ??= new EventTarget()); // bus.playing: the run whose views follow the line rather than Python
const lines = new WeakMap();
const SPEEDS = [1, 2, 4, 8, 30]; // moments a second

class Line {
  constructor(root) {
    this.root = root;
    this.speed = 2;
    const get = (name) => root.querySelector(name);
    Object.assign(this, { range: get("input"), words: get(".words"), play: get(".play"), marks: get(".marks"), follow: get(".follow"), trend: get(".trend"), told: get(".told"), still: get(".still"), legend: get(".legend"), before: get(".before") });
    this.range.oninput = () => { this.stop(); bus.playing = this.data.run; this.to(Number(this.range.value), 120); this.settleSoon(); };
    this.play.onclick = () => (this.playing ? (this.stop(), this.settle()) : this.start());
    get(".back").onclick = () => this.step(-1);
    get(".on").onclick = () => this.step(1);
    get("select").append(...SPEEDS.map((speed) => new Option(`${speed} per second`, speed, speed === this.speed, speed === this.speed)));
    get("select").onchange = (event) => { this.speed = Number(event.target.value); };
    this.follow.onclick = () => { this.stop(); this.emit("moment", -1); };
  }

  show(data, emit) {
    const other = this.data?.run !== data.run;
    this.emit = emit;
    this.data = data;
    if (other) this.stop();
    this.root.setAttribute("aria-label", data.name);
    this.range.max = Math.max(data.moments.length - 1, 0);
    this.range.disabled = this.play.disabled = data.moments.length < 2;
    this.follow.hidden = !data.training;
    this.follow.setAttribute("aria-pressed", data.following);
    this.placeMarks();
    this.drawTrend();
    if (!this.playing && !this.waiting) { this.number = data.number; this.tell(); }
  }

  placeMarks() {
    const { marks, moments } = this.data, last = Math.max(moments.length - 1, 1);
    this.legend.hidden = !marks.length;
    this.marks.replaceChildren(...marks.map((mark) => {
      const button = document.createElement("button");
      button.type = "button"; button.title = mark.words; button.setAttribute("aria-label", mark.words);
      button.className = mark.up ? "up" : "down";
      button.style.left = `${(100 * mark.number) / last}%`;
      button.onclick = () => { this.stop(); this.to(mark.number, 300); this.settle(); };
      return button;
    }));
  }

  drawTrend() { // what is chosen, through time, above the line; a dashed line where the clustering begins
    const { trend, trend_words, first_clustered, moments } = this.data, last = Math.max(moments.length - 1, 1);
    const known = trend.filter((value) => value !== null), high = Math.max(...known), low = Math.min(...known), reach = high - low || 1;
    const points = trend.flatMap((value, i) => (value === null ? [] : [`${(100 * i) / last},${22 - (20 * (value - low)) / reach}`]));
    this.trend.querySelector("polyline").setAttribute("points", points.join(" "));
    const begins = this.trend.querySelector("line"), at = (100 * first_clustered) / last;
    for (const end of ["x1", "x2"]) begins.setAttribute(end, at);
    begins.style.display = first_clustered > 0 ? "" : "none";
    this.before.hidden = first_clustered <= 0;
    this.before.style.maxWidth = `calc((100% - 16px) * ${at / 100})`;
    this.told.textContent = trend_words;
  }

  tell() {
    const moment = this.data.moments[this.number];
    this.range.value = this.number;
    this.range.setAttribute("aria-valuetext", moment?.words ?? "");
    this.words.textContent = moment?.words ?? "";
    this.root.dataset.moment = this.number;
    this.still.textContent = this.number < this.data.moments.length - 1 ? this.data.still : "";
  }

  to(number, glide) {
    this.number = Math.max(0, Math.min(this.data.moments.length - 1, number));
    this.tell();
    const { counts, class_of } = this.data.moments[this.number];
    bus.dispatchEvent(new CustomEvent("frame", { detail: { run: this.data.run, number: this.number, glide, counts, class_of } }));
  }

  step(by) { this.stop(); this.to(this.number + by, 300); this.settle(); }

  start() {
    this.stop();
    if (this.number >= this.data.moments.length - 1) this.to(0, 0);
    this.playing = true;
    bus.playing = this.data.run;
    document.body.classList.add("dec-playing"); // what stays at the moment that Python knows, is dimmed
    this.button(true);
    const next = () => { // never before the last one has been drawn
      if (!this.playing) return;
      const every = 1000 / this.speed, began = performance.now();
      if (this.number < this.data.moments.length - 1) this.to(this.number + 1, Math.min(every, 500));
      else if (!this.data.training) { this.stop(); this.settle(); return; }
      requestAnimationFrame(() => setTimeout(() => { this.timer = setTimeout(next, Math.max(0, every - (performance.now() - began))); }));
    };
    this.timer = setTimeout(next, 1000 / this.speed);
  }

  stop() {
    clearTimeout(this.timer); clearTimeout(this.waiting);
    this.playing = false; this.waiting = bus.playing = undefined;
    document.body.classList.remove("dec-playing");
    this.button(false);
  }

  button(playing) {
    this.play.textContent = playing ? "Pause" : "Play";
    this.play.setAttribute("aria-pressed", playing);
  }

  settle() { this.emit("moment", this.number); }
  settleSoon() { this.waiting = setTimeout(() => { this.stop(); this.settle(); }, 250); }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".timeline");
  if (!root || !data) return;
  if (!lines.has(root)) lines.set(root, new Line(root));
  lines.get(root).show(data, setTriggerValue);
  return () => { if (!root.isConnected) lines.get(root).stop(); }; // also called when overtaken
}
