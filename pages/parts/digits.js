// Rows of small images with captions.
// data: {rows: [{title, width, height, images: [base64 of grey bytes], captions: [], colours: []}], name: accessible name, alt: the same in words}

function paint(canvas, bytes, width, height) {
  canvas.width = width; canvas.height = height;
  const context = canvas.getContext("2d"), pixels = context.createImageData(width, height);
  for (let i = 0; i < bytes.length; i++) {
    const v = bytes.charCodeAt(i);
    pixels.data.set([v, v, v, 255], 4 * i);
  }
  context.putImageData(pixels, 0, 0);
}

function cell(row, i) {
  const figure = document.createElement("figure"), canvas = document.createElement("canvas");
  paint(canvas, atob(row.images[i]), row.width, row.height);
  figure.append(canvas);
  if (row.captions.length) {
    const caption = document.createElement("figcaption");
    caption.textContent = row.captions[i];
    if (row.colours.length) caption.style.borderColor = row.colours[i];
    figure.append(caption);
  }
  return figure;
}

function section(row) {
  const block = document.createElement("section"), title = document.createElement("h4"), strip = document.createElement("div");
  title.textContent = row.title;
  title.hidden = !row.title;
  strip.className = "strip";
  strip.append(...row.images.map((_, i) => cell(row, i)));
  block.append(title, strip);
  return block;
}

const drawn = new WeakMap();

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".digits");
  if (!root || !data) return;
  const text = JSON.stringify(data);
  if (drawn.get(root) === text) return;
  drawn.set(root, text);
  root.setAttribute("aria-label", data.name);
  root.setAttribute("aria-description", data.alt);
  root.replaceChildren(...data.rows.map(section));
}
