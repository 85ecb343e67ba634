// Keyboard: keys press the buttons of given containers, unless one is typing or a control has the focus.
// data: {keys: {" ": ["pause"], ...}, focus: {"/": "shell"}}: for each key of the keyboard the keys
// of st.button, of which the first enabled is pressed, and the key of a container whose input gets the focus.
// keep_focus.js, close_drawer.js and server_away.js stand before this file.

// A map uses arrows, and says so, but not the space key: who has clicked into it can still pause.
const TAKEN = "input, textarea, select, button, [role=slider], [role=combobox], [contenteditable=true]";
const TYPING = "input, textarea, [contenteditable=true]";
let listener;

export default function ({ data }) {
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
  keepFocus(data.keys[" "] ?? []);
  watchServer();
  document.addEventListener("click", closeDrawer);
  return () => document.removeEventListener("keydown", mine);
}
