// One number, what it was before, and whether it is good.

import { h, hidden } from "./dom.js";
import { format, lengthText } from "./format.js";
import { stateChip, threshold, toneOf } from "./marks.js";

// Of less than this no percentage is told, and no multiple: it would be a matter of chance.
const LEAST = { plays: 1000, count: 10 };
// Differences of these are told in themselves: 2.0 % after 1.0 % is no doubling to anybody.
const ABSOLUTE = new Set(["rate_percent", "score", "seconds"]);

/** Draws `data` of a stat into `body`. False when there is nothing to show. */
export function drawStat(body, panel, data, span) {
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
      panel.compare && compared(panel, number, data.previous?.[0]?.[0] ?? null, unit, span)),
  );
  return true;
}

function compared(panel, now, before, unit, span) {
  const length = lengthText(span.to - span.from);
  if (before === null) return h("span", { class: "muted" }, `nothing from the ${length} before`);
  const change = now - before;
  if (!ABSOLUTE.has(unit) && Math.abs(before) < (LEAST[unit] ?? 0)) return h("span", { class: "muted" }, before === 0 && now > 0 ? `new: none in the ${length} before` : `${format(before, unit).text} in the ${length} before`);
  const text = ABSOLUTE.has(unit) || before === 0 ? format(change, unit, true).text : ratioText(now, before);
  const tone = toneOf(change, text);
  // Where more is worse, a rise is no good news: the arrow still says which way, the color says how.
  const color = panel.thresholds.at(-1)?.tone === "bad" ? { up: "down", down: "up" }[tone] ?? tone : tone;
  return h("span", { class: `delta ${color}`, title: `${format(before, unit).exact} in the ${length} before` },
    h("span", { class: "arrow", "aria-hidden": "true" }, { up: "\u25b2", down: "\u25bc", flat: "\u25c6" }[tone]), tone === "flat" ? "no change" : text,
    hidden(` against the ${length} before`), h("span", { class: "muted", "aria-hidden": "true" }, ` vs prior ${length}`));
}

/** Up to ten times as much in percent, beyond that as a multiple. */
function ratioText(now, before) {
  const times = now / before;
  return times >= 10 ? `${format(times, "count").text} times` : format((now - before) / Math.abs(before), "rate_percent", true).text;
}
