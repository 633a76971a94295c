// Shows what a scanner sends, and says what is wrong with it: suffix, prefix, layout, timing. Nothing leaves the page.

const field = document.getElementById("try");
const verdict = document.getElementById("verdict");
const strokes = document.getElementById("keystrokes");
const examples = [...document.querySelectorAll("[data-example]")].map((one) => one.dataset.example);
const PAUSE_MS = 400; // longer than a scanner ever waits between two keys
const HAND_MS = 60; // slower than this on the average is typing

let keys = [];
let last = 0;
let closing = 0;

function line(text, isGood) {
  const made = document.createElement("p");
  made.className = isGood ? "" : "warn-line";
  made.textContent = `${isGood ? "✓" : "!"} ${text}`;
  return made;
}

// Letters that change places between keyboard layouts, and digits that need Shift on some.
function layout(text, example) {
  const swapped = (one) => one.replace(/[yz]/gi, (c) => ({ y: "z", z: "y", Y: "Z", Z: "Y" })[c]);
  if (swapped(text) === example) return "Y and Z change places: set the scanner and the computer to the same keyboard layout.";
  if (text.toLowerCase() === example.toLowerCase()) return "Capitals are not right: Caps Lock is on, or the scanner changes them.";
  const digits = [...example].filter((c) => /\d/.test(c)).join("");
  if (digits && !text.includes(digits.slice(0, 3))) return "Digits come as other characters: the computer's layout wants Shift for digits.";
  return "What came is not what is printed: set the scanner to the computer's keyboard layout.";
}

function ending(names) {
  const enters = names.filter((name) => name === "Enter").length;
  if (names.at(-1) === "Enter" && enters === 1) return line("Ends with Enter.", true);
  if (enters > 1) return line("Ends with Enter twice (CR and LF): set the suffix to CR alone.", false);
  if (names.at(-1) === "Tab") return line("Ends with Tab: set the suffix to Enter (CR).", false);
  return line("No Enter at the end: set the suffix to Enter (CR), or every scan needs the keyboard.", false);
}

function content(text) {
  const example = examples.find((one) => text.toUpperCase().endsWith(one.toUpperCase()));
  const before = example ? text.slice(0, text.length - example.length) : "";
  if (example && text === example) return [line(`Read as printed: ${text}`, true)];
  if (example && before) {
    const what = /^\][A-Z]\d$/i.test(before) ? `the symbology code ${before}` : before;
    return [line(`There is something before it: ${what}. Switch the prefix off.`, false)];
  }
  const nearest = examples.find((one) => one.length === text.length) ?? examples[0];
  return [line(`Read: ${text || "nothing"}, printed: ${nearest}.`, false), line(layout(text, nearest), false)];
}

function pace(list) {
  const gaps = list.slice(1).map((one) => one.after);
  if (!gaps.length) return [];
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const words = `${mean.toFixed(1)} ms between keys on the average, ${Math.max(...gaps).toFixed(0)} ms at most`;
  return [line(mean < HAND_MS ? `${words}.` : `${words}: slow, as if typed by hand. Take away the delay between characters.`, mean < HAND_MS)];
}

function finish() {
  const list = keys;
  keys = [];
  if (!list.length) return;
  const names = list.map((one) => one.name);
  const text = names.filter((name) => name.length === 1).join("");
  verdict.replaceChildren(...content(text), ending(names), ...pace(list));
  strokes.replaceChildren(...list.map((one) => {
    const row = document.createElement("tr");
    for (const cell of [one.name === " " ? "Space" : one.name, one.code, one.after.toFixed(1)]) {
      const made = document.createElement("td");
      made.textContent = cell;
      row.append(made);
    }
    row.lastElementChild.className = "num";
    return row;
  }));
  field.value = "";
}

field.addEventListener("keydown", (event) => {
  if (["Shift", "Control", "Alt", "AltGraph", "Meta"].includes(event.key)) return;
  // Tab sent by a scanner is part of what it sends; Tab pressed alone leaves the field as always.
  if (event.key === "Enter" || (event.key === "Tab" && keys.length)) event.preventDefault();
  else if (event.key === "Tab") return;
  keys.push({ name: event.key, code: event.code, after: keys.length ? event.timeStamp - last : 0 });
  last = event.timeStamp;
  clearTimeout(closing);
  closing = setTimeout(finish, PAUSE_MS);
});

document.getElementById("trying").addEventListener("submit", (event) => event.preventDefault());
document.getElementById("again").addEventListener("click", () => {
  keys = [];
  field.value = "";
  strokes.replaceChildren();
  verdict.replaceChildren(line("Nothing was scanned yet.", true));
  field.focus();
});
