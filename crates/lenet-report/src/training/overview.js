"use strict";
// Sorts the table by the column whose heading is pressed, and the other way round when it is pressed again. Rows
// without a value come last.
const body = document.querySelector(".runs tbody");
const headings = [...document.querySelectorAll(".runs thead th")];
const numbers = new Intl.Collator("en", { numeric: true });
const sort = (heading, column) => {
  const now = heading.getAttribute("aria-sort");
  const largestFirst = now === "none" ? heading.dataset.largestFirst === "true" : now === "ascending";
  for (const other of headings) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
  heading.setAttribute("aria-sort", largestFirst ? "descending" : "ascending");
  const value = row => row.cells[column].dataset.value;
  const compare = (a, b) => isNaN(a) || isNaN(b) ? numbers.compare(a, b) : a - b;
  const rows = [...body.rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === "" || b === "") return (a === "") - (b === "");
    return largestFirst ? compare(b, a) : compare(a, b);
  });
  body.append(...rows);
};
headings.forEach((heading, column) => {
  heading.querySelector("button")?.addEventListener("click", () => sort(heading, column));
});
