// One digit of a recorded run and its numbers. Stands behind the shared numbers.js.
// data: {image: base64 of gray values, width, height, alt, sentence, numbers: as numbers.js takes them}

const drawnNumbers = new WeakMap(); // by root: what it shows

export function draw({ data, parentElement }) {
  const root = parentElement.querySelector(".piece");
  if (!root || !data) return;
  const text = JSON.stringify(data);
  if (drawnNumbers.get(root) === text) return; // the choice of a cluster stays
  drawnNumbers.set(root, text);
  const canvas = Object.assign(root.querySelector("canvas"), { width: data.width, height: data.height });
  const context = canvas.getContext("2d"), image = context.createImageData(data.width, data.height);
  [...atob(data.image)].forEach((letter, i) => image.data.set([...Array(3).fill(letter.charCodeAt(0)), 255], 4 * i));
  context.putImageData(image, 0, 0);
  canvas.setAttribute("aria-label", data.alt);
  root.querySelector("header p").textContent = data.sentence;
  showNumbers(root.querySelector(".of-numbers"), data.numbers);
}
