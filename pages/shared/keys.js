// Keyboard: keys press the buttons of given containers, unless one is typing or a control has the focus.
// data: {keys: {" ": ["pause"], ...}, focus: {"/": "shell"}}: for each key of the keyboard the keys
// of st.button, of which the first enabled is pressed, and the key of a container whose input gets the focus.

// A map uses arrows, and says so, but not the space key: who has clicked into it can still pause.
const TAKEN = "input, textarea, select, button, [role=slider], [role=combobox], [contenteditable=true]";
const TYPING = "input, textarea, [contenteditable=true]";
let listener;

const ROW = ".st-key-controls button", STOP = ".st-key-stop button:not([disabled])";
let place; // which button of the row the keyboard is on; undefined where it is elsewhere
let replaced; // observes whether that button goes away or turns grey

// A button pressed by the mouse would keep the focus, and then take the space key for itself. Keyboards have detail 0.
function release(event) {
  const button = event.composedPath()[0].closest?.(ROW);
  if (!button || event.detail === 0) return;
  leave();
  button.blur();
}

function leave() { place = undefined; replaced?.disconnect(); }

function arrive(event) {
  const button = event.composedPath()[0].closest?.(ROW);
  leave();
  if (!button) return;
  place = [...document.querySelectorAll(ROW)].indexOf(button);
  replaced ??= new MutationObserver(stay);
  replaced.observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });
}

// Pause gives way to Resume, and Stop turns grey: the keyboard goes on where it was, or to the button that space would
// press, and not to the top of the page. While a run can still be stopped the one that is meant is yet to come.
function stay() {
  const active = document.activeElement;
  if (place === undefined || !(active === document.body || active?.matches(`:disabled`))) return;
  const buttons = [...document.querySelectorAll(ROW)], enabled = (button) => button && !button.disabled;
  const pressed = names.map((name) => document.querySelector(`.st-key-${name} button`));
  const next = [buttons[place], ...pressed].find(enabled) ?? (document.querySelector(STOP) ? null : buttons.find(enabled));
  next?.focus({ preventScroll: true });
}

let names = []; // of the buttons that the space key presses

export default function ({ data }) {
  names = data.keys[" "] ?? [];
  document.removeEventListener("keydown", listener);
  const mine = listener = (event) => {
    if (event.defaultPrevented) return; // a component has used it
    const target = event.composedPath()[0]; // event.target is the component, whatever inside of it has the focus
    const field = document.querySelector(`.st-key-${data.focus[event.key]} input`);
    if (field && !target.closest?.(TYPING)) { event.preventDefault(); field.focus(); field.click(); return; }
    const names = data.keys[event.key];
    if (!names || event.ctrlKey || event.metaKey || event.altKey || target.closest?.(TAKEN)) return;
    for (const name of names) {
      const button = document.querySelector(`.st-key-${name} button:not([disabled])`);
      if (button) { event.preventDefault(); button.click(); return; }
    }
  };
  document.addEventListener("keydown", listener);
  document.addEventListener("click", release);
  document.addEventListener("pointerdown", leave);
  document.addEventListener("focusin", arrive);
  return () => document.removeEventListener("keydown", mine);
}
