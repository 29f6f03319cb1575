// Charts over time: uPlot draws lines and bars; legend, tooltip and descriptions are elements.

import { h, s } from "./dom.js";
import { format, tickText, timeText } from "./format.js";
import { drawMarks, markSwatch, marksText } from "./happened.js";
import { described, earlierSeries, joined, seriesOf, stepOf, withGaps } from "./series.js";
import { zone, zoneOfRange, zoneText } from "./zone.js";

const MOST_SERIES = 8;
// Lines differ by dashes as well as by color.
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 4], [12, 4], [2, 6], [6, 2, 2, 2]];
const EARLIER_DASH = [2, 4];
// What is good, middling or bad has colors of its own; everything else goes by its place.
const KNOWN = { positive: 3, neutral: 8, negative: 2, passed: 3, warned: 2, failed: 4, fresh: 3, stale: 2, missing: 4 };
// Nobody counts half a post.
const WHOLE = new Set(["count", "plays"]);
const WHOLE_STEPS = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((one) => one * 10 ** power)).flat();
const FONT = "11px system-ui, sans-serif";

/** One chart in `body`. `onzoom(fromMs, toMs)` is called when a range is drawn with the mouse. */
export class Chart {
  constructor(body, panel, onzoom) {
    this.body = body;
    this.definition = panel;
    this.panel = panel;
    this.onzoom = onzoom;
    this.off = new Set();
    this.plot = null;
    this.legend = h("div", { class: "legend", role: "group", "aria-label": "Series" });
    this.holder = h("div", { class: "plot", role: "img" });
    this.tip = h("div", { class: "tip", hidden: true });
    // In the corner between the axes.
    this.zone = h("span", { class: "axis-zone" });
    this.holder.append(this.zone);
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(this.holder);
  }

  /** Draws the rows, those of an earlier time, called `earlier`, if there are any, and what happened. `compare`: what the reader compares
   * with. False when there are no rows. */
  draw(data, span, earlier, marks, compare) {
    this.data = data;
    this.span = span;
    this.marks = marks;
    // Bars of several would hide each other.
    this.panel = data.beside ? { ...this.definition, kind: "timeseries", stacked: false } : this.definition;
    const shaped = seriesOf(this.definition, data, MOST_SERIES);
    if (!shaped.times.length) return false;
    this.step = stepOf(shaped.times, data.interval_s);
    shaped.series = styled(shaped.series);
    const then = earlierSeries(this.definition, data, shaped.series, earlier, compare);
    this.shown = joined([this.panel.kind === "bars" ? shaped : withGaps(shaped, this.step), withGaps(then, stepOf(then.times, this.step))]);
    this.zone.textContent = zoneOfRange(span);
    this.holder.setAttribute("aria-label", described(this.panel, this.shown, format, timeText, marksText(marks)));
    if (this.holder.parentNode !== this.body) this.body.replaceChildren(this.legend, this.holder);
    this.render();
    return true;
  }

  /** Draws anew: other rows, another theme, another size of the letters. */
  render() {
    if (!this.shown) return;
    const key = JSON.stringify([this.panel.kind, zone(), this.marks.map((kind) => [kind.what, kind.events]), this.shown.series.map((one) => one.key), [...this.off], document.documentElement.dataset.theme]);
    const values = this.values();
    if (this.plot && this.key === key) {
      this.plot.setData(values, false);
      this.plot.setScale("x", { min: this.span.from / 1000, max: this.span.to / 1000 });
      return;
    }
    this.key = key;
    this.plot?.destroy();
    this.drawLegend();
    this.plot = new uPlot(this.options(), values, this.holder);
    this.plot.over.append(this.tip);
  }

  visible() {
    return this.shown.series.filter((one) => !this.off.has(one.key));
  }

  /** The visible series in the order in which uPlot draws them: of stacked ones the highest first, so that lower ones lie over it. */
  drawn() {
    const now = this.visible().filter((one) => !one.earlier);
    return [...(this.panel.stacked ? now.reverse() : now), ...this.visible().filter((one) => one.earlier)];
  }

