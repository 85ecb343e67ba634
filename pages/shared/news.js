// Has Python draw anew what is around it once the server tells that something of it is another than it has seen.
//
// data: {stamps: by topic, what Python has seen of it; at: when, in milliseconds of the server's clock}

const PATIENCE = 5000; // milliseconds after which a redraw that was asked for is asked for again
const listeners = new WeakMap(); // by node

class News {
  constructor(node) {
    this.node = node;
    this.missed = new Set(); // topics of which there is nothing, or nothing for this visitor: news only once
  }

  show({ stamps, at }, emit) {
    Object.assign(this, { seen: stamps, at, emit, asked: 0, topics: Object.keys(stamps) });
    stream.listen(this);
    this.compare(false);
    this.wait();
  }

  leave() { clearTimeout(this.later); stream.leave(this); listeners.delete(this.node); }

  stamp({ topic, stamp, at }) {
    if (stamp) this.missed.delete(topic);
    if (this.topics.includes(topic)) this.compare(false);
  }

  gone() { for (const topic of this.topics) stream.take({ topic, stamp: "", at: 0 }); }

  compare(isLate) { // what was told before Python has looked may be older than what it has seen: that is waited for
    const other = this.topics.map((topic) => stream.stamps.get(topic)).filter((told) => told && this.isNews(told, isLate));
    if (!other.length || Date.now() - this.asked < PATIENCE) return;
    for (const { topic, stamp } of other) if (!stamp) this.missed.add(topic);
    this.asked = Date.now();
    stream.ask(this.emit, other[0].topic);
    this.wait();
  }

  isNews({ topic, stamp, at }, isLate) {
    if (stamp === this.seen[topic]) return false;
    return stamp ? isLate || at > this.at : !this.missed.has(topic);
  }

  wait() { // for what is late, once
    clearTimeout(this.later);
    this.later = setTimeout(() => { if (this.node.isConnected) this.compare(true); }, PATIENCE + 100);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector("span");
  if (!node || !data) return;
  if (!listeners.has(node)) listeners.set(node, new News(node));
  listeners.get(node).show(data, setTriggerValue);
  return () => setTimeout(() => { if (!node.isConnected) listeners.get(node)?.leave(); }); // also called before a newer call
}
