// How fresh the figures are: what the data says of itself, and whether ClickHouse answers at all.

import { ask, askPatiently, AWAY_S, Failure, panelAddress, WAITS_S } from "./api.js";
import { h } from "./dom.js";
import { clockText } from "./format.js";
import { stateMark } from "./marks.js";
import { zoneText } from "./zone.js";

const EVERY_MS = 3_000;
const UNFILTERED = { filters: {}, find: {}, rows: 50 };
const BEHIND = new Set(["late", "stale"]);
const TOLD = { none: "no data yet", "past range": "a past range" };

/** Asks for the tile with the age of the data, which is on one of `pages`, and, where the server knows, why it is behind. `host`: {causes, span(), live(),
 * onsource()}; that is called when `level` changes. */
export class Status {
  constructor(pages, title, host) {
    this.tile = pages.flatMap((page) => page.panels.map((panel) => ({ page, panel }))).find(({ panel }) => panel.state_column);
    this.title = title;
    this.host = host;
    // ok, waiting (no answer for some seconds) or away (none for longer, or a failure that may pass).
    this.level = "ok";
    this.failure = null;
    this.since = null;
    this.word = "";
    this.why = null;
    this.asOf = null;
    // Why figures are behind, or will be: [{means, about}].
    this.causes = [];
    this.stop = new AbortController();
    this.element = h("p", { class: "data-status", role: "status" });
  }

  /** Asks now, and from then on every few seconds while the page is live. A question that is open is not asked twice, but `anew`. */
  async ask(anew = false) {
    clearTimeout(this.timer);
    if (!this.tile || (this.asking && !anew)) return;
    if (anew) {
      this.stop.abort();
      this.stop = new AbortController();
    }
    this.asking = true;
    const { signal } = this.stop;
    this.askWhy(signal);
    try {
      const { page, panel } = this.tile;
      const data = await askPatiently(panelAddress(page, panel, this.host.span(), UNFILTERED), { signal, onwait: (seconds) => this.waited(seconds) });
      if (signal.aborted) return;
      this.tell(data);
      this.rise("ok", null);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Failure)) throw error;
      this.rise(error.passing ? "away" : "ok", error.passing ? error : null);
    } finally {
      if (signal === this.stop.signal) this.asking = false;
    }
    if (!signal.aborted) this.schedule();
  }

  /** Why figures are behind. The server answers with what it knows, and looks for more: the next question gets that. */
  async askWhy(signal) {
    if (!this.host.causes) return;
    try {
      this.causes = (await ask(`/api/causes${BEHIND.has(this.word) ? "?behind=1" : ""}`, { signal })).causes;
      this.write();
    } catch (error) {
      // What is wrong with the server is said by the question for the figures.
      if (!(error instanceof Failure) && error.name !== "AbortError") throw error;
    }
  }

  waited(seconds) {
    if (seconds < (this.level === "away" ? AWAY_S : WAITS_S)) return;
    if (this.level === "ok") this.since = Date.now() - seconds * 1000;
    this.rise(seconds < AWAY_S ? "waiting" : "away", this.failure);
  }

  rise(level, failure) {
    const changed = level !== this.level || failure?.message !== this.failure?.message;
    this.level = level;
    this.failure = failure;
    this.entitle();
    if (changed) this.host.onsource();
  }

  tell(data) {
    const at = (name) => data.rows[0]?.[data.columns.findIndex((column) => column.name === name)];
    const { panel } = this.tile;
    this.word = at(panel.state_column) ?? "none";
    this.why = this.word === "none" ? null : at(panel.note_column);
    this.asOf = data.as_of_ms;
    this.write();
  }

  /** Writes what is known of the data, and that it is not asked for any more while the page is paused. */
  write() {
    this.entitle();
    if (!this.asOf) return;
    const paused = this.host.live() || this.word === "past range" ? "" : `. Paused at ${clockText(this.asOf)} ${zoneText(this.asOf)}: nothing here changes until you go on`;
    const text = `${TOLD[this.word] ?? `data ${this.word}`}${this.why ? `: ${this.why}` : ""}${this.reasons()}${paused}`;
    // Written anew it would be read aloud anew.
    if (this.element.textContent.endsWith(` ${text}`)) return;
    this.element.replaceChildren(stateMark(this.word), ` ${text}`);
  }

  reasons() {
    if (this.word === "past range") return "";
    if (!this.causes.length) return BEHIND.has(this.word) ? ". `tokpulse doctor` says why" : "";
    const told = this.causes.map(({ means, about }) => (about ? `${means} (${about})` : means));
    return `. ${BEHIND.has(this.word) ? "Why" : "But"}: ${told.join("; ")}. \`tokpulse doctor\` says more`;
  }

  /** What is wrong stands in the title, for who looks at another tab. */
  entitle() {
    const mark = { waiting: "waiting for an answer", away: "no answer" }[this.level] ?? [BEHIND.has(this.word) ? `${this.word} data` : this.causes.length > 0 && "trouble", !this.host.live() && "paused"].filter(Boolean).join(", ");
    document.title = `${this.title}${mark ? ` (${mark})` : ""} \u00b7 tokpulse`;
  }

  schedule() {
    clearTimeout(this.timer);
    if (!document.hidden && (this.host.live() || this.level !== "ok")) this.timer = setTimeout(() => this.ask(), EVERY_MS);
  }

  destroy() {
    this.stop.abort();
    clearTimeout(this.timer);
  }
}
