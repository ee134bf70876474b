// The views, as tabs: arrow keys move between them, and the address remembers which one is open.

const tabs = [...document.querySelectorAll("[role=tab]")];
const opened = new Map();

/** Calls `listener` each time that the view `id` is opened. */
export function onOpen(id, listener) {
  opened.set(id, listener);
}

export const isOpen = (id) => !document.getElementById(id).hidden;

/** Opens a view. */
export function open(id) {
  for (const tab of tabs) {
    const isThis = tab.getAttribute("aria-controls") === id;
    tab.setAttribute("aria-selected", isThis);
    tab.tabIndex = isThis ? 0 : -1;
    document.getElementById(tab.getAttribute("aria-controls")).hidden = !isThis;
  }
  history.replaceState(null, "", `#${id}`);
  opened.get(id)?.();
}

/** Connects the tabs and opens the one in the address. */
export function startTabs() {
  for (const tab of tabs) {
    tab.addEventListener("click", () => open(tab.getAttribute("aria-controls")));
    tab.addEventListener("keydown", (event) => {
      const shown = tabs.filter((one) => !one.hidden);
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      const next = shown[(shown.indexOf(tab) + step + shown.length) % shown.length];
      next.focus();
      open(next.getAttribute("aria-controls"));
    });
  }
  const wanted = location.hash.slice(1);
  const shown = tabs.filter((tab) => !tab.hidden).map((tab) => tab.getAttribute("aria-controls"));
  open(shown.includes(wanted) ? wanted : shown.includes("run") ? "run" : "inside");
}
