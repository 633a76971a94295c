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

// What has the keyboard keeps it when its part of the page is drawn anew, and what was unfolded stays unfolded. Where an
// act took it away, the keyboard goes on to the next form of that part, else to the head of the page.
const CONTROLS = "form input:not([type=hidden]), form select, form textarea, form button";
let held = "";
let unfolded = [];

function placeOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.matches("a[href]")) return `a[href="${CSS.escape(element.getAttribute("href"))}"]`;
  const action = element.form?.getAttribute("action");
  const attributes = ["name", ...(element.matches("button") ? ["value"] : [])].filter((one) => element.getAttribute(one));
  const itself = attributes.map((one) => `[${one}="${CSS.escape(element.getAttribute(one))}"]`).join("");
  return action ? `form[action="${CSS.escape(action)}"] ${element.localName}${itself}` : "";
}

const folds = (target) => [...target.querySelectorAll("details")];

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  held = detail.target.contains(document.activeElement) ? placeOf(document.activeElement) : "";
  unfolded = folds(detail.target).map((one) => one.open);
});
document.body.addEventListener("htmx:afterSwap", ({ detail }) => {
  const now = folds(detail.target);
  if (now.length === unfolded.length) now.forEach((one, index) => { one.open ||= unfolded[index]; });
});
// After the page's own scripts, which may know better where to go on.
document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  if (!held || document.activeElement !== document.body) return;
  const head = document.querySelector("h1");
  head.tabIndex = -1;
  const offered = detail.target.querySelector("[data-next]") ?? detail.target.querySelector(CONTROLS) ?? head;
  const next = detail.requestConfig.verb === "post" ? offered : null;
  (document.querySelector(held) ?? next)?.focus({ preventScroll: true });
});

open();
window.addEventListener("pagehide", () => stream.close());
