/* The article editor: what is typed is kept on this device until the server has it.
 *
 * A draft is keyed by person and article, offered back when the page opens again (after a reload, a
 * crash, a lost session), and forgotten when the article page says that its form was saved. It
 * carries the version that it was begun from, so that bringing it back cannot overwrite what
 * somebody else has saved since. */

const PREFIX = "pasokh:draft:";
const NAMES = ["title", "text", "lang", "visibility", "seen", "key", "gaps"];
const SHOWN = ["title", "text", "lang", "visibility"];
const KEEP_MS = 400;
const FORGET_AFTER_MS = 30 * 24 * 3600 * 1000;

function drafts() {
  const found = [];
  for (const name of Object.keys(localStorage)) {
    if (!name.startsWith(PREFIX)) continue;
    try {
      found.push([name, JSON.parse(localStorage.getItem(name))]);
    } catch {
      localStorage.removeItem(name);
    }
  }
  return found;
}

function forget(condition) {
  for (const [name, draft] of drafts()) if (condition(draft)) localStorage.removeItem(name);
}

function edit(form) {
  const name = PREFIX + form.dataset.draftKey;
  const field = (one) => form.elements.namedItem(one);
  const text = field("text");
  const length = document.getElementById("editor-length");
  const kept = document.getElementById("editor-kept");
  const offer = document.getElementById("draft-offer");
  const longest = Number(form.dataset.longest);
  const same = (one, other) => SHOWN.every((each) => one[each] === other[each]);
  const number = new Intl.NumberFormat(document.documentElement.lang);
  let timer = null;

  const now = () => Object.fromEntries(NAMES.map((one) => [one, field(one).value]));
  const opened = now();

  function measure() {
    const size = text.value.length;
    length.textContent = size > longest / 2 ? `${number.format(size)} / ${length.dataset.of}` : "";
    form.toggleAttribute("data-too-long", size > longest);
  }

  function keep() {
    clearTimeout(timer);
    timer = null;
    measure();
    const draft = now();
    try {
      if (same(draft, opened) && !form.hasAttribute("data-kept")) {
        localStorage.removeItem(name);
        kept.textContent = "";
      } else {
        localStorage.setItem(name, JSON.stringify({ ...draft, at: Date.now() }));
        kept.textContent = form.dataset.sayKept;
      }
    } catch {
      kept.textContent = form.dataset.sayFull;
    }
  }

  function bringBack(draft) {
    for (const one of NAMES) {
      if (typeof draft[one] === "string") field(one).value = draft[one];
    }
    offer.hidden = true;
    keep();
    form.dispatchEvent(new CustomEvent("draft-restored"));
    text.focus();
  }

  function offerBack() {
    const draft = drafts().find(([one]) => one === name)?.[1];
    if (!draft || form.hasAttribute("data-kept") || same(draft, opened)) return;
    const moment = new Intl.DateTimeFormat(document.documentElement.lang, {
      dateStyle: "medium",
      timeStyle: "short",
    });
    document.getElementById("draft-offer-at").textContent = moment.format(draft.at);
    document.getElementById("draft-restore").addEventListener("click", () => bringBack(draft));
    document.getElementById("draft-discard").addEventListener("click", () => {
      localStorage.removeItem(name);
      offer.hidden = true;
      field("title").focus();
    });
    offer.hidden = false;
  }

  form.addEventListener("input", () => {
    timer ??= setTimeout(keep, KEEP_MS);
  });
  form.addEventListener("change", keep);
  window.addEventListener("pagehide", () => timer !== null && keep());
  form.addEventListener("submit", (event) => {
    keep();
    if (!form.hasAttribute("data-too-long")) return;
    event.preventDefault();
    const detail = { text: form.dataset.sayLong, error: true };
    document.dispatchEvent(new CustomEvent("desk:say", { detail }));
  });
  document.getElementById("take-stored")?.addEventListener("click", () => {
    localStorage.removeItem(name);
  });
  field("title").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault(); // publishes nothing by accident
    text.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.code !== "KeyS" || event.altKey) return;
    event.preventDefault();
    if (!event.repeat) form.querySelector("[data-save]").click();
  });

  measure();
  if (form.hasAttribute("data-kept")) keep();
  offerBack();
}

const saved = document.getElementById("saved-draft");
const form = document.getElementById("editor");
try {
  forget(({ key, at }) => key === saved?.dataset.key || Date.now() - at > FORGET_AFTER_MS);
} catch {
  // a browser that keeps nothing has nothing to forget
}
if (form) edit(form);
