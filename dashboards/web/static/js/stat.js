// One number, what it was before, and whether it is good.

import { called } from "./beside.js";
import { earlierName } from "./compare.js";
import { h, hidden } from "./dom.js";
import { format } from "./format.js";
import { delta, stateChip, threshold, toneOf, value } from "./marks.js";

// Of less than this no percentage is told, and no multiple: it would be a matter of chance.
const LEAST = { plays: 1000, count: 10 };
// Differences of these are told in themselves: 2.0 % after 1.0 % is no doubling to anybody.
const ABSOLUTE = new Set(["rate_percent", "score", "seconds"]);

/** Draws `data` of a stat into `body`, compared as the reader asks. False when there is nothing to show. */
export function drawStat(body, panel, data, span, compare) {
  const number = data.rows[0]?.[0] ?? null;
  const told = (name) => data.rows[0]?.[data.columns.findIndex((column) => column.name === name)];
  const [word, note] = panel.state_column ? [told(panel.state_column), told(panel.note_column)] : [];
  if (number === null && (!word || word === "none")) return false;
  const unit = data.columns[0].unit;
  const { text, exact } = number === null ? { text: `a ${word}`, exact: note } : format(number, unit);
  const state = threshold(panel, Number(number));
  body.replaceChildren(
    h("p", { class: "stat-value", title: exact }, text),
    h("p", { class: "stat-notes" },
      state && h("span", { class: `chip ${state.tone}` }, h("span", { "aria-hidden": "true" }, state.shape), state.word),
      word && number !== null && stateChip(word),
      note && h("span", { class: "muted" }, note),
      panel.compare && compared(panel, number, data.previous?.[0]?.[0] ?? null, unit, earlierName(compare, span)),
      compare && !panel.compare && !word && h("span", { class: "muted" }, "not compared")),
  );
  return true;
}

/** Draws the numbers of several side by side as a small table, each with its difference if there is one. */
export function drawStats(body, panel, data, link) {
  const at = (name) => data.columns.findIndex((column) => column.name === name);
  const [name, number, change] = [at("beside_name"), at(panel.value_columns[0]), at(`${panel.value_columns[0]}_change`)];
  const { unit } = data.columns[number];
  const known = data.rows.map((row) => row[number]).filter((one) => one !== null);
  const most = known.length > 1 && unit !== "seconds" ? Math.max(...known.map(Number)) : null;
  // Alone at the top: two that are alike are not told apart.
  const leads = (row) => most !== null && Number(row[number]) === most && known.filter((one) => Number(one) === most).length === 1;
  body.replaceChildren(h("table", { class: "stats" },
    h("caption", { class: "hidden" }, change < 0 ? panel.title : `${panel.title}; ${data.columns[change].title}`),
    h("tbody", {}, data.rows.map((row) => {
      const text = called(data.beside, row[0], row[name] ?? null);
      return h("tr", { class: leads(row) ? "leads" : null }, h("th", { scope: "row", title: text }, h("a", { href: link(data.beside, row[0]) }, text)),
        h("td", { class: "number" }, leads(row) && h("span", { class: "most" }, h("span", { "aria-hidden": "true" }, "\u25b2"), hidden("most: ")), value(row[number], unit), change < 0 ? null : h("div", { title: data.columns[change].title }, delta(row[change], unit))));
    }))));
  return true;
}

function compared(panel, now, before, unit, { short, said, when }) {
  if (before === null) return h("span", { class: "muted" }, `nothing from ${said}`);
  const change = now - before;
  if (!ABSOLUTE.has(unit) && Math.abs(before) < (LEAST[unit] ?? 0)) return h("span", { class: "muted" }, before === 0 && now > 0 ? `new: none ${when}` : `${format(before, unit).text} ${when}`);
  const text = ABSOLUTE.has(unit) || before === 0 ? format(change, unit, true).text : ratioText(now, before);
  const tone = toneOf(change, text);
  // Where more is worse, a rise is no good news: the arrow still says which way, the color says how.
  const color = panel.thresholds.at(-1)?.tone === "bad" ? { up: "down", down: "up" }[tone] ?? tone : tone;
  return h("span", { class: `delta ${color}`, title: `${format(before, unit).exact} ${when}` },
    h("span", { class: "arrow", "aria-hidden": "true" }, { up: "\u25b2", down: "\u25bc", flat: "\u25c6" }[tone]), tone === "flat" ? "no change" : text,
    hidden(` against ${said}`), h("span", { class: "muted", "aria-hidden": "true" }, ` vs ${short}`));
}

/** Up to ten times as much in percent, beyond that as a multiple; of a loss nothing is a multiple. */
function ratioText(now, before) {
  const times = now / before;
  return before > 0 && times >= 10 ? `${format(times, "count").text} times` : format((now - before) / Math.abs(before), "rate_percent", true).text;
}
