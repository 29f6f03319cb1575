// Elements without markup in strings: nothing that comes from a table can become HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element. `props`: attributes by name, `on` handlers as functions, `class`, booleans as presence. Children: nodes or texts. */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** As h, for SVG. */
export function s(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An icon of icons.svg; decoration, the text beside it or the button's label says the same. */
export function icon(name) {
  return s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, s("use", { href: `/static/icons.svg#${name}` }));
}

/** A button that shows an icon only; `label` is its name and its tooltip. */
export function iconButton(name, label, onclick, props = {}) {
  return h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick, ...props }, icon(name));
}

/** Text for screen readers only. */
export function hidden(text) {
  return h("span", { class: "hidden" }, text);
}

/** Tells screen readers what has happened; sparingly: a page, a failure, a recovery. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
