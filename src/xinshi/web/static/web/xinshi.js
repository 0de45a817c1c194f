// Small comforts; every page works without them.

// A button or form with data-confirm="question" asks first.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (!question || form.dataset.confirmed) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const submitter = event.submitter;
  const dialog = document.createElement("dialog");
  const text = Object.assign(document.createElement("p"), { textContent: question });
  const row = Object.assign(document.createElement("p"), { className: "row" });
  const zh = document.documentElement.lang.startsWith("zh");
  const no = Object.assign(document.createElement("button"), { className: "btn quiet", textContent: zh ? "不，返回" : "No, go back" });
  const yes = Object.assign(document.createElement("button"), { className: "btn primary", textContent: submitter?.textContent.trim() || (zh ? "是" : "Yes") });
  no.addEventListener("click", () => dialog.close());
  yes.addEventListener("click", () => {
    dialog.close();
    form.dataset.confirmed = "yes";
    form.requestSubmit(submitter);
    delete form.dataset.confirmed;
  });
  dialog.addEventListener("close", () => dialog.remove());
  row.append(no, yes);
  dialog.append(text, row);
  document.body.append(dialog);
  dialog.showModal();
}, true);

// <input type="checkbox" data-check-all="name"> ticks every box of that name in its form; it is hidden without script.
for (const all of document.querySelectorAll("input[data-check-all]")) {
  const boxes = () => [...all.form.elements].filter((box) => box.name === all.dataset.checkAll && box.type === "checkbox");
  (all.closest("label") ?? all).hidden = false;
  all.addEventListener("change", () => boxes().forEach((box) => { box.checked = all.checked; }));
  all.form.addEventListener("change", () => {
    const ticked = boxes().filter((box) => box.checked).length;
    all.checked = ticked > 0 && ticked === boxes().length;
    all.indeterminate = ticked > 0 && !all.checked;
  });
}

// A form that was sent is not sent again by a second click.
const sent = new Set();
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  setTimeout(() => {
    for (const button of event.target.querySelectorAll("button:enabled")) {
      button.disabled = true;
      sent.add(button);
    }
  }, 0);
});
addEventListener("pageshow", () => {
  for (const button of sent) button.disabled = false;
  sent.clear();
});
