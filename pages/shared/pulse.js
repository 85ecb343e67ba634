// Asks the server, without a redraw, whether what is shown has changed; only then has it drawn anew.
// data: {url, seen, every}: the address of the pulse, what it was when this was drawn, milliseconds between two looks.

const PATIENCE = 5000; // milliseconds after which a redraw that was asked for is asked for again

export default function ({ data, parentElement, setTriggerValue }) {
  clearTimeout(parentElement.pulse);
  const mine = (parentElement.asking = {}); // until this is drawn anew, be it while an answer is under way
  let asked = 0;
  const look = async () => {
    try {
      const answer = await fetch(data.url, { cache: "no-store" });
      const pulse = await answer.text();
      if (parentElement.asking !== mine) return;
      if (answer.ok && pulse !== data.seen && Date.now() - asked > PATIENCE) {
        asked = Date.now();
        setTriggerValue("news", pulse);
      }
    } catch { /* the server is away: the next look may find it */ }
    if (parentElement.asking === mine && parentElement.isConnected) parentElement.pulse = setTimeout(look, data.every);
  };
  parentElement.pulse = setTimeout(look, data.every);
  return () => { if (parentElement.asking === mine) clearTimeout(parentElement.pulse); };
}
