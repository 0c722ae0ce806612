/* An htmx swap style, hx-swap="parts": of a fragment only what changed is put into the page.
 *
 * Elements with an id and data-part are parts, found by their id wherever they stand in the page.
 * "whole" parts are replaced when their data-stamp differs; "shell" parts get the attributes of the
 * new one and keep their children (which may be parts themselves). So half-typed words, open
 * details, scroll positions, selections and focus in all that did not change stay as they are while
 * drafts are being written. Where the fragment carries the target itself with other parts in it,
 * the target's children are replaced.
 */

const partsIn = (root) => [...root.querySelectorAll("[data-part][id]")];
const ids = (root) => partsIn(root).map((part) => part.id).join();

function update(part, incoming) {
  if (part.dataset.stamp === incoming.dataset.stamp) return false;
  for (const { name, value } of incoming.attributes) {
    if (part.getAttribute(name) !== value) part.setAttribute(name, value);
  }
  if (incoming.dataset.part === "shell") return false;
  part.replaceChildren(...incoming.childNodes);
  return true;
}

function swapParts(target, fragment) {
  const changed = [];
  const root = fragment.querySelector(`#${CSS.escape(target.id)}`);
  if (root !== null && ids(root) !== ids(target)) {
    target.replaceChildren(...root.childNodes);
    changed.push(target);
  }
  // Outer parts come first in document order, so inner ones are still in the fragment after them.
  for (const incoming of partsIn(fragment)) {
    const part = document.getElementById(incoming.id);
    if (part !== null && update(part, incoming)) changed.push(part);
  }
  return changed;
}

htmx.defineExtension("parts", {
  handleSwap: (style, target, fragment) => style === "parts" && swapParts(target, fragment),
});
