// Who went where between two moments: a bar for each pair of clusters; a click on it is told to Python as "flow".
// data: {flows: [{from, to, n, colours: [from, to]}], chosen: {from, to}, most, name, alt}

const emits = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".flows");
  if (!root || !data) return;
  emits.set(root, setTriggerValue);
  root.setAttribute("aria-label", data.name);
  root.setAttribute("aria-description", data.alt);
  root.replaceChildren(...data.flows.map(({ from, to, n, colours }) => {
    const row = document.createElement("button"), words = document.createElement("span"), bar = document.createElement("i"), count = document.createElement("b");
    row.type = "button";
    row.setAttribute("aria-pressed", data.chosen.from === from && data.chosen.to === to);
    row.setAttribute("aria-label", `${n} from cluster ${from} to cluster ${to}`);
    words.textContent = `${from} → ${to}`;
    bar.style.width = `${(100 * n) / data.most}%`;
    bar.style.background = `linear-gradient(90deg, ${colours[0]}, ${colours[1]})`;
    count.textContent = String(n).replace(/\B(?=(\d{3})+$)/g, "\u2009");
    row.append(words, bar, count);
    row.onclick = () => emits.get(root)("flow", { from, to });
    return row;
  }));
}
