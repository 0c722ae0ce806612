/* Tables as blocks on a telephone (tables.css): each cell gets its column's name to show beside it,
 * and a table says what it is, for screen readers forget it where a row is drawn as a block.
 * Tables that htmx brings later get the same. */

const NOTHING = new Set(["", "–"]);
const NUMBER = /^\p{Nd}+$/u;
const ROLES = {
  TABLE: "table",
  THEAD: "rowgroup",
  TBODY: "rowgroup",
  TR: "row",
  TD: "cell",
};

function roleOf(part) {
  if (part.tagName !== "TH") return ROLES[part.tagName];
  return part.scope === "row" ? "rowheader" : "columnheader";
}

function describe(table) {
  for (const part of [table, ...table.querySelectorAll("thead, tbody, tr, th, td")]) {
    part.setAttribute("role", roleOf(part));
  }
  const names = [...(table.tHead?.rows[0]?.cells ?? [])].map((head) => head.textContent.trim());
  for (const row of [...table.tBodies].flatMap((body) => [...body.rows])) {
    [...row.cells].forEach((cell, column) => {
      const said = cell.textContent.trim();
      cell.dataset.label = names[column] ?? "";
      if (column === 0 && NUMBER.test(said)) cell.dataset.numberOf = cell.dataset.label;
      cell.toggleAttribute("data-empty", column > 0 && NOTHING.has(said));
    });
  }
}

function describeAll() {
  document.querySelectorAll(".table-wrap > table").forEach(describe);
}

describeAll();
document.addEventListener("htmx:afterSwap", describeAll);
