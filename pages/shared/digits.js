// Rows of small images with captions.
// data: {rows: [{title, width, height, colour, images: [base64 of grey bytes, or of red, green, blue], captions: [], colours: []}], name: accessible name, alt: the same in words,
// followed: how later ones are followed, or null}; follow.js stands before this file.

function paint(canvas, bytes, { width, height, colour }) {
  canvas.width = width; canvas.height = height;
  const context = canvas.getContext("2d"), pixels = context.createImageData(width, height);
  const step = colour ? 3 : 1, at = (i, channel) => bytes.charCodeAt(i * step + (colour ? channel : 0));
  for (let i = 0; i < width * height; i++) pixels.data.set([at(i, 0), at(i, 1), at(i, 2), 255], 4 * i);
  context.putImageData(pixels, 0, 0);
}

function cell(row, i) {
  const figure = document.createElement("figure"), canvas = document.createElement("canvas");
  paint(canvas, atob(row.images[i]), row);
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

function show(root, { rows, name, alt }) {
  const text = JSON.stringify([rows, name, alt]);
  if (drawn.get(root) === text) return;
  drawn.set(root, text);
  root.setAttribute("aria-label", name);
  root.setAttribute("aria-description", alt);
  root.replaceChildren(...rows.map(section));
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".digits");
  if (!root || !data) return;
  follow(root, data.followed, data, (newest) => show(root, newest));
  return () => { if (!root.isConnected) unfollow(root); };
}
