// Tables: sorted by a click on a header, cells that say how to read them, links into the page of a creator, post or hashtag.

import { h, icon } from "./dom.js";
import { change, sentiment, spark, stateChip, value } from "./marks.js";
import { matching, sorted } from "./rows.js";
import { handleMark, isMasked, itemOf, maskedMark, subjectCell } from "./subject.js";

const NUMERIC = (column) => !column.spark && !["text", "time", "handle"].includes(column.unit);
// How many values a card shows besides its subject.
const CARD_VALUES = 6;
const UNKNOWN = (raw) => raw === null || raw === "" || isMasked(raw);

/** Whether a table is made of cards on a phone, of which each says what its values are. */
export function hasCards(panel) {
  return shownColumns(panel.columns).length > 4;
}

/** Draws rows as a table into `body`. `sort`: `column` or `-column`; `onsort` gets the next one; `link(subject, value)` an address;
 * `find`: words that shown rows hold; `all`: no row is left for later; `opened`: cards that show all their values, by their key.
 * Gives {found, left, folded, masked}: how many rows there are, how many are left for later, whether those are just the ones that
 * the panel folds, and in how many a name is masked. */
export function drawTable(body, panel, data, { sort, onsort, link, caption, find, all, opened }) {
  const { columns } = data;
  const rows = sorted(matching(data.rows, columns, find), columns, sort, UNKNOWN);
  const places = new Map(columns.map((column, at) => [column.name, at]));
  const drawn = shownColumns(columns);
  const fold = find ? null : panel.fold;
  const ahead = fold ? rows.filter((row) => row[places.get(fold.column)] !== fold.value) : rows;
  const first = all ? ahead : atFirst(ahead, panel);
  const behind = fold && all ? rows.filter((row) => row[places.get(fold.column)] === fold.value) : [];
  const largest = drawn.map((column) => (column.tone === "delta" ? Math.max(0, ...rows.map((row) => Math.abs(row[places.get(column.name)] ?? 0))) : 0));
  const cards = drawn.length > 4;
  const place = scrolled(body);
  const line = (row) => {
    const cells = drawn.map((column, at) => (column.link && column.label ? subject(column, row, places, link) : cell(column, row[places.get(column.name)], largest[at], link, row[places.get(column.base)])));
    return cards ? card(cells, drawn, String(row[places.get(drawn[0].name)]), opened) : h("tr", {}, cells);
  };
  const table = h("table", { class: cards ? "cards" : null },
    h("caption", { class: "hidden" }, caption),
    h("thead", {}, h("tr", {}, drawn.map((column) => header(column, sort, onsort)), cards && h("td", { class: "card-more" }))),
    h("tbody", {}, first.map(line), behind.length ? h("tr", { class: "parted" }, h("th", { scope: "rowgroup", colspan: drawn.length + (cards ? 1 : 0) }, fold.title)) : null, behind.map(line)));
  const focused = body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const region = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": panel.title }, table);
  region.hidden = !first.length && !behind.length;
  body.replaceChildren(...(first.length || !fold ? [] : [h("p", { class: "none" }, fold.none)]), beyond(region), region);
  region.scrollTo(place.left, 0);
  // A refresh must not throw anybody out of the table that they are walking through.
  if (focused) region.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  else if (place.focused) region.focus({ preventScroll: true });
  return { found: rows.length, left: rows.length - first.length - behind.length, folded: first.length === ahead.length, masked: rows.filter((row) => row.some(isMasked)).length };
}

/** Those with a cell of their own: a name is shown in the cell of what it is the name of. */
function shownColumns(columns) {
  const names = new Set(columns.flatMap((column) => [column.label, column.base]));
  return columns.filter((column) => !names.has(column.name));
}

/** The rows that are shown before anybody asks for more: no more than the panel has room for. */
function atFirst(rows, panel) {
  const few = Math.round(panel.height * (panel.width > 8 ? 2 : 1.5));
  // Nobody asks for one or two more.
  return rows.length > few + 2 ? rows.slice(0, few) : rows;
}

/** A row that is a card on a phone: the subject, the first values with what they are, and the others when they are asked for. */
function card(cells, drawn, key, opened) {
  for (const [at, cell] of cells.entries()) {
    cell.dataset.title = drawn[at].title;
    if (at > CARD_VALUES) cell.classList.add("minor");
  }
  const more = drawn.length - 1 > CARD_VALUES;
  const row = h("tr", { class: opened.has(key) ? "open" : null }, cells, h("td", { class: "card-more" }, more && h("button", { type: "button", class: "more", "aria-expanded": String(opened.has(key)), "data-key": `card ${key}`, onclick: (event) => {
    const open = row.classList.toggle("open");
    if (open) opened.add(key);
    else opened.delete(key);
    event.currentTarget.setAttribute("aria-expanded", String(open));
    event.currentTarget.textContent = open ? "Less" : "More";
  } }, opened.has(key) ? "Less" : "More")));
  return row;
}

