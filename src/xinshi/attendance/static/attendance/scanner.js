// The camera: calls `onScan(text)` for each code. The browser's own detector, else the one that this site serves.
globalThis.xinshiScanner = (panel, onScan, { keepsOn = false } = {}) => {
  const say = panel.querySelector("[data-camera-says]");
  const video = panel.querySelector("video");
  const start = panel.querySelector("[data-camera-start]");
  const stop = panel.querySelector("[data-camera-stop]");
  let stream = null;

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
    video.hidden = stop.hidden = true;
    start.hidden = false;
  }

  async function look(reader) {
    while (stream) {
      const found = await reader.detect(video).catch(() => []);
      for (const { rawValue } of stream ? found : []) {
        if (!keepsOn) close();
        onScan(rawValue);
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  start.addEventListener("click", async () => {
    start.hidden = true;
    say.textContent = panel.dataset.starting;
    try {
      const reader = await detector();
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      video.hidden = stop.hidden = false;
      await video.play();
      say.textContent = panel.dataset.ready;
      await look(reader);
    } catch {
      close();
      say.textContent = panel.dataset.failed;
    }
  });
  stop.addEventListener("click", () => {
    close();
    say.textContent = "";
  });
  addEventListener("pagehide", close);
  if (navigator.mediaDevices?.getUserMedia) panel.hidden = false;
};
