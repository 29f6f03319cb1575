// Values as small marks: signs, arrows and words beside colors, lines of numbers in a cell.

import { h, hidden, s } from "./dom.js";
import { format, NONE } from "./format.js";

// What counts as positive or negative sentiment, as in comments_enriched.
const MOOD = 0.05;
const SPARK_WIDTH = 96;
const SPARK_HEIGHT = 24;
const BAR_WIDTH = 36;

/** A value with its exact form on hover. */
export function value(raw, unit) {
  const { text, exact } = format(raw, unit);
  if (unit === "time") return h("time", { title: exact, datetime: raw === null ? null : exact }, text);
  return h("span", { title: exact === text ? null : exact, class: text === NONE ? "none" : null }, text);
}

/** A gain or a loss: sign, arrow and color; `largest` is the largest of its column, for the bar. */
export function delta(raw, unit, largest = 0) {
  if (raw === null || raw === undefined) return value(raw, unit);
  const { text, exact } = format(raw, unit, true);
  const tone = toneOf(raw, text);
  return h("span", { class: `delta ${tone}`, title: exact }, largest ? bar(Math.abs(raw) / largest) : null, h("span", { class: "arrow", "aria-hidden": "true" }, { up: "\u25b2", down: "\u25bc", flat: "\u25c6" }[tone]), text);
}

/** The tone of a change; one that is shown as zero is none. */
export function toneOf(number, text) {
  return !/[1-9]/.test(text) ? "flat" : number > 0 ? "up" : "down";
}

function bar(share) {
  return s("svg", { class: "bar", width: BAR_WIDTH, height: 6, "aria-hidden": "true" }, s("rect", { class: "bar-ground", width: BAR_WIDTH, height: 6, rx: 3 }), s("rect", { class: "bar-value", width: Math.max(2, share * BAR_WIDTH).toFixed(1), height: 6, rx: 3 }));
}

/** A sentiment from -1 to 1: a shape and a word for each side, and the number. */
export function sentiment(raw) {
  if (raw === null || raw === undefined) return value(raw, "score");
  const { text, exact } = format(raw, "score", true);
  const [tone, shape, word] = raw >= MOOD ? ["up", "\u25b2", "positive"] : raw <= -MOOD ? ["down", "\u25bc", "negative"] : ["flat", "\u25c6", "neutral"];
  return h("span", { class: `mood ${tone}`, title: `${exact}, ${word}` }, h("span", { class: "arrow", "aria-hidden": "true" }, shape), text, hidden(` ${word}`));
}

/** A line of numbers, oldest first, with the newest as a dot; described for those who do not see it. */
export function spark(numbers, unit) {
  const known = (numbers ?? []).map((number) => (number === null ? null : Number(number)));
  const present = known.filter((number) => number !== null);
  if (present.length < 2) return value(null, unit);
  const high = Math.max(...present);
  // From zero, but for what moves far above it: followers would be a flat line.
  const least = Math.min(...present);
  const low = least > high / 2 ? least : Math.min(least, 0);
  const x = (place) => 2 + (place / (known.length - 1)) * (SPARK_WIDTH - 6);
  const y = (number) => SPARK_HEIGHT - 3 - ((number - low) / (high - low || 1)) * (SPARK_HEIGHT - 6);
  const points = known.flatMap((number, place) => (number === null ? [] : [`${x(place).toFixed(1)},${y(number).toFixed(1)}`]));
  const last = points.at(-1).split(",");
  const text = `${present.length} values, lowest ${format(least, unit).text}, highest ${format(high, unit).text}, newest ${format(present.at(-1), unit).text}`;
  return s("svg", { class: "spark", width: SPARK_WIDTH, height: SPARK_HEIGHT, viewBox: `0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`, role: "img", "aria-label": text },
    s("title", {}, text),
    s("polygon", { class: "spark-area", points: `${x(known.findIndex((number) => number !== null)).toFixed(1)},${y(Math.max(low, 0)).toFixed(1)} ${points.join(" ")} ${last[0]},${y(Math.max(low, 0)).toFixed(1)}` }),
    s("polyline", { class: "spark-line", points: points.join(" ") }),
    s("circle", { class: "spark-dot", cx: last[0], cy: last[1], r: 2.2 }));
}

// What is told by a word: its tone and its shape.
const STATES = { good: ["ok", "\u25cf"], late: ["warn", "\u25b2"], stale: ["bad", "\u25a0"], trending: ["ok", "\u25b2"], rising: ["ok", "\u25b2"], falling: ["none", "\u25bc"] };

/** The shape of a state, in its color. */
export function stateMark(word) {
  const [tone, shape] = STATES[word] ?? ["none", "\u25c6"];
  return h("span", { class: `state-mark ${tone}`, "aria-hidden": "true" }, shape);
}

/** A state as a chip: shape, color and word. */
export function stateChip(word) {
  const [tone, shape] = STATES[word] ?? ["none", "\u25c6"];
  return h("span", { class: `chip ${tone}` }, h("span", { "aria-hidden": "true" }, shape), word);
}

/** A change in percent of `base`; where that is 0 it is new, and where it is too little no percentage is told. */
export function change(raw, column, base, largest) {
  if (raw !== null || base === null || base === undefined) return delta(raw, column.unit, largest);
  if (Number(base) === 0) return h("span", { class: "delta up", title: "nothing before" }, "new");
  return h("span", { class: "none", title: `${format(base, "count").exact} before: too little for a percentage` }, NONE);
}

/** {tone, word} of a number by a panel's thresholds; null below the first one. */
export function threshold(panel, number) {
  const reached = panel.thresholds.filter((one) => number !== null && number >= one.at).at(-1);
  return reached ? { tone: reached.tone, word: { ok: "good", warn: "watch", bad: "act" }[reached.tone], shape: { ok: "\u25cf", warn: "\u25b2", bad: "\u25a0" }[reached.tone] } : null;
}
