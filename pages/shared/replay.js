// Plays a run that has ended: tells the parts of the page which step to show, as live.js tells of moments.
// Stands behind follow.js, whose bus it speaks on.
// data: {url: of the run's frames, stamp: of its records, parts: [name], steps: [{n: of records, seconds, text}],
//        speeds: [{seconds: for the whole run, text}], speed: the one that is chosen, recorded: how long training took}

const REST = 400; // milliseconds between two steps that are told, at least
const players = new WeakMap();
let told = 0; // steps that were told: each later one counts as newer, also when somebody goes back

class Player {
  constructor(root, data) {
    Object.assign(this, { root, data, at: 0, share: 0, playing: false });
    this.button = root.querySelector(".play");
    this.slider = root.querySelector("input");
    this.speed = root.querySelector("select");
    this.speed.replaceChildren(...data.speeds.map(({ seconds, text }) => new Option(text, seconds, false, seconds === data.speed)));
    this.slider.max = data.steps.length - 1;
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    this.slider.addEventListener("input", () => { this.pause(); this.share = this.shareOf(Number(this.slider.value)); this.show(Number(this.slider.value)); });
    this.show(0);
  }

  get whole() { return this.data.steps.at(-1).seconds || 1; }

  shareOf(step) { return this.data.steps[step].seconds / this.whole; }

  play() {
    if (this.at === this.data.steps.length - 1) this.share = 0;
    this.playing = true;
    this.last = performance.now();
    this.write();
    this.tick();
  }

  pause() {
    this.playing = false;
    clearTimeout(this.timer);
    this.write();
    this.root.querySelector(".said").textContent = this.where;
  }

  tick() {
    if (!this.playing) return;
    if (!this.root.isConnected) { this.playing = false; return; }
    const now = performance.now();
    this.share = Math.min(1, this.share + (now - this.last) / 1000 / Number(this.speed.value));
    this.last = now;
    const later = this.data.steps.findIndex((_, step) => this.shareOf(step) > this.share);
    const step = later < 0 ? this.data.steps.length - 1 : Math.max(later - 1, 0);
    if (step !== this.at) this.show(step);
    if (this.share >= 1) return this.pause();
    this.timer = setTimeout(() => this.tick(), REST);
  }

  show(step) {
    this.at = step;
    this.slider.value = step;
    this.write();
    const { url, stamp, parts, steps } = this.data;
    told += 1;
    const moment = { url, number: told, parts: Object.fromEntries(parts.map((part) => [part, `${steps[step].n}.${stamp}`])) };
    bus.moments.set(url, moment);
    bus.dispatchEvent(new CustomEvent("moment", { detail: moment }));
  }

  get where() { const { seconds, text } = this.data.steps[this.at]; return `${Math.round(seconds)} of ${this.data.recorded}: ${text}`; }

  write() {
    this.button.textContent = this.playing ? "Pause" : this.at === this.data.steps.length - 1 ? "Again" : "Play";
    this.root.querySelector(".where").textContent = this.where;
    this.slider.setAttribute("aria-valuetext", this.where);
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".replay");
  if (!root || !data) return;
  const known = players.get(root);
  if (known && known.data.url === data.url && known.data.stamp === data.stamp) return known.show(known.at);
  known?.pause();
  players.set(root, new Player(root, data));
}
