// Questions to the dashboard's own server.

import { byClock } from "./compare.js";

/** What went wrong, in the words of the server: `message`, what to do about it as `hint`, and the HTTP `status` (0: no answer). */
export class Failure extends Error {
  constructor(status, message, hint, more = {}) {
    super(message);
    this.status = status;
    this.hint = hint;
    this.more = more;
  }

  /** Whether it may pass by itself: nobody has answered, or ClickHouse is away. */
  get passing() {
    return this.status === 0 || this.status === 503;
  }
}

/** The JSON at `path`. Throws Failure; an AbortError passes through. */
export async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", credentials: "omit", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0, "The dashboard's own server does not answer.", "Is `tokpulse dashboard` still running in its terminal? This page goes on by itself when it does.");
  }
  let body;
  try {
    body = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(response.status, `The server answered with status ${response.status} and no JSON.`, "Reload the page.");
  }
  // 202: the question goes on.
  if (response.ok && response.status !== 202) return body;
  const { message, hint, ...more } = body.error ?? {};
  throw new Failure(response.status, message ?? `status ${response.status}`, hint ?? "", more);
}

// From when on the reader is told that an answer is late, and that none comes.
export const WAITS_S = 5;
export const AWAY_S = 15;
const AGAIN_MS = 1_000;
const TICK_MS = 500;
// The server says within 2 s that it is still asking; a request may wait for its turn in the browser.
const SERVER_MS = 15_000;

/** As ask, but asks again while ClickHouse has not answered. `onwait` hears every so often for how many seconds that has been. */
export async function askPatiently(path, { signal, onwait = () => {} }) {
  let since = Date.now();
  const told = () => signal.aborted || onwait((Date.now() - since) / 1000);
  const ticking = setInterval(told, TICK_MS);
  try {
    for (;;) {
      try {
        return await ask(path, { signal: AbortSignal.any([signal, AbortSignal.timeout(SERVER_MS)]) });
      } catch (error) {
        if (!(error instanceof Failure) || error.more.waiting_s === undefined) throw error;
        since = Math.min(since, Date.now() - error.more.waiting_s * 1000);
        told();
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      signal.throwIfAborted();
    }
  } finally {
    clearInterval(ticking);
  }
}

/** The address of a panel's rows: of a table as many as the state says; of a chart, of what is marked in charts, of a file, and where words are looked for, all that may be asked for. */
export function panelAddress(page, panel, span, state, format = "json") {
  const query = new URLSearchParams({ from: span.from, to: span.to });
  for (const item of page.filters) if (state.filters[item.name]) query.set(item.name, state.filters[item.name]);
  if (state.compare) query.set("compare", state.compare);
  const [earlierFrom, earlierTo] = [span.from, span.to].map((ms) => byClock(ms, state.compare, -1));
  if (earlierFrom !== null) {
    query.set("earlier_from", earlierFrom);
    query.set("earlier_to", earlierTo);
  }
  query.set("limit", panel.kind === "table" && !panel.marks && format === "json" && !state.find[panel.id] ? state.rows : 1000);
  if (format !== "json") query.set("format", format);
  return `/api/pages/${page.slug}/panels/${panel.id}?${query}`;
}
