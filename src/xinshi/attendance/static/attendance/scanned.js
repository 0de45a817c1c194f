// Presses the button where nothing has to be asked; asks the phone where it is where the activity wants to know.
const form = document.querySelector("[data-scanned]");
const says = document.querySelector("[data-says]");
const LOCATING = { enableHighAccuracy: true, timeout: 10_000, maximumAge: 30_000 };

if (form.dataset.position && navigator.geolocation) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.located) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    says.textContent = form.dataset.position;
    const go = (position) => {
      if (position) {
        for (const name of ["latitude", "longitude", "accuracy"]) form.elements[name].value = position.coords[name].toFixed(6);
      }
      form.dataset.located = "yes";
      form.requestSubmit();
    };
    navigator.geolocation.getCurrentPosition(go, () => go(null), LOCATING);
  }, true);
}
if ("atOnce" in form.dataset && performance.getEntriesByType("navigation")[0]?.type === "navigate") form.requestSubmit();
