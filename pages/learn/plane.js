// A plane drawn on a canvas. What can be moved in it is a button that lies over it: by mouse, finger and arrow keys.
// Stands behind words.js.

const STEP = 0.1, FAR = 0.5; // of the plane's units, that an arrow key moves by; with Shift
const EDGE = 18; // pixels between the contents of a plane that fits them and its edge: half of what is held
const STILL = 4; // pixels that a pointer may stray without anything being moved
const INK = 400; // milliseconds that the page's colour of text is taken to stay
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

function rgb(hex) { return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)); }

function mixed(shares, colours) { // what colours make, each with its share; shares add up to one
  return [0, 1, 2].map((k) => Math.round(shares.reduce((sum, share, j) => sum + share * colours[j][k], 0)));
}

class Plane {
  // `half` is [x, y]: the plane reaches from minus these to these; `draw` is called when the size changes.
  constructor(root, half, draw) {
    this.root = root; this.half = half; this.zoom = 1; this.room = [1, 1]; this.handles = [];
    this.canvas = root.querySelector("canvas");
    this.pen = this.canvas.getContext("2d");
    this.canvas.style.aspectRatio = `${half[0]} / ${half[1]}`;
    this.observer = new ResizeObserver(() => { this.measure(); draw(); });
    this.observer.observe(this.canvas);
    this.measure();
  }

  measure() {
    const ratio = globalThis.devicePixelRatio || 1;
    this.width = this.canvas.clientWidth; this.height = this.canvas.clientHeight;
    this.canvas.width = Math.round(this.width * ratio); this.canvas.height = Math.round(this.height * ratio);
    this.rescale();
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  rescale() { this.scale = this.width / (2 * this.half[0] * this.zoom); }

  fit(places) { // the plane reaches further where these would leave it
    this.zoom = 1;
    this.room = [this.width, this.height].map((size) => Math.max(0.5, 1 - 2 * EDGE / size));
    for (const place of places) place.forEach((value, k) => { this.zoom = Math.max(this.zoom, Math.abs(value) / (this.room[k] * this.half[k])); });
    this.rescale();
  }

  toScreen([x, y]) { return [this.width / 2 + x * this.scale, this.height / 2 - y * this.scale]; }

  toPlane(event) { // where a pointer is, kept within the plane
    const box = this.canvas.getBoundingClientRect();
    return this.within([(event.clientX - box.left - this.width / 2) / this.scale, (this.height / 2 - event.clientY + box.top) / this.scale]);
  }

  within(place) { // never beyond its room, or a plane that fits would reach further and further
    return place.map((value, k) => {
      const most = this.room[k] * this.zoom * this.half[k];
      return Math.min(Math.max(value, -most), most);
    });
  }

  clear() {
    const now = performance.now();
    if (!(now - this.inked < INK)) { this.ink = getComputedStyle(this.root).color; this.inked = now; }
    this.pen.clearRect(0, 0, this.width, this.height);
  }

  disc(place, radius, fill, stroke = "") {
    const [x, y] = this.toScreen(place);
    this.pen.beginPath(); this.pen.arc(x, y, radius, 0, 2 * Math.PI);
    this.pen.fillStyle = fill; this.pen.fill();
    if (stroke) { this.pen.strokeStyle = stroke; this.pen.lineWidth = 1.5; this.pen.stroke(); }
  }

  // A button over the plane. `at()` is where it belongs; `begun()` is called before it is moved, `moved(place)` while it
  // is; `pressed(event)` where it was not.
  handle({ name, text, colour, at, moved, begun = () => {}, pressed = () => {} }) {
    const node = document.createElement("button");
    node.type = "button"; node.className = "handle"; node.textContent = text;
    node.style.setProperty("--colour", colour);
    const handle = { node, at, name };
    node.addEventListener("pointerdown", (event) => { if (event.button === 0) this.drag(node, event, begun, moved, pressed); });
    node.addEventListener("keydown", (event) => {
      const way = ARROWS[event.key];
      if (!way) return;
      event.preventDefault(); event.stopPropagation();
      const [x, y] = at(), by = event.shiftKey ? FAR : STEP;
      begun(); moved(this.within([x + by * way[0], y + by * way[1]]));
    });
    this.root.querySelector(".handles").append(node);
    this.handles.push(handle);
    return handle;
  }

  drag(node, event, begun, moved, pressed) {
    event.preventDefault();
    node.focus({ preventScroll: true });
    node.setPointerCapture(event.pointerId);
    let isMoving = false;
    const move = (e) => {
      if (!isMoving && Math.hypot(e.clientX - event.clientX, e.clientY - event.clientY) < STILL) return;
      if (!isMoving) begun();
      isMoving = true;
      moved(this.toPlane(e));
    };
    const end = () => {
      node.removeEventListener("pointermove", move);
      for (const name of ["pointerup", "pointercancel"]) node.removeEventListener(name, end);
      if (!isMoving) pressed(event);
    };
    node.addEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel"]) node.addEventListener(name, end);
  }

  place() { // the buttons, where they belong
    for (const { node, at } of this.handles) {
      const [x, y] = this.toScreen(at());
      node.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    }
  }

  name() { // the buttons, in words; not for every frame, since it is read aloud
    for (const { node, at, name } of this.handles) node.setAttribute("aria-label", `${name}, at ${at().map((value) => fixed(value, 1)).join(" and ")}; arrow keys move it`);
  }
}
