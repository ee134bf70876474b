// Making elements.

/** An element with attributes (`on…` are listeners, `class`, `text`) and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** A number with four significant digits and a real minus sign. */
export function number(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1000 || size < 0.0005 ? value.toExponential(1) : value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 3);
  return text.replace("-", "−").replace("e-", "e−");
}

/** A share, 0…1, as per cent. It never says 100 % of what is less, nor 0 % of what is more. */
export function percent(share) {
  const value = share * 100;
  if (value > 99.9 && value < 100) return "> 99.9 %";
  if (value > 0 && value < 0.1) return "< 0.1 %";
  return `${value === 0 || value === 100 ? value : value.toFixed(1)} %`;
}
