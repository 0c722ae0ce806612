/* Dialogs of the ticket page: keys, note, canned replies, "none of these is good". Any module opens
 * one by the event "desk:open" with its id. */

const canned = document.getElementById("canned");
const note = document.getElementById("note");
const refusal = document.getElementById("refuse");

const opening = { canned: loadCanned };

function open(name) {
  const dialog = document.getElementById(name);
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  dialog.showModal();
  opening[name]?.();
}

document.addEventListener("desk:open", (event) => open(event.detail.name));

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-open-keys], [data-open-note], [data-open-canned], [data-open-refuse], [data-close-refuse], [data-close-dialog]");
  if (!button) return;
  for (const name of ["keys", "note", "canned", "refuse"]) {
    if (button.hasAttribute(`data-open-${name}`)) open(name);
  }
  if (button.matches("[data-close-refuse], [data-close-dialog]")) button.closest("dialog").close();
});

/* --- a note, a refusal */

for (const dialog of [note, refusal].filter(Boolean)) {
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      dialog.querySelector("form").requestSubmit();
    }
  });
}

/* What was typed stays until the server has it. */
for (const dialog of [note, refusal].filter(Boolean)) {
  dialog.addEventListener("htmx:afterRequest", (event) => {
    const { xhr, successful } = event.detail;
    const asked = new URL(dialog.querySelector("form").action).pathname;
    const answered = new URL(xhr.responseURL || asked, location.href).pathname;
    if (!successful || answered !== asked) return; // refused, or signed out
    dialog.querySelector("form").reset();
    dialog.close();
    const text = dialog.dataset.sayKept;
    if (text) document.dispatchEvent(new CustomEvent("desk:say", { detail: { text } }));
  });
}

window.addEventListener("beforeunload", (event) => {
  const isTyped = [note, refusal].some((one) => one?.querySelector("textarea").value.trim());
  if (isTyped) event.preventDefault();
});

/* --- canned replies: loaded when they are asked for, found by any word of theirs */

const search = document.getElementById("canned-search");
const list = document.getElementById("canned-list");
const rows = () => [...list.querySelectorAll("[data-canned]")].filter((one) => !one.parentElement.hidden);

async function loadCanned() {
  search.value = "";
  await htmx.ajax("GET", canned.dataset.url, { target: list, swap: "innerHTML" });
  find(); // what was typed before it came
}

function find() {
  const wanted = search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  for (const one of list.querySelectorAll("li")) {
    const text = one.textContent.toLocaleLowerCase();
    one.hidden = !wanted.every((word) => text.includes(word));
  }
  const count = document.getElementById("canned-found");
  count.textContent = wanted.length > 0 && rows().length === 0 ? count.dataset.sayNone : "";
}

async function use(button) {
  const token = /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
  let answer = null;
  try {
    answer = await fetch(button.dataset.canned, { method: "POST", headers: { "X-CSRFToken": token } });
  } catch {
    answer = null;
  }
  if (!answer?.ok || answer.redirected) {
    const words = document.body.dataset;
    const text = answer === null ? words.sayOffline : answer.redirected ? words.saySignedOut : words.sayFailed;
    document.dispatchEvent(new CustomEvent("desk:say", { detail: { text, error: true } }));
    return;
  }
  const { text } = await answer.json();
  canned.close();
  const detail = { text, label: button.dataset.label };
  document.dispatchEvent(new CustomEvent("desk:insert", { detail }));
}

search?.addEventListener("input", find);
canned?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-canned]");
  if (button) use(button);
});
canned?.addEventListener("keydown", (event) => {
  const shown = rows();
  if (event.target === search && event.key === "Enter") {
    event.preventDefault();
    if (shown[0]) use(shown[0]);
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const place = shown.indexOf(document.activeElement) + step;
  (shown[place] ?? search).focus();
});
