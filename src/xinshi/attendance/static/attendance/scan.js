// Who leads scans one code after the other: each is sent when the one before is answered, and again while there is no network.
const form = document.querySelector("[data-scan]");
const field = form.querySelector("input[name=code]");
const verdict = document.querySelector("#verdict");
const waiting = document.querySelector("[data-waiting]");
const GOOD_FOR_MILLISECONDS = 45_000;
const queue = [];
const known = new Map();
let busy = false;

function show() {
  waiting.hidden = queue.length === 0;
  waiting.querySelector("[data-waiting-count]").textContent = queue.length;
}

async function send() {
  if (busy) return;
  busy = true;
  while (queue.length > 0) {
    show();
    const { text, at } = queue[0];
    const body = new URLSearchParams(new FormData(form));
    body.set("code", text);
    const answer = await fetch(location.pathname, { method: "POST", body, headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
    if (answer?.ok) {
      verdict.innerHTML = await answer.text();
      globalThis.htmx?.process(verdict);
      navigator.vibrate?.(verdict.querySelector("[data-verdict=yes]") ? 60 : [80, 60, 80]);
      queue.shift();
    } else if (Date.now() - at > GOOD_FOR_MILLISECONDS) {
      queue.shift();
    } else {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    }
  }
  show();
  busy = false;
}

function scanned(text) {
  const at = Date.now();
  if (at - (known.get(text) ?? 0) < GOOD_FOR_MILLISECONDS) return;
  known.set(text, at);
  queue.push({ text, at });
  send();
}

globalThis.xinshiScanner(document.querySelector("[data-camera]"), scanned, { keepsOn: true });
form.addEventListener("htmx:afterRequest", () => { field.value = ""; field.focus(); });
