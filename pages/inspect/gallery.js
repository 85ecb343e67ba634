// Samples as images, grouped; a click on one is told to Python as "picked", paging as "page".
// data: {groups: [{title, samples: [{index, caption, colour, share, wrong}]}], images: base64, width, height, colour,
//        sample, page, n_pages, words, name}; the images stand one after the other, in the order of the samples

const shown = new WeakMap();
const emits = new WeakMap(); // how each gallery tells Python, as last heard

function paint(canvas, bytes, at, { width, height, colour }) {
  canvas.width = width; canvas.height = height;
  const context = canvas.getContext("2d"), pixels = context.createImageData(width, height), step = colour ? 3 : 1;
  for (let i = 0; i < width * height; i++) {
    const from = at + i * step;
    pixels.data.set([bytes[from], bytes[from + (colour ? 1 : 0)], bytes[from + (colour ? 2 : 0)], 255], 4 * i);
  }
  context.putImageData(pixels, 0, 0);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".gallery");
  if (!root || !data) return;
  emits.set(root, setTriggerValue);
  const { images, sample, ...rest } = data, text = JSON.stringify(rest) + images.length + images.slice(0, 64);
  if (shown.get(root) !== text) {
    shown.set(root, text);
    draw(root, data, (name, value) => emits.get(root)(name, value));
  }
  for (const button of root.querySelectorAll("button[data-index]")) button.setAttribute("aria-pressed", Number(button.dataset.index) === sample);
}

function draw(root, data, emit) {
  const bytes = Uint8Array.from(atob(data.images), (letter) => letter.charCodeAt(0));
  const size = data.width * data.height * (data.colour ? 3 : 1);
  let at = 0;
  const sheet = document.createElement("div");
  sheet.className = "sheet"; sheet.setAttribute("role", "group"); sheet.setAttribute("aria-label", data.name);
  for (const group of data.groups) {
    const title = document.createElement("h4"), tiles = document.createElement("div");
    title.textContent = group.title; title.hidden = !group.title; tiles.className = "tiles";
    for (const sample of group.samples) {
      const tile = document.createElement("button"), canvas = document.createElement("canvas"), caption = document.createElement("span"), bar = document.createElement("i");
      tile.type = "button"; tile.dataset.index = sample.index; tile.className = sample.wrong ? "wrong" : "";
      tile.setAttribute("aria-label", `${sample.caption}, index ${sample.index}`);
      tile.title = `index ${sample.index}: ${sample.caption}`;
      paint(canvas, bytes, at, data);
      at += size;
      caption.textContent = sample.caption; caption.style.borderColor = sample.colour || "transparent";
      bar.style.width = `${100 * (sample.share ?? 0)}%`;
      tile.append(canvas, caption, bar);
      tile.onclick = () => emit("picked", sample.index);
      tiles.append(tile);
    }
    sheet.append(title, tiles);
  }
  const pager = document.createElement("div"), words = document.createElement("span");
  pager.className = "pager"; words.textContent = data.words;
  const turn = (name, to) => {
    const button = document.createElement("button");
    button.type = "button"; button.textContent = name; button.disabled = to < 0 || to >= data.n_pages || to === data.page;
    button.onclick = () => emit("page", to);
    return button;
  };
  pager.append(turn("First", 0), turn("Previous", data.page - 1), words, turn("Next", data.page + 1), turn("Last", data.n_pages - 1));
  pager.hidden = data.n_pages < 2 && !data.words;
  root.replaceChildren(sheet, pager);
}
