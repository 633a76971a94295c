// Function keys, because focus is nearly always in a field. Buttons say which key presses them: data-key="F10".
// No module: it runs before the page is shown, so that no key is lost while other scripts are still on their way.

(() => {
  const isField = (element) => element.matches("input, textarea, select");

  function press(name, event) {
    const button = document.querySelector(`[data-key="${name}"]:not([disabled])`);
    if (!button) return;
    event.preventDefault();
    if (button.matches("button")) button.focus({ preventScroll: true });
    button.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.metaKey) return;
    const name = (event.ctrlKey ? "Ctrl+" : "") + event.code;
    if (event.shiftKey && name !== "Slash" && event.key !== "?") return;
    if (name === "F9") {
      event.preventDefault();
      const box = document.getElementById("scan");
      box?.focus();
      box?.select();
    } else if (name === "F1" || (event.key === "?" && !isField(event.target))) {
      event.preventDefault();
      const card = document.getElementById("keys");
      if (card && !card.open) card.showModal();
    } else if (name === "Escape" && !document.querySelector("dialog[open]")) {
      document.getElementById("notice")?.replaceChildren(); // what was refused is acknowledged
    } else if (["F2", "F4", "F8", "F10", "PageUp", "PageDown", "Ctrl+Enter"].includes(name)) {
      press(name, event);
    }
  });

  // A browser moves the keyboard to where a page begins when it first draws it; a scanner may be quicker.
  document.addEventListener("DOMContentLoaded", () => {
    if (document.activeElement === document.body && !location.hash) document.querySelector("[autofocus]")?.focus();
  });

  // What is wider than its place can be moved by keyboard too: it becomes a stop of the Tab key while it is.
  function reachScrolled() {
    for (const wide of document.querySelectorAll("table, pre, .scroll, .chart")) {
      if (wide.scrollWidth > wide.clientWidth && getComputedStyle(wide).overflowX === "auto") wide.tabIndex = 0;
    }
  }
  document.addEventListener("DOMContentLoaded", reachScrolled);
  window.addEventListener("resize", reachScrolled);
  document.addEventListener("htmx:afterSwap", reachScrolled);

  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".bar details[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
})();
