// The scan box. A scan is taken at once, the box is empty for the next, and scans are sent one after the other in their
// order. Nothing waits for the server. What goes wrong stays on the screen, with text, mark and sound, until Esc.
// Commands from the card are about the tube scanned next: the page remembers them and the server does them. Those that
// are about no tube go at once, in their place among the scans.

const form = document.getElementById("scanning");
const box = document.getElementById("scan");
const rows = document.getElementById("scans");
const last = document.getElementById("last");
const latch = document.getElementById("latch");
const waiting = document.getElementById("waiting");
const armedLine = document.getElementById("armed");
const seenForm = document.querySelector("#seen form");
const commands = JSON.parse(form.dataset.commands);
const grammar = JSON.parse(form.dataset.grammar);
const csrf = document.querySelector("meta[name=csrf]").content;
const LONGEST_LIST = 200;

const queue = [];
const pinned = [];
let sending = false;
let armed = [];
let audio;

function beep() {
  try {
    audio ??= new AudioContext();
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.type = "square";
    tone.frequency.value = 330;
    volume.gain.value = 0.08;
    tone.connect(volume).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.25);
  } catch { /* no sound device: text and mark remain */ }
}

function pin(text, message) {
  pinned.push({ text, message });
  draw();
  beep();
}

function draw() {
  latch.hidden = pinned.length === 0;
  const title = document.createElement("h2");
  title.textContent = `✕ ${pinned.length} ${pinned.length === 1 ? "scan needs" : "scans need"} attention — Esc acknowledges`;
  const list = document.createElement("ol");
  for (const one of pinned) {
    const item = document.createElement("li");
    const scanned = document.createElement("b");
    scanned.className = "mono";
    scanned.textContent = one.text;
    item.append(scanned, ` ${one.message}`);
    list.append(item);
  }
  latch.replaceChildren(...(pinned.length ? [title, list] : []));
}

function count() {
  waiting.textContent = queue.length ? `${queue.length} on the way` : "";
}

function cell(text, className = "") {
  const made = document.createElement("td");
  made.textContent = text;
  made.className = className;
  return made;
}

const isKnown = (code) => code in commands || grammar.open.some((prefix) => code.startsWith(prefix));
const isAdding = (code) => grammar.adding.some((prefix) => code.startsWith(prefix));
const meaning = (code) => commands[code] ?? (isKnown(code) ? code.replace("%", "") : `${code} is no command`);

function arm(codes) {
  armed = codes;
  armedLine.className = codes.length ? "aside" : "";
  armedLine.textContent = codes.length ? `Scan the tube: ${codes.map(meaning).join("; ")}. Esc or %RCV drops this.` : "";
}

function acknowledge() {
  pinned.length = 0;
  draw();
}

const shown = () => last.querySelector("[data-container]")?.dataset.container ?? "";

// An unknown command stays in force until it is dropped: the tube after it must not be received by mistake.
function command(code) {
  if (code === "%ACK") acknowledge();
  else if (code === "%RCV") arm([]);
  else if (grammar.once.includes(code)) enqueue(code === "%NEXT" ? shown() : "", code, code);
  else if (armed.includes(code)) return;
  else arm([...armed.filter((one) => isAdding(one) || isAdding(code)), code]);
  if (!isKnown(code)) pin(code, "This is no command here. Scan %RCV, or another command.");
}

function enqueue(text, command, words) {
  queue.push({ text, command, words, row: placeFor(words) });
  count();
  drain();
}

function placeFor(text) {
  const row = document.createElement("tr");
  row.className = "sending";
  const middle = cell("…");
  middle.colSpan = 5;
  row.append(cell(text, "mono"), middle, cell("sending"));
  rows.prepend(row);
  while (rows.children.length > LONGEST_LIST) rows.lastElementChild.remove();
  return row;
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

async function send({ text, command, words, row }) {
  const answer = await fetch(form.action, {
    method: "POST",
    headers: { "X-Fetch": "1", "X-CSRF-Token": csrf },
    body: new URLSearchParams({ text, command }),
  });
  if (answer.status === 401) throw new Error("You are signed out; this scan was not taken. Sign in again.");
  if (!answer.headers.get("Content-Type")?.includes("json")) {
    throw new Error(parsed(await answer.text()).textContent.trim() || `The server answered ${answer.status}.`);
  }
  const said = await answer.json();
  if (!said.row) row.remove();
  const made = parsed(said.row).firstElementChild;
  const older = made?.id && document.getElementById(made.id);
  if (older && older !== row) older.remove();
  if (made) row.replaceWith(made);
  if (said.panel) {
    last.replaceChildren(parsed(said.panel));
    window.htmx.process(last);
  }
  if (said.attention) pin(words, said.attention);
}

async function drain() {
  if (sending) return;
  sending = true;
  while (queue.length) {
    const scan = queue[0];
    try {
      await send(scan);
    } catch (error) {
      const lost = error instanceof TypeError;
      const message = lost ? "No answer came; whether it was received is not known. Scan it again." : error.message;
      scan.row.className = "refused";
      scan.row.replaceChildren(cell(scan.words, "mono"), cell(message), cell("✕ not done"));
      scan.row.children[1].colSpan = 5;
      pin(scan.words, message);
    }
    queue.shift();
    count();
  }
  sending = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = box.value.trim();
  box.value = "";
  box.focus();
  if (!text) return;
  if (text.startsWith("%")) {
    command(text.toUpperCase());
    return;
  }
  const code = armed.join(" ");
  arm([]);
  enqueue(text, code, `${code} ${text}`.trim());
});

// The same codes by keyboard and mouse: of the tube that is shown, or of the one that is scanned next.
function stated() {
  const codes = [...seenForm.elements]
    .filter((one) => one.value && (one.tagName === "SELECT" || one.checked || (one.dataset.prefix && one.value.trim())))
    .map((one) => (one.dataset.prefix ? one.dataset.prefix + one.value.trim().replace(",", ".") : one.value));
  seenForm.reset();
  seenForm.parentElement.open = false;
  box.focus();
  return codes;
}

seenForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const container = shown();
  const codes = stated();
  if (!container) pin("", "No tube is shown yet: scan it first, or state it of the tube scanned next.");
  else if (codes.length) enqueue(container, codes.join(" "), `${codes.join(" ")} ${container}`);
});
seenForm.elements.of[1].addEventListener("click", () => arm([...armed, ...stated()]));
seenForm.parentElement.addEventListener("toggle", () => {
  if (seenForm.parentElement.open) seenForm.elements.tube.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  if (pinned.length) acknowledge();
  else if (armed.length) arm([]);
  else return;
  box.focus();
});

// After the comparison was sent, the next scan goes into the box without a click.
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (last.contains(event.detail.elt) || event.detail.elt === last) box.focus();
});

window.addEventListener("beforeunload", (event) => {
  if (pinned.length || queue.length) event.preventDefault();
});
