// The result grid. Enter and the arrows commit and move; values are sent one after the other; the answer is every row as
// the server judges it, laid over the grid without touching what is being typed.

const table = document.querySelector("table.grid");
const body = document.getElementById("rows");
const acts = document.getElementById("acts");
const notice = document.getElementById("notice");
const reason = document.getElementById("reason");
const measuredOn = document.getElementById("measured-on");
const csrf = document.querySelector("meta[name=csrf]").content;
let unexplained = null;
let chain = Promise.resolve();

const cells = () => [...body.querySelectorAll("[data-cell]")];
const sent = new WeakMap();
const original = (cell) => sent.get(cell) ?? (cell.tagName === "SELECT"
  ? [...cell.options].find((one) => one.defaultSelected)?.value ?? "" : cell.defaultValue);
const isDirty = (cell) => cell.value.trim() !== original(cell);

function say(message) {
  const failure = Object.assign(document.createElement("p"), { className: "failure" });
  failure.append(Object.assign(document.createElement("b"), { textContent: "✕ " }), message);
  notice.replaceChildren(failure);
}

function lay(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const fresh of [...template.content.querySelectorAll("tr")]) {
    const row = document.getElementById(fresh.id);
    if (!row) { body.append(fresh); continue; }
    const cell = row.querySelector("[data-cell]");
    const other = fresh.querySelector("[data-cell]");
    if (cell && other && (cell === document.activeElement || isDirty(cell))) keep(row, fresh, cell, other);
    else if (row.dataset.version !== fresh.dataset.version || row.innerHTML !== fresh.innerHTML) row.replaceWith(fresh);
  }
  tally();
}

function tally() {
  const number = (what) => body.querySelectorAll(what).length;
  table.caption.textContent = `${number("tr")} results, ${number(".s-call")} critical, ${number("tr[data-state=on_hold]")} on hold`;
}

// The row is renewed around the cell in which somebody types; the cell learns which version it now stands beside.
function keep(row, fresh, cell, other) {
  cell.dataset.seen = other.dataset.seen;
  row.dataset.version = fresh.dataset.version;
  row.dataset.state = fresh.dataset.state;
  const old = [...row.children];
  [...fresh.children].forEach((made, index) => {
    if (!old[index].contains(cell)) old[index].replaceWith(made);
  });
}

async function send(cell) {
  const value = cell.value.trim();
  if (!value || !isDirty(cell)) return;
  sent.set(cell, value);
  const answer = await fetch(cell.dataset.url, {
    method: "POST",
    headers: { "X-Fetch": "1", "X-CSRF-Token": csrf },
    body: new URLSearchParams({
      value, seen: cell.dataset.seen, reason: reason.value, measured_on: measuredOn?.value ?? "",
    }),
  });
  const text = await answer.text();
  if (answer.ok) {
    cell.removeAttribute("aria-invalid");
    notice.replaceChildren();
    lay(text);
  } else {
    sent.delete(cell);
    cell.setAttribute("aria-invalid", "true");
    if (answer.status === 401) say("You are signed out; this value was not taken. Sign in again.");
    else notice.innerHTML = text;
    if (notice.querySelector("[data-code='reason.missing']")) {
      unexplained = cell;
      reason.focus();
    }
  }
}

function commit(cell) {
  chain = chain.then(() => send(cell)).catch(() => {
    sent.delete(cell);
    cell.setAttribute("aria-invalid", "true");
    say("No answer came; whether the value was taken is not known. Reload the page and look.");
  });
}

function move(cell, by) {
  const all = cells();
  const next = all[all.indexOf(cell) + by];
  next?.focus();
  next?.select?.();
}

body.addEventListener("keydown", (event) => {
  const cell = event.target.closest("[data-cell]");
  if (!cell) return;
  const by = { Enter: 1, NumpadEnter: 1, ArrowDown: 1, ArrowUp: -1 }[event.code];
  if (by && !event.ctrlKey && !(cell.tagName === "SELECT" && event.code.startsWith("Arrow"))) {
    event.preventDefault();
    commit(cell);
    move(cell, by);
  } else if (event.key === "Escape") {
    cell.value = original(cell);
    cell.removeAttribute("aria-invalid");
  }
});
body.addEventListener("change", (event) => {
  if (event.target.matches("[data-cell]")) commit(event.target);
});

// Enter after a reason sends the value that wanted it, and never verifies by accident.
reason.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey) return;
  event.preventDefault();
  if (!unexplained) return;
  unexplained.focus();
  commit(unexplained);
  unexplained = null;
});

// The row one works in is the one that F4 runs again.
body.addEventListener("focusin", (event) => {
  const row = event.target.closest("tr");
  body.querySelector("tr.current")?.classList.remove("current");
  row.classList.add("current");
  acts.elements.row.value = row.dataset.version.startsWith("0-") ? "" : row.dataset.test;
  const which = document.getElementById("which");
  if (which) which.textContent = acts.elements.row.value ? row.dataset.name : "what is ticked";
});

// What the server would refuse for want of a reason is asked for here, before the page is left.
function lacksReason(button) {
  if (reason.value.trim()) return false;
  const held = [...body.querySelectorAll("tr[data-state=on_hold] [name=test]:checked")].length;
  const needed = "rerun" in button.dataset || (button.dataset.key === "F10" && held);
  if (needed) {
    say("This needs a reason. Type it, then press the key again.");
    reason.focus();
  }
  return Boolean(needed);
}

// A value that was not taken stands in the way, and says so.
function hasUntaken() {
  const cell = body.querySelector("[aria-invalid]");
  if (!cell) return false;
  if (!notice.querySelector(".failure")) say(`${cell.ariaLabel} was not taken: type it again, or put it back with Esc.`);
  cell.focus();
  return true;
}

// Verify and release wait until what was typed is filed: a key pressed at once acts on what the server judged.
acts.addEventListener("submit", (event) => {
  if (acts.dataset.ready) return;
  event.preventDefault();
  const active = document.activeElement;
  if (active?.matches?.("[data-cell]")) commit(active);
  const button = event.submitter;
  chain.then(() => {
    if (hasUntaken() || lacksReason(button)) return;
    acts.dataset.ready = "1";
    acts.requestSubmit(button);
    delete acts.dataset.ready;
  });
});

document.body.addEventListener("live:results", async () => {
  const answer = await fetch(table.dataset.rows, { headers: { "X-Live": "1", "X-Fetch": "1" } });
  if (answer.ok) lay(await answer.text());
});
cells()[0]?.focus();
