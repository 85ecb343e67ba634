// Draws the figures of a report by the plotly.js that stands in the same file, in the page's colours.
// Each .plot is followed by a script that holds its figure as JSON; layout.meta.narrow is for narrow nodes.

const PAPER = 640; // pixels that a printed page is wide
const NARROW = 420;
const CONFIG = { displayModeBar: false, responsive: true, doubleClick: "reset" };
const dark = matchMedia("(prefers-color-scheme: dark)");

function themed(figure, node) {
  const style = getComputedStyle(document.documentElement), read = (name) => style.getPropertyValue(name).trim();
  const { layout } = figure;
  if (layout.meta?.narrow && node.clientWidth < NARROW) {
    for (const [name, change] of Object.entries(layout.meta.narrow)) {
      layout[name] = typeof change === "object" && !Array.isArray(change) ? { ...layout[name], ...change } : change;
    }
  }
  layout.font = { ...layout.font, color: read("--ink"), family: "system-ui, sans-serif" };
  layout.paper_bgcolor = layout.plot_bgcolor = "rgba(0,0,0,0)";
  layout.hoverlabel = { bgcolor: read("--panel"), bordercolor: read("--line"), font: { color: read("--ink") } };
  const line = read("--line");
  for (const name of new Set(["xaxis", "yaxis", ...Object.keys(layout).filter((key) => /^[xy]axis/.test(key))])) {
    layout[name] = { ...layout[name], gridcolor: line, linecolor: line, zerolinecolor: line };
  }
  return figure;
}

function draw() {
  for (const node of document.querySelectorAll(".plot")) {
    const figure = themed(JSON.parse(node.nextElementSibling.textContent), node);
    node.style.height = `${figure.layout.height}px`;
    Plotly.react(node, figure.data, figure.layout, CONFIG);
  }
}

function resized(width) {
  for (const node of document.querySelectorAll(".plot")) Plotly.relayout(node, width ? { width } : { autosize: true, width: null });
}

draw();
dark.addEventListener("change", draw);
addEventListener("beforeprint", () => resized(PAPER));
addEventListener("afterprint", () => resized(null));
