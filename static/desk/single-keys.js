/* Single keys can be switched off on this machine, for whom they harm: who speaks to it, or presses
 * keys by chance. Then only buttons and keys with Ctrl do anything. */

const OFF = "desk:single-keys-off"; // "yes" or nothing
const isOff = () => localStorage.getItem(OFF) === "yes";

// Before any other listener; what the browser does with the key itself stays.
window.addEventListener(
  "keydown",
  (event) => {
    const isSingle = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (isSingle && isOff()) event.stopImmediatePropagation();
  },
  { capture: true },
);

for (const box of document.querySelectorAll("[data-single-keys]")) {
  box.checked = !isOff();
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  });
}
