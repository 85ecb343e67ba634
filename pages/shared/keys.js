// Keyboard: keys press the buttons of given containers, unless one is typing or a control has the focus.
// data: {keys: {" ": ["pause"], ...}, focus: {"/": "shell"}}: for each key of the keyboard the keys
// of st.button, of which the first enabled is pressed, and the key of a container whose input gets the focus.

const TAKEN = "input, textarea, select, button, canvas, [role=slider], [role=combobox], [contenteditable=true]";
const TYPING = "input, textarea, [contenteditable=true]";
let listener;

// A button pressed by the mouse would keep the focus, and then take the space key for itself. Keyboards have detail 0.
const release = (event) => { if (event.detail > 0) event.target.closest?.(".st-key-controls button")?.blur(); };

export default function ({ data }) {
  if (listener) document.removeEventListener("keydown", listener);
  listener = (event) => {
    if (event.defaultPrevented) return; // a component, whose inside cannot be seen from here, has used it
    const field = document.querySelector(`.st-key-${data.focus[event.key]} input`);
    if (field && !event.target.closest?.(TYPING)) { event.preventDefault(); field.focus(); field.click(); return; }
    const names = data.keys[event.key];
    if (!names || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TAKEN)) return;
    for (const name of names) {
      const button = document.querySelector(`.st-key-${name} button:not([disabled])`);
      if (button) { event.preventDefault(); button.click(); return; }
    }
  };
  document.addEventListener("keydown", listener);
  document.addEventListener("click", release);
  return () => document.removeEventListener("keydown", listener);
}
