/* The reply while it is written: kept on the server, sent, and taken back.
 *
 * What is typed is kept a second after the last key, and by a beacon when the page is left: on the
 * server, encrypted, so that it is there on another machine too. localStorage is not used: it would
 * leave customers' values readable on the agent's computer. While the server cannot be reached, or
 * the session has ended, the words stay in the page, which says so, asks again until it works, and
 * asks before it is closed.
 */

const form = document.getElementById("reply-form");
const KEEP_MS = 1000;
const AGAIN_MS = 5000;
const LEAVING = "desk:left-a-reply"; // which ticket's, never what was typed

function say(text, error = false) {
  document.dispatchEvent(new CustomEvent("desk:say", { detail: { text, error } }));
}

const token = () => /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
const numbers = new Intl.NumberFormat(document.documentElement.lang);

function refuse(text) {
  const error = document.getElementById("reply-error");
  error.hidden = !text;
  if (error.textContent !== text) error.textContent = text;
}

/* --- kept */

function keeping(reply) {
  const state = document.getElementById("reply-kept");
  const words = form.dataset;
  const opened = reply.value;
  let kept = opened; // what the server has
  let timer = null;
  let last = Promise.resolve();
  let failed = false;
  let closed = false; // sent: nothing is to be kept any more
  let isUnsure = false; // perhaps sent

  function body() {
    const fields = new FormData();
    for (const name of ["text", "suggestion", "send_key"]) fields.set(name, form.elements[name].value);
    // What is typed after a send whose answer got lost is no echo of what was sent.
    if (isUnsure) fields.set("send_key", "");
    fields.set("csrfmiddlewaretoken", token() || form.elements.csrfmiddlewaretoken.value);
    return fields;
  }

  function later(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(save, milliseconds);
  }

  /* One after the other: what was typed first may not reach the server last. */
  function save() {
    last = last.then(saveNow);
    return last;
  }

  async function saveNow() {
    const text = reply.value;
    if (closed || text === kept) return true;
    let answer = null;
    try {
      answer = await fetch(words.keep, { method: "POST", body: body() });
    } catch {
      answer = null; // no network
    }
    const done = answer !== null && answer.ok && !answer.redirected;
    if (answer?.status === 404) refuse(words.sayGone);
    if (answer?.redirected && !failed) say(document.body.dataset.saySignedOut, true);
    failed = !done;
    if (done) kept = text;
    const isWhole = done && reply.value === kept;
    state.textContent = failed ? words.sayUnkept : isWhole && text ? words.sayKept : "";
    state.toggleAttribute("data-failed", failed);
    if (failed) later(AGAIN_MS);
    else if (!isWhole) later(KEEP_MS);
    const why = document.body.dataset;
    return done || (answer?.redirected ? why.saySignedOut : why.sayOffline);
  }

  /* The page that opens next may be made before the beacon arrives: it is told to look again, as
   * long as nothing is typed there. */
  function leave() {
    if (closed || reply.value === kept) return;
    if (navigator.sendBeacon(words.keep, body())) sessionStorage.setItem(LEAVING, words.keep);
  }

  async function lookAgain() {
    let answer = null;
    try {
      answer = await fetch(words.keep, { headers: { Accept: "application/json" } });
    } catch {
      return;
    }
    if (!answer.ok || answer.redirected) return;
    const { text, suggestion } = await answer.json();
    if (reply.value !== opened || !text || text === opened) return;
    kept = text;
    document.dispatchEvent(new CustomEvent("desk:restore", { detail: { text, suggestion } }));
  }

  if (sessionStorage.getItem(LEAVING) === words.keep) {
    for (const milliseconds of [200, 1500, 5000, 15000]) setTimeout(lookAgain, milliseconds);
  }
  sessionStorage.removeItem(LEAVING);

  reply.addEventListener("input", () => {
    if (!failed) state.textContent = "";
    later(KEEP_MS);
  });
  window.addEventListener("online", () => later(0));
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.hidden && leave());
  window.addEventListener("beforeunload", (event) => {
    leave();
    if (failed && !closed && reply.value !== kept) event.preventDefault();
  });
  return {
    keepNow: save,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
    reopen: ({ unsure = false } = {}) => {
      closed = false;
      isUnsure ||= unsure;
      later(KEEP_MS);
    },
  };
}

/* --- sent */

function sending(keeper) {
  let busy = false;

  function stop(text, { unsure = false } = {}) {
    busy = false;
    form.removeAttribute("data-sending");
    keeper.reopen({ unsure });
    refuse(text);
  }

  async function send() {
    const wait = [];
    document.dispatchEvent(new CustomEvent("desk:sending", { detail: { wait } }));
    await Promise.all(wait);
    let answer;
    try {
      answer = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
      });
    } catch {
      stop("", { unsure: true });
      say(document.body.dataset.sayOffline, true);
      return;
    }
    const isJson = (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
    const result = isJson ? await answer.json() : {};
    if (result.to) {
      location.assign(result.to);
    } else {
      const why = answer.status === 404 ? form.dataset.sayGone : (result.error ?? "");
      stop(why, { unsure: answer.status >= 500 });
      if (answer.status === 404) return;
      if (answer.redirected) say(document.body.dataset.saySignedOut, true);
      else if (!result.error) say(document.body.dataset.sayFailed, true);
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    keeper.close();
    form.toggleAttribute("data-sending", true);
    send();
  });
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
}

/* --- undone */

/* What was typed since is kept first: it is put behind the words that come back. */
function undoing(undo, keeper) {
  let busy = false;
  undo.addEventListener("submit", async (event) => {
    if (!keeper) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    const kept = await keeper.keepNow();
    if (kept === true) {
      keeper.close();
      undo.submit();
    } else {
      busy = false;
      say(kept, true);
    }
  });
  const left = document.getElementById("undo-left");
  const end = Date.now() + Number(undo.dataset.seconds) * 1000;
  const tick = () => {
    const seconds = Math.ceil((end - Date.now()) / 1000);
    if (seconds <= 0) {
      const hadFocus = undo.contains(document.activeElement);
      undo.remove();
      if (hadFocus) document.getElementById("main").focus({ preventScroll: true });
    } else {
      left.textContent = numbers.format(seconds);
      setTimeout(tick, 250);
    }
  };
  tick();
}

const keeper = form ? keeping(document.getElementById("reply")) : null;
if (keeper) sending(keeper);
// A press on a tool leaves the reply as large as it is: it would slip away under the pointer.
document.addEventListener("mousedown", (event) => {
  if (event.target.closest(".reply-tools")) event.preventDefault();
});
const undo = document.getElementById("undo");
if (undo) undoing(undo, keeper);
