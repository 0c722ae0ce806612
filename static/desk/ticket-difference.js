/* What an agent changed in the draft, beside the reply while it is written: words added and taken
 * out, found in the browser. ticket.js says which draft it began with (`form.draftWords`). */

const form = document.getElementById("reply-form");
const numbers = new Intl.NumberFormat(document.documentElement.lang);

const MOST_CELLS = 2_000_000;
const pieces = (text) => text.match(/\s+|\S+/g) ?? [];

/* [["same" | "removed" | "added", text], …] by the longest common run of words. */
function differences(before, after) {
  const [old, now] = [pieces(before), pieces(after)];
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1;
  let tail = 0;
  const most = Math.min(old.length, now.length) - head;
  while (tail < most && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const steps = [["same", old.slice(0, head).join("")]];
  steps.push(...middle(old.slice(head, old.length - tail), now.slice(head, now.length - tail)));
  steps.push(["same", old.slice(old.length - tail).join("")]);
  return steps.filter(([, text]) => text !== "");
}

function middle(old, now) {
  if (old.length * now.length > MOST_CELLS) {
    return [["removed", old.join("")], ["added", now.join("")]];
  }
  const wide = now.length + 1;
  const common = new Uint16Array((old.length + 1) * wide);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      common[i * wide + j] =
        old[i] === now[j]
          ? common[(i + 1) * wide + j + 1] + 1
          : Math.max(common[(i + 1) * wide + j], common[i * wide + j + 1]);
    }
  }
  const steps = [];
  const add = (kind, text) => {
    if (steps.at(-1)?.[0] === kind) steps.at(-1)[1] += text;
    else steps.push([kind, text]);
  };
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      add("same", old[i]);
      i += 1;
      j += 1;
    } else if (j >= now.length || (i < old.length && common[(i + 1) * wide + j] >= common[i * wide + j + 1])) {
      add("removed", old[i]);
      i += 1;
    } else {
      add("added", now[j]);
      j += 1;
    }
  }
  return steps;
}

const ELEMENTS = { added: "ins", removed: "del" };
const PREFERENCE = "desk:show-difference"; // "yes" or "no"; nothing of a customer

function showingDifference(reply) {
  const box = document.getElementById("difference");
  const button = document.getElementById("show-difference");
  const count = document.getElementById("difference-count");
  const hasRoom = matchMedia("(min-width: 64rem) and (min-height: 50rem)").matches;
  let wanted = (localStorage.getItem(PREFERENCE) ?? (hasRoom ? "yes" : "no")) === "yes";
  let timer = null;

  function show() {
    const before = form.draftWords ?? null;
    const isEdited = before !== null && reply.value !== before && reply.value.trim() !== "";
    button.setAttribute("aria-pressed", String(wanted));
    button.hidden = before === null;
    box.hidden = !(wanted && isEdited);
    if (!isEdited) {
      count.textContent = "";
      return;
    }
    const steps = differences(before, reply.value);
    const total = (kind) =>
      steps.filter(([one]) => one === kind).reduce((sum, [, text]) => sum + (text.match(/\S+/g)?.length ?? 0), 0);
    count.textContent = form.dataset.sayChanged
      .replace("{added}", numbers.format(total("added")))
      .replace("{removed}", numbers.format(total("removed")));
    if (box.hidden) return;
    box.replaceChildren(
      ...steps.map(([kind, text]) => {
        const name = ELEMENTS[kind];
        if (name === undefined) return document.createTextNode(text);
        const part = document.createElement(name);
        part.textContent = text;
        return part;
      }),
    );
  }

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(show, 200);
  };
  button.addEventListener("click", () => {
    wanted = !wanted;
    localStorage.setItem(PREFERENCE, wanted ? "yes" : "no");
    show();
  });
  reply.addEventListener("input", soon);
  form.addEventListener("desk:chosen", soon);
  soon();
}

if (form) showingDifference(document.getElementById("reply"));