/** A button above a table that is wider than its place: what stands to the right of it, by name; a click goes there. */
function beyond(region) {
  const button = h("button", { type: "button", class: "beyond", hidden: true, onclick: () => {
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    region.scrollTo({ left: unseen().length ? region.scrollLeft + region.clientWidth * 0.7 : 0, behavior });
    show();
  } });
  const unseen = () => [...region.querySelectorAll("th")].filter((one) => one.getBoundingClientRect().right > region.getBoundingClientRect().right + 2);
  const show = () => {
    const names = unseen().map((one) => one.dataset.title);
    region.classList.toggle("moved", region.scrollLeft > 1);
    button.hidden = region.hidden || region.scrollWidth <= region.clientWidth + 1;
    button.textContent = names.length ? `More to the right: ${names.join(", ")} \u2192` : "\u2190 Back to the first columns";
  };
  region.addEventListener("scroll", show, { passive: true });
  new ResizeObserver(show).observe(region);
  return button;
}

/** A choice of the order, for where headers have no room. */
export function sortChoice(panel, chosen) {
  const options = shownColumns(panel.columns).filter((column) => !column.spark).map((column) => {
    const most = NUMERIC(column) || column.unit === "time";
    return h("option", { value: `${most ? "-" : ""}${column.label ?? column.name}` }, `${column.title}, ${column.unit === "time" ? "newest" : most ? "most" : "A"} first`);
  });
  return h("select", { class: "sort-choice", "aria-label": `Order of the rows: ${panel.title}`, onchange: (event) => chosen(event.target.value) }, h("option", { value: "" }, "in the order of the list"), options);
}

function scrolled(body) {
  const region = body.querySelector(".scroll");
  return { left: region?.scrollLeft ?? 0, focused: region !== null && region === document.activeElement };
}

function header(column, sort, onsort) {
  const kind = NUMERIC(column) ? "number" : null;
  if (column.spark) return h("th", { scope: "col", "data-title": column.title }, column.title);
  const name = column.label ?? column.name;
  const order = sort === name ? "ascending" : sort === `-${name}` ? "descending" : null;
  // Numbers are first wanted from the top, names from A.
  const next = order === null ? (NUMERIC(column) || column.unit === "time" ? `-${name}` : name) : order === "ascending" ? `-${name}` : name;
  return h("th", { scope: "col", class: kind, "aria-sort": order, "data-title": column.title },
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

function cell(column, raw, largest, link, base) {
  if (isMasked(raw)) return h("td", {}, maskedMark(raw));
  if (column.unit === "handle" && raw) return h("td", {}, handleMark(raw));
  if (column.spark) return h("td", { class: "cell-spark" }, spark(raw, column.unit));
  if (column.tone === "delta") return h("td", { class: "number" }, change(raw, column, base, largest));
  if (column.tone === "state" && raw) return h("td", {}, stateChip(raw));
  if (column.tone === "sentiment") return h("td", { class: "number" }, sentiment(raw));
  const address = column.link && raw !== null && raw !== "" ? link(column.link, String(raw)) : null;
  const shown = Array.isArray(raw) ? raw.join(", ") : raw;
  const content = address
    ? h("a", { href: address, "data-key": `${column.name} ${raw}` }, column.link === "hashtag" ? `#${shown}` : shown)
    : value(shown, column.unit);
  if (NUMERIC(column)) return h("td", { class: "number" }, content);
  return h("td", { class: column.unit === "time" ? "time" : content.textContent.length > 32 ? "long" : null }, content);
}

/** The button below a table: shows the rows that are left, asks for more than were asked for, or shows fewer again. `shown` is
 * what drawTable gave; `show(all)` and `ask()` are what a click does. */
export function moreRows(panel, shown, data, { all, find, show, ask }) {
  const atLimit = panel.kind === "table" && data.longest >= data.limit && data.limit < 1000;
  if (shown.left) return button(shown.folded ? `Show ${shown.left}${atLimit ? " or more" : ""} ${shown.left === 1 && !atLimit ? panel.fold.one : panel.fold.title}` : `Show all ${shown.found} rows`, () => show(true), "down");
  if (atLimit && !find) return button(`The first ${data.limit} are shown; show more`, ask, "down");
  return all ? button("Show fewer rows", () => show(false)) : null;
}

function button(text, onclick, sign) {
  return h("button", { type: "button", class: "more", onclick }, text, sign && icon(sign));
}
