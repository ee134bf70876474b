// The Rust lines of the tour: cut out of the example itself, by the comments at which its steps begin.

/** The lines of each step, by its key in tour.json. */
export async function tutorialCode() {
  const [markers, example] = await Promise.all([load("tour.json").then((file) => file.json()), load("tutorial.rs").then((file) => file.text())]);
  return Object.fromEntries(Object.entries(markers).map(([key, [from, to]]) => [key, cut(example, from, to)]));
}

async function load(name) {
  const file = await fetch(new URL(name, import.meta.url));
  if (!file.ok) throw new Error(`${name} is missing beside the page: make the folder again with cargo xtask web.`);
  return file;
}

/** The lines from the one that contains `from` to the one before `to`, without their common indentation. */
function cut(text, from, to) {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.includes(from));
  const end = lines.findIndex((line, at) => at > start && line.includes(to));
  const part = lines.slice(start, end);
  const indentation = Math.min(...part.filter((line) => line.trim()).map((line) => line.search(/\S/)));
  return part.map((line) => line.slice(indentation)).join("\n").trimEnd();
}
