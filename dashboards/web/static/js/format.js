// Numbers and times as people read them: compact in place, exact (times in UTC) on hover.

import { fields } from "./zone.js";

const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const EXACT = new Intl.NumberFormat("en", { maximumFractionDigits: 6 });
const SHORT = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const RATIO = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const SMALL = new Intl.NumberFormat("en", { maximumSignificantDigits: 1 });
const SCORE = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const PERCENT = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const PERCENT_EXACT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 4 });
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SUFFIX = { plays_per_hour: "/h", plays_per_minute: "/min" };
const MINUS = "\u2212";
export const NONE = "\u2013";

/** {text, exact} of a value in a unit; `signed` writes a plus before gains. */
export function format(value, unit, signed = false) {
  if (value === null || value === undefined || value === "") return { text: NONE, exact: "not known" };
  if (unit === "text" || unit === "handle") return { text: String(value), exact: String(value) };
  if (unit === "time") return { text: timeText(value), exact: isoText(value) };
  const number = Number(value);
  if (!Number.isFinite(number)) return { text: String(value), exact: String(value) };
  const [text, exact] = numberTexts(number, unit);
  return { text: withSign(text, number, signed), exact: withSign(exact, number, signed) };
}

function numberTexts(number, unit) {
  if (unit === "rate_percent") return [PERCENT.format(number), PERCENT_EXACT.format(number)];
  if (unit === "seconds") return [(Math.round(number) < 0 ? "-" : "") + durationText(number), `${EXACT.format(number)} s`];
  if (unit === "score") return [Math.abs(number) >= 1000 ? COMPACT.format(number) : SCORE.format(number), EXACT.format(number)];
  // Nothing that is there is shown as nothing.
  if (unit === "ratio" && Math.abs(number) < 10) return [(Math.abs(number) < 0.1 ? SMALL : RATIO).format(number), EXACT.format(number)];
  const suffix = SUFFIX[unit] ?? "";
  const compact = Math.abs(number) < 1000 ? SHORT.format(number) : COMPACT.format(number);
  return [compact + suffix, EXACT.format(number) + suffix];
}

function withSign(text, number, signed) {
  const plain = text.replace("-", MINUS);
  return signed && number > 0 ? `+${plain}` : plain;
}

/** `3 min 20 s`, `2 d 4 h`: the two largest units. */
export function durationText(seconds) {
  const whole = Math.round(Math.abs(seconds));
  const parts = [[Math.floor(whole / 86400), "d"], [Math.floor(whole / 3600) % 24, "h"], [Math.floor(whole / 60) % 60, "min"], [whole % 60, "s"]];
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`).join(" ");
}

/** A range's length: whole hours up to two days, so that a day is `24 h`. */
export function lengthText(ms) {
  const hours = ms / 3_600_000;
  return Number.isInteger(hours) && hours <= 48 ? `${hours}\u00a0h` : durationText(ms / 1000);
}

/** `27 Nov 16:00`, with the year where it is not this one's. */
export function timeText(ms) {
  const { year, month, day, clock } = fields(ms);
  if (Number.isNaN(year)) return String(ms);
  return `${day} ${MONTHS[month]}${year === fields(Date.now()).year ? "" : ` ${year}`} ${clock.slice(0, 5)}`;
}

/** `16:00:05` */
export function clockText(ms) {
  return fields(ms).clock;
}

/** ISO 8601 with a Z, without zero milliseconds. */
export function isoText(ms) {
  const at = new Date(Number(ms));
  return Number.isNaN(at.getTime()) ? String(ms) : at.toISOString().replace(".000Z", "Z");
}

/** A tick of a time axis whose ticks are `stepS` seconds apart. */
export function tickText(seconds, stepS) {
  const { month, day, hours, minutes, clock } = fields(seconds * 1000);
  const date = `${day} ${MONTHS[month]}`;
  if (stepS >= 86400) return date;
  if (stepS < 60) return clock;
  return hours === 0 && minutes === 0 ? date : clock.slice(0, 5);
}
