// The confusion matrix as a table that can be clicked: a cell, a row or a column is told to Python as "cell".
// data: {run, rows: [name], columns: [{name, colour}], counts: [[n]], classes: [number of the row's class], class_of: [class of the column], show: "count" | "row" | "column",
//        chosen: {row, column}, titles: {rows, columns}, noun: what one sample is called, matched: whether columns belong to rows, name, alt, follows: whether the timeline brings counts}; a row or column of -1 means "any"
// Events "frame" of the timeline bring other counts for the same rows and columns.

const bus = (window.decBus ??= new EventTarget());
const tables = new WeakMap();
const THIN = "\u2009";

function thousands(n) { return String(n).replace(/\B(?=(\d{3})+$)/g, THIN); }

function called(title, name) { return `${title} ${name}`.trim(); }

function sums(counts) {
  return { row: counts.map((row) => row.reduce((a, b) => a + b, 0)), column: counts[0].map((_, j) => counts.reduce((a, row) => a + row[j], 0)) };
}

class Table {
  constructor(root) {
    this.root = root;
    this.at = [0, 0]; // where the keyboard is; -1 is the heading
    root.addEventListener("click", (event) => this.pressed(event));
    root.addEventListener("keydown", (event) => this.typed(event));
    this.hear = ({ detail }) => {
      if (detail.run !== this.data.run || !this.data.follows) return;
      const nothing = this.data.rows.map(() => this.data.columns.map(() => 0));
      this.fill(detail.counts ?? nothing, detail.class_of ?? []);
    };
    bus.addEventListener("frame", this.hear);
  }

  show(data, emit) {
    this.emit = emit;
    const layout = JSON.stringify([data.rows, data.columns, data.titles]);
    this.data = data;
    if (this.layout !== layout) { this.layout = layout; this.build(); }
    this.root.querySelector("table").setAttribute("aria-label", data.name);
    this.root.querySelector("table").setAttribute("aria-description", data.alt);
    if (bus.playing !== data.run) this.fill(data.counts, data.class_of);
    this.mark();
  }

  build() {
    const { rows, columns, titles } = this.data, table = document.createElement("table"), make = (tag) => document.createElement(tag);
    table.setAttribute("role", "grid");
    const top = make("tr"), corner = make("th");
    corner.className = "corner"; corner.textContent = titles.rows;
    top.append(corner, ...columns.map((column, j) => this.heading(column.name, -1, j, column.colour)));
    table.append(top, ...rows.map((name, i) => {
      const line = make("tr");
      line.append(this.heading(name, i, -1), ...columns.map((_, j) => {
        const cell = make("td");
        Object.assign(cell.dataset, { row: i, column: j });
        cell.tabIndex = -1;
        return cell;
      }));
      return line;
    }));
    const below = make("div");
    below.className = "below"; below.textContent = titles.columns;
    this.root.replaceChildren(table, below);
  }

  heading(name, row, column, colour) {
    const cell = document.createElement("th");
    cell.append(name); cell.tabIndex = -1;
    if (row < 0) cell.append(document.createElement("small")); // the class it is matched to, by fill()
    cell.scope = row < 0 ? "col" : "row";
    if (colour) cell.style.boxShadow = `inset 0 -3px ${colour}`;
    Object.assign(cell.dataset, { row, column });
    return cell;
  }

  fill(counts, class_of) {
    const { data } = this, of = sums(counts);
    this.root.toggleAttribute("data-empty", data.follows && of.row.every((n) => !n)); // says that there are no clusters yet
    const right = (i, j) => data.classes[i] === class_of[j];
    for (const cell of this.root.querySelectorAll("th[data-column] small")) {
      const j = Number(cell.parentElement.dataset.column), row = data.matched ? data.classes.indexOf(class_of[j]) : -1;
      const name = row < 0 || data.rows[row].length > 2 ? "" : data.rows[row];
      if (cell.textContent !== name) cell.textContent = name;
      const matched = row < 0 ? "" : `, matched to ${data.rows[row]}`;
      cell.parentElement.title = `${called(data.titles.columns, data.columns[j].name)}${matched}`;
    }
    for (const cell of this.root.querySelectorAll("td")) {
      const { row: i, column: j } = { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
      const n = counts[i][j], share = n / Math.max(of.row[i], 1);
      const part = { row: share, column: n / Math.max(of.column[j], 1) }[data.show];
      const text = !n ? "" : data.show === "count" ? thousands(n) : part < 0.001 ? "<.1" : (100 * part).toFixed(part < 0.1 ? 1 : 0);
      if (cell.textContent !== text) cell.textContent = text;
      const look = !n ? "" : right(i, j) ? "right" : "wrong", ink = right(i, j) ? 0.12 + 0.7 * share : Math.min(0.8, 0.14 + 4 * share);
      if (cell.className !== look) cell.className = look;
      const depth = ink.toFixed(2);
      if (cell.depth !== depth) { cell.depth = depth; cell.style.setProperty("--share", depth); }
      const of_row = data.rows.length > 1 ? `${called(data.titles.rows, data.rows[i])}, ` : "";
      const words = `${thousands(n)} ${data.noun}${n === 1 ? "" : "s"}: ${of_row}${called(data.titles.columns, data.columns[j].name)}`;
      if (cell.title !== words) { cell.title = words; cell.setAttribute("aria-label", words); }
    }
  }

  mark() {
    const { row, column } = this.data.chosen, any = row >= 0 || column >= 0;
    for (const cell of this.root.querySelectorAll("td, th")) {
      const i = Number(cell.dataset.row), j = Number(cell.dataset.column);
      const on = any && (row < 0 || i === row) && (column < 0 || j === column) && !cell.classList.contains("corner");
      cell.toggleAttribute("data-chosen", on);
      cell.setAttribute("aria-selected", on);
    }
    this.focusable();
  }

  focusable() {
    const [i, j] = this.at;
    for (const cell of this.root.querySelectorAll("td, th")) cell.tabIndex = Number(cell.dataset.row) === i && Number(cell.dataset.column) === j ? 0 : -1;
  }

  pressed(event) {
    const cell = event.target.closest("td, th");
    if (!cell || cell.dataset.row === undefined) return;
    const row = Number(cell.dataset.row), column = Number(cell.dataset.column);
    this.at = [row, column];
    const again = this.data.chosen.row === row && this.data.chosen.column === column;
    this.data.chosen = again ? { row: -1, column: -1 } : { row, column };
    this.mark(); // at once; Python follows
    this.emit("cell", this.data.chosen);
  }

  typed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return; // the browser's
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); this.pressed(event); return; }
    if (!step) return;
    event.preventDefault();
    const { rows, columns } = this.data;
    const i = Math.max(-1, Math.min(rows.length - 1, this.at[0] + step[0])), j = Math.max(-1, Math.min(columns.length - 1, this.at[1] + step[1]));
    if (i < 0 && j < 0) return;
    this.at = [i, j];
    this.focusable();
    this.root.querySelector(`[data-row="${i}"][data-column="${j}"]`)?.focus();
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".matrix");
  if (!root || !data) return;
  if (!tables.has(root)) tables.set(root, new Table(root));
  tables.get(root).show(data, setTriggerValue);
  return () => { if (!root.isConnected) bus.removeEventListener("frame", tables.get(root).hear); }; // also called when overtaken
}
