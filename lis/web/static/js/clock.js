// Lab time on the page: counted on from what the server said, at the lab's pace, shown in the lab's zone.

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

  tick();
  setInterval(tick, 1000);
  document.body.addEventListener("live:clock", fetchAnew);
}
