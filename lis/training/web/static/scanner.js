// In a window of the laboratory: what the bench window's scanner reads is typed into the scan box, as a hand scanner
// would. Of several windows the one that was used last takes it. No secure context is needed.

const lab = document.querySelector("meta[name=lab]").content;
const channel = new BroadcastChannel(`scanner ${lab}`);
const USED_LAST = `scanner ${lab}`;
const me = (sessionStorage.scannerWindow ??= String(performance.timeOrigin + performance.now()));

const use = () => { localStorage[USED_LAST] = me; };
if (document.hasFocus() || !localStorage[USED_LAST]) use();
window.addEventListener("focus", use);

channel.addEventListener("message", ({ data }) => {
  if (data.kind === "who") channel.postMessage({ kind: "here", window: me });
  if (data.kind !== "scan" || data.window !== me) return;
  const box = document.getElementById("scan");
  if (!box) return;
  box.value = data.text;
  channel.postMessage({ kind: "taken", text: data.text, title: document.querySelector("h1").innerText.trim() });
  box.form.requestSubmit();
});
