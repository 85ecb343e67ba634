// The cluster centers at the moment of the timeline, decoded, with the sizes of their clusters; a click is told to
// Python as "cluster" (its place in the order of letters).
// data: {run, number, file: address of all moments' images, places: [which image of the file, or -1, by moment],
//        samples: base64 of one real image for each cluster, or "", sizes: [[n] by moment], names: [letter], colours: [], titles: [], chosen, width, height, colour, name}

const bus = (window.decBus ??= new EventTarget());
const rows = new WeakMap();
const files = new Map();

function bytes(url) {
  if (!files.has(url)) files.set(url, fetch(url).then((answer) => { if (!answer.ok) throw new Error(url); return answer.arrayBuffer(); }).then((buffer) => new Uint8Array(buffer)).catch(() => { files.delete(url); return null; }));
  return files.get(url);
}

class Row {
  constructor(root) {
    this.root = root;
    this.hear = ({ detail }) => { if (detail.run === this.data.run) this.to(detail.number); };
    bus.addEventListener("frame", this.hear);
  }

  show(data, emit) {
    this.emit = emit;
    const layout = JSON.stringify([data.names, data.colours, data.width, data.height]);
    this.data = data;
    this.root.setAttribute("aria-label", data.name);
    if (this.layout !== layout) { this.layout = layout; this.samples = null; this.build(); }
    [...this.root.children].forEach((tile, place) => {
      tile.setAttribute("aria-pressed", data.chosen === place);
      tile.title = data.titles[place];
    });
    this.paintSamples();
    if (bus.playing !== data.run) this.to(data.number);
  }

  build() {
    const { names, colours, width, height } = this.data;
    this.root.replaceChildren(...names.map((name, place) => {
      const tile = document.createElement("button"), canvas = Object.assign(document.createElement("canvas"), { width, height });
      const sample = Object.assign(document.createElement("canvas"), { width, height, className: "sample" });
      const caption = document.createElement("span"), size = document.createElement("small");
      tile.type = "button"; caption.textContent = name; caption.style.borderColor = colours[place];
      canvas.className = "center";
      tile.append(sample, canvas, caption, size);
      tile.onclick = () => this.emit("cluster", place);
      return tile;
    }));
  }

  paintSamples() { // what is real: of each cluster the sample nearest to its center
    const { samples, width, height, colour } = this.data;
    if (this.samples === samples) return;
    this.samples = samples;
    const step = colour ? 3 : 1, one = width * height * step, pixels = samples ? Uint8Array.from(atob(samples), (c) => c.charCodeAt(0)) : null;
    [...this.root.children].forEach((tile, i) => this.paint(tile.querySelector(".sample"), pixels, i * one));
  }

  paint(canvas, bytes, start) {
    const { width, height, colour } = this.data, step = colour ? 3 : 1;
    const context = canvas.getContext("2d"), pixels = context.createImageData(width, height);
    for (let k = 0; k < width * height; k++) {
      const at = start + k * step, ink = (channel) => (bytes ? bytes[at + (colour ? channel : 0)] : 0);
      pixels.data.set([ink(0), ink(1), ink(2), bytes ? 255 : 0], 4 * k);
    }
    context.putImageData(pixels, 0, 0);
  }

  async to(number) {
    this.number = number;
    const { data } = this, place = data.places[number], sizes = data.sizes[number];
    [...this.root.children].forEach((tile, i) => {
      tile.querySelector("small").textContent = sizes ? String(sizes[i]).replace(/\B(?=(\d{3})+$)/g, "\u2009") : "";
    });
    const all = place >= 0 ? await bytes(data.file) : null;
    if (this.number !== number || this.data !== data) return;
    const { width, height, colour } = data, one = width * height * (colour ? 3 : 1);
    [...this.root.children].forEach((tile, i) => {
      this.paint(tile.querySelector(".center"), all, (place * data.names.length + i) * one);
      tile.classList.toggle("none", !all);
    });
    this.root.dataset.moment = number;
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".centers");
  if (!root || !data) return;
  if (!rows.has(root)) rows.set(root, new Row(root));
  rows.get(root).show(data, setTriggerValue);
  return () => { if (!root.isConnected) bus.removeEventListener("frame", rows.get(root).hear); }; // also called when overtaken
}
