// Everybody's run as a small multiple: who, what, where it stands, its curve and its map, and what can be done with it.
// data: {tiles: [{run, who, what, more, state, line, score, curve, of, map, active, projected}], heard: [id]}
// A tile that stays keeps its node, and with it the keyboard's focus. Of two messages that wait for a server which is
// still drawing, only the later one arrives: what was pressed is told again with what is pressed next, until the
// server says that it has heard.

const NOTHING = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="; // one pixel, see-through
const ASKED = 5000; // milliseconds for which the question stands whether a run shall end
const MOST_UNHEARD = 20;
const walls = new WeakMap();

function made(name, className, text = "") {
  const node = document.createElement(name);
  node.className = className;
  node.textContent = text;
  return node;
}

class Tile {
  constructor(act) {
    this.root = made("article", "tile");
    this.root.setAttribute("role", "listitem");
    const top = made("header", ""), figures = made("div", "figures"), row = made("footer", "");
    this.who = made("h3", "who"); this.score = made("span", "score"); this.state = made("span", "state");
    this.what = made("p", "what"); this.line = made("p", "line");
    top.append(this.who, this.score);
    this.map = made("img", "map"); this.map.alt = "";
    this.curve = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.curve.setAttribute("viewBox", "0 0 100 100"); this.curve.setAttribute("preserveAspectRatio", "none");
    this.curve.setAttribute("role", "img");
    this.polyline = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    this.curve.append(this.polyline);
    figures.append(this.map, this.curve);
    this.buttons = Object.fromEntries(["project", "open", "end"].map((name) => {
      const button = made("button", name);
      button.type = "button";
      button.onclick = () => { if (name !== "end" || this.isMeant()) act(name, this.run); };
      return [name, button];
    }));
    row.append(...Object.values(this.buttons));
    const about = made("p", "about");
    about.append(this.state, this.line);
    this.root.append(top, this.what, figures, about, row);
  }

  show(tile) {
    this.run = tile.run;
    this.root.dataset.run = tile.run;
    this.root.dataset.state = tile.state;
    this.root.classList.toggle("projected", tile.projected);
    this.who.textContent = tile.who;
    this.score.textContent = tile.score;
    this.what.textContent = tile.what + (tile.more ? ` · ${tile.more}` : "");
    this.what.title = this.what.textContent;
    this.state.textContent = tile.state;
    this.line.textContent = tile.line;
    this.line.title = tile.line;
    const picture = tile.map || NOTHING;
    if (this.map.src !== picture) this.map.src = picture;
    this.map.alt = tile.map ? `Embedding of ${tile.who}'s run` : "";
    this.polyline.setAttribute("points", tile.curve);
    this.curve.setAttribute("aria-label", tile.curve ? `Curve: ${tile.of}` : "No curve yet");
    this.label("project", tile.projected ? "Take off" : "Projector", `${tile.who}: ${tile.projected ? "take off the projector" : "show on the projector"}`);
    this.label("open", "Open", `${tile.who}: open on Train`);
    this.mean(this.asked && tile.active);
    this.buttons.end.disabled = !tile.active;
  }

  isMeant() { // asked first: a tile that ends moves away, and the next one slides under the hand
    if (this.asked) { this.mean(false); return true; }
    this.mean(true);
    this.forget = setTimeout(() => this.mean(false), ASKED);
    return false;
  }

  mean(asked) {
    this.asked = asked;
    if (!asked) clearTimeout(this.forget);
    this.buttons.end.classList.toggle("asked", asked);
    this.label("end", asked ? "Really end?" : "End", `${this.who.textContent}: ${asked ? "really " : ""}end this run`);
  }

  label(name, text, full) {
    this.buttons[name].textContent = text;
    this.buttons[name].setAttribute("aria-label", full);
    this.buttons[name].title = full;
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".wall");
  if (!root || !data) return;
  const wall = walls.get(root) ?? walls.set(root, { known: new Map(), unheard: [] }).get(root);
  const { known } = wall;
  wall.unheard = wall.unheard.filter(({ id }) => !data.heard.includes(id));
  const act = (name, run) => {
    wall.unheard = [...wall.unheard, { id: Math.random().toString(36).slice(2), act: name, run }].slice(-MOST_UNHEARD);
    setTriggerValue("acted", wall.unheard);
  };
  const kept = new Set(data.tiles.map((tile) => tile.run));
  for (const [run, tile] of known) if (!kept.has(run)) { tile.root.remove(); known.delete(run); }
  data.tiles.forEach((each, i) => {
    if (!known.has(each.run)) known.set(each.run, new Tile(act));
    const tile = known.get(each.run);
    tile.show(each);
    if (root.children[i] !== tile.root) { // moved only where the order has changed: what is moved loses the focus
      const focused = tile.root.contains(root.getRootNode().activeElement) ? root.getRootNode().activeElement : null;
      root.insertBefore(tile.root, root.children[i] ?? null);
      focused?.focus({ preventScroll: true });
    }
  });
}