  /** What uPlot draws: for stacked bars running sums. */
  values() {
    if (!this.panel.stacked) return [this.shown.times, ...this.drawn().map((one) => one.values)];
    const stack = this.visible().filter((one) => !one.earlier).map((one) => one.values);
    const sums = [];
    stack.forEach((values, at) => sums.push(values.map((number, index) => (number === undefined ? undefined : (number ?? 0) + (at ? sums[at - 1][index] : 0)))));
    return [this.shown.times, ...sums.reverse(), ...this.drawn().filter((one) => one.earlier).map((one) => one.values)];
  }

  options() {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(name).trim();
    const bars = this.panel.kind === "bars";
    const single = this.shown.series.filter((one) => !one.earlier).length === 1;
    const series = this.drawn().map((one) => {
      const stroke = color(one.color ? `--series-${one.color}` : "--ink");
      if (one.earlier) return { stroke, width: 1.5, dash: EARLIER_DASH, points: { size: 3, fill: stroke, width: 0 }, spanGaps: false };
      if (bars) return { stroke, fill: stroke, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [this.barShare(), 40], align: 1, radius: this.panel.stacked ? 0 : 0.15 }) };
      return { stroke, width: 2, dash: DASHES[one.place], fill: single ? `${stroke}22` : null, points: { size: 5, fill: stroke, width: 0 }, spanGaps: false };
    });
    const axis = { stroke: color("--muted"), font: FONT, grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
    const unit = this.shown.series[0].unit;
    return {
      ...this.size(),
      legend: { show: false },
      tzDate: (seconds) => (zone() === "utc" ? uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") : new Date(seconds * 1000)),
      padding: [12, 10, 0, 0],
      cursor: { sync: { key: "tokpulse" }, drag: { x: true, y: false, setScale: false }, points: { size: 7 }, y: false },
      scales: { x: { range: () => [this.span.from / 1000, this.span.to / 1000] }, y: { range: (plot, low, high) => this.range(low, high) } },
      axes: [
        { ...axis, grid: { show: false }, space: 70, size: 30, values: (plot, splits, at, space, step) => splits.map((one) => tickText(one, step)) },
        { ...axis, size: 56, space: 34, ...(WHOLE.has(unit) ? { incrs: WHOLE_STEPS } : {}), values: (plot, splits) => splits.map((one) => format(one, unit).text) },
      ],
      series: [{}, ...series],
      hooks: { draw: [(plot) => drawMarks(plot, this.markedKinds(), color)], setCursor: [(plot) => this.point(plot)], setSelect: [(plot) => this.zoom(plot)] },
    };
  }

  range(low, high) {
    if (low === null || high === null) return [0, 1];
    const bottom = Math.min(low, 0);
    const top = Math.max(high, 0);
    if (bottom === top) return [0, 1];
    const room = (top - bottom) * 0.08;
    return [bottom < 0 ? bottom - room : 0, top > 0 ? top + room : 0];
  }

  barShare() {
    const width = this.size().width - 66;
    const slot = (width * this.step * 1000) / (this.span.to - this.span.from);
    return slot > 8 ? 0.72 : 0.9;
  }

  size() {
    return { width: Math.max(160, this.holder.clientWidth), height: Math.max(120, this.holder.clientHeight) };
  }

  fit() {
    if (this.plot && this.holder.clientWidth) this.plot.setSize(this.size());
  }

  zoom(plot) {
    if (plot.select.width < 8) return;
    const at = (pixel) => Math.round(plot.posToVal(pixel, "x") * 1000);
    const [from, to] = [at(plot.select.left), at(plot.select.left + plot.select.width)];
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.onzoom(from, to);
  }

  point(plot) {
    const index = plot.cursor.idx;
    const own = plot.cursor.event !== undefined || plot.over.matches(":hover");
    if (index === null || index === undefined || !own || plot.cursor.left < 0) {
      this.tip.hidden = true;
      return;
    }
    this.tip.replaceChildren(
      h("p", { class: "tip-time" }, `${timeText(this.shown.times[index] * 1000)} ${zoneText(this.shown.times[index] * 1000)}`),
      ...this.visible().map((one) => h("p", {}, swatch(this.panel, one), h("span", { class: "tip-name" }, one.title), h("span", { class: "tip-value" }, format(this.valueAt(one, index), one.unit).exact))),
    );
    const [from, to] = [this.shown.times[index], this.shown.times[index] + this.step].map((seconds) => seconds * 1000);
    for (const { what, marks } of this.markedKinds()) {
      for (const mark of marks.filter((one) => one.at >= from && one.at < to)) this.tip.append(h("p", {}, markSwatch(what), h("span", { class: "tip-name" }, what), h("span", { class: "tip-value" }, mark.told || format(mark.events, "count").exact)));
    }
    this.tip.hidden = false;
    const left = plot.cursor.left > plot.over.clientWidth / 2 ? plot.cursor.left - this.tip.offsetWidth - 12 : plot.cursor.left + 12;
    this.tip.style.transform = `translate(${Math.max(0, left)}px, 4px)`;
  }

  /** The value of the bucket in which a moment lies, which may have begun before it. */
  valueAt(one, index) {
    const { times } = this.shown;
    let at = index;
    while (at > 0 && one.values[at] === undefined && times[index] - times[at - 1] < this.step) at -= 1;
    return one.values[at];
  }

  drawLegend() {
    const many = this.shown.series.length > 1;
    const marks = this.marks.map(({ what, events }) => h("button", { type: "button", class: "happened", "aria-pressed": String(!this.off.has(what)), title: `Show or hide: ${what}`, onclick: () => this.toggle(what) }, markSwatch(what), `${what} (${events})`));
    const left = this.shown.left ? h("span", { class: "muted" }, `and ${this.shown.left} smaller ones, not shown`) : null;
    this.legend.hidden = !many && !marks.length;
    this.legend.replaceChildren(...(many ? this.shown.series : []).map((one) => h("button", { type: "button", "aria-pressed": String(!this.off.has(one.key)), title: `Show or hide ${one.title}`, onclick: () => this.toggle(one.key) }, swatch(this.panel, one), one.title)), ...(left ? [left] : []), ...marks);
  }

  markedKinds() {
    return this.marks.filter((kind) => !this.off.has(kind.what));
  }

  /** Shows or hides a series or a kind of marks; one series stays. */
  toggle(key) {
    const place = [...this.legend.children].indexOf(document.activeElement);
    const last = this.visible().length === 1 && this.visible()[0].key === key;
    if (!this.off.delete(key) && !last) this.off.add(key);
    this.render();
    this.legend.children[place]?.focus();
  }

  destroy() {
    this.resize.disconnect();
    this.plot?.destroy();
    this.plot = null;
  }
}

/** With what tells them apart: a color and dashes. Of several side by side each has a color, and each of its parts has dashes. */
function styled(series) {
  const [whose, parts] = [[...new Set(series.map((one) => one.whose))], [...new Set(series.map((one) => one.part))]];
  return series.map((one, at) => {
    if (one.whose === null) return { ...one, place: at, color: KNOWN[one.key.toLowerCase()] ?? at + 1 };
    return { ...one, place: (series.length > whose.length ? parts.indexOf(one.part) : at) % DASHES.length, color: whose.indexOf(one.whose) + 1 };
  });
}

function swatch(panel, one) {
  const props = { class: `swatch series-${one.color}`, width: 18, height: 10, "aria-hidden": "true" };
  if (panel.kind === "bars" && !one.earlier) return s("svg", props, s("rect", { x: 4, width: 10, height: 10, rx: 2 }));
  return s("svg", props, s("line", { x1: 0, x2: 18, y1: 5, y2: 5, "stroke-dasharray": (one.earlier ? EARLIER_DASH : DASHES[one.place]).join(" ") || null }));
}
