// What happened, as marks in charts: a line through the chart, or a shape at its top.

import { s } from "./dom.js";
import { timeText } from "./format.js";

const LINE = "thresholds changed";
// Shapes differ as well as colors; what is not known here has the last one.
const SHAPES = { [LINE]: { color: "--ink" }, "took off": { color: "--series-2", points: [[0, -5], [5, 4], [-5, 4]] }, trended: { color: "--series-4", points: [[0, -5], [5, 0], [0, 5], [-5, 0]] }, "followers rose": { color: "--series-6", points: [[-5, -4], [5, -4], [0, 5]] }, "on air": { color: "--series-2", points: [[-4, -5], [5, 0], [-4, 5]] }, ended: { color: "--muted", points: [[-4, -4], [4, -4], [4, 4], [-4, 4]] }, "not watched": { color: "--bad", points: [[-5, -5], [5, -5], [0, 4]] } };
const OTHER = { color: "--muted", points: [[-4, -4], [4, -4], [4, 4], [-4, 4]] };
const DASH = [6, 4];

/** [{what, events, marks: [{at (ms), events, told}]}] of the rows of a table of events, each kind by time. `marks` says which columns have what. */
export function marksOf(data, marks) {
  const places = new Map(data.columns.map((column, at) => [column.name, at]));
  const cell = (row, name, other) => (name ? row[places.get(name)] : other);
  const kinds = new Map();
  for (const row of data.rows) {
    const [at, what, told, events] = [cell(row, marks.at), cell(row, marks.what, marks.called), cell(row, marks.told, ""), Number(cell(row, marks.events, 1))];
    const kind = kinds.get(what) ?? new Map();
    kinds.set(what, kind);
    // Where the rows are not of steps of the charts, those of a step are one mark, at the time of the first.
    const step = marks.events ? at : Math.floor(at / (data.interval_s * 1000));
    // Side by side, what is about all of them comes with each.
    const same = kind.get(step);
    kind.set(step, { at: Math.min(at, same?.at ?? at), told, events: same && !told ? same.events + events : events });
  }
  return [...kinds].sort().map(([what, kind]) => {
    const marks = [...kind.values()].sort((left, right) => left.at - right.at);
    return { what, marks, events: marks.reduce((sum, mark) => sum + mark.events, 0) };
  });
}

/** Draws the kinds over a plot. */
export function drawMarks(plot, kinds, color) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  for (const { what, marks } of kinds) {
    const shape = SHAPES[what] ?? OTHER;
    ctx.strokeStyle = ctx.fillStyle = color(shape.color);
    ctx.lineWidth = ratio;
    ctx.setLineDash(DASH.map((one) => one * ratio));
    for (const { at } of marks) {
      const x = Math.round(plot.valToPos(at / 1000, "x", true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      if (!shape.points) {
        ctx.moveTo(x, bbox.top);
        ctx.lineTo(x, bbox.top + bbox.height);
        ctx.stroke();
        continue;
      }
      for (const [right, down] of shape.points) ctx.lineTo(x + right * ratio, bbox.top + (6 + down) * ratio);
      ctx.closePath();
      ctx.fill();
    }
  }
  ctx.restore();
}

/** The mark of a kind beside its name. */
export function markSwatch(what) {
  const shape = SHAPES[what] ?? OTHER;
  const props = { class: "swatch mark", width: 18, height: 12, "aria-hidden": "true" };
  const style = { class: `mark${shape.color.replace("--", "-")}` };
  if (!shape.points) return s("svg", props, s("line", { ...style, x1: 9, x2: 9, y1: 0, y2: 12, "stroke-dasharray": "3 2" }));
  return s("svg", props, s("polygon", { ...style, points: shape.points.map(([right, down]) => `${9 + right},${6 + down}`).join(" ") }));
}

/** `took off: 3 times, last 27 Nov 16:00`: in words, what the marks show. */
export function marksText(kinds) {
  const one = ({ what, events, marks }) => `${what}: ${events === 1 ? "once" : `${events} times`}, last ${timeText(marks.at(-1).at)}${marks.at(-1).told ? ` (${marks.at(-1).told})` : ""}`;
  return kinds.length ? `Marked: ${kinds.map(one).join("; ")}. ` : "";
}
