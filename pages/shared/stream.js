// The one connection by which a page hears what is new: browsers allow six to a server. All components share it; it is
// opened anew where they want to hear of something else. A page that nobody sees hears nothing.
//
// Who listens has
//   node: an element; it is heard no more once that is not in the page
//   live: the address of a run whose moments it follows, or ""; topics: names of other things that may change
//   moment(moment), stamp({topic, stamp, at}): what has come; gone(): what it follows is not there any more
//   lost(is): whether the connection is; where nobody has this, the page says so at its lower edge

const SOON = 50; // milliseconds in which components come and go together
const APART = 10; // milliseconds between two that ask for a redraw
const SILENT = 40000; // without a word from the server after which the connection is taken for dead
const LONGEST = 15000; // between two attempts to reach a server that refuses
const RENEWED = 3600000; // after which it is opened anew, since only answers renew the cookie
const LOST = "Connection lost, trying again …";

class Stream {
  constructor() {
    this.listeners = new Set();
    this.stamps = new Map(); // the newest of each topic
    this.toAsk = []; // for a redraw, in turn
    this.url = "";
    this.refused = 0;
    document.addEventListener("visibilitychange", () => this.turn());
  }

  listen(who) { this.listeners.add(who); this.turn(); } // also where it wants to hear of something else

  leave(who) { if (this.listeners.delete(who)) this.turn(); }

  ask(emit, news) { // for a redraw, one after the other: of all that ask at once Streamlit draws one fragment alone
    this.toAsk.push(() => emit("news", news));
    if (this.toAsk.length === 1) this.askNext();
  }

  askNext() {
    setTimeout(() => { this.toAsk.shift(); if (this.toAsk.length) this.askNext(); }, APART);
    this.toAsk[0]();
  }

  wanted() {
    for (const who of this.listeners) if (!who.node.isConnected) this.listeners.delete(who);
    if (document.hidden) return "";
    const all = [...this.listeners], live = all.find((who) => who.live)?.live;
    const topics = [...new Set(all.flatMap((who) => who.topics ?? []))].sort().map((topic) => ["of", topic]);
    if (!live && !topics.length) return "";
    return `${live || "news"}${topics.length ? `?${new URLSearchParams(topics)}` : ""}`;
  }

  turn() {
    const url = this.wanted();
    if (url === this.url) return;
    this.close();
    this.url = url;
    this.refused = 0;
    this.tellLost(false);
    if (url) this.later = setTimeout(() => this.open(), SOON);
  }

  close() {
    this.source?.close();
    this.source = null;
    clearTimeout(this.later);
    clearTimeout(this.silence);
  }

  open() {
    const source = (this.source = new EventSource(this.url));
    this.opened = Date.now();
    this.stamps.clear(); // all are told again
    const hear = (act) => (event) => {
      if (source !== this.source) return;
      this.listenOn();
      act(event.data);
    };
    source.onopen = hear(() => { this.refused = 0; this.tellLost(false); });
    source.onmessage = hear((data) => this.tell("moment", JSON.parse(data)));
    source.addEventListener("stamp", hear((data) => this.take(JSON.parse(data))));
    source.addEventListener("alive", hear(() => { if (Date.now() - this.opened > RENEWED) { this.close(); this.open(); } }));
    source.addEventListener("gone", hear(() => this.gone()));
    source.onerror = () => { if (source === this.source) this.failed(source); };
    this.listenOn();
  }

  listenOn() { // a network that goes away tells nobody
    clearTimeout(this.silence);
    this.silence = setTimeout(() => { this.close(); this.open(); this.tellLost(true); }, SILENT);
  }

  failed(source) { // the browser tries again by itself, unless the server has refused
    if (this.wanted() !== this.url) { this.turn(); return; }
    clearTimeout(this.silence);
    this.tellLost(true);
    if (source.readyState !== EventSource.CLOSED) return;
    this.source = null;
    this.refused++;
    this.later = setTimeout(async () => {
      const url = this.url, answer = await fetch(url, { method: "HEAD" }).catch(() => null);
      if (url !== this.url || this.source) return;
      if (answer?.status === 404) this.gone(); // and is not this visitor's any more
      else this.open();
    }, Math.min(LONGEST, 1000 * 2 ** this.refused));
  }

  gone() { // the run, or else everything
    const live = [...this.listeners].filter((who) => who.live);
    if (!live.length || !this.source) { this.close(); this.tellLost(false); }
    for (const who of live.length ? live : [...this.listeners]) who.gone();
  }

  take(news) { this.stamps.set(news.topic, news); this.tell("stamp", news); }

  tell(what, news) { for (const who of [...this.listeners]) if (who.node.isConnected) who[what]?.(news); }

  tellLost(is) {
    const own = [...this.listeners].filter((who) => who.lost);
    for (const who of own) who.lost(is);
    const text = is && !own.length ? LOST : "";
    this.place ??= Object.assign(document.createElement("div"), { className: "lost", role: "status" });
    if (text && !this.place.isConnected) document.body.append(this.place);
    if (this.place.textContent !== text) this.place.textContent = text;
  }
}

const stream = (window.decStream ??= new Stream());
