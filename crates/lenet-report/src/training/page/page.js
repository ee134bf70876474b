"use strict";
// Shows the values of a plot at the pointer, or at the place that the arrow keys choose.
for (const plot of document.querySelectorAll("svg.plot")) {
  const output = plot.closest("figure").querySelector("output");
  const lines = [...plot.querySelectorAll("path[data-values]:not(.band)")].map(path => {
    const places = path.getAttribute("d").match(/-?[\d.]+/g) ?? [];
    const values = path.dataset.values.split(";").filter(Boolean);
    return {
      name: path.dataset.name,
      points: values.map((value, index) => [Number(places[2 * index]), ...value.split(" ")]),
    };
  }).filter(line => line.points.length > 0);
  const stops = [...new Set(lines.flatMap(line => line.points.map(point => point[0])))].sort((a, b) => a - b);
  if (stops.length === 0) continue;
  const cursor = document.createElementNS("http://www.w3.org/2000/svg", "path");
  cursor.setAttribute("class", "cursor");
  plot.append(cursor);
  let at = -1;
  const show = index => {
    at = Math.min(Math.max(index, 0), stops.length - 1);
    const x = stops[at];
    cursor.setAttribute("d", `M${x} 8V176`);
    const nearer = (a, b) => Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a;
    const nearest = lines.map(line => [line.name, line.points.reduce(nearer)]);
    const here = nearest.map(([, point]) => point).reduce(nearer);
    output.textContent = `${plot.dataset.x} ${here[1]}: ` +
      nearest.map(([name, point]) => `${name} ${point[2]}`).join(" · ");
  };
  const hide = () => { at = -1; cursor.removeAttribute("d"); output.textContent = ""; };
  const follow = event => {
    const box = plot.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * plot.viewBox.baseVal.width;
    const distances = stops.map(stop => Math.abs(stop - x));
    show(distances.indexOf(Math.min(...distances)));
  };
  plot.addEventListener("pointermove", follow);
  plot.addEventListener("pointerdown", follow);
  plot.addEventListener("pointerleave", hide);
  plot.addEventListener("blur", hide);
  plot.addEventListener("keydown", event => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -stops.length, End: stops.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    show(at < 0 && step < 0 ? stops.length - 1 : at + step);
  });
}
