// Where the server does not answer, Streamlit asks visitors whether they have stopped it in their terminal. That dialog is
// hidden, and the page says what is so. Streamlit closes it once it has reached the server again; the words go with it.

const AWAY = "The server does not answer. This page comes back by itself.";
const ITS_DIALOG = '[data-testid="stDialog"]', ITS_WORDS = /Is Streamlit still running|streamlit run yourscript\.py|Connection error/;

function watchServer() {
  if (window.decServerAway) return;
  const note = (window.decServerAway = Object.assign(document.createElement("div"), { className: "away", role: "status" }));
  new MutationObserver(() => {
    const dialog = [...document.querySelectorAll(ITS_DIALOG)].find((each) => ITS_WORDS.test(each.textContent));
    if (dialog && !dialog.dataset.away) dialog.dataset.away = "yes";
    const text = dialog ? AWAY : "";
    if (text && !note.isConnected) document.body.append(note);
    if (note.textContent !== text) note.textContent = text;
  }).observe(document.body, { childList: true, subtree: true });
}
