// In whose time moments are shown: UTC, or the zone of the browser.

export const ZONES = ["utc", "local"];
const STORED = "tz";
let shown = "utc";

/** The zone that times are shown in from now on. */
export function setZone(zone) {
  shown = zone;
}

export function zone() {
  return shown;
}

/** What was chosen earlier in this browser, else UTC. */
export function storedZone() {
  try {
    const stored = localStorage.getItem(STORED);
    return ZONES.includes(stored) ? stored : "utc";
  } catch {
    return "utc";
  }
}

export function storeZone(chosen) {
  try {
    localStorage.setItem(STORED, chosen);
  } catch {
    // Without storage the choice is that of the address.
  }
}

/** `UTC`, or how far the browser's zone is from it at a moment: `UTC+5:30`. */
export function zoneText(ms, of = shown) {
  if (of === "utc") return "UTC";
  const minutes = -new Date(ms).getTimezoneOffset();
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? "\u2212" : "+"}${hours}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

/** The same of a range: of both its ends where clocks change in it, `UTC+2, then UTC+1`. */
export function zoneOfRange({ from, to }) {
  const [first, last] = [zoneText(from), zoneText(to - 1)];
  return first === last ? first : `${first}, then ${last}`;
}

/** The moment so many days later at the same time of the clock; of a time that the clock does not have then, what the browser takes for it. */
export function daysFrom(ms, days) {
  if (shown === "utc") return ms + days * 86_400_000;
  const at = new Date(ms);
  at.setDate(at.getDate() + days);
  return at.getTime();
}

/** When the day begins that is so many days after today. */
export function midnight(days) {
  const { date } = fields(daysFrom(Date.now(), days));
  return writtenTime(`${date}T00:00`);
}

const two = (number) => String(number).padStart(2, "0");

/** The fields of a moment: numbers, and with two digits {date: "2026-11-27", clock: "16:00:05"}. */
export function fields(ms) {
  const at = new Date(Number(ms));
  const [year, month, day, hours, minutes, seconds] = shown === "utc"
    ? [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()]
    : [at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()];
  return { year, month, day, hours, minutes, seconds, date: `${String(year).padStart(4, "0")}-${two(month + 1)}-${two(day)}`, clock: [hours, minutes, seconds].map(two).join(":") };
}

/** The moment (ms) that somebody has written into a field for date and time, NaN where it is none. */
export function writtenTime(text) {
  return Date.parse(shown === "utc" ? `${text}Z` : text);
}
