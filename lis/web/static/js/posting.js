// Forms are posted by this script, as the browser would, with three differences: a refusal is shown on the page, where
// everything typed still stands; a second press while the first is on its way does nothing; afterwards the keyboard is
// where it was. What is answered with a page or a file of its own is left to the browser.

const notice = document.getElementById("notice");
const ANSWERED_OTHERWISE = /\.(pdf|zpl)$|\/preview$/;
const ACTED = "acted";
const underWay = new WeakMap();
const CONTROLS = "input:not([type=hidden]), select, textarea, button";

const pathOf = (address) => new URL(address, location.href).pathname;

function say(message, link) {
  const line = document.createElement("p");
  line.append(Object.assign(document.createElement("b"), { textContent: "✕ " }), message, " ");
  if (link) line.append(Object.assign(document.createElement("a"), { href: link, textContent: "Sign in again" }));
  const failure = Object.assign(document.createElement("div"), { className: "failure" });
  failure.append(line);
  notice.replaceChildren(failure);
}

// What is on its way arrives, even if the page is left meanwhile; browsers let only what is short outlive its page.
async function post(form, address, button) {
  const keepalive = !form.querySelector("textarea");
  const headers = { "X-Post": "1", "X-Fetch": "1" };
  const answer = await fetch(address, { method: "POST", headers, body: new FormData(form, button), keepalive });
  const target = answer.headers.get("Location");
  if (answer.ok && target) {
    sessionStorage[ACTED] = JSON.stringify({ page: pathOf(target), form: pathOf(form.getAttribute("action")), top: scrollY });
    location.assign(target);
    return true;
  }
  if (answer.status === 401) say("You are signed out; nothing was done.", answer.headers.get("HX-Redirect"));
  else notice.innerHTML = await answer.text();
  return false;
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter: button } = event;
  const isOthers = form.matches("[hx-post], [data-own]"); // whose own script may not have come yet
  if (event.defaultPrevented || isOthers || form.method.toLowerCase() !== "post") return;
  const address = button?.getAttribute("formaction") ?? form.getAttribute("action");
  if (ANSWERED_OTHERWISE.test(pathOf(address))) return;
  event.preventDefault();
  if (form.ariaBusy && underWay.get(form) === address) return;
  underWay.set(form, address);
  form.ariaBusy = "true";
  const leaves = await post(form, address, button).catch(() => {
    say("No answer came; whether it was done is not known. Load the page again and look.");
  });
  if (!leaves) form.ariaBusy = null;
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[aria-busy]")) form.ariaBusy = null;
});

// On to what the act calls for; else to the same form; else to the head of the page.
function giveKeyboard(action) {
  const same = [...document.forms].find((one) => one.getAttribute("action") && pathOf(one.getAttribute("action")) === action);
  const head = document.querySelector("h1");
  head.tabIndex = -1;
  const next = document.querySelector("[data-next]") ?? [...(same?.elements ?? [])].find((one) => one.matches(CONTROLS)) ?? head;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

// A link to a part of a page with a form leads into it, once the browser itself has gone there.
window.addEventListener("load", () => setTimeout(() => {
  document.getElementById(location.hash.slice(1))?.querySelector(CONTROLS)?.focus();
}));

const acted = JSON.parse(sessionStorage[ACTED] ?? "null");
delete sessionStorage[ACTED];
if (acted?.page === location.pathname && !location.hash) {
  window.scrollTo(0, acted.top);
  document.activeElement.closest("main *")?.scrollIntoView({ block: "nearest" }); // where a page's own script has put it
  if (document.activeElement === document.body || document.querySelector("[data-next]")) giveKeyboard(acted.form);
}
