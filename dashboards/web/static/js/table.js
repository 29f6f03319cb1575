// Tables: sorted by a click on a header, cells that say how to read them, links into the page of a creator, post or hashtag.

import { h, icon } from "./dom.js";
import { delta, sentiment, spark, value } from "./marks.js";
import { matching, sorted } from "./rows.js";
import { handleMark, isMasked, itemOf, maskedMark, subjectCell } from "./subject.js";

const NUMERIC = (column) => !column.spark && !["text", "time", "handle"].includes(column.unit);
const UNKNOWN = (raw) => raw === null || raw === "" || isMasked(raw);

/** Draws rows as a table into `body`. `sort`: `column` or `-column`; `onsort` gets the next one; `link(subject, value)` an address;
 * `find`: words that shown rows hold. Gives {shown, masked}: how many rows there are then, and in how many of them a name is masked. */
export function drawTable(body, panel, data, { sort, onsort, link, caption, find }) {
  const { columns } = data;
  const rows = sorted(matching(data.rows, columns, find), columns, sort, UNKNOWN);
  const places = new Map(columns.map((column, at) => [column.name, at]));
  // A name is shown in the cell of what it is the name of.
  const names = new Set(columns.map((column) => column.label));
  const drawn = columns.filter((column) => !names.has(column.name));
  const largest = drawn.map((column) => (column.tone === "delta" ? Math.max(0, ...rows.map((row) => Math.abs(row[places.get(column.name)] ?? 0))) : 0));
  const place = scrolled(body);
  const table = h("table", {},
    h("caption", { class: "hidden" }, caption),
    h("thead", {}, h("tr", {}, drawn.map((column) => header(column, sort, onsort)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, drawn.map((column, at) => (column.link && column.label ? subject(column, row, places, link) : cell(column, row[places.get(column.name)], largest[at], link)))))));
  const focused = body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  body.replaceChildren(h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": panel.title }, table));
  const region = body.firstElementChild;
  region.scrollTo(place.left, place.top);
  // A refresh must not throw anybody out of the table that they are walking through.
  if (focused) region.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  else if (place.focused) region.focus({ preventScroll: true });
  return { shown: rows.length, masked: rows.filter((row) => row.some(isMasked)).length };
}

function scrolled(body) {
  const region = body.querySelector(".scroll");
  return { left: region?.scrollLeft ?? 0, top: region?.scrollTop ?? 0, focused: region !== null && region === document.activeElement };
}

function header(column, sort, onsort) {
  const kind = NUMERIC(column) ? "number" : null;
  if (column.spark) return h("th", { scope: "col" }, column.title);
  const name = column.label ?? column.name;
  const order = sort === name ? "ascending" : sort === `-${name}` ? "descending" : null;
  // Numbers are first wanted from the top, names from A.
  const next = order === null ? (NUMERIC(column) || column.unit === "time" ? `-${name}` : name) : order === "ascending" ? `-${name}` : name;
  return h("th", { scope: "col", class: kind, "aria-sort": order },
    h("button", { type: "button", class: "sort", "data-key": `sort ${name}`, onclick: () => onsort(next) }, column.title,
      h("span", { class: "sort-mark", "aria-hidden": "true" }, order === "ascending" ? "\u2191" : order === "descending" ? "\u2193" : "")));
}

function subject(column, row, places, link) {
  const raw = row[places.get(column.name)];
  if (raw === null || raw === "") return h("td", {}, value(null, "text"));
  const item = itemOf(column, row, places);
  const label = row[places.get(column.label)];
  return h("td", { class: `subject ${column.link}` }, subjectCell(item, link(column.link, item.id), `${column.name} ${raw}`, isMasked(label) ? label : null));
}

function cell(column, raw, largest, link) {
  if (isMasked(raw)) return h("td", {}, maskedMark(raw));
  if (column.unit === "handle" && raw) return h("td", {}, handleMark(raw));
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

/** What a table shows where it is as long as it may be. */
export function moreRows(count, rows, more) {
  if (count < rows || rows >= 1000) return null;
  return h("button", { type: "button", class: "more", onclick: more }, `The first ${rows} are shown; show more`, icon("down"));
}
