// Lab time on the page and in its fields: counted on from what the server said, at the lab's pace, in the lab's zone.

const shown = document.getElementById("clock");
const pace = document.getElementById("pace");

if (shown) {
  const zone = shown.dataset.zone;
  const long = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, weekday: "short", day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  let state = {
    lab: Number(shown.dataset.lab), speed: Number(shown.dataset.speed), paused: shown.dataset.paused === "true",
  };
  let since = performance.now();

  const now = () => state.lab + (state.paused ? 0 : (performance.now() - since) * state.speed);
  const tick = () => {
    const part = Object.fromEntries(long.formatToParts(now()).map((one) => [one.type, one.value]));
    const text = `${part.weekday} ${part.day} ${part.month} ${part.hour}:${part.minute}`;
    if (shown.textContent !== text) shown.textContent = text;
  };

  const fetchAnew = async () => {
    const answer = await fetch(`${document.querySelector("meta[name=lab]").content}/clock`, {
      headers: { "X-Live": "1", "X-Fetch": "1" },
    });
    if (!answer.ok) return;
    state = await answer.json();
    since = performance.now();
    pace.textContent = state.paused ? "paused" : state.speed === 1 ? "" : `×${state.speed}`;
    tick();
  };

  // A field for day or hour is filled in by the key N; no such field takes the letter itself.
  const typed = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const forms = {
    instant: (one) => `${one.year}-${one.month}-${one.day} ${one.hour}:${one.minute}`,
    day: (one) => `${one.year}-${one.month}-${one.day}`,
    hour: (one) => `${one.hour}:${one.minute}`,
  };
  document.addEventListener("keydown", (event) => {
    const form = forms[event.target.dataset?.now];
    if (!form || event.key.toLowerCase() !== "n" || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    event.target.value = form(Object.fromEntries(typed.formatToParts(now()).map((one) => [one.type, one.value])));
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });

  tick();
  setInterval(tick, 1000);
  document.body.addEventListener("live:clock", fetchAnew);
}
