// The desk's camera and hand scanner; without this file codes are typed, and everything else works the same.

const form = document.querySelector("[data-desk]");
const field = form.querySelector("input[name=code]");

// A hand scanner types: whatever is typed outside a field belongs to the next code, never to the button in focus.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.key.length !== 1 || event.key === " ") return;
  if (document.activeElement?.matches("input, textarea, select")) return;
  field.value = "";
  field.focus();
});

const panel = document.querySelector("[data-camera]");
const say = panel.querySelector("[data-camera-says]");
const video = panel.querySelector("video");
const start = panel.querySelector("[data-camera-start]");
const stop = panel.querySelector("[data-camera-stop]");
const EVERY_MILLISECONDS = 150;
let stream = null;

// The browser's own detector where it has one for QR codes, else the one that this site serves (zxing as WebAssembly).
async function detector() {
  if ("BarcodeDetector" in globalThis) {
    const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
    if (formats.includes("qr_code")) return new BarcodeDetector({ formats: ["qr_code"] });
  }
  await new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: panel.dataset.ponyfill });
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  const { BarcodeDetector: Ponyfill, prepareZXingModule } = globalThis.BarcodeDetectionAPI;
  await prepareZXingModule({ overrides: { locateFile: () => panel.dataset.wasm }, fireImmediately: true });
  return new Ponyfill({ formats: ["qr_code"] });
}

function close() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.hidden = true;
  stop.hidden = true;
  start.hidden = false;
}

async function look(reader) {
  while (stream) {
    const found = await reader.detect(video).catch(() => []);
    if (found.length > 0 && stream) {
      close();
      field.value = found[0].rawValue;
      form.requestSubmit();
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MILLISECONDS));
  }
}

async function open() {
  start.hidden = true;
  say.textContent = panel.dataset.starting;
  try {
    const reader = await detector();
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.srcObject = stream;
    video.hidden = false;
    stop.hidden = false;
    await video.play();
    say.textContent = panel.dataset.ready;
    sessionStorage.setItem("desk-camera", "on");
    await look(reader);
  } catch {
    close();
    sessionStorage.removeItem("desk-camera");
    say.textContent = panel.dataset.failed;
    field.focus();
  }
}

start.addEventListener("click", open);
stop.addEventListener("click", () => {
  close();
  sessionStorage.removeItem("desk-camera");
  say.textContent = "";
  field.focus();
});
addEventListener("pagehide", close);

// A phone or tablet at the desk keeps scanning: the camera opens again for the next person, not beside a yes.
if (navigator.mediaDevices?.getUserMedia) {
  panel.hidden = false;
  if (sessionStorage.getItem("desk-camera") === "on" && !document.querySelector("[data-redeem]")) open();
}
