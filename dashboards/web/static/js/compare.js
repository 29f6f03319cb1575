// What a page may be compared with, and how that is called.

import { lengthText } from "./format.js";
import { daysFrom } from "./zone.js";

/** [value in the address, what the toolbar calls it] */
export const COMPARISONS = [["previous", "the time before"], ["yesterday", "a day earlier"], ["week", "a week earlier"]];
const SHIFTED = { yesterday: "a day earlier", week: "a week earlier" };
const DAYS = { yesterday: 1, week: 7 };

/** {short, said, when}: beside a figure, as a noun and as an adverb. Without a choice it is the time before. */
export function earlierName(compare, span) {
  if (SHIFTED[compare]) return { short: SHIFTED[compare], said: SHIFTED[compare], when: SHIFTED[compare] };
  const length = lengthText(span.to - span.from);
  return { short: `prior ${length}`, said: `the ${length} before`, when: `in the ${length} before` };
}

/** A moment (ms) the days of a comparison later, or earlier with a negative `direction`, at the same time of the shown zone's clock; null where it is not a matter of days. */
export function byClock(ms, compare, direction) {
  return DAYS[compare] ? daysFrom(ms, direction * DAYS[compare]) : null;
}
