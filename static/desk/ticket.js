/* The ticket page by keyboard: pick a draft, rate, send, go on. What is typed is kept by
 * ticket-reply.js; dialogs are opened by ticket-dialogs.js; what others do is said by
 * ticket-meanwhile.js.
 *
 * Five keys answer and rate: 1 to 3 pick a draft and begin rating, a digit for each draft, s sends.
 * Keys are read by their place as well as by their letter, so that they work while the Persian
 * layout is on ("e" is «ث» there) and with Persian and Arabic digits.
 */

const form = document.getElementById("reply-form");
const reply = document.getElementById("reply");
const chosen = document.getElementById("reply-suggestion");
const origin = document.getElementById("reply-origin");
const words = form?.dataset ?? {};

let written = ""; // what the box held when a draft or answer was put there: not typed by hand
let ratingOf = null; // while rating: the suggestion that the next digit rates
let current = null; // the suggestion that keys mean: its id, as the card may be replaced
const saving = new Set(); // ratings' forms whose stars the server has not confirmed
const asking = new Set(); // those whose request is on its way

/* Those that can be seen: guesses are folded away until somebody wants them. */
const cards = () =>
  [...document.querySelectorAll(".draft[data-suggestion]")].filter(
    (one) => !one.closest("details:not([open])"),
  );
const cardOf = (id) => cards().find((one) => one.dataset.suggestion === id) ?? null;
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

function draftWords(one) {
  const text = one?.querySelector(".draft-text");
  return text ? wordsOf(text) : null;
}

/* --- the reply box */

function insert(text, { whole }) {
  const before = document.activeElement;
  reply.focus({ preventScroll: true });
  if (whole) reply.select();
  // Through the editor rather than .value, so that Ctrl+Z brings back what stood there.
  if (!document.execCommand("insertText", false, text)) {
    reply.setRangeText(text, reply.selectionStart, reply.selectionEnd, "end");
    reply.dispatchEvent(new Event("input", { bubbles: true }));
  }
  return before;
}

function put(text) {
  const isOwn = reply.value.trim() !== "" && reply.value !== written && reply.value !== text;
  if (isOwn) say(words.sayReplaced);
  const before = insert(text, { whole: true });
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

function pick(one, { focus = false } = {}) {
  if (!reply) return;
  if (!one) {
    say(words.sayNoDraft);
    return;
  }
  const text = draftWords(one);
  if (one.dataset.state !== "ready" || !text) {
    const isBusy = one.getAttribute("aria-busy") === "true";
    say(isBusy ? words.sayWriting : words.sayFailed);
    return;
  }
  stopRating();
  put(text);
  choose(one);
  const unrated = cards().filter((each) => canRate(each) && !isRated(each));
  if (unrated.length > 0) beginRating(unrated.includes(one) ? one : unrated[0], { focus });
}

function choose(one) {
  current = one?.dataset.suggestion ?? current;
  chosen.value = one?.dataset.suggestion ?? "";
  origin.textContent = one?.dataset.label ?? "";
  form.draftWords = draftWords(one);
  showChosen();
  typed();
  form.dispatchEvent(new Event("desk:chosen"));
}

function showChosen() {
  for (const one of cards()) {
    const isChosen = Boolean(chosen?.value) && one.dataset.suggestion === chosen.value;
    one.toggleAttribute("data-picked", isChosen);
  }
}

function typed() {
  if (reply.value.trim() === "" && chosen.value !== "") choose(null); // what comes is one's own
  form.toggleAttribute("data-edited", reply.value !== written && chosen.value !== "");
}

/* --- rating: blind until all are rated, a digit each */

function startRating() {
  const open = cards().filter(canRate);
  const unrated = open.filter((each) => !isRated(each));
  const here = open.find((each) => each.dataset.suggestion === current);
  const one = unrated.find((each) => each === here) ?? unrated[0] ?? here ?? open[0];
  if (one) beginRating(one, { focus: true });
  else say(cards().length > 0 ? words.sayWriting : words.sayNoDraft);
}

function beginRating(one, { focus }) {
  ratingOf = current = one.dataset.suggestion;
  if (focus) {
    const star = one.querySelector("[name=stars]:checked") ?? one.querySelector("[name=stars]");
    star.focus({ preventScroll: true });
    star.form.scrollIntoView({ block: "nearest" }); // out from under the reply
  }
  showRating();
}

function stopRating() {
  ratingOf = null;
  showRating();
}

function showRating() {
  for (const one of cards()) {
    one.toggleAttribute("data-rating", one.dataset.suggestion === ratingOf);
  }
  const bar = document.getElementById("rating-bar");
  const text = cardOf(ratingOf)?.dataset.sayRating ?? "";
  if (bar !== null && bar.textContent !== text) bar.textContent = text;
}

function rate(one, stars) {
  const star = one.querySelector(`[name=stars][value="${stars}"]`);
  star.checked = true;
  saving.add(star.form.id);
  star.form.requestSubmit();
  const next = cards().find((each) => canRate(each) && !isRated(each));
  if (next) {
    beginRating(next, { focus: true });
  } else {
    stopRating();
    // Out of the stars, which arrows would change, to the words that are about to be sent.
    (cardOf(chosen?.value) ?? one).querySelector(".draft-body").focus({ preventScroll: true });
  }
}

/* Nothing that was rated is lost by sending at once, however long the server takes. */
function ratingsSaved() {
  for (const id of saving) document.getElementById(id)?.requestSubmit();
  return new Promise((resolve) => {
    const look = () => {
      if ([...saving].some((id) => asking.has(id))) setTimeout(look, 20);
      else resolve();
    };
    look();
  });
}

document.addEventListener("change", (event) => {
  if (event.target.matches(".rate [name=stars]")) saving.add(event.target.form.id);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches?.(".rate")) asking.add(event.target.id);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const asked = event.detail.requestConfig.elt; // which may be out of the page by now
  if (!asked.matches(".rate")) return;
  asking.delete(asked.id);
  if (event.detail.successful) saving.delete(asked.id);
});

