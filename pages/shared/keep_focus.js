// Where the keyboard is when what it was on goes away or turns grey: a button of the row that acts on a run, or one in a
// dialog. The browser would send it to the top of the page, where not even Escape would close the dialog.

const ROW = ".st-key-controls button", STOP = ".st-key-stop button:not([disabled])";
const LAYER = '[role="dialog"], [data-testid="stPopoverBody"]';
let place; // which button of the row the keyboard is on; undefined where it is elsewhere
let opener; // the button of the row from which the keyboard has gone into a dialog
let layer, inside; // the dialog in which the keyboard is, and what it is on there
let names = []; // keys of the buttons that the space key presses
let changes; // observes what goes away or turns grey

function leave() { place = layer = undefined; changes?.disconnect(); }

function arrive(event) {
  const target = event.composedPath()[0], button = target.closest?.(ROW);
  leave();
  layer = target.closest?.(LAYER) ?? undefined;
  if (layer) inside = target;
  else if (button) {
    place = [...document.querySelectorAll(ROW)].indexOf(button);
    opener = button;
  } else return;
  changes ??= new MutationObserver(() => setTimeout(stay)); // on its way elsewhere the focus is nowhere for a moment
  changes.observe(document.body, { childList: true, subtree: true, attributeFilter: ["disabled"] });
}

// A button of the row pressed by the mouse would keep the focus, and then take the space key for itself. Keyboards have
// detail 0.
function release(event) {
  const button = event.composedPath()[0].closest?.(ROW);
  if (!button || event.detail === 0) return;
  leave();
  opener = undefined;
  button.blur();
}

function stay() {
  const active = document.activeElement;
  if (active !== document.body && !active?.matches(":disabled")) return;
  const next = layer ? inLayer() : place === undefined ? null : inRow();
  next?.focus({ preventScroll: true });
}

function inLayer() { // a button that is grey while it makes what it offers, gives way to the dialog itself
  if (layer.isConnected) return inside.isConnected && !inside.disabled ? inside : layer;
  leave();
  return opener?.isConnected ? opener : null;
}

// Pause gives way to Resume, and Stop turns grey: where it was, or else the button that space would press. While a run can
// still be stopped the one that is meant is yet to come.
function inRow() {
  const buttons = [...document.querySelectorAll(ROW)], enabled = (button) => button && !button.disabled;
  const pressed = names.map((name) => document.querySelector(`.st-key-${name} button`));
  return [buttons[place], ...pressed].find(enabled) ?? (document.querySelector(STOP) ? null : buttons.find(enabled));
}

function keepFocus(pressedBySpace) {
  names = pressedBySpace;
  document.addEventListener("click", release);
  document.addEventListener("pointerdown", leave);
  document.addEventListener("focusin", arrive);
}

