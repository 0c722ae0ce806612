/* Personal values on the ticket page. A chip that was asked for shows its value for half a minute
 * and hides it when the page is left; what the engine missed can be selected and masked. Values
 * stand in the page alone, and only while they are shown. */

const SHOWN_MS = 30_000;

/* --- revealing */

const shown = new Map(); // chip → { face, timer }

function show(chip, value) {
  if (shown.has(chip) || !chip.isConnected) return;
  const face = [...chip.childNodes];
  const words = document.createElement("bdi");
  words.dir = "auto";
  words.textContent = value;
  chip.replaceChildren(words);
  chip.toggleAttribute("data-shown", true);
  chip.setAttribute("aria-label", `${chip.dataset.valueOf}: ${value}`);
  shown.set(chip, { face, timer: setTimeout(() => hide(chip), SHOWN_MS) });
}

function hide(chip) {
  const { face, timer } = shown.get(chip);
  clearTimeout(timer);
  shown.delete(chip);
  chip.replaceChildren(...face);
  chip.removeAttribute("data-shown");
  chip.removeAttribute("aria-label");
}

function hideAll() {
  for (const chip of [...shown.keys()]) hide(chip);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const chip = event.target;
  if (chip.matches(".chip[data-placeholder]") && shown.has(chip)) {
    event.preventDefault(); // the second press hides
    hide(chip);
  }
});

document.addEventListener("htmx:configRequest", (event) => {
  const chip = event.target;
  if (chip.matches(".chip[data-placeholder]")) {
    event.detail.parameters.set("placeholder", chip.dataset.placeholder);
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { target } = event;
  const { xhr, successful } = event.detail;
  if (!successful || !target.matches(".chip[data-placeholder]")) return;
  if (!(xhr.getResponseHeader("Content-Type") ?? "").startsWith("application/json")) return;
  show(target, JSON.parse(xhr.responseText).value);
});

window.addEventListener("pagehide", hideAll);
document.addEventListener("visibilitychange", () => document.hidden && hideAll());

/* --- masking what was missed */

const dialog = document.getElementById("mask");
const here = document.getElementById("mask-here");
const field = dialog.querySelector("[name=text]");

/* The words selected in one message, if no placeholder is among them. */
function selected() {
  const selection = getSelection();
  if (selection.rangeCount === 0 || selection.isCollapsed) return "";
  const range = selection.getRangeAt(0);
  const at = range.commonAncestorContainer;
  const element = at instanceof Element ? at : at.parentElement;
  if (!element?.closest("[data-can-mask]")) return "";
  if (element.closest(".chip") || range.cloneContents().querySelector(".chip")) return "";
  return selection.toString().trim().slice(0, field.maxLength);
}

function offer() {
  const words = selected();
  here.hidden = words === "" || dialog.open;
  if (here.hidden) return;
  const box = getSelection().getRangeAt(0).getBoundingClientRect();
  const wide = document.documentElement.clientWidth;
  const left = Math.min(Math.max(8, box.left), wide - here.offsetWidth - 8);
  here.style.left = `${left + scrollX}px`;
  here.style.top = `${box.bottom + scrollY + 6}px`;
}

function open() {
  field.value = selected() || field.value;
  here.hidden = true;
  dialog.showModal();
  (field.value ? dialog.querySelector("[name=type]") : field).focus();
}

document.addEventListener("selectionchange", offer);
here.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the selection
here.addEventListener("click", open);
dialog.addEventListener("close", () => (field.value = ""));

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-mask]")) {
    event.preventDefault();
    open();
  }
  if (event.target.closest("[data-close-mask]")) dialog.close();
});

document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.("input, textarea, select, dialog");
  const typing = field?.checkVisibility(); // a dialog that was just closed still has the focus
  const other = event.ctrlKey || event.metaKey || event.altKey || event.repeat;
  if (typing || other || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.key.toLowerCase() === "m" || event.code === "KeyM") {
    event.preventDefault();
    open();
  }
});
