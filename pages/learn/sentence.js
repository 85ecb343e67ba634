// A sentence with numbers in it that can be dragged, by mouse and finger, or moved by the arrow keys.
// data: {formula, text: with {number} and [result], numbers: {name: {value, low, high, step}}, script}

const PIXELS = 6; // of a drag, for a step

class Sentence {
  constructor(root, data) {
    this.root = root; this.data = data;
    this.values = Object.fromEntries(Object.entries(data.numbers).map(([name, { value }]) => [name, value]));
    this.results = [];
    const line = root.querySelector(".line");
    line.replaceChildren(...data.text.split(/(\{\w+\}|\[\w+\])/).map((part) => this.part(part)));
    this.say = later(() => { root.querySelector(".said").textContent = line.textContent; });
    this.write();
  }

  part(text) {
    if (/^\{\w+\}$/.test(text)) return this.number(text.slice(1, -1));
    if (!/^\[\w+\]$/.test(text)) return document.createTextNode(text);
    const node = document.createElement("b");
    this.results.push([node, text.slice(1, -1)]);
    return node;
  }

  number(name) {
    const { low, high, step } = this.data.numbers[name], node = document.createElement("span");
    Object.assign(node, { className: "number", tabIndex: 0, role: "slider" });
    for (const [key, value] of [["valuemin", low], ["valuemax", high], ["label", name]]) node.setAttribute(`aria-${key}`, value);
    const put = (value) => {
      this.values[name] = Math.min(Math.max(low + Math.round((value - low) / step) * step, low), high);
      this.show(node, name);
      this.write();
      this.say();
    };
    node.onkeydown = (event) => {
      const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity }[event.key];
      if (!by) return;
      event.preventDefault();
      put(Math.min(Math.max(this.values[name] + by * step, low), high));
    };
    node.onpointerdown = (event) => {
      event.preventDefault(); node.focus();
      node.setPointerCapture(event.pointerId);
      const at = event.clientX, from = this.values[name];
      node.onpointermove = (e) => put(from + Math.round((e.clientX - at) / PIXELS) * step);
    };
    node.onpointerup = node.onpointercancel = () => { node.onpointermove = null; };
    this.show(node, name);
    return node;
  }

  show(node, name) {
    const digits = (String(this.data.numbers[name].step).split(".")[1] ?? "").length, text = fixed(this.values[name], digits);
    node.textContent = text;
    node.setAttribute("aria-valuenow", this.values[name]);
    node.setAttribute("aria-valuetext", text);
  }

  write() {
    const results = FORMULAS[this.data.formula](this.values);
    for (const [node, name] of this.results) node.textContent = fixed(results[name], 3);
  }
}

export function draw(shown) { mount(shown, "numbered", (root, data) => new Sentence(root, data)); }
