// What a page may be compared with, and how that is called.

import { lengthText } from "./format.js";

/** [value in the address, what the toolbar calls it] */
export const COMPARISONS = [["previous", "the time before"], ["yesterday", "a day earlier"], ["week", "a week earlier"]];
const SHIFTED = { yesterday: "24\u00a0h earlier", week: "7\u00a0d earlier" };

/** {short, said, when}: beside a figure, as a noun and as an adverb. Without a choice it is the time before. */
export function earlierName(compare, span) {
  if (SHIFTED[compare]) return { short: SHIFTED[compare], said: SHIFTED[compare], when: SHIFTED[compare] };
  const length = lengthText(span.to - span.from);
  return { short: `prior ${length}`, said: `the ${length} before`, when: `in the ${length} before` };
}
