// A kiosk forgets who stood before it: after a while without a touch it begins again.
const main = document.querySelector("main");
const SECONDS = Number(main.dataset.idleSeconds ?? 45);
let timer = null;
function reset() {
  if (main.dataset.idle) location.replace(main.dataset.idle);
  else for (const form of document.querySelectorAll("main form")) form.reset();
}
function touched() {
  clearTimeout(timer);
  timer = setTimeout(reset, SECONDS * 1000);
}
if (main.dataset.idle || "idleClears" in main.dataset) {
  for (const kind of ["pointerdown", "keydown", "input"]) addEventListener(kind, touched, { passive: true });
  touched();
}
addEventListener("pageshow", (event) => { if (event.persisted) reset(); });
