// Three centers, one point that is moved: its distances, Student's t of each, their shares q.
// data: {centers: [[x, y]], point: [x, y], alpha, slider: whether alpha can be moved, colours, script}

const HALF = [4, 2.5], GRID = [96, 60]; // the plane; how finely its ground is coloured

class SoftAssignment {
  constructor(root, data) {
    this.root = root;
    this.centers = data.centers.map((center) => [...center]); this.point = [...data.point]; this.alpha = data.alpha;
    this.hex = data.colours; this.colours = data.colours.map(rgb);
    this.names = this.centers.map((_, j) => "ABCDE"[j]);
    this.say = later(() => { root.querySelector(".said").textContent = this.finding; this.plane.name(); });
    this.plane = new Plane(root, HALF, () => this.draw());
    this.ground = Object.assign(document.createElement("canvas"), { width: GRID[0], height: GRID[1] });
    this.centers.forEach((_, j) => this.plane.handle({
      name: `Center ${this.names[j]}`, text: this.names[j], colour: this.hex[j], at: () => this.centers[j],
      moved: (place) => { this.centers[j] = place; this.changed(true); },
    }));
    this.plane.handle({ name: "The point", text: "", colour: "var(--st-text-color)", at: () => this.point, moved: (place) => { this.point = place; this.changed(false); } }).node.classList.add("point");
    const slider = root.querySelector(".alpha input");
    root.querySelector(".alpha").hidden = !data.slider;
    slider.value = Math.log10(this.alpha);
    slider.oninput = () => { this.alpha = Number((10 ** slider.value).toPrecision(2)); this.changed(true); };
    this.rows();
    this.plane.name();
    this.changed(true);
  }

  end() { this.plane.observer.disconnect(); }

  rows() {
    this.root.querySelector("tbody").replaceChildren(...this.names.map((name, j) => {
      const row = document.createElement("tr");
      row.innerHTML = `<th scope="row"><i></i>${name}</th><td></td><td></td><td></td><td class="bar"><div></div></td>`;
      row.style.setProperty("--colour", this.hex[j]);
      return row;
    }));
  }

  changed(ground) {
    if (ground) this.paintGround();
    this.draw();
    this.write();
    this.say();
  }

  paintGround() { // every place of the plane in the colours of the centers, each by its q there
    const pen = this.ground.getContext("2d"), image = pen.createImageData(...GRID);
    for (let row = 0; row < GRID[1]; row++) for (let column = 0; column < GRID[0]; column++) {
      const place = [((column + 0.5) / GRID[0] * 2 - 1) * HALF[0], (1 - (row + 0.5) / GRID[1] * 2) * HALF[1]];
      const [q] = softAssignment([place], this.centers, this.alpha);
      image.data.set([...mixed(q, this.colours), 70], 4 * (row * GRID[0] + column));
    }
    pen.putImageData(image, 0, 0);
  }

  draw() {
    const { plane } = this, { pen } = plane;
    if (!this.names || !this.ground) return;
    plane.clear();
    pen.drawImage(this.ground, 0, 0, plane.width, plane.height);
    const [q] = softAssignment([this.point], this.centers, this.alpha), [x, y] = plane.toScreen(this.point);
    q.forEach((share, j) => { // a line to each center, as thick as its share
      pen.beginPath(); pen.moveTo(x, y); pen.lineTo(...plane.toScreen(this.centers[j]));
      pen.strokeStyle = this.hex[j]; pen.lineWidth = 1 + 11 * share; pen.stroke();
    });
    plane.place();
  }

  write() {
    const { alpha } = this, squared = this.centers.map((center) => squaredDistance(this.point, center));
    const kernels = squared.map((each) => kernel(each, alpha)), q = shares(squared, alpha);
    const first = q.indexOf(Math.max(...q)), sum = kernels.reduce((a, b) => a + b, 0);
    [...this.root.querySelectorAll("tbody tr")].forEach((row, j) => {
      const [distance, weight, share, bar] = row.querySelectorAll("td");
      distance.textContent = fixed(Math.sqrt(squared[j])); weight.textContent = fixed(kernels[j], 3); share.textContent = fixed(q[j], 3);
      bar.firstChild.style.width = `${100 * q[j]}%`;
      row.classList.toggle("first", j === first);
    });
    const power = fixed((alpha + 1) / 2, 2).replace(/\.?0+$/, "");
    this.root.querySelector(".sum").textContent = fixed(sum, 3);
    const away = fixed(Math.sqrt(squared[first])); // with the paper's alpha, nothing of it is to be seen
    const weight = alpha === 1 ? `1 / (1 + ${away}²)` : `(1 + ${away}² / ${alpha})<sup>−${power}</sup>`;
    this.root.querySelector(".formula").innerHTML =
      `weight of ${this.names[first]} = ${weight} = ${fixed(kernels[first], 3)}<br>` +
      `q<sub>${this.names[first]}</sub> = ${fixed(kernels[first], 3)} / (${kernels.map((each) => fixed(each, 3)).join(" + ")}) = <b>${fixed(q[first], 3)}</b>`;
    this.root.querySelector("output").textContent = `${alpha}`;
    this.root.querySelector(".alpha input").setAttribute("aria-valuetext", `${alpha}`);
    this.finding = `With alpha ${alpha}, q is ${this.names.map((name, j) => `${fixed(q[j], 2)} for ${name}`).join(", ")}.`;
    this.plane.canvas.setAttribute("aria-label", `A plane with ${this.names.length} centers and a point. ${this.finding}`);
  }
}

export function draw(shown) { mount(shown, "soft-assignment", (root, data) => new SoftAssignment(root, data)); }
