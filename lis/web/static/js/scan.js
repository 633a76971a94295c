// The scan box. A scan is taken at once, the box is empty for the next, and scans are sent one after the other in their
// order. Nothing waits for the server. What goes wrong stays on the screen, with text, mark and sound, until Esc.
// A command from the card is about the tube scanned next; the page remembers it and the server does it.

const form = document.getElementById("scanning");
const box = document.getElementById("scan");
const rows = document.getElementById("scans");
const last = document.getElementById("last");
const latch = document.getElementById("latch");
const waiting = document.getElementById("waiting");
const armedLine = document.getElementById("armed");
const commands = JSON.parse(form.dataset.commands);
const csrf = document.querySelector("meta[name=csrf]").content;
const LONGEST_LIST = 200;

const queue = [];
const pinned = [];
let sending = false;
let armed = "";
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

function arm(code) {
  armed = code;
  armedLine.className = code ? "aside" : "";
  armedLine.textContent = code ? `Scan the tube: ${commands[code] ?? `${code} is no command`}. Esc or %RCV drops this.` : "";
}

function acknowledge() {
  pinned.length = 0;
  draw();
}

// An unknown command stays in force until it is dropped: the tube after it must not be received by mistake.
function command(code) {
  if (code === "%ACK") acknowledge();
  else arm(code === "%RCV" ? "" : code);
  if (!(code in commands)) pin(code, "This is no command here. Scan %RCV, or another command.");
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

async function send({ text, command, row }) {
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
  const made = parsed(said.row).firstElementChild;
  const older = made.id && document.getElementById(made.id);
  if (older && older !== row) older.remove();
  row.replaceWith(made);
  if (said.panel) {
    last.replaceChildren(parsed(said.panel));
    window.htmx.process(last);
  }
  if (said.attention) pin(text, said.attention);
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
      scan.row.replaceChildren(cell(scan.text, "mono"), cell(message), cell("✕ not done"));
      scan.row.children[1].colSpan = 5;
      pin(scan.text, message);
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
  queue.push({ text, command: armed, row: placeFor(`${armed} ${text}`.trim()) });
  arm("");
  count();
  drain();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  if (pinned.length) acknowledge();
  else if (armed) arm("");
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
