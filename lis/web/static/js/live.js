// One stream of signals per tab. A signal becomes an event `live:<topic>` on the body; whoever shows that topic fetches
// its part of the page again. While the stream is down, everything is fetched again every five seconds.

const TOPICS = ["specimens", "results", "qc", "messages", "calls", "occurrences", "clock"];
const SETTLE_MS = 500;
const POLL_MS = 5000;

const base = document.querySelector("meta[name=lab]").content;
const dot = document.getElementById("link");
const due = new Set();
let settling = 0;
let polling = 0;

function say(state, word) {
  if (!dot || dot.dataset.state === state) return;
  dot.dataset.state = state;
  dot.querySelector(".word").textContent = word;
}

function signal(topic) {
  due.add(topic);
  settling ||= setTimeout(() => {
    settling = 0;
    const topics = [...due];
    due.clear();
    for (const one of topics) document.body.dispatchEvent(new CustomEvent(`live:${one}`, { bubbles: true }));
  }, SETTLE_MS);
}

function poll() {
  polling ||= setInterval(() => {
    TOPICS.forEach(signal);
    if (stream.readyState === EventSource.CLOSED) open();
  }, POLL_MS);
}

let stream;
function open() {
  stream = new EventSource(`${base}/events`);
  stream.addEventListener("ready", () => {
    clearInterval(polling);
    if (polling) TOPICS.forEach(signal);
    polling = 0;
    say("live", "live");
  });
  for (const topic of TOPICS) stream.addEventListener(topic, () => signal(topic));
  stream.onerror = () => {
    say(navigator.onLine ? "polling" : "down", navigator.onLine ? "polling" : "down");
    poll();
  };
}

// What the page fetches by itself says so, and never takes a field away under somebody's hands: neither when it is asked
// for, nor when its answer comes while somebody has begun to type.
const putOff = new Set();
const isInHands = (target) => target.contains(document.activeElement)
  && document.activeElement.matches("input, textarea, select");

document.body.addEventListener("htmx:configRequest", (event) => {
  const type = event.detail.triggeringEvent?.type ?? "";
  if (!type.startsWith("live:")) return;
  event.detail.headers["X-Live"] = "1";
  if (isInHands(event.detail.target)) {
    event.preventDefault();
    putOff.add(type.slice(5));
  }
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const type = event.detail.requestConfig.triggeringEvent?.type ?? "";
  if (!type.startsWith("live:") || !isInHands(event.detail.target)) return;
  event.detail.shouldSwap = false;
  putOff.add(type.slice(5));
});
document.body.addEventListener("focusout", () => {
  for (const topic of putOff) signal(topic);
  putOff.clear();
});

open();
window.addEventListener("pagehide", () => stream.close());
