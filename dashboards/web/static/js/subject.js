// Creators and posts as people know them: a handle or a title, the id behind it, and what can be done with it.

import { h } from "./dom.js";
import { ROW_ACTIONS } from "./actions.js";

// What stands in the place of a name: of readers' views, of pollers under pseudonyms, of `tokpulse forget`. None of it is a handle.
const MASKS = [/^\[masked\]$/, /^[0-9a-f]{64}$/, /^p[a-z2-7]{20}$/, /^forgotten[0-9a-f]{20}$/];
// Enough of a pseudonym to tell two of them apart.
const TELLING = 8;

/** Whether a text stands in the place of somebody's name. */
export function isMasked(text) {
  return typeof text === "string" && MASKS.some((mask) => mask.test(text));
}

/** A mark in the place of a name. */
export function maskedMark(text) {
  const part = text === "[masked]" ? "" : ` ${text.slice(0, TELLING)}`;
  return h("span", { class: "masked", title: "The name is masked: this person was not opted in. No handle." }, `masked${part}`);
}

/** How a creator is called: `@handle`, or a mark. */
export function handleMark(handle) {
  return isMasked(handle) ? maskedMark(handle) : h("span", { class: "handle" }, `@${handle}`);
}

/** The creator or post of a cell: {subject, id, name, handle}; `name` and `handle` are null where they are not known or masked. */
export function itemOf(column, row, places) {
  const told = (name) => {
    const text = name ? row[places.get(name)] : null;
    return text === null || text === undefined || text === "" || isMasked(text) ? null : String(text);
  };
  const name = told(column.label);
  return { subject: column.link, id: String(row[places.get(column.name)]), name, handle: column.link === "creator" ? name : told(column.by) };
}

/** What a cell shows of `item`; `address` is that of its page. `masked` is what stands in the place of its name, if anything does. */
export function subjectCell(item, address, key, masked) {
  const text = item.name === null ? item.id : item.subject === "creator" ? `@${item.name}` : item.name;
  return [
    h("span", { class: "subject-line" },
      h("a", { href: address, "data-key": key, class: item.subject === "post" && item.name ? "subject-title" : null, title: item.name === null ? null : text }, text),
      ROW_ACTIONS.map((action) => action(item))),
    masked ? maskedMark(masked) : null,
    item.name === null ? null : h("span", { class: "subject-id" }, item.id),
  ];
}
