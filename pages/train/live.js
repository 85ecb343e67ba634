// Follows a run without Python: hears of each of its moments, tells the parts of the page (follow.js), brings words and
// numbers up to date and draws the bar. Python draws anew only where something else has changed, or the run has ended.
//
// data: {url: of the run, "" for none; number, layout, words: of the moment that Python drew;
//        awaits: whether a command is under way, so that whatever comes next is drawn by Python}
// words: {line, fraction, numbers: [[value, change]], findings, said}

const bus = (window.decBus ??= new EventTarget());
bus.moments ??= new Map();
const PATIENCE = 5000; // milliseconds after which a redraw that was asked for is asked for again
const SILENT = 40000; // milliseconds without a word from the server after which the connection is taken for dead
const LONGEST = 15000; // milliseconds between two attempts to reach a server that refuses
const lives = new WeakMap(); // by element

class Live {
  constructor(root) {
    this.root = root;
    this.refused = 0;
    this.look = () => this.turn();
    document.addEventListener("visibilitychange", this.look);
  }

  leave() {
    this.close();
    document.removeEventListener("visibilitychange", this.look);
    lives.delete(this.root);
  }

  show(data, emit) { // what Python has drawn
    if (data.url !== this.data?.url) { this.close(); bus.moments.clear(); }
    Object.assign(this, { data, emit, asked: 0 });
    const newest = bus.moments.get(data.url);
    this.write(newest?.number > data.number ? newest.words : data.words);
    if (newest) this.askIfOther(newest);
    this.turn();
  }

  turn() { // a page that nobody sees follows nothing: browsers allow six connections to a server
    if (!this.data.url || document.hidden || !this.root.isConnected) this.close();
    else if (!this.source) this.open();
  }

  close() {
    this.source?.close();
    this.source = null;
    bus.lost = false;
    clearTimeout(this.later);
    clearTimeout(this.silence);
    this.say("");
  }

  open() {
    const source = (this.source = new EventSource(this.data.url));
    source.onopen = () => { this.refused = 0; bus.lost = false; this.say(""); this.listen(); this.tell(bus.moments.get(this.data.url)); };
    source.onmessage = (event) => { this.listen(); this.hear(JSON.parse(event.data)); };
    source.addEventListener("alive", () => this.listen());
    this.listen();
    source.addEventListener("gone", () => { this.close(); this.emit("news", "gone"); });
    source.onerror = () => {
      if (!this.root.isConnected) this.leave();
      else if (source === this.source) this.lost(source);
    };
  }

  listen() { // a network that goes away tells nobody
    clearTimeout(this.silence);
    this.silence = setTimeout(() => { this.close(); this.turn(); this.lost(this.source); }, SILENT);
  }

  lost(source) { // the browser tries again by itself, unless the server has refused
    bus.lost = true;
    clearTimeout(this.silence);
    this.say("Connection lost, trying again …");
    if (source?.readyState !== EventSource.CLOSED) return;
    this.source = null;
    this.refused++;
    this.later = setTimeout(async () => {
      const answer = await fetch(this.data.url, { method: "HEAD" }).catch(() => null);
      if (answer?.status === 404) { this.close(); this.emit("news", "gone"); } // and is not this visitor's any more
      else this.turn();
    }, Math.min(LONGEST, 1000 * 2 ** this.refused));
  }

  hear(moment) {
    if (!this.root.isConnected) return this.leave();
    if (moment.url !== this.data.url) return;
    bus.moments.set(moment.url, moment);
    if (moment.number > this.data.number) {
      this.tell(moment);
      this.write(moment.words);
      this.askIfOther(moment);
    }
    if (moment.over) this.close();
  }

  tell(moment) { if (moment) bus.dispatchEvent(new CustomEvent("moment", { detail: moment })); }

  askIfOther(moment) { // for a redraw; once more where it does not come
    const is_other = moment.number > this.data.number && (moment.layout !== this.data.layout || this.data.awaits);
    if (!is_other || Date.now() - this.asked < PATIENCE) return;
    this.asked = Date.now();
    this.emit("news", String(moment.number));
    setTimeout(() => { if (this.root.isConnected) this.askIfOther(bus.moments.get(this.data.url) ?? moment); }, PATIENCE);
  }

  // -- words, in what Streamlit has drawn

  write({ line, fraction, numbers, findings, said }) {
    const percent = `${Math.round(100 * fraction)}`, bar = this.root.querySelector(".bar");
    bar.setAttribute("aria-valuenow", percent);
    bar.firstElementChild.style.width = `${100 * fraction}%`;
    set(this.root.querySelector(".said"), said);
    if (line && !this.data.awaits) set(document.querySelector(".st-key-controls .stMarkdown strong"), line);
    set(document.querySelector(".st-key-findings p"), findings);
    document.querySelectorAll(".st-key-numbers .stMetric").forEach((metric, i) => {
      const [value, change] = numbers[i] ?? [], delta = metric.querySelector("[data-testid=stMetricDelta]");
      set(metric.querySelector("[data-testid=stMetricValue] p"), value);
      set(delta?.querySelector("p"), change);
      if (delta) delta.dataset.change = change ? { "+": "up", "-": "down" }[change[0]] ?? "of" : "none";
    });
  }

  say(text) { set(this.root.querySelector(".lost"), text); }
}

function set(node, text) { // the text of a node that holds nothing else, so that Streamlit may still change it
  if (!node || text === undefined || node.textContent === text) return;
  if (node.childElementCount === 0 && node.childNodes.length <= 1) {
    if (node.firstChild) node.firstChild.nodeValue = text; else node.textContent = text;
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".live");
  if (!root || !data) return;
  if (!lives.has(root)) lives.set(root, new Live(root));
  lives.get(root).show(data, setTriggerValue);
  return () => setTimeout(() => { if (!root.isConnected) lives.get(root)?.leave(); }); // also called before a newer call
}
