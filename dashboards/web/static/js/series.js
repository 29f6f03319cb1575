// Rows of a chart as series over common times.

/** {times (seconds), series: [{title, unit, values}], left (series that are not shown)}; what has no row is null. */
export function seriesOf(panel, data, most) {
  const at = (name) => data.columns.findIndex((column) => column.name === name);
  const timeAt = at(panel.time_column);
  const times = [...new Set(data.rows.map((row) => row[timeAt]))].sort((left, right) => left - right);
  const place = new Map(times.map((time, index) => [time, index]));
  const found = new Map();
  const put = (key, title, unit, row, valueAt) => {
    if (!found.has(key)) found.set(key, { key, title, unit, values: new Array(times.length).fill(null) });
    const raw = row[valueAt];
    found.get(key).values[place.get(row[timeAt])] = raw === null ? null : Number(raw);
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
export function described(panel, { times, series }, format, timeText) {
  if (!times.length) return "";
  const parts = series.map((one) => {
    const present = one.values.filter((number) => number !== null);
    if (!present.length) return `${one.title}: no value`;
    return `${one.title}: newest ${format(present.at(-1), one.unit).text}, lowest ${format(Math.min(...present), one.unit).text}, highest ${format(Math.max(...present), one.unit).text}`;
  });
  return `${panel.title}, ${timeText(times[0] * 1000)} to ${timeText(times.at(-1) * 1000)} UTC. ${parts.join(". ")}. The button Show as table lists every value.`;
}
