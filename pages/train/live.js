// Follows a run without Python: hears of each of its moments (stream.js), tells the parts of the page (follow.js),
// brings words and numbers up to date and draws the bar. Python draws anew only where something else has changed, or the
// run has ended.
//
// data: {url: of the run, "" for none; number, layout, words: of the moment that Python drew;
//        awaits: whether a command is under way, so that whatever comes next is drawn by Python}
// words: {line, fraction, numbers: [[label, value, change]], findings, said}

const bus = (window.decBus ??= new EventTarget());
bus.moments ??= new Map();
const PATIENCE = 5000; // milliseconds after which a redraw that was asked for is asked for again
const lives = new WeakMap(); // by element

class Live {
  constructor(root) { this.node = this.root = root; }

  leave() { this.stop(); stream.leave(this); lives.delete(this.root); }

  stop() { this.live = ""; stream.turn(); }

  show(data, emit) { // what Python has drawn
    if (data.url !== this.data?.url) bus.moments.clear();
    Object.assign(this, { data, emit, asked: 0, live: data.url });
    const newest = bus.moments.get(data.url);
    this.write(newest?.number > data.number ? newest.words : data.words);
    if (newest) this.askIfOther(newest);
    stream.listen(this);
  }

  lost(is) { // who fetches frames waits; then they are told again
    const was = bus.lost;
    bus.lost = is;
    set(this.root.querySelector(".lost"), is ? LOST : "");
    if (was && !is) this.tell(bus.moments.get(this.data.url));
  }

  gone() { this.stop(); stream.ask(this.emit, "gone"); }

  moment(moment) {
    if (moment.url !== this.data.url) return;
    bus.moments.set(moment.url, moment);
    if (moment.number > this.data.number) {
      this.tell(moment);
      this.write(moment.words);
      this.askIfOther(moment);
    }
    if (moment.over) this.stop();
  }

  tell(moment) { if (moment) bus.dispatchEvent(new CustomEvent("moment", { detail: moment })); }

  askIfOther(moment) { // for a redraw; once more where it does not come
    const is_other = moment.number > this.data.number && (moment.layout !== this.data.layout || this.data.awaits);
    if (!is_other || Date.now() - this.asked < PATIENCE) return;
    this.asked = Date.now();
    stream.ask(this.emit, String(moment.number));
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
    const texts = new Map(numbers.map(([label, ...texts]) => [label, texts]));
    document.querySelectorAll(".st-key-numbers .stMetric").forEach((metric) => { // some may not be drawn yet
      const label = metric.querySelector("[data-testid=stMetricLabel] p")?.textContent;
      const [value, change] = texts.get(label) ?? [], delta = metric.querySelector("[data-testid=stMetricDelta]");
      set(metric.querySelector("[data-testid=stMetricValue] p"), value);
      set(delta?.querySelector("p"), change);
      if (delta && texts.has(label)) delta.dataset.change = change ? { "+": "up", "-": "down" }[change[0]] ?? "of" : "none";
    });
  }
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
