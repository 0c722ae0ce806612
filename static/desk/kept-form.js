/* A form that outlives its tab: what is typed is kept on the server, encrypted, a second after the
 * last key and when the page is left; localStorage would leave a customer's words readable on the
 * agent's computer. It is sent only while somebody is signed in, so that a session that has ended
 * takes nothing along. The form names its address by data-keep-form. */

const KEEP_MS = 1000;
const AGAIN_MS = 5000;
const token = () => /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
const say = (text) =>
  document.dispatchEvent(new CustomEvent("desk:say", { detail: { text, error: true } }));

function keeping(form) {
  const { keepForm, sayKept, sayUnkept } = form.dataset;
  const state = form.querySelector("[data-kept-state]");
  const present = () => new URLSearchParams(new FormData(form)).toString();
  let kept = present();
  let timer = null;
  let last = Promise.resolve();
  let sent = false;

  function body() {
    const fields = new FormData(form);
    fields.set("csrfmiddlewaretoken", token() || fields.get("csrfmiddlewaretoken"));
    return fields;
  }

  function later(milliseconds) {
    clearTimeout(timer);
    timer = setTimeout(save, milliseconds);
  }

  /* "" when it is kept; else what to say. One after the other: what was typed first may not reach
   * the server last. */
  function save() {
    last = last.then(saveNow);
    return last;
  }

  async function saveNow() {
    const typed = present();
    if (sent) return "";
    let answer = null;
    try {
      answer = await fetch(keepForm, { method: "POST", body: body() });
    } catch {
      answer = null; // no network
    }
    const done = answer !== null && answer.ok && !answer.redirected;
    if (done) kept = typed;
    state.textContent = done ? (present() === typed ? sayKept : "") : sayUnkept;
    if (!done && answer?.status !== 400) later(AGAIN_MS);
    else if (present() !== typed) later(KEEP_MS);
    const words = document.body.dataset;
    if (done || answer?.status === 400) return ""; // too long: the form itself says so
    return answer?.redirected ? words.saySignedOut : words.sayOffline;
  }

  form.addEventListener("input", () => {
    state.textContent = "";
    later(KEEP_MS);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (sent) return;
    clearTimeout(timer);
    const why = await save();
    if (why) {
      say(why);
      return;
    }
    sent = true;
    clearTimeout(timer);
    form.submit();
  });
  const leave = () => {
    if (!sent && present() !== kept && navigator.sendBeacon(keepForm, body())) kept = present();
  };
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", () => document.hidden && leave());
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
}

for (const form of document.querySelectorAll("form[data-keep-form]")) keeping(form);
