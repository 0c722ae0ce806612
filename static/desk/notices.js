/* What happens outside of a page load is said, never swallowed; and a page that is open while its
 * person signs in again in another tab keeps working, with all that is typed in it. */

const toast = document.getElementById("toast");
const READ_MS = 4000; // a page that refreshes itself takes no line away sooner

function say(text, { error = false } = {}) {
  const line = document.createElement("p");
  line.textContent = text;
  line.classList.toggle("is-error", error);
  // What lies behind an open dialog is neither seen nor read out.
  (document.querySelector("dialog[open]") ?? document.body).append(toast);
  toast.replaceChildren(line);
  clearTimeout(say.timer);
  say.at = Date.now();
  say.timer = setTimeout(() => line.remove(), error ? 12000 : 4000);
}

// Closing does not bubble.
document.addEventListener("close", () => document.body.append(toast), { capture: true });
document.addEventListener("desk:say", (event) => say(event.detail.text, event.detail));

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, pathInfo } = event.detail;
  if (xhr.status === 400 && event.target.closest("[hx-swap=parts]")) {
    event.detail.shouldSwap = true; // a refused form comes back with the reason in it
    event.detail.isError = false;
  }
  const asked = new URL(pathInfo.requestPath, location.href).pathname;
  if (new URL(xhr.responseURL || asked, location.href).pathname !== asked) {
    event.detail.shouldSwap = false; // sent on to the sign-in page
    say(document.body.dataset.saySignedOut, { error: true });
  } else if (event.detail.shouldSwap && Date.now() - say.at > READ_MS) {
    toast.querySelector(".is-error")?.remove(); // it works again
  }
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  const plain = (xhr.getResponseHeader("Content-Type") ?? "").startsWith("text/plain");
  const text = plain && xhr.responseText.length < 300 ? xhr.responseText : "";
  say(text || document.body.dataset.sayFailed, { error: true });
});

document.addEventListener("htmx:sendError", (event) => {
  // A live refresh that fails is made good by the next one; only a person's own action is told.
  if (event.detail.requestConfig?.verb !== "get") {
    say(document.body.dataset.sayOffline, { error: true });
  }
});

/* What a page says as it opens stands in it from the beginning, and readers speak of changes only:
 * said once more, to them alone. */
const opening = [...document.querySelectorAll(".notices > li, #undo > span:first-of-type")];
if (opening.length > 0) {
  const spoken = document.createElement("p");
  spoken.className = "visually-hidden";
  spoken.role = "status";
  document.getElementById("main").append(spoken);
  setTimeout(() => {
    spoken.textContent = opening.map((one) => one.textContent.trim()).join(" ");
    setTimeout(() => spoken.remove(), READ_MS);
  }, 500);
}

/* Signing in changes the token against forged requests: take the present one, from its cookie. */

function presentToken() {
  return /(?:^|;\s*)csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

document.addEventListener("htmx:configRequest", (event) => {
  const token = presentToken();
  if (token) event.detail.headers["X-CSRFToken"] = token;
});

document.addEventListener(
  "submit",
  (event) => {
    const field = event.target.querySelector("[name=csrfmiddlewaretoken]");
    const token = presentToken();
    if (field !== null && token) field.value = token;
  },
  { capture: true },
);
