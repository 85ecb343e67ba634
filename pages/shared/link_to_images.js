// A link to the images of a cell of the confusion matrix that is worth a look.
// data: {label: "" for none, href, of: [class, cluster], followed: how later ones are followed, or null}
// follow.js stands before this file. A click is told to Python as "clicked": [class, cluster]; other ways of opening a
// link, as in another tab, are the browser's.

const shown = new WeakMap(); // by link

function show(link, data) {
  shown.set(link, data);
  link.hidden = !data.label;
  link.textContent = data.label && `${data.label} →`;
  link.href = data.href;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const link = parentElement.querySelector("a");
  if (!link || !data) return;
  link.onclick = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    setTriggerValue("clicked", shown.get(link).of);
  };
  follow(link, data.followed, data, (newest) => show(link, newest));
  return () => { if (!link.isConnected) unfollow(link); };
}
