// The station is typed once and goes with either way of signing in.

const station = document.getElementById("station");
for (const copy of document.querySelectorAll("[data-copies=station]")) {
  copy.form.addEventListener("submit", () => { copy.value = station.value; });
}
