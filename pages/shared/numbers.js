// The numbers of one sample, each with its formula; for Inspect's card and the lessons' piece of that name.
// data: {lacking: why there are none, or "", clusters: [{letter, name, colour}], first: the cluster whose numbers stand in the
//        formulas at first, alpha, power: (alpha + 1) / 2,
//        parts: [{key, title, paper: its place there, code: file:function, line, note, and of some: values: [text],
//                 columns: [{key, head, cells: [text], sum, power: of ten, by which all are multiplied}], error, n}]}

const MATHML = "http://www.w3.org/1998/Math/MathML";

function numberNode(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function m(tag, ...children) { // a node of a formula; texts become numbers, names or signs by what they are
  const made = document.createElementNS(MATHML, tag);
  for (const child of children) {
    if (child instanceof Node) { made.append(child); continue; }
    if (tag === "mi" || tag === "mn" || tag === "mo" || tag === "mtext") { made.append(child); continue; }
    made.append(m(/^[−\d.]+$/.test(child) ? "mn" : child === "weight" ? "mtext" : /^\p{L}$|^KL$/u.test(child) ? "mi" : "mo", child));
  }
  return made;
}

const row = (...children) => m("mrow", ...children);
const sub = (what, index) => m("msub", row(what), row(...index)); // index: one letter or more
const over = (above, below) => m("mfrac", row(...above), row(...below));
const raised = (what, power) => m("msup", row(...what), row(...power));
const ten = (power) => (power ? ["·", raised(["10"], [`−${power}`])] : []);

function formula(...children) {
  const math = m("math", ...children);
  math.setAttribute("display", "block");
  return math;
}

const kernel = (j) => raised(["(", "1", "+", raised(["‖", sub("z", "i"), "−", sub("µ", j), "‖"], ["2"]), "/", "α", ")"], ["−", over(["α", "+", "1"], ["2"])]);
const sharpened = (j) => row(m("msubsup", row("q"), row("i", j), row("2")), "/", sub("f", j));
const total = (j) => m("msub", row("∑"), row(j));
const SAID = { // each formula as the paper has it
  q: () => formula(sub("q", "ij"), "=", over([kernel("j")], [total("k"), kernel("k")])),
  p: () => formula(sub("p", "ij"), "=", over([sharpened("j")], [total("k"), sharpened("k")]), ",", sub("f", "j"), "=", total("i"), sub("q", "ij")),
  loss: () => formula(sub("KL", "i"), "=", total("j"), sub("p", "ij"), "ln", over([sub("p", "ij")], [sub("q", "ij")])),
};

function kernelOf(d, { alpha, power }) {
  const square = raised([d], ["2"]);
  return alpha === "1" ? over(["1"], ["1", "+", square]) : raised(["(", "1", "+", square, "/", alpha, ")"], [`−${power}`]);
}

const SHOWN = { // each with the numbers of one cluster: what stands in its row
  q: (letter, at, data) => at.weight && [
    formula("weight", "=", kernelOf(at.d.cell, data), "=", at.weight.cell, ...ten(at.weight.power)),
    formula(sub("q", letter), "=", over([at.weight.cell], [at.weight.sum]), "=", at.q.cell),
  ],
  p: (letter, at) => at.share && [
    formula(over([raised([at.q.cell], ["2"])], [at.f.cell]), "=", at.share.cell, ...ten(at.share.power)),
    formula(sub("p", letter), "=", over([at.share.cell], [at.share.sum]), "=", at.p.cell),
  ],
  loss: (_, at) => at.term && [formula(at.p.cell, "·", "ln", over([at.p.cell], [at.q.cell]), "=", at.term.cell)],
};

function numbersTable(part, data) {
  const head = numberNode("tr", {}, numberNode("th", { scope: "col", textContent: "cluster" }), ...part.columns.map(({ head, power }) => {
    const cell = numberNode("th", { scope: "col", textContent: power ? `${head} · 10` : head });
    if (power) cell.append(numberNode("sup", { textContent: power }));
    return cell;
  }));
  const body = data.clusters.map(({ letter, name, colour }, i) => {
    const title = numberNode("th", { scope: "row", title: name, textContent: letter }), line = numberNode("tr", {}, title);
    title.style.borderColor = colour;
    line.append(...part.columns.map(({ cells }) => numberNode("td", { textContent: cells[i] })));
    return line;
  });
  const foot = numberNode("tr", {}, numberNode("th", { scope: "row", textContent: "sum" }), ...part.columns.map(({ sum }) => numberNode("td", { textContent: sum })));
  return numberNode("table", {}, numberNode("caption", { textContent: part.title }), numberNode("thead", {}, head), numberNode("tbody", {}, ...body), numberNode("tfoot", {}, foot));
}

function codeOf({ code, line }) {
  if (!code) return [];
  const [file, name] = code.split(":");
  return [numberNode("p", { className: "code" }, `${file}, `, numberNode("b", { textContent: name }), ": ", numberNode("code", { textContent: line }))];
}

function partOf(part, data) {
  const heading = numberNode("h4", {}, part.title);
  if (part.paper) heading.append(numberNode("span", { textContent: ` ${part.paper}` }));
  const shown = numberNode("section", {}, heading);
  if (part.values) shown.append(numberNode("p", { className: "values", textContent: `(${part.values.join(", ")})` }));
  if (part.columns && SAID[part.key] && part.columns.length > 2) shown.append(SAID[part.key]());
  if (part.columns) shown.append(numberNode("div", { className: "worked" }), numbersTable(part, data));
  if (part.error) {
    const difference = raised(["(", sub("x", "i"), "−", m("mover", row(sub("x", "i")), row("^")), ")"], ["2"]);
    shown.append(formula(over(["1"], [m("mn", part.n)]), total("i"), difference, "=", part.error));
    shown.append(numberNode("p", { textContent: `The mean over ${part.n} pixel values, from 0 to 1, of the squared difference from what the decoder makes of its z.` }));
  }
  if (part.note) shown.append(numberNode("p", { textContent: part.note }));
  shown.append(...codeOf(part));
  return shown;
}

function work(root, data, chosen) { // put the numbers of a cluster into all formulas
  data.parts.forEach((part, i) => {
    const place = root.querySelectorAll("section")[i].querySelector(".worked");
    if (!place) return;
    const at = Object.fromEntries(part.columns.map(({ key, cells, sum, power }) => [key, { cell: cells[chosen], sum, power }]));
    place.replaceChildren(...((SHOWN[part.key]?.(data.clusters[chosen].letter, at, data)) || []));
    root.querySelectorAll("section")[i].querySelectorAll("tbody tr").forEach((line, j) => line.classList.toggle("chosen", j === chosen));
  });
}

function inWords(data, chosen) { // all numbers of a cluster in a line, for who cannot see what has changed
  const numbers = data.parts.flatMap(({ columns }) => columns ?? []).map(({ head, cells, power }) => `${head} ${cells[chosen]}${power ? ` · 10^−${power}` : ""}`);
  return `${data.clusters[chosen].name}: ${[...new Set(numbers)].join(", ")}`;
}

function showNumbers(root, data) {
  if (data.lacking) { root.replaceChildren(numberNode("p", { textContent: data.lacking })); return; }
  const select = numberNode("select", {}, ...data.clusters.map(({ name }, i) => numberNode("option", { value: i, textContent: name, selected: i === data.first })));
  const spoken = numberNode("p", { className: "spoken" });
  spoken.setAttribute("role", "status");
  select.addEventListener("change", () => { work(root, data, Number(select.value)); spoken.textContent = inWords(data, Number(select.value)); });
  const choice = data.parts.some(({ columns }) => columns) ? [numberNode("label", { className: "whose" }, "In the formulas: cluster ", select), spoken] : [];
  root.replaceChildren(...choice, ...data.parts.map((part) => partOf(part, data)),
    numberNode("p", { className: "rounded", textContent: "All numbers are rounded so that columns add up as shown; worked out from rounded ones, a last digit can differ." }));
  work(root, data, data.first);
}
