// Dragging people between the shifts of a plan, at a desk; every page works without it, by its forms. The server judges each
// move as it judges a form: here is only shown beforehand what it would refuse, and the page comes back as it then is.

const DESK = "(pointer: fine) and (min-width: 60rem)";
let dragged = null;

const board = () => document.querySelector("[data-board]");
const zones = () => [...document.querySelectorAll("[data-line]")];

// People can be taken hold of only where there is a mouse and room; what htmx brings later as well.
function enable(root) {
  if (!board() || !matchMedia(DESK).matches) return;
  for (const person of root.querySelectorAll("[data-drag]")) person.draggable = true;
  for (const hint of document.querySelectorAll("[data-drag-hint]")) hint.hidden = false;
}

function say(zone, text, is_allowed) {
  zone.classList.toggle("may", is_allowed);
  zone.classList.toggle("may-not", !is_allowed);
  if (text) zone.append(Object.assign(document.createElement("p"), { className: "plan-why", textContent: text }));
}

function unsay() {
  for (const zone of document.querySelectorAll(".may, .may-not, .over")) zone.classList.remove("may", "may-not", "over");
  for (const text of document.querySelectorAll(".plan-why")) text.remove();
}

// What stands against each shift of this page, asked of the server once somebody is taken hold of.
async function explain(mine) {
  const address = new URL(board().dataset.obstacles, location);
  address.searchParams.set("person", mine.person);
  if (mine.assignment) address.searchParams.set("instead_of", mine.assignment);
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || dragged !== mine) return;
  const reasons = await answer.json();
  if (dragged !== mine) return;
  for (const zone of zones()) {
    const reason = reasons[zone.dataset.line] ?? "";
    if (zone === mine.home) continue;
    say(zone, reason || ("isFull" in zone.dataset ? board().dataset.full : ""), !reason);
  }
}

document.addEventListener("dragstart", (event) => {
  const person = event.target.closest?.("[data-drag]");
  if (!person || !board()) return;
  const { assignment, remove, swap } = person.dataset;
  // Who could come is listed at a shift, and is not in it.
  dragged = { person: person.dataset.person, assignment, remove, swap, home: assignment ? person.closest("[data-line]") : null };
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", person.querySelector("b, th").textContent);
  board().classList.add("is-dragging");
  if (remove) document.querySelector("[data-out]").hidden = false;
  explain(dragged);
});

// Where somebody may be dropped: on a shift, on somebody else's name (to change places), or outside.
function goal(event) {
  const out = event.target.closest?.("[data-out]");
  if (out) return dragged.remove ? { element: out, address: dragged.remove, values: {} } : null;
  const zone = event.target.closest?.("[data-line]");
  if (!zone || zone === dragged.home) return null;
  const other = event.target.closest("[data-assignment]");
  if (other && dragged.assignment) return { element: other, address: dragged.swap, values: { person: other.dataset.assignment } };
  const values = { person: dragged.person };
  if (dragged.assignment) values.instead_of = dragged.assignment;
  return { element: zone, address: zone.dataset.add, values };
}

document.addEventListener("dragover", (event) => {
  if (!dragged) return;
  const found = goal(event);
  for (const element of document.querySelectorAll(".over")) if (element !== found?.element) element.classList.remove("over");
  if (!found) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
  found.element.classList.add("over");
});

document.addEventListener("drop", (event) => {
  const found = dragged && goal(event);
  if (!found) return;
  event.preventDefault();
  const values = { ...found.values, stay: "1" };
  htmx.ajax("POST", found.address, { values, target: "#content", select: "#content > :not(script)", swap: "innerHTML show:none" });
});

document.addEventListener("dragend", () => {
  dragged = null;
  unsay();
  board()?.classList.remove("is-dragging");
  for (const out of document.querySelectorAll("[data-out]")) out.hidden = true;
});

enable(document);
document.addEventListener("htmx:load", (event) => enable(event.detail.elt));
