// A part of a run's live view: it hears of moments on the bus (live.js tells of them) and fetches its own frame where it
// is another one, without Python. A slow browser passes over moments.
//
// followed: {url: the run's address, part: its name, version: of what Python drew, number: of the moment when it did}
// bus.moments: the newest moment by the run's address: {url, number, parts: {name: version}}; bus.lost: whether the
// server is away

const bus = (window.decBus ??= new EventTarget());
bus.moments ??= new Map();
const AGAIN = 2000; // milliseconds after which a frame that did not come is asked for again
const followers = new WeakMap(); // by node

class Follower {
  constructor(node) {
    this.node = node;
    this.hear = ({ detail }) => this.news(detail);
    bus.addEventListener("moment", this.hear);
  }

  leave() { bus.removeEventListener("moment", this.hear); followers.delete(this.node); }

  take(followed, content, draw, read) { // what Python has drawn, unless something later is shown already
    const is_later = this.is_of(followed) && followed.number < this.number;
    Object.assign(this, { draw, read });
    if (!is_later) Object.assign(this, { followed, content, number: followed.number, version: followed.version });
    this.draw(this.content);
    const newest = bus.moments.get(followed.url);
    if (newest) this.news(newest);
  }

  is_of(other) { return this.followed?.url === other.url && this.followed.part === other.part; }

  news(moment) {
    if (!this.node.isConnected) return this.leave();
    const version = moment.parts[this.followed.part];
    if (moment.url !== this.followed.url || moment.number <= this.number || !version) return;
    if (version === this.version) this.number = moment.number;
    else { this.wanted = moment; this.fetch(); }
  }

  async fetch() {
    if (this.busy) return;
    this.busy = true;
    while (this.wanted) {
      const moment = this.wanted, followed = this.followed;
      this.wanted = null;
      try {
        const answer = await fetch(`${followed.url}/${followed.part}/${moment.parts[followed.part]}`);
        if (!answer.ok) throw new Error(answer.status);
        const content = await this.read(answer);
        if (!this.is_of(followed) || moment.number <= this.number) continue; // Python has drawn another one meanwhile
        Object.assign(this, { content, number: moment.number, version: answer.url.split("/").at(-1) });
        if (this.node.isConnected) this.draw(content);
      } catch { if (!bus.lost) setTimeout(() => this.news(moment), AGAIN); } // else live.js tells of it again
    }
    this.busy = false;
  }
}

// Draw `content` in a node, and whatever comes later of the part that is `followed`; `read` makes it of an answer.
function follow(node, followed, content, draw, read = (answer) => answer.json()) {
  if (!followed) {
    unfollow(node);
    draw(content);
    return;
  }
  if (!followers.has(node)) followers.set(node, new Follower(node));
  followers.get(node).take(followed, content, draw, read);
}

function unfollow(node) { followers.get(node)?.leave(); }

