/* The inbox by keyboard: a row that keys mean, rows that are chosen, and what is new on request.
 * Keys are read by their place as well as by their letter, so that they work in a Persian layout. */

const help = document.getElementById("keys");
const bulk = document.getElementById("bulk");
const search = document.getElementById("q");
const picked = document.getElementById("picked");
const all = document.getElementById("pick-all");
const chosen = new Set();
const PLACE = "desk:inbox-row"; // a ticket's number
// A number, as the row may be replaced; the page is made anew by every change, and left for tickets.
let current = sessionStorage.getItem(PLACE);

const rows = () => [...document.querySelectorAll(".inbox-row[data-ticket]")];
const row = () => rows().find((one) => one.dataset.ticket === current) ?? null;
const boxes = () => [...document.querySelectorAll(".inbox [name=ticket]")];

const figures = new Intl.NumberFormat(document.documentElement.lang);

function showCurrent() {
  for (const one of rows()) one.toggleAttribute("data-current", one.dataset.ticket === current);
}

function showChosen() {
  const here = boxes();
  const open = new Set(here.map((box) => box.value));
  for (const value of chosen) if (!open.has(value)) chosen.delete(value); // another team's by now
  for (const box of here) box.checked = chosen.has(box.value);
  const { sayNone, saySome } = picked.dataset;
  const count = here.filter((box) => box.checked).length;
  picked.textContent = count === 0 ? sayNone : `${figures.format(count)} ${saySome}`;
  all.checked = count > 0 && count === here.length;
  all.indeterminate = count > 0 && count < here.length;
}

function choose(value, on) {
  if (on) chosen.add(value);
  else chosen.delete(value);
}

function go(step) {
  const here = rows();
  if (here.length === 0) return;
  const at = here.findIndex((one) => one.dataset.ticket === current);
  if (at + step >= here.length || (at === 0 && step < 0)) {
    document.querySelector(`.pager a[rel="${step > 0 ? "next" : "prev"}"]`)?.focus();
    return;
  }
  const next = here[at < 0 ? 0 : at + step];
  current = next.dataset.ticket;
  next.querySelector("a").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  showCurrent();
}

function letter(event) {
  if (event.key === "?" || event.key === "؟") return "?";
  if (event.key === "/" || (event.code === "Slash" && !event.shiftKey)) return "/";
  if (/^[a-z]$/i.test(event.key)) return event.key.toLowerCase();
  return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : "";
}

const isTyping = (target) =>
  target instanceof HTMLElement &&
  target.checkVisibility() && // no field of a dialog that was just closed
  target.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=submit])");

const keys = {
  j: () => go(1),
  k: () => go(-1),
  o: () => row()?.querySelector("a")?.click(),
  x: () => {
    if (row() === null) return;
    choose(current, !chosen.has(current));
    showChosen();
  },
  a: () => {
    if (chosen.size === 0 && row() !== null) choose(current, true);
    if (chosen.size === 0) return;
    showChosen();
    bulk.requestSubmit(document.getElementById("take"));
  },
  n: () => document.getElementById("show-new")?.click(),
  "/": () => {
    search.focus();
    search.select();
  },
  "?": () => help.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && event.target === document.body) {
    keys.o(); // the row that is marked, after coming back from its ticket
    return;
  }
  const act = keys[letter(event)];
  if (act === undefined || (event.repeat && act !== keys.j && act !== keys.k)) return;
  event.preventDefault();
  act();
});

document.addEventListener("change", (event) => {
  if (event.target === all) {
    for (const box of boxes()) choose(box.value, all.checked);
    showChosen();
  } else if (event.target.matches(".inbox [name=ticket]")) {
    choose(event.target.value, event.target.checked);
    showChosen();
  }
});

document.addEventListener("focusin", (event) => {
  const here = event.target.closest?.(".inbox-row[data-ticket]");
  if (!here) return;
  current = here.dataset.ticket;
  sessionStorage.setItem(PLACE, current);
  showCurrent();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-keys]")) help.showModal();
});

// A row that was replaced while it had the focus gets it back.
let focused = null;
document.addEventListener("htmx:beforeSwap", () => {
  focused = document.activeElement?.closest?.(".inbox-row") ? document.activeElement.id : null;
});
document.addEventListener("htmx:afterSettle", () => {
  if (focused && document.activeElement === document.body) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
  showCurrent();
  showChosen();
});

showCurrent();
showChosen();
