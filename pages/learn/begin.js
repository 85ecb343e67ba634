// A step begins at its heading, wherever the one before was left. data: {at: what is shown, another text for each step}

let before; // what was shown last

export default function ({ data }) {
  if (!data || data.at === before) return;
  const isFirst = before === undefined; // what has the focus then, somebody gave it
  before = data.at;
  document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  const heading = document.querySelector(".st-key-step-heading :is(h2, h3)");
  if (isFirst || !heading || !document.activeElement?.closest(".st-key-ways")) return;
  heading.tabIndex = -1; // the next key Tab goes on from here, not from a button below all that is new
  heading.focus({ preventScroll: true });
}
