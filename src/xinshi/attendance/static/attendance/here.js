// Check in: the camera, and what is kept while there is no network. Kept are the code, the time by the server's clock as this
// phone last knew it, and the grant of who was signed in; the server judges when it is sent.
const here = document.querySelector("[data-here]");
const CODE = /[ak][0-9]{1,18}-[0-9a-f]{6,9}-[0-9a-f]{24}/;
const isShell = "shell" in here.dataset;

const opened = new Promise((resolve, reject) => {
  const asked = indexedDB.open("xinshi-check-in", 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("known");
    asked.result.createObjectStore("scans", { keyPath: "nonce" });
  };
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});
async function store(name, mode, work) {
  const database = await opened;
  return new Promise((resolve, reject) => {
    const asked = work(database.transaction(name, mode).objectStore(name));
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}
const remember = (grant, seconds) => grant && store("known", "readwrite", (known) => known.put({ grant, offset: seconds * 1000 - Date.now() }, "grant"));

async function keep(code, choice) {
  const known = await store("known", "readonly", (rows) => rows.get("grant"));
  if (!known) return say(here.dataset.noGrant, "bad");
  const scan = { nonce: `${code}:${choice}`, code, choice, at: Math.round(Date.now() + known.offset), grant: known.grant };
  await store("scans", "readwrite", (rows) => rows.put(scan));
  say(here.dataset.kept, "good");
  await list();
  send();
}

function say(text, tone) {
  const place = document.querySelector("[data-said]");
  if (!place) return;
  place.textContent = text;
  place.className = `notice ${tone}`;
  place.hidden = false;
}

async function list() {
  const scans = await store("scans", "readonly", (rows) => rows.getAll());
  const place = document.querySelector("[data-queue]");
  place.hidden = scans.length === 0;
  place.querySelector("[data-queue-list]").replaceChildren(...scans.map((scan) => {
    const arrow = scan.choice === "out" ? "←" : "→";
    return Object.assign(document.createElement("li"), { textContent: `${arrow} ${new Date(scan.at).toLocaleString()}` });
  }));
  return scans;
}

// What was refused is told by the page that follows, once: the one that sent it goes at once.
async function tellRefusals() {
  const refusals = await store("known", "readonly", (known) => known.get("refusals"));
  if (!refusals || isShell) return;
  say(refusals.join("\n"), "bad");
  await store("known", "readwrite", (known) => known.delete("refusals"));
}

let sending = false;
async function send() {
  if (sending) return;
  sending = true;
  try {
    const scans = (await list()).sort((one, other) => one.at - other.at);
    if (scans.length === 0) return;
    const answer = await fetch(`${here.dataset.scope}grant/`, { credentials: "same-origin", cache: "no-store", redirect: "manual" });
    if (!answer.ok) return;
    const { csrf, grant, server_seconds: seconds } = await answer.json();
    await remember(grant, seconds);
    const refusals = [];
    for (const scan of scans.slice(0, 50)) {
      const body = new URLSearchParams({ code: scan.code, at: scan.at, grant: scan.grant, choice: scan.choice });
      const sent = await fetch(`${here.dataset.scope}send/`, { method: "POST", body, headers: { "X-CSRFToken": csrf }, credentials: "same-origin" });
      if (!sent.ok) return;
      const said = await sent.json();
      if (!said.final) continue;
      await store("scans", "readwrite", (rows) => rows.delete(scan.nonce));
      if (!said.ok) refusals.push(said.text);
    }
    if (refusals.length) await store("known", "readwrite", (known) => known.put(refusals, "refusals"));
    if (isShell) location.replace(here.dataset.scope);
    else location.reload();
  } catch {
    // No network yet: the next time it comes, or the page is opened, it is tried again.
  } finally {
    sending = false;
  }
}

function scanned(text) {
  const found = CODE.exec(text.toLowerCase());
  if (!found) return;
  if (isShell || !navigator.onLine) choose(found[0]);
  else location.assign(`${here.dataset.scope}c/${found[0]}/`);
}

function choose(code) {
  const panel = document.querySelector("[data-keep]");
  if (!panel) return location.assign(`${here.dataset.scope}c/${code}/`);
  panel.hidden = false;
  for (const button of panel.querySelectorAll("[data-choice]")) {
    button.onclick = () => {
      panel.hidden = true;
      keep(code, button.dataset.choice);
    };
  }
}

globalThis.xinshiScanner(document.querySelector("[data-camera]"), scanned);
navigator.serviceWorker?.register(here.dataset.worker, { scope: here.dataset.scope }).catch(() => {});
if (here.dataset.grant) remember(here.dataset.grant, Number(here.dataset.serverSeconds));
addEventListener("online", send);
const inAddress = isShell ? CODE.exec(location.pathname.toLowerCase()) : null;
if (inAddress) choose(inAddress[0]);
tellRefusals().then(list).then(() => navigator.onLine && send());
