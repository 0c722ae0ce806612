/* What happens on a ticket's page while it is open, said once to those who cannot see it: drafts that
 * are ready, a customer who writes again, a colleague who takes the ticket. And what is replaced by
 * it keeps the focus; a change that loads the page anew brings the focus back to where it was made. */

const words = document.getElementById("reply-form")?.dataset ?? {};
const announced = new Set(); // drafts that were said to be ready
const { ticket } = document.getElementById("drafts").dataset;

sessionStorage.setItem("desk:inbox-row", ticket); // the row that the list comes back to

function say(text) {
  if (text) document.dispatchEvent(new CustomEvent("desk:say", { detail: { text } }));
}

/* "Draft 2 is ready", not each word of it; guesses are folded away until somebody wants them. */
function announce({ quietly = false } = {}) {
  const ready = [...document.querySelectorAll(".draft[data-state=ready]")].filter(
    (one) => !one.closest("details:not([open])") && !announced.has(one.dataset.suggestion),
  );
  for (const one of ready) announced.add(one.dataset.suggestion);
  const place = document.getElementById("drafts-said");
  if (!quietly && ready.length > 0 && place !== null) {
    place.textContent = ready.map((one) => one.dataset.sayReady).join(" ");
  }
}

const asked = () => document.querySelectorAll("#talk .message-customer").length;
const owner = () => document.querySelector("#ticket-facts [name=had]")?.value;

let heard = asked();
let owned = owner();
let focused = null;

document.addEventListener("htmx:beforeSwap", () => {
  focused = document.activeElement?.id ?? null;
});

document.addEventListener("htmx:afterSettle", () => {
  announce();
  if (asked() > heard) say(words.sayAgain); // before an answer to what was asked before is sent
  heard = asked();
  if (owner() !== owned) say(document.querySelector("[data-say-owner]")?.dataset.sayOwner);
  owned = owner();
  if (focused && document.activeElement === document.body) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
});

announce({ quietly: true });

/* Whose, priority, team, state: each is a form of its own beside the conversation. */
const CHANGED = "desk:changed"; // a ticket's number and which form's button was pressed
const facts = document.getElementById("ticket-facts");

facts.addEventListener("submit", (event) => {
  const { change } = event.target.dataset;
  if (facts.contains(document.activeElement)) sessionStorage.setItem(CHANGED, `${ticket} ${change}`);
});

const [of, which] = (sessionStorage.getItem(CHANGED) ?? "").split(" ");
sessionStorage.removeItem(CHANGED);
if (of === ticket && document.activeElement === document.body) {
  // Where "Close" was is "Open again" now: no key that is held down may press that.
  const button = facts.querySelector(`[data-change="${CSS.escape(which)}"] button`);
  (which === "state" ? facts : (button ?? facts)).focus({ preventScroll: true });
}
