// A code on a screen that changes: fetched anew as it does, and marked where the network is gone. The screen stays awake.
for (const place of document.querySelectorAll("[data-live-code]")) {
  const stale = place.parentElement.querySelector("[data-stale]");
  let shownAt = Date.now();
  const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const renew = async () => {
    const answer = await fetch(place.dataset.liveCode, { credentials: "same-origin", cache: "no-store" }).catch(() => null);
    const part = answer?.ok && !answer.redirected ? await answer.text() : "";
    if (part.includes("data-code")) {
      place.innerHTML = part;
      shownAt = Date.now();
    }
    if (stale) stale.hidden = Date.now() - shownAt < 60_000;
  };
  (async () => {
    for (;;) {
      const seconds = Number(place.querySelector("[data-code]")?.dataset.seconds ?? 5);
      const age = (Date.now() - shownAt) / 1000;
      await wait(Math.max(1, Math.min(30, seconds - age) + 0.3) * 1000);
      await renew();
      if (Date.now() - shownAt > 5_000) await wait(3_000);
    }
  })();
}
const awake = () => document.visibilityState === "visible" && document.querySelector("[data-live-code]") && navigator.wakeLock?.request("screen").catch(() => {});
document.addEventListener("visibilitychange", awake);
awake();
