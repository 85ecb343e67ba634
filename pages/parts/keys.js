// Keyboard: keys press the buttons of given containers, unless one is typing or a control has the focus.
// data: {keys: {" ": ["pause", "resume"], ...}}: for each key the keys of st.button, the first enabled is pressed.

const TAKEN = "input, textarea, select, button, canvas, [role=slider], [role=combobox], [contenteditable=true]";
let listener;

export default function ({ data }) {
  if (listener) document.removeEventListener("keydown", listener);
  listener = (event) => {
    const names = data.keys[event.key];
    if (!names || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TAKEN)) return;
    for (const name of names) {
      const button = document.querySelector(`.st-key-${name} button:not([disabled])`);
      if (button) { event.preventDefault(); button.click(); return; }
    }
  };
  document.addEventListener("keydown", listener);
  return () => document.removeEventListener("keydown", listener);
}