document.addEventListener("desk:sending", (event) => event.detail.wait.push(ratingsSaved()));

/* --- keys */

const ZEROS = [0x30, 0x660, 0x6f0]; // of Latin, Arabic and Persian digits

function digit(event) {
  const place = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  if (event.shiftKey) return place ? Number(place[1]) : null;
  const code = event.key.codePointAt(0);
  if (event.key.length === 1) {
    for (const zero of ZEROS) {
      if (code >= zero && code <= zero + 9) return code - zero;
    }
  }
  return place ? Number(place[1]) : null;
}

function letter(event) {
  if (event.key === "?" || event.key === "؟") return "?";
  if (/^[a-z]$/i.test(event.key)) return event.key.toLowerCase();
  return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : "";
}

/* A field of a dialog that was just closed keeps the focus until the next frame: not typed into. */
function isTyping(target) {
  return (
    target instanceof HTMLElement &&
    target.checkVisibility() &&
    target.matches("textarea, select, input:not([type=radio], [type=checkbox], [type=submit])")
  );
}

/* Along the list that the ticket was opened from; where it ends, that is said. */
function follow(rel) {
  const link = document.querySelector(`a[rel="${rel}"][href]`);
  if (link) link.click();
  else say(document.querySelector(".ticket-nav").dataset[rel === "next" ? "sayNext" : "sayPrev"]);
}

const open = (name) => document.dispatchEvent(new CustomEvent("desk:open", { detail: { name } }));

const keys = {
  a: () => document.querySelector("[data-assign-me]")?.click(),
  b: () => document.getElementById("back-to-list").click(),
  c: () => open("canned"),
  e: () => (reply ? reply.focus() : document.getElementById("answer-again")?.click()),
  j: () => follow("next"),
  k: () => follow("prev"),
  n: () => open("note"),
  r: startRating,
  s: () => form?.requestSubmit(),
  u: () => document.getElementById("undo")?.requestSubmit(),
  x: () => open("refuse"),
  "?": () => open("keys"),
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
    if (isTyping(event.target) || event.target.matches?.("[name=stars]")) event.target.blur();
    return;
  }
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.repeat) {
    return;
  }
  const number = digit(event);
  if (number !== null) {
    event.preventDefault();
    const rated = event.shiftKey ? null : cardOf(ratingOf);
    if (rated === null && !unfold()) pick(cards()[number - 1], { focus: true });
    else if (rated !== null && number >= 1 && number <= 5) rate(rated, number);
    return;
  }
  const act = keys[letter(event)];
  if (act === undefined) return;
  stopRating();
  event.preventDefault();
  act();
});

/* Guesses are shown by the first digit, and meant by the next. */
function unfold() {
  const folded = document.querySelector("#guesses:not([open])");
  if (folded === null) return false;
  folded.open = true;
  folded.querySelector("summary").focus();
  return true;
}

/* --- pointer, page */

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick], [data-answer], [data-use-rewrite]");
  if (button?.hasAttribute("data-pick")) pick(button.closest(".draft"));
  if (button?.hasAttribute("data-answer") && reply) {
    put(wordsOf(document.getElementById(button.dataset.answer)));
    choose(null);
    origin.textContent = button.dataset.label;
  }
  if (button?.hasAttribute("data-use-rewrite") && reply) {
    put(wordsOf(document.getElementById(button.dataset.useRewrite)));
    choose(button.closest(".draft"));
  }
});

/* A canned reply, or a draft said another way: alone where there is nothing yet. */
document.addEventListener("desk:insert", (event) => {
  const { text, label, suggestion } = event.detail;
  if (!reply) return;
  if (reply.value.trim() === "" || suggestion) {
    put(text);
    choose(suggestion ? cardOf(suggestion) : null);
  } else {
    insert(text, { whole: false });
  }
  if (label) origin.textContent = label;
  reply.focus({ preventScroll: true });
});

document.addEventListener("focusin", (event) => {
  current = event.target.closest?.(".draft")?.dataset.suggestion ?? current;
  if (isTyping(event.target)) stopRating();
});

// Enter in the reason saves it; the form sends itself on every change.
document.addEventListener("submit", (event) => {
  if (event.target.matches(".rate") && !event.target.querySelector("[name=stars]:checked")) {
    event.preventDefault();
  }
});

document.addEventListener("htmx:afterSettle", () => {
  showChosen();
  showRating();
});

/* What was typed on another machine, or just before the page was left. */
function restore() {
  const kept = cardOf(chosen.value);
  if (kept === null) return;
  written = form.draftWords = draftWords(kept);
  current = chosen.value;
  origin.textContent = kept.dataset.label;
  typed();
  showChosen();
  form.dispatchEvent(new Event("desk:chosen"));
}

document.addEventListener("desk:restore", (event) => {
  reply.value = event.detail.text;
  chosen.value = event.detail.suggestion ?? "";
  restore();
});

if (form) {
  reply.addEventListener("input", typed);
  restore();
}
