// One sample: its image, what the network makes of it, q and p, its way through training, its neighbours.
// data: {images: {name: base64}, size: {width, height, colour}, title, sentence, bars: [{name, colour, q, p, distance, own, true: whether it is the cluster of its class}],
//        pictures: [{name, key, hint}], paths: [{title, keys}], neighbours: [{key, index, caption, wrong}],
//        about_p, strip: [{name, colour, words, n, number: of the moment it begins at}], steps: [first, last], lacking, name,
//        numbers: what numbers.js shows, or null}
// A click on a neighbour is told as "picked", one on the strip as "moment", the closing of the card as "closed".

const withNumbers = new WeakMap(); // whether each card shows numbers in place of pictures
const drawn = new WeakMap();
const emits = new WeakMap(); // how each card tells Python, as last heard

function node(tag, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

function picture(text, { width, height, colour }) {
  const bytes = atob(text), canvas = node("canvas", { width, height }), context = canvas.getContext("2d"), pixels = context.createImageData(width, height);
  const step = colour ? 3 : 1;
  for (let i = 0; i < width * height; i++) {
    const at = (channel) => bytes.charCodeAt(i * step + (colour ? channel : 0));
    pixels.data.set([at(0), at(1), at(2), 255], 4 * i);
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

function difference(a, b, { width, height, colour }) { // orange: ink that is lost; blue: ink that was not there
  const one = atob(a), other = atob(b), canvas = node("canvas", { width, height }), context = canvas.getContext("2d"), pixels = context.createImageData(width, height);
  const step = colour ? 3 : 1;
  for (let i = 0; i < width * height; i++) {
    let d = 0;
    for (let c = 0; c < step; c++) d += (one.charCodeAt(i * step + c) - other.charCodeAt(i * step + c)) / step;
    const strength = Math.min(1, Math.abs(d) / 160);
    pixels.data.set([...(d > 0 ? [231, 99, 0] : [63, 144, 218]).map((value) => value * strength), 255], 4 * i);
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

function bars(data) {
  const table = node("table", { className: "bars" });
  table.append(node("tr", {}, node("th", { textContent: "" }), node("th", { textContent: "q", title: "Soft assignment, by Student's t (DEC, equation 1)" }),
    node("th", { textContent: "p", title: data.about_p }), node("th", { textContent: "distance", title: "Distance from its z to the center" })));
  for (const row of data.bars) {
    const bar = (value) => {
      const cell = node("td", { className: "bar" }), fill = node("i");
      fill.style.width = `${100 * value}%`; fill.style.background = row.colour;
      cell.append(fill, node("b", { textContent: Number.isFinite(value) ? value.toFixed(2) : "–" }));
      return cell;
    };
    const name = node("th", { textContent: row.true && !row.own ? `${row.name} ←` : row.name, className: row.own ? "own" : "" });
    if (row.true && !row.own) name.title = "The cluster matched to its class";
    name.style.borderColor = row.colour;
    table.append(node("tr", {}, name, bar(row.q ?? NaN), bar(row.p ?? NaN), node("td", { textContent: row.distance ?? "–" })));
  }
  return table;
}

function labelled(canvas, name, hint) { return node("figure", { title: hint ?? "" }, canvas, node("figcaption", { textContent: name })); }

function numbersOf(root, data, pictures) { // a button, and what it shows in place of the pictures
  const view = node("div", { className: "of-numbers", id: "numbers" }), button = node("button", { type: "button", textContent: "Show the numbers", className: "close" });
  button.title = "Every q, p, distance and loss of this image, with its formula";
  button.setAttribute("aria-controls", "numbers");
  const show = (shown) => {
    if (shown && !view.childElementCount) showNumbers(view, data.numbers);
    button.setAttribute("aria-pressed", shown); view.hidden = !shown; pictures.hidden = shown; withNumbers.set(root, shown);
  };
  button.addEventListener("click", () => { show(view.hidden); root.scrollTop = 0; });
  show(withNumbers.get(root) ?? false);
  return { button, view };
}

function isAway(root) { // out of sight: a sample was chosen elsewhere
  const { top, bottom } = root.getBoundingClientRect();
  return bottom < 0 || top > innerHeight;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".card");
  if (!root || !data) return;
  emits.set(root, setTriggerValue);
  const tell = (name, value) => emits.get(root)(name, value), text = JSON.stringify(data);
  if (drawn.get(root) === text) return;
  if (innerWidth <= 640 && (!drawn.has(root) || isAway(root))) setTimeout(() => root.scrollIntoView({ block: "center" }), 300); // the page is long
  drawn.set(root, text);
  const { images, size } = data;
  const close = node("button", { type: "button", textContent: "Back to all", className: "close", onclick: () => tell("closed", true) });
  const head = node("div", { className: "head" }, node("h3", { textContent: data.title }), close);
  const pictures = node("div"), numbers = data.numbers && numbersOf(root, data, pictures);
  if (numbers) close.before(numbers.button);
  const large = node("div", { className: "large" }, ...data.pictures.map(({ name, key, hint }) =>
    labelled(key === "difference" ? difference(images.image, images.reconstruction, size) : picture(images[key], size), name, hint)));
  large.style.gridTemplateColumns = `repeat(${Math.max(data.pictures.length, 4)}, minmax(0, 1fr))`;
  const parts = [large];
  if (data.lacking) parts.push(node("p", { className: "lacking", textContent: data.lacking }));
  parts.push(bars(data));
  for (const path of data.paths) parts.push(node("h4", { textContent: path.title }), node("div", { className: "path" }, ...path.keys.map((key) => picture(images[key], size))));
  if (data.neighbours.length) {
    parts.push(node("h4", { textContent: "Nearest in z" }), node("div", { className: "tiles" }, ...data.neighbours.map((near) => {
      const tile = node("button", { type: "button", className: near.wrong ? "wrong" : "", title: `index ${near.index}: ${near.caption}`, onclick: () => tell("picked", near.index) });
      tile.dataset.index = near.index;
      tile.setAttribute("aria-label", `${near.caption}, index ${near.index}`);
      tile.append(picture(images[near.key], size), node("span", { textContent: near.caption }));
      return tile;
    })));
  }
  if (data.strip.length) {
    const strip = node("div", { className: "strip-of-time" }, ...data.strip.map((part) => {
      const piece = node("button", { type: "button", title: `${part.words}: go to this snapshot`, onclick: () => tell("moment", part.number) });
      piece.style.background = part.colour; piece.style.flexGrow = part.n;
      if (part.n / data.n_moments > 0.08) piece.textContent = part.name;
      return piece;
    }));
    const [first, last] = data.steps;
    parts.push(node("h4", { textContent: `Its cluster during training, ${first} to ${last}` }), strip);
  }
  root.setAttribute("aria-label", data.name);
  pictures.append(...parts);
  root.replaceChildren(head, node("p", { textContent: data.sentence }), pictures, ...(numbers ? [numbers.view] : []));
}
