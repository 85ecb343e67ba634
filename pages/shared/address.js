// One act of a person is one step of the browser's history. Streamlit writes an address in parts, the screen and then what
// it shows, each as a step of its own: the first Back would then stay on the screen that one wants to leave.
// What is written without an act in between, be it while a page is drawn for the first time, changes the step that is there.

const ACTS = ["pointerdown", "keydown", "input", "drop"];

export default function () {
  if (window.decAddress) return;
  window.decAddress = true;
  let acted = false;
  const push = history.pushState.bind(history);
  for (const act of ACTS) addEventListener(act, () => { acted = true; }, { capture: true, passive: true });
  history.pushState = (...entry) => {
    if (acted) push(...entry); else history.replaceState(...entry);
    acted = false;
  };
}
