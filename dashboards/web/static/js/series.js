// Rows of a chart as series over common times.

import { called } from "./beside.js";
import { byClock } from "./compare.js";
import { zoneOfRange } from "./zone.js";

/** {times (seconds), series: [{key, whose, part, title, unit, values}], left (series that are not shown)}; what has no row is null.
 * Of several side by side `whose` says of which, and what is stacked is added up: {key, title} of one are those of its part. */
export function seriesOf(panel, data, most) {
  const at = (name) => data.columns.findIndex((column) => column.name === name);
  const [whoseAt, nameAt] = [at("beside"), at("beside_name")];
  const several = panel.series_column || panel.value_columns.length > 1;
  const timeAt = at(panel.time_column);
  const times = [...new Set(data.rows.map((row) => row[timeAt]))].sort((left, right) => left - right);
  const place = new Map(times.map((time, index) => [time, index]));
  const found = new Map();
  const put = (part, title, unit, row, valueAt) => {
    const whose = whoseAt < 0 ? null : String(row[whoseAt]);
    const name = whose === null ? title : called(data.beside, whose, row[nameAt] ?? null) + (several && !panel.stacked ? `: ${title}` : "");
    const key = whose === null ? part : panel.stacked ? whose : `${whose} ${part}`;
    if (!found.has(key)) found.set(key, { key, whose, part, title: name, unit, values: new Array(times.length).fill(null) });
    const { values } = found.get(key);
    const moment = place.get(row[timeAt]);
    const number = row[valueAt] === null ? null : Number(row[valueAt]);
    values[moment] = whose !== null && panel.stacked ? (values[moment] ?? 0) + (number ?? 0) : number;
  };
  for (const row of data.rows) {
    if (panel.series_column) {
      const name = String(row[at(panel.series_column)]);
      const valueAt = at(panel.value_columns[0]);
      put(name, name || "(none)", data.columns[valueAt].unit, row, valueAt);
    } else {
      for (const column of panel.value_columns) put(column, data.columns[at(column)].title, data.columns[at(column)].unit, row, at(column));
    }
  }
  const all = [...found.values()];
  // The largest ones, in the order in which they came.
  const total = (one) => one.values.reduce((sum, number) => sum + Math.abs(number ?? 0), 0);
  const kept = new Set([...all].sort((left, right) => total(right) - total(left)).slice(0, most));
  return { times: times.map((time) => time / 1000), series: all.filter((one) => kept.has(one)), left: all.length - kept.size };
}

/** The answer as of the earlier time, its moments as much later as the range shown is: by the clock where that is days. */
export function earlierData(panel, data, compare) {
  const timeAt = data.columns.findIndex((column) => column.name === panel.time_column);
  const later = (ms) => byClock(ms, compare, 1) ?? ms + data.earlier_ms;
  return { ...data, rows: (data.previous ?? []).map((row) => row.map((cell, at) => (at === timeAt ? later(cell) : cell))) };
}

/** The series of an earlier time as lines beside those of now: each its own, or one of all that are stacked. `name` says when it was. */
export function earlierSeries(panel, data, now, name, compare) {
  const { times, series } = seriesOf(panel, earlierData(panel, data, compare), Infinity);
  if (panel.stacked && !data.beside) {
    const sums = times.map((_, at) => series.reduce((sum, one) => sum + (one.values[at] ?? 0), 0));
    return { times, series: times.length ? [{ key: "", title: `all, ${name}`, unit: now[0].unit, values: sums, color: 0, place: 0, earlier: true }] : [] };
  }
  const then = new Map(series.map((one) => [one.key, one.values]));
  const known = now.filter((one) => then.has(one.key));
  return { times, series: known.map((one) => ({ ...one, key: `${one.key} earlier`, title: `${one.title}, ${name}`, values: then.get(one.key), earlier: true })) };
}

/** A chart's rows for a table: beside each value that of the earlier time, which may have had moments of its own. */
export function besideEarlier(panel, data, name, compare) {
  if (!data.previous?.length) return data;
  const timeAt = data.columns.findIndex((column) => column.name === panel.time_column);
  const isValue = data.columns.map((column) => panel.value_columns.includes(column.name));
  const key = (row) => JSON.stringify(row.filter((_, at) => !isValue[at]));
  const then = new Map(earlierData(panel, data, compare).rows.map((row) => [key(row), row]));
  const beside = (row, before) => row.flatMap((cell, at) => (isValue[at] ? [cell, before?.[at] ?? null] : [cell]));
  const rows = data.rows.map((row) => {
    const before = then.get(key(row));
    then.delete(key(row));
    return beside(row, before);
  });
  for (const before of then.values()) rows.push(beside(before.map((cell, at) => (isValue[at] ? null : cell)), before));
  const columns = data.columns.flatMap((column, at) => (isValue[at] ? [column, { ...column, name: `${column.name}_earlier`, title: `${column.title}, ${name}` }] : [column]));
  return { ...data, columns, rows: rows.sort((left, right) => left[timeAt] - right[timeAt]) };
}

/** Several such over all their times. A time that another one brought is `undefined`, which is no gap to uPlot. */
export function joined(tables) {
  const [times, ...values] = uPlot.join(tables.map((table) => [table.times, ...table.series.map((one) => one.values)]));
  return { times, series: tables.flatMap((table) => table.series).map((one, at) => ({ ...one, values: values[at] })), left: tables[0].left };
}

/** Seconds between two points: the smallest distance there is. */
export function stepOf(times, interval) {
  let step = Infinity;
  for (let index = 1; index < times.length; index += 1) step = Math.min(step, times[index] - times[index - 1]);
  return Number.isFinite(step) ? step : interval;
}

/** The same with an empty moment in every gap, so that no line is drawn where nothing was seen. */
export function withGaps({ times, series, left }, step) {
  const filled = [];
  times.forEach((time, index) => {
    if (index > 0 && time - times[index - 1] > 1.5 * step) filled.push({ time: times[index - 1] + step, index: null });
    filled.push({ time, index });
  });
  return {
    times: filled.map((one) => one.time),
    series: series.map((one) => ({ ...one, values: filled.map(({ index }) => (index === null ? null : one.values[index])) })),
    left,
  };
}

/** In words: what a chart shows to those who do not see it. */
export function described(panel, { times, series }, format, timeText, marked) {
  if (!times.length) return "";
  const parts = series.map((one) => {
    const present = one.values.filter((number) => number !== null && number !== undefined);
    if (!present.length) return `${one.title}: no value`;
    return `${one.title}: newest ${format(present.at(-1), one.unit).text}, lowest ${format(Math.min(...present), one.unit).text}, highest ${format(Math.max(...present), one.unit).text}`;
  });
  return `${panel.title}, ${timeText(times[0] * 1000)} to ${timeText(times.at(-1) * 1000)} ${zoneOfRange({ from: times[0] * 1000, to: times.at(-1) * 1000 + 1 })}. ${parts.join(". ")}. ${marked}The button Show as table lists every value.`;
}
