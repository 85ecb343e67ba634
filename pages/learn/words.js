// What all pieces of lessons need: numbers in words, words that wait, and a beginning. Stands before the piece itself.

const mounted = new WeakMap(); // by root: {text: of its data, whole: its HTML as it came, piece}

function fixed(value, digits = 2) { return (Math.abs(value) < 0.5 / 10 ** digits ? 0 : value).toFixed(digits).replace("-", "−"); }

function later(act, milliseconds = 500) { // only once it has been quiet for a while
  let timer = 0;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => act(...given), milliseconds); };
}

// Begin a piece in the node of class `name`, or leave it as it was moved if its data are the same. From step to step
// Streamlit keeps the node where it can.
function mount({ data, parentElement }, name, make) {
  const root = parentElement.querySelector(`.${name}`), text = JSON.stringify(data);
  if (!root) return;
  const before = mounted.get(root), whole = before?.whole ?? root.innerHTML;
  if (before?.text === text) return;
  before?.piece.end?.();
  if (before) root.innerHTML = whole;
  mounted.set(root, { text, whole, piece: make(root, data) });
}
