// A slider over stops, with marks, and below it what the value would do, said while it is dragged.
// data: {name, title: "" or which of several it is, shown: the value as text, place: of the value, in stops, stops: [text],
//        effects: [text of each stop], effect: of the value, alpha: for its kernel, marks: [{place, title}], kernel: [alpha of each stop] or null}
//        script: where this file is: it is served once, as there are twenty sliders
// Tells Python "picked": the number of the stop, when it is let go.

const drags = new WeakMap(); // what each slider shows: {data, tell, dragging}

function kernel(alpha) { // Student's t over the distance from a center, 0 to 5 (DEC, equation 1, before it is normalised)
  const points = Array.from({ length: 51 }, (_, i) => [2 * i, 28 - 26 * (1 + (i / 10) ** 2 / alpha) ** (-(alpha + 1) / 2)]);
  return "M" + points.map((point) => point.map((value) => value.toFixed(1)).join(" ")).join("L");
}

function say(root, { data }, stop) { // a stop that is being tried, or none: the value as it is
  const tried = stop !== null, value = tried ? data.stops[stop] : data.shown;
  const title = root.querySelector(".title"), line = root.querySelector(".effect"), curve = root.querySelector("svg");
  const effect = tried ? data.effects[stop] : data.effect;
  title.hidden = !data.title; // one of several, of layers: its line tells all
  line.hidden = Boolean(data.title);
  title.textContent = `${data.title}: ${value}${tried && effect ? ` · ${effect}` : ""}`;
  line.textContent = [tried ? value : "", effect].filter(Boolean).join(": ") || "\u00a0";
  root.querySelector("input").setAttribute("aria-valuetext", [value, effect].filter(Boolean).join(", "));
  curve.toggleAttribute("hidden", !data.kernel);
  root.querySelector(".axis").hidden = !data.kernel;
  if (!data.kernel) return;
  curve.querySelector(".one").setAttribute("d", kernel(1));
  curve.querySelector(".now").setAttribute("d", kernel(tried ? data.kernel[stop] : data.alpha));
}

function listen(root, input, shown) { // once: the node stays
  input.addEventListener("input", () => { shown.dragging = true; say(root, shown, Number(input.value)); });
  input.addEventListener("change", () => { shown.dragging = false; shown.tell("picked", Number(input.value)); });
}

export function draw({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".slide"), input = root?.querySelector("input");
  if (!input || !data) return;
  if (!drags.has(root)) { drags.set(root, { dragging: false }); listen(root, input, drags.get(root)); }
  const shown = Object.assign(drags.get(root), { data, tell: setTriggerValue });
  if (shown.dragging) return;
  input.max = data.stops.length - 1;
  input.value = Math.round(data.place);
  input.setAttribute("aria-label", data.name);
  const last = Math.max(data.stops.length - 1, 1);
  root.querySelector(".marks").replaceChildren(...data.marks.map(({ place, title, kind }) => {
    const mark = document.createElement("i");
    mark.className = kind;
    mark.title = title;
    mark.style.setProperty("--at", place / last);
    return mark;
  }));
  say(root, shown, null);
}
