// A plotly figure that stays: Plotly.react on the same node, so that zoom and hover survive new data.
// data: {figure: JSON text of a plotly figure, name: accessible name, alt: the finding in words, library: address of
// plotly.js, followed: how later ones are followed, or null}; follow.js stands before this file.
// Without a figure nothing is drawn, but plotly.js is loaded, so that the first figure need not wait for it.
// What is clicked is told to Python as "clicked": {x, y, panel, of}: the name of the x axis, and the point's customdata.
// figure.layout.meta.narrow: changes of the layout for a narrow node
// plotly.js itself is served once, as a static file of the app.

let plotly;
function library(url) {
  plotly ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.js could not be loaded"));
    document.head.append(script);
  });
  return plotly;
}

const CONFIG = { displayModeBar: false, doubleClick: "reset" };
const NARROW = 420; // pixels
const drawn = new WeakMap(); // what each node shows: its figure, and the page's background
const emits = new WeakMap(); // how each figure tells Python, as last heard

function listen(node) { // once for a node: Plotly.react keeps it
  if (node.dataset.listening) return;
  node.dataset.listening = "yes";
  sizes.observe(node);
  node.on("plotly_click", ({ points: [point] }) => {
    if (point) emits.get(node)("clicked", { x: point.x, y: point.y, panel: point.xaxis?._id ?? "x", of: point.customdata });
  });
}

const sizes = new ResizeObserver((entries) => { // the window's, and that of a page whose sidebar comes or goes
  for (const { target: node } of entries) {
    const width = node._fullLayout?.width;
    if (node.isConnected && width && Math.abs(node.clientWidth - width) > 1) {
      draw(window.Plotly, node).then(() => window.Plotly.Plots.resize(node));
    }
  }
});

function draw(Plotly, node) {
  const figure = themed(JSON.parse(drawn.get(node).figure), node);
  return Plotly.react(node, figure.data, figure.layout, CONFIG).then(() => listen(node));
}

function themed(figure, node) {
  const style = getComputedStyle(node), read = (name) => style.getPropertyValue(name).trim();
  const text = read("--st-text-color"), line = read("--st-border-color");
  const layout = figure.layout;
  if (layout.meta?.narrow && node.clientWidth < NARROW) {
    for (const [name, change] of Object.entries(layout.meta.narrow)) {
      layout[name] = Array.isArray(change) ? change : { ...layout[name], ...change };
    }
  }
  layout.font = { ...layout.font, color: text, family: read("--st-font") || "sans-serif" };
  layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
  layout.hoverlabel = { bgcolor: read("--st-background-color"), bordercolor: line, font: { color: text } };
  for (const name of new Set(["xaxis", "yaxis", ...Object.keys(layout).filter((key) => /^[xy]axis/.test(key))])) {
    layout[name] = { ...layout[name], gridcolor: line, linecolor: line, zerolinecolor: line };
  }
  for (const note of layout.annotations ?? []) if (note.name === "reference") note.bgcolor = read("--st-background-color"); // no line goes through a name
  for (const trace of figure.data) { // numbers on see-through cells: plotly takes what is below them for white
    if (trace.type === "heatmap") trace.textfont = { ...trace.textfont, color: text };
  }
  return figure;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const node = parentElement.querySelector(".plot");
  if (!node || !data) return;
  if (!data.figure) {
    node.remove();
    return void (window.requestIdleCallback ?? setTimeout)(() => library(data.library));
  }
  emits.set(node, setTriggerValue);
  follow(node, data.followed, data, (newest) => show(node, newest, data.library));
  return () => {
    if (node.isConnected) return;
    unfollow(node);
    if (window.Plotly) window.Plotly.purge(node);
  };
}

function show(node, { figure, name, alt }, address) {
  node.setAttribute("aria-label", name);
  node.setAttribute("aria-description", alt);
  const background = getComputedStyle(node).getPropertyValue("--st-background-color");
  const before = drawn.get(node);
  if (before?.figure === figure && before.background === background) return;
  drawn.set(node, { figure, background });
  library(address).then((Plotly) => draw(Plotly, node)).catch((error) => { node.textContent = error.message; });
}
