// A pad to draw a digit on, and what a run makes of it, told by Python after the pen is lifted.
// data: {script, samples: [base64 of 28 × 28], names: [of them], nothing: what to say before anything is drawn,
//        map: {plane: base64 of int16 x, y; colours: base64 of the number of each point's colour, palette: [colour], reach: of the plane} or null,
//        picks: whether neighbours can be clicked, result: null or {number, sentence, about, pictures: [{name, image: base64, width, height}],
//                 bars: [{name, colour, q, distance}], neighbours: [{index, image, caption}], place: [x, y] or null, problem}}
// Tells Python "drawn": base64 of SENT × SENT gray values; "picked": the index of a neighbour.

const PAD = 280, PEN = 24, SENT = 140; // pixels: of the pad, of its pen, and of what is sent
const pads = new WeakMap(); // by root: {pen, drawing, tell, shown}

function bytesOf(text) { return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)); }

function made(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function picture(text, width, height, name) { // gray values on a canvas of their size, which CSS enlarges
  const canvas = made("canvas", { width, height }), context = canvas.getContext("2d"), image = context.createImageData(width, height);
  bytesOf(text).forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
  context.putImageData(image, 0, 0);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", name);
  return canvas;
}

function clear(pad) {
  pad.pen.fillStyle = "#000";
  pad.pen.fillRect(0, 0, PAD, PAD);
  pad.inked = false;
}

function place(pad, event) { // of a pointer, in pixels of the pad
  const box = pad.canvas.getBoundingClientRect();
  return [((event.clientX - box.left) * PAD) / box.width, ((event.clientY - box.top) * PAD) / box.height];
}

function stroke(pad, from, to) {
  Object.assign(pad.pen, { strokeStyle: "#fff", lineWidth: PEN, lineCap: "round", lineJoin: "round" });
  pad.pen.beginPath();
  pad.pen.moveTo(...from);
  pad.pen.lineTo(to[0] + 0.01, to[1]);
  pad.pen.stroke();
  pad.inked = true;
}

function send(pad) {
  if (!pad.inked) return;
  const small = made("canvas", { width: SENT, height: SENT }), context = small.getContext("2d");
  context.drawImage(pad.canvas, 0, 0, SENT, SENT);
  const pixels = context.getImageData(0, 0, SENT, SENT).data;
  let text = "";
  for (let i = 0; i < pixels.length; i += 4) text += String.fromCharCode(pixels[i]);
  pad.root.setAttribute("aria-busy", "true");
  pad.tell("drawn", btoa(text));
}

function take(pad, sample) { // an image of the data set, as if it had been drawn
  clear(pad);
  pad.pen.imageSmoothingEnabled = true;
  pad.pen.drawImage(picture(sample, 28, 28, ""), 0, 0, PAD, PAD);
  pad.inked = true;
  send(pad);
}

function listen(pad) {
  const { canvas, root } = pad;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pad.at = place(pad, event);
    stroke(pad, pad.at, pad.at);
    event.preventDefault();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pad.at) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) { const to = place(pad, each); stroke(pad, pad.at, to); pad.at = to; }
  });
  const lifted = () => { if (pad.at) { pad.at = null; send(pad); } };
  canvas.addEventListener("pointerup", lifted);
  canvas.addEventListener("pointercancel", lifted);
  root.querySelector(".clear").addEventListener("click", () => { clear(pad); say(pad, null); });
}

function say(pad, result) {
  const { root, data } = pad, shown = root.querySelector(".result");
  root.removeAttribute("aria-busy");
  root.querySelector(".said").textContent = result?.problem ?? result?.sentence ?? data.nothing;
  root.querySelector(".about").textContent = result?.about ?? "";
  shown.hidden = !result || Boolean(result.problem);
  if (shown.hidden) return;
  shown.querySelector(".pictures").replaceChildren(...result.pictures.map(({ name, image, width, height }) =>
    made("figure", {}, picture(image, width, height, name), made("figcaption", { textContent: name }))));
  shown.querySelector("tbody").replaceChildren(...result.bars.map(({ name, colour, q, distance }) => {
    const bar = made("i"), cell = made("td", { className: "bar" }, bar);
    bar.style.cssText = `width: ${100 * q}%; background: ${colour}`;
    return made("tr", {}, made("th", { scope: "row", textContent: name }), cell, made("td", { textContent: q.toFixed(3) }), made("td", { textContent: distance.toFixed(2) }));
  }));
  shown.querySelector(".neighbours").replaceChildren(...result.neighbours.map(({ index, image, caption, width, height }) => {
    const figure = made("figure", {}, picture(image, width, height, caption), made("figcaption", { textContent: caption }));
    return data.picks ? made("button", { type: "button", title: `Open this neighbor, index ${index}`, onclick: () => pad.tell("picked", index) }, figure) : figure;
  }));
  map(shown.querySelector(".map"), data.map, result.place);
}

function map(canvas, known, at) {
  canvas.parentElement.hidden = !known;
  if (!known) return;
  const ratio = globalThis.devicePixelRatio || 1, side = 220;
  canvas.width = canvas.height = side * ratio;
  const context = canvas.getContext("2d"), plane = new Int16Array(bytesOf(known.plane).buffer), colours = bytesOf(known.colours);
  context.scale(ratio, ratio);
  const on = (value, up) => side / 2 + (up ? -1 : 1) * (value / 32767) * (side / 2 - 8);
  context.globalAlpha = 0.55;
  for (let i = 0; i < colours.length; i++) {
    context.fillStyle = known.palette[colours[i]];
    context.fillRect(on(plane[2 * i], false) - 1, on(plane[2 * i + 1], true) - 1, 2, 2);
  }
  context.globalAlpha = 1;
  if (!at) return;
  const [x, y] = [on(at[0], false), on(at[1], true)];
  const style = getComputedStyle(canvas), ink = style.getPropertyValue("--st-text-color") || "#000", ground = style.getPropertyValue("--st-background-color") || "#fff";
  for (const [width, colour] of [[6, ground], [2.5, ink]]) { // a ring, in no cluster's color, through which the points below are seen
    context.beginPath(); context.arc(x, y, 9, 0, 2 * Math.PI); context.lineWidth = width; context.strokeStyle = colour; context.stroke();
  }
  context.beginPath(); context.arc(x, y, 2.5, 0, 2 * Math.PI); context.fillStyle = ink; context.fill();
}

export function draw({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".draw");
  if (!root || !data) return;
  let pad = pads.get(root);
  if (!pad) {
    const canvas = root.querySelector(".pad canvas");
    Object.assign(canvas, { width: PAD, height: PAD });
    pad = { root, canvas, pen: canvas.getContext("2d", { willReadFrequently: true }) };
    pads.set(root, pad);
    clear(pad);
    listen(pad);
    root.querySelector(".take").replaceChildren(...data.samples.map((sample, i) =>
      made("button", { type: "button", textContent: data.names[i], title: `Take a ${data.names[i]} of the data set`, onclick: () => take(pad, sample) })));
  }
  Object.assign(pad, { data, tell: setTriggerValue });
  const number = data.result?.number ?? 0;
  if (number !== pad.number) { pad.number = number; say(pad, data.result); }
}
