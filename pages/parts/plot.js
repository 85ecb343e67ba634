// A plotly figure that stays: Plotly.react on the same node, so that zoom and hover survive new data.
// data: {figure: JSON text of a plotly figure, name: accessible name, alt: the finding in words, library: address of plotly.js}
// Without a figure nothing is drawn, but plotly.js is loaded, so that the first figure need not wait for it.
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

const CONFIG = { displayModeBar: false, responsive: true, doubleClick: "reset" };
const NARROW = 420; // pixels
const drawn = new WeakMap();

function themed(figure, node) {
  const style = getComputedStyle(node), read = (name) => style.getPropertyValue(name).trim();
  const text = read("--st-text-color"), line = read("--st-border-color");
  const layout = figure.layout;
  if (layout.meta?.narrow && node.clientWidth < NARROW) {
    for (const [name, change] of Object.entries(layout.meta.narrow)) layout[name] = { ...layout[name], ...change };
  }
  layout.font = { ...layout.font, color: text, family: read("--st-font") || "sans-serif" };
  layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
  layout.hoverlabel = { bgcolor: read("--st-background-color"), bordercolor: line, font: { color: text } };
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis/.test(name)) Object.assign(layout[name], { gridcolor: line, linecolor: line, zerolinecolor: line });
  }
  return figure;
}

export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".plot");
  if (!node || !data) return;
  if (!data.figure) {
    node.remove();
    return void (window.requestIdleCallback ?? setTimeout)(() => library(data.library));
  }
  node.setAttribute("aria-label", data.name);
  node.setAttribute("aria-description", data.alt);
  const dark = getComputedStyle(node).getPropertyValue("--st-background-color");
  if (drawn.get(node) === data.figure + dark) return;
  drawn.set(node, data.figure + dark);
  library(data.library).then((Plotly) => {
    const figure = themed(JSON.parse(data.figure), node);
    Plotly.react(node, figure.data, figure.layout, CONFIG);
  }).catch((error) => { node.textContent = error.message; });
  return () => { if (window.Plotly && !node.isConnected) window.Plotly.purge(node); };
}
