// The plane of a z of two numbers. A point is moved, and what the decoder makes of it is drawn beside it.
// data: {low, high: of the plane in z; grid: points of the grid on each side; sprite: {url, columns, width, height} of what
//        the decoder makes of them, row by row; points: base64 of uint16 x, y of images; classes: base64, names, colours}
// Stands behind words.js and plane.js.

const REACH = 3; // of the plane on each side, in its own units
const drawnPlanes = new WeakMap();

function bytes(text) { return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)); }

class DecodePlane {
  constructor(root, data) {
    Object.assign(this, { root, data, at: [0, 0] });
    this.points = new Uint16Array(bytes(data.points).buffer);
    this.classes = bytes(data.classes);
    this.picture = root.querySelector(".picture").getContext("2d");
    this.say = later(() => { this.plane.name(); root.querySelector(".said").textContent = this.finding; });
    this.plane = new Plane(root, [REACH, REACH], () => this.draw());
    this.plane.canvas.setAttribute("aria-label", `${this.classes.length} digits by their two numbers z, colored by what they are`);
    this.plane.handle({ name: "The point", text: "", colour: "var(--st-text-color)", at: () => this.at,
      moved: (place) => { this.at = place; this.draw(); this.show(); this.say(); } }).node.classList.add("point");
    root.querySelector(".legend").replaceChildren(...data.names.map((name, i) => {
      const entry = document.createElement("span");
      entry.innerHTML = "<i></i>";
      entry.append(name);
      entry.style.setProperty("--colour", data.colours[i]);
      return entry;
    }));
    this.load();
    this.draw();
  }

  load() {
    const { url, columns, width, height } = this.data.sprite, picture = new Image();
    picture.onload = () => {
      const canvas = Object.assign(document.createElement("canvas"), { width: picture.width, height: picture.height });
      const pen = canvas.getContext("2d", { willReadFrequently: true });
      pen.drawImage(picture, 0, 0);
      this.images = Array.from({ length: this.data.grid ** 2 }, (_, i) => {
        const pixels = pen.getImageData((i % columns) * width, Math.floor(i / columns) * height, width, height).data;
        return Float32Array.from({ length: width * height }, (_, k) => pixels[4 * k]);
      });
      this.show();
      this.say();
    };
    picture.src = new URL(url, document.baseURI);
  }

  get z() { return this.at.map((value, k) => this.data.low[k] + ((value / REACH + 1) / 2) * (this.data.high[k] - this.data.low[k])); }

  get finding() { return `z is ${this.z.map((value) => fixed(value, 1)).join(" and ")}; the nearest digits there are ${this.near}s.`; }

  get near() { // what most of the nearest images are
    const [x, y] = this.at.map((value) => ((value / REACH + 1) / 2) * 65535);
    const order = Array.from(this.classes, (_, i) => [(this.points[2 * i] - x) ** 2 + (this.points[2 * i + 1] - y) ** 2, this.classes[i]]).sort((a, b) => a[0] - b[0]).slice(0, 15);
    const counts = this.data.names.map((_, i) => order.filter(([, each]) => each === i).length);
    return this.data.names[counts.indexOf(Math.max(...counts))];
  }

  mixed() { // what the decoder makes of the point: the images of the four points of the grid around it, by their nearness
    const { grid } = this.data, place = this.at.map((value) => ((value / REACH + 1) / 2) * (grid - 1));
    const [column, row] = place.map((value) => Math.min(Math.floor(value), grid - 2)), [u, v] = [place[0] - column, place[1] - row];
    const corners = [[row, column, (1 - u) * (1 - v)], [row, column + 1, u * (1 - v)], [row + 1, column, (1 - u) * v], [row + 1, column + 1, u * v]];
    return this.images[0].map((_, k) => corners.reduce((sum, [r, c, share]) => sum + share * this.images[r * grid + c][k], 0));
  }

  show() {
    if (!this.images) return;
    const image = this.picture.createImageData(28, 28);
    this.mixed().forEach((value, k) => image.data.set([value, value, value, 255], 4 * k));
    this.picture.putImageData(image, 0, 0);
    this.picture.canvas.setAttribute("aria-label", `What the decoder makes of z ${this.z.map((value) => fixed(value, 1)).join(", ")}`);
    this.root.querySelector("figcaption").textContent = `z = (${this.z.map((value) => fixed(value, 1)).join(", ")})`;
  }

  draw() {
    const { plane } = this, { pen } = plane;
    if (!this.points) return;
    plane.clear();
    pen.globalAlpha = 0.6;
    for (let i = 0; i < this.classes.length; i++) {
      const [x, y] = plane.toScreen([0, 1].map((k) => (this.points[2 * i + k] / 65535 * 2 - 1) * REACH));
      pen.fillStyle = this.data.colours[this.classes[i]];
      pen.fillRect(x - 1.5, y - 1.5, 3, 3);
    }
    pen.globalAlpha = 1;
    plane.place();
  }
}

export function draw({ data, parentElement }) {
  const root = parentElement.querySelector(".decode");
  if (!root || !data) return;
  const known = drawnPlanes.get(root);
  if (known?.data.sprite.url === data.sprite.url) return;
  known?.plane.observer.disconnect(); // of another run
  root.querySelector(".handles").replaceChildren();
  drawnPlanes.set(root, new DecodePlane(root, data));
}
