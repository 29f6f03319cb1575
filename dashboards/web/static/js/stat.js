// One number, what it was before, and whether it is good.

import { h, hidden } from "./dom.js";
import { format, lengthText } from "./format.js";
import { threshold, toneOf } from "./marks.js";

// Differences of these are told in themselves: 2.0 % after 1.0 % is no doubling to anybody.
const ABSOLUTE = new Set(["rate_percent", "score", "seconds"]);

/** Draws `data` of a stat into `body`. False when there is nothing to show. */
export function drawStat(body, panel, data, span) {
  const number = data.rows[0]?.[0] ?? null;
  if (number === null) return false;
  const unit = data.columns[0].unit;
  const { text, exact } = format(number, unit);
  const state = threshold(panel, Number(number));
  body.replaceChildren(
    h("p", { class: "stat-value", title: exact }, text),
    h("p", { class: "stat-notes" },
      state && h("span", { class: `chip ${state.tone}` }, h("span", { "aria-hidden": "true" }, state.shape), state.word),
      panel.compare && compared(panel, number, data.previous?.[0]?.[0] ?? null, unit, span)),
  );
  return true;
}

function compared(panel, now, before, unit, span) {
  const length = lengthText(span.to - span.from);
  if (before === null) return h("span", { class: "muted" }, `nothing from the ${length} before`);
  const change = now - before;
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
