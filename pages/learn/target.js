// From q to p in half-steps: square, divide by how full a cluster is, normalise.
// data: {points: [{name, q}], others: how many points each cluster has beside these, sliders, shown, colours, script}

const STAGES = [
  ["q", "q: how sure each point is of each cluster."],
  ["q²", "Squared: what was small gets far smaller."],
  ["q² / f", "Divided by f, how full a cluster is: all q for it, added up. A crowded cluster counts less."],
  ["p", "Normalized: divided by their sum, so that they are 1 together again. This is p."],
];

class Target {
  constructor(root, data) {
    Object.assign(this, { root, data, others: [...data.others], stage: data.shown, names: data.others.map((_, j) => "ABCDE"[j]) });
    this.part = (name) => root.querySelector(name);
    this.say = later(() => { this.part(".said").textContent = this.finding; });
    this.part(".back").onclick = () => this.go(-1);
    this.part(".forward").onclick = () => this.go(1);
    this.build();
    this.write();
  }

  go(by) { this.stage = Math.min(Math.max(this.stage + by, 0), STAGES.length - 1); this.write(); }

  build() {
    const heads = this.names.map((name, j) => `<th scope="col" style="--colour: ${this.data.colours[j]}"><i></i>${name}</th>`).join("");
    this.part(".points").replaceChildren(...this.data.points.map(({ name }) => {
      const table = document.createElement("table"), cells = "<td></td>".repeat(this.names.length);
      table.innerHTML = `<caption></caption><thead><tr><th></th>${heads}<th></th></tr></thead><tbody>${
        STAGES.map(([label]) => `<tr><th scope="row">${label}</th>${cells}<td class="bar"><div class="stack">${"<i></i>".repeat(this.names.length)}</div></td></tr>`).join("")}</tbody>`;
      table.caption.textContent = name;
      table.querySelectorAll(".stack").forEach((stack) => [...stack.children].forEach((bar, j) => { bar.style.background = this.data.colours[j]; }));
      return table;
    }));
    this.part(".fills").replaceChildren(...this.names.map((name, j) => {
      const label = document.createElement("label");
      label.innerHTML = `<span>f of ${name}</span> <input type="range" min="0" max="200" step="5"> <output></output>`;
      const input = label.querySelector("input");
      Object.assign(input, { value: this.others[j], hidden: !this.data.sliders });
      input.oninput = () => { this.others[j] = Number(input.value); this.write(); };
      return label;
    }));
  }

  write() {
    const q = this.data.points.map((point) => point.q), f = fills(q).map((fill, j) => fill + this.others[j]);
    const squares = q.map((row) => row.map((share) => share ** 2)), divided = squares.map((row) => row.map((share, j) => share / f[j]));
    const stages = [q, squares, divided, target(q, f)], mean = f.reduce((a, b) => a + b) / f.length;
    this.root.querySelectorAll("table").forEach((table, i) => table.querySelectorAll("tbody tr").forEach((row, stage) => {
      const values = stages[stage][i], widest = stage === 2 ? mean : 1; // f of an average cluster, so that the bar can be seen
      row.classList.toggle("unseen", stage > this.stage);
      row.classList.toggle("now", stage === this.stage);
      row.querySelectorAll("td:not(.bar)").forEach((cell, j) => { cell.textContent = fixed(values[j], stage === 2 ? 4 : 3); });
      [...row.querySelector(".stack").children].forEach((bar, j) => { bar.style.width = `${Math.min(100, 100 * values[j] * widest)}%`; });
    }));
    this.root.querySelectorAll(".fills output").forEach((output, j) => { output.textContent = fixed(f[j], 1); });
    this.part(".sentence").textContent = STAGES[this.stage][1];
    this.part(".back").disabled = this.stage === 0;
    this.part(".forward").disabled = this.stage === STAGES.length - 1;
    const row = (values) => this.names.map((name, j) => `${name} ${fixed(values[j], this.stage === 2 ? 4 : 3)}`).join(", ");
    this.finding = `${STAGES[this.stage][1]} ${this.data.points.map(({ name }, i) => `${name}: ${row(stages[this.stage][i])}`).join(". ")}.`;
    this.say();
  }
}

export function draw(shown) { mount(shown, "target", (root, data) => new Target(root, data)); }
