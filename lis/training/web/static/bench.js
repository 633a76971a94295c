// The bench window: keys, picks that survive a refresh, and the hand scanner, which types into the laboratory's window.

const form = document.getElementById("bench");
const said = document.getElementById("said");
const hand = document.getElementById("hand");
const name = `scanner /lab/${form.dataset.lab}`;
const channel = new BroadcastChannel(name);
const STEP_MS = 25;
const LAST_USED_MS = 400; // a window that was closed keeps its name: who used another since is not kept waiting for it
const ANY_MS = 2000;

let windows = new Set();
let taken = "";
let into = "";
let reading = Promise.resolve();
let looked = ""; // the tick of the tube that is looked at

channel.addEventListener("message", ({ data }) => {
  if (data.kind === "here") windows.add(data.window);
  if (data.kind !== "taken") return;
  taken = data.text;
  into = data.title;
});

const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function until(done, longest) {
  for (let waited = 0; !done() && waited < longest; waited += STEP_MS) await wait(STEP_MS);
}

// One tube after the other, as with one scanner in one hand.
const scan = (text) => { reading = reading.then(() => read(text)); };

async function read(text) {
  windows = new Set();
  taken = "";
  const last = localStorage[name];
  channel.postMessage({ kind: "who" });
  await until(() => windows.has(last), LAST_USED_MS);
  await until(() => windows.size, ANY_MS);
  const target = windows.has(last) ? last : [...windows][0];
  if (target) channel.postMessage({ kind: "scan", window: target, text });
  if (target) await until(() => taken === text, ANY_MS);
  said.textContent = taken === text
    ? `Scanned ${text} into the window “${into}”.`
    : `The scanner read ${text}, but no window of the laboratory is open in this browser. Open one, or type the number there.`;
}

const tubeAt = (element) => element?.closest?.("[data-barcode]");

function atHand() {
  const here = tubeAt(document.activeElement);
  if (here) return here;
  const picked = form.querySelectorAll("input[name=tube]:checked");
  return picked.length === 1 ? tubeAt(picked[0]) : hand.querySelector("[data-barcode]");
}

// Looking scrolls to the hand; putting down goes back to the tube.
function putDown() {
  if (!hand.firstElementChild) return;
  hand.replaceChildren();
  const back = document.getElementById(looked) ?? document.activeElement;
  back.focus();
  back.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const cards = [...form.querySelectorAll(".tray .on-bench input[name=tube]")];
  const at = cards.indexOf(tubeAt(document.activeElement)?.querySelector("input[name=tube]"));
  cards[at + step]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const inTray = document.activeElement.closest?.(".tray");
  if (event.code === "F9") {
    event.preventDefault();
    event.stopImmediatePropagation();
    const tube = atHand();
    if (tube?.dataset.barcode) scan(tube.dataset.barcode);
    else said.textContent = tube ? "The scanner finds no barcode on this tube." : "Go to a tube, or pick one, then scan.";
  } else if (event.code === "F8") {
    event.preventDefault();
    atHand()?.querySelector("[data-look]")?.click();
  } else if (inTray && ["ArrowRight", "ArrowDown"].includes(event.code)) {
    event.preventDefault();
    move(1);
  } else if (inTray && ["ArrowLeft", "ArrowUp"].includes(event.code)) {
    event.preventDefault();
    move(-1);
  } else if (event.code === "Escape") {
    putDown();
  } else if (event.key === "Enter" && document.activeElement.dataset?.enter) {
    event.preventDefault(); // else the first button of the page would act
    document.getElementById(document.activeElement.dataset.enter).click();
  }
}, true);

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-scan], [data-close]");
  if (button?.dataset.scan) scan(button.dataset.scan);
  if (button?.dataset.close) putDown();
});

// A refresh changes nothing under somebody's hands: picks stay, an open list is left alone.

const HERE = ["affix", "rim"]; // what ends at the tube that it was done to
const typed = "#bench select, #bench input:not([type=checkbox]):not([type=radio]):not([type=hidden])";
let picks = [];
let values = new Map();
let held = ""; // where the keyboard was
let known = new Set();
let done = null;

const trayed = () => [...form.querySelectorAll(".tray [data-tube]")];

function placeOf(element) {
  if (!element.closest("#state")) return "";
  if (element.id) return `#${CSS.escape(element.id)}`;
  const tube = tubeAt(element)?.id;
  if (tube) return `#${CSS.escape(tube)} ${element.matches("[data-look]") ? "[data-look]" : "[data-scan]"}`;
  return element.name ? `[name="${element.name}"][value="${CSS.escape(element.value)}"]` : `a[href="${element.getAttribute("href")}"]`;
}

function broughtBy({ value, tube }) {
  const same = HERE.includes(value) && tube ? document.getElementById(`tube-${tube}`) : null;
  return trayed().find((one) => !known.has(one.id)) ?? same;
}

// What had the keyboard may be gone: on to what the act brought, else to where it was, else to what lies there.
function giveKeyboard() {
  const gone = document.activeElement === document.body;
  const tube = done ? broughtBy(done) : null;
  if (!tube && !(gone && (done || held))) return;
  const to = tube?.querySelector("input[name=tube]")
    ?? (held ? form.querySelector(held) : null)
    ?? form.querySelector("#bags button, .tray input[name=tube], #state button");
  to?.focus();
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "hand") looked = `pick-${event.detail.requestConfig.elt.closest("[data-tube]")?.dataset.tube}`;
  if (event.detail.target.id !== "state") {
    if (event.detail.isError) said.textContent = "";
    return;
  }
  const isRefresh = event.detail.requestConfig.verb === "get";
  const button = event.detail.requestConfig.triggeringEvent?.submitter;
  known = new Set(trayed().map((one) => one.id));
  held = placeOf(document.activeElement);
  done = isRefresh ? null : { value: button?.value, tube: form.querySelector("input[name=tube]:checked")?.value };
  if (isRefresh && document.activeElement.matches(typed)) event.detail.shouldSwap = false;
  values = new Map([...form.querySelectorAll(typed)].map((one) => [one.id, one.value]));
  picks = isRefresh
    ? [...form.querySelectorAll("input:checked"), ...form.querySelectorAll("details[open]")].map((one) => one.id)
    : [];
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "hand") hand.scrollIntoView({ block: "nearest" });
  if (event.detail.target.id !== "state") return;
  for (const [id, value] of values) {
    const one = document.getElementById(id);
    if (one && value) one.value = value;
  }
  for (const id of picks) {
    const one = document.getElementById(id);
    if (one?.matches("details")) one.open = true;
    else if (one) one.checked = true;
  }
  const now = document.getElementById("done-now");
  if (now) said.textContent = now.textContent;
  if (now) document.getElementById("notice").replaceChildren();
  now?.remove();
  giveKeyboard();
});

// Who has rung somebody speaks next.
document.body.addEventListener("htmx:afterSettle", ({ detail }) => {
  const button = detail.requestConfig.triggeringEvent?.submitter;
  if (detail.target.id === "phone-state" && button?.value === "phone") detail.target.querySelector("[data-next]")?.focus();
});
