// Tables: sorted by a click on a header, cells that say how to read them, links into the page of a creator, post or hashtag.

import { h, icon } from "./dom.js";
import { delta, sentiment, spark, value } from "./marks.js";

const NUMERIC = (column) => !column.spark && !["text", "time"].includes(column.unit);

/** Draws rows as a table into `body`. `sort`: `column` or `-column`; `onsort` gets the next one; `link(subject, value)` an address. */
export function drawTable(body, panel, data, { sort, onsort, link, caption }) {
  const { columns } = data;
  const rows = sorted(data.rows, columns, sort);
  const largest = columns.map((column, place) => (column.tone === "delta" ? Math.max(0, ...rows.map((row) => Math.abs(row[place] ?? 0))) : 0));
  const place = scrolled(body);
  const table = h("table", {},
    h("caption", { class: "hidden" }, caption),
    h("thead", {}, h("tr", {}, columns.map((column) => header(column, sort, onsort)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, columns.map((column, at) => cell(column, row[at], largest[at], link))))));
  const focused = body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  body.replaceChildren(h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": panel.title }, table));
  const region = body.firstElementChild;
  region.scrollTo(place.left, place.top);
  // A refresh must not throw anybody out of the table that they are walking through.
  if (focused) region.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  else if (place.focused) region.focus({ preventScroll: true });
}

function scrolled(body) {
  const region = body.querySelector(".scroll");
  return { left: region?.scrollLeft ?? 0, top: region?.scrollTop ?? 0, focused: region !== null && region === document.activeElement };
}

function header(column, sort, onsort) {
  const kind = NUMERIC(column) ? "number" : null;
  if (column.spark) return h("th", { scope: "col" }, column.title);
  const order = sort === column.name ? "ascending" : sort === `-${column.name}` ? "descending" : null;
  // Numbers are first wanted from the top, names from A.
  const next = order === null ? (NUMERIC(column) || column.unit === "time" ? `-${column.name}` : column.name) : order === "ascending" ? `-${column.name}` : column.name;
  return h("th", { scope: "col", class: kind, "aria-sort": order },
    h("button", { type: "button", class: "sort", "data-key": `sort ${column.name}`, onclick: () => onsort(next) }, column.title,
      h("span", { class: "sort-mark", "aria-hidden": "true" }, order === "ascending" ? "\u2191" : order === "descending" ? "\u2193" : "")));
}

function cell(column, raw, largest, link) {
  if (column.spark) return h("td", { class: "cell-spark" }, spark(raw, column.unit));
  if (column.tone === "delta") return h("td", { class: "number" }, delta(raw, column.unit, largest));
  if (column.tone === "sentiment") return h("td", { class: "number" }, sentiment(raw));
  const address = column.link && raw !== null && raw !== "" ? link(column.link, String(raw)) : null;
  const shown = Array.isArray(raw) ? raw.join(", ") : raw;
  const content = address
    ? h("a", { href: address, "data-key": `${column.name} ${raw}` }, column.link === "hashtag" ? `#${shown}` : shown)
    : value(shown, column.unit);
  if (NUMERIC(column)) return h("td", { class: "number" }, content);
  return h("td", { class: column.unit === "time" ? "time" : content.textContent.length > 32 ? "long" : null }, content);
}

function sorted(rows, columns, sort) {
  const name = sort?.replace(/^-/, "");
  const at = columns.findIndex((column) => column.name === name && !column.spark);
  if (at < 0) return rows;
  const direction = sort.startsWith("-") ? -1 : 1;
  const compare = (left, right) => (typeof left === "number" && typeof right === "number" ? left - right : String(left).localeCompare(String(right), "en", { numeric: true }));
  return [...rows].sort((left, right) => {
    // What is not known comes last either way.
    if (left[at] === null || right[at] === null) return (left[at] === null) - (right[at] === null);
    return direction * compare(left[at], right[at]);
  });
}

/** What a table shows where it is as long as it may be. */
export function moreRows(count, rows, more) {
  if (count < rows || rows >= 1000) return null;
  return h("button", { type: "button", class: "more", onclick: more }, `The first ${rows} are shown; show more`, icon("down"));
}
