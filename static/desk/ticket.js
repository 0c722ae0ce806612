/* The ticket page by keyboard: pick a draft, edit, rate, send, go on. Nothing that is typed is kept
 * anywhere but in the page.
 *
 * Keys are read by their place as well as by their letter, so that they work while the Persian
 * layout is on ("e" is «ث» there) and with Persian digits.
 */

const form = document.getElementById("reply-form");
const reply = document.getElementById("reply");
const chosen = document.getElementById("reply-suggestion");
const origin = document.getElementById("reply-origin");
const help = document.getElementById("keys");
const words = form?.dataset ?? {};

let written = ""; // what the box held when a draft or answer was put there: not typed by hand
let ratingCard = null; // after r: the card that the next digit rates
let current = null; // the suggestion that keys mean: its id, as the card may be replaced

/* Those that can be seen: guesses are folded away until somebody wants them. */
const cards = () =>
  [...document.querySelectorAll(".draft")].filter((one) => !one.closest("details:not([open])"));
const card = () => cards().find((one) => one.dataset.suggestion === current) ?? null;
const isRated = (one) => one.querySelector("[name=stars]:checked") !== null;
const canRate = (one) => one.querySelector("[name=stars]:enabled") !== null;

function say(text) {
  if (text) document.dispatchEvent(new CustomEvent("desk:say", { detail: { text } }));
}

/* The words of a text, with placeholders where it shows chips. */
function wordsOf(element) {
  const copy = element.cloneNode(true);
  for (const chip of copy.querySelectorAll("[data-placeholder]")) {
    chip.replaceWith(chip.dataset.placeholder);
  }
  return copy.textContent;
}

/* --- the reply box */

function put(text) {
  const before = document.activeElement;
  reply.focus({ preventScroll: true });
  reply.select();
  // Through the editor rather than .value, so that Ctrl+Z brings back what stood there.
  if (!document.execCommand("insertText", false, text)) reply.value = text;
  reply.setSelectionRange(0, 0);
  reply.scrollTop = 0;
  written = reply.value;
  if (before !== reply) {
    reply.blur();
    if (before instanceof HTMLElement && before !== document.body) {
      before.focus({ preventScroll: true });
    }
  }
  if (matchMedia("(max-width: 52rem)").matches) form.scrollIntoView({ block: "nearest" });
}

function pick(one) {
  if (!one || !reply) return;
  const text = one.querySelector(".draft-text");
  if (one.dataset.state !== "ready" || !text?.textContent) {
    const isBusy = one.getAttribute("aria-busy") === "true";
    say(isBusy ? words.sayWriting : words.sayFailed);
    return;
  }
  put(wordsOf(text));
  choose(one);
}

function choose(one) {
  current = one?.dataset.suggestion ?? current;
  chosen.value = one?.dataset.suggestion ?? "";
  origin.textContent = one?.dataset.label ?? "";
  showChosen();
}

function showChosen() {
  for (const one of cards()) {
    const isChosen = Boolean(chosen?.value) && one.dataset.suggestion === chosen.value;
    one.toggleAttribute("data-picked", isChosen);
  }
}

function typed() {
  if (reply.value.trim() === "") choose(null); // what is written next is the agent's own
  form.toggleAttribute("data-edited", reply.value !== written && chosen.value !== "");
}

/* --- rating */

function startRating() {
  const open = cards().filter(canRate);
  const unrated = open.filter((each) => !isRated(each));
  const here = open.find((each) => each === card());
  const one = unrated.find((each) => each === here) ?? unrated[0] ?? here ?? open[0];
  if (!one) {
    say(words.sayWriting);
    return;
  }
  stopRating();
  ratingCard = one;
  current = one.dataset.suggestion;
  one.toggleAttribute("data-rating", true);
  (one.querySelector("[name=stars]:checked") ?? one.querySelector("[name=stars]")).focus();
}

function stopRating() {
  for (const one of cards()) one.removeAttribute("data-rating");
  ratingCard = null;
}

function rate(one, stars) {
  const star = one.querySelector(`[name=stars][value="${stars}"]`);
  stopRating();
  star.checked = true;
  star.focus();
  star.dispatchEvent(new Event("change", { bubbles: true }));
  current = cards().find((each) => canRate(each) && !isRated(each))?.dataset.suggestion ?? current;
}

/* --- keys */

function digit(event) {
  const code = event.key.codePointAt(0);
  if (event.key.length === 1) {
    for (const zero of [0x30, 0x660, 0x6f0]) {
      if (code >= zero && code <= zero + 9) return code - zero;
    }
  }
  const place = event.shiftKey ? null : /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  return place ? Number(place[1]) : null;
}

function letter(event) {
  if (event.key === "?" || event.key === "؟") return "?";
  if (/^[a-z]$/i.test(event.key)) return event.key.toLowerCase();
  return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : "";
}

function isTyping(target) {
  return (
    target instanceof HTMLElement &&
    target.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=submit])")
  );
}

const follow = (rel) => document.querySelector(`a[rel="${rel}"][href]`)?.click();

const keys = {
  e: () => reply?.focus(),
  s: () => form?.requestSubmit(),
  r: startRating,
  j: () => follow("next"),
  k: () => follow("prev"),
  "?": () => help?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
  if (event.target === reply && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (!event.repeat) form.requestSubmit();
    return;
  }
  if (event.key === "Escape") {
    stopRating();
    if (isTyping(event.target)) event.target.blur();
    return;
  }
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.repeat) {
    return;
  }
  const number = digit(event);
  if (number !== null) {
    if (ratingCard !== null) {
      if (number >= 1 && number <= 5) rate(ratingCard, number);
    } else {
      pick(cards()[number - 1]);
    }
    event.preventDefault();
    return;
  }
  const act = keys[letter(event)];
  if (act === undefined) return;
  stopRating();
  event.preventDefault();
  act();
});

/* --- pointer, form, page */

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick], [data-answer], [data-open-keys]");
  if (button?.hasAttribute("data-pick")) pick(button.closest(".draft"));
  if (button?.hasAttribute("data-open-keys")) help?.showModal();
  if (button?.hasAttribute("data-answer")) {
    put(wordsOf(document.getElementById(button.dataset.answer)));
    choose(null);
    origin.textContent = button.dataset.label;
  }
});

document.addEventListener("focusin", (event) => {
  current = event.target.closest?.(".draft")?.dataset.suggestion ?? current;
  if (ratingCard !== null && !ratingCard.contains(event.target)) stopRating();
});

// Enter in the reason saves it; the form sends itself on every change.
document.addEventListener("submit", (event) => {
  if (event.target.matches(".rate") && !event.target.querySelector("[name=stars]:checked")) {
    event.preventDefault();
  }
});

document.addEventListener("htmx:afterSettle", showChosen);

if (form) {
  reply.addEventListener("input", typed);
  let sending = false;
  form.addEventListener("submit", (event) => {
    if (sending) event.preventDefault();
    sending = true;
    form.toggleAttribute("data-sending", true);
  });
  window.addEventListener("pageshow", () => {
    sending = false;
    form.removeAttribute("data-sending");
    if (chosen.value) showChosen();
  });
  window.addEventListener("beforeunload", (event) => {
    const byHand = reply.value.trim() !== "" && reply.value !== written && !sending;
    if (byHand && reply.value !== reply.defaultValue) event.preventDefault();
  });
}
