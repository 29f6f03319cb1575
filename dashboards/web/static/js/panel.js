// One panel: its frame, and what is in it: figures, "nothing yet", or what went wrong.

import { AWAY_S, panelAddress } from "./api.js";
import { named } from "./beside.js";
import { Chart } from "./chart.js";
import { earlierName } from "./compare.js";
import { h, icon, iconButton } from "./dom.js";
import { clockText } from "./format.js";
import { besideEarlier } from "./series.js";
import { drawStat, drawStats } from "./stat.js";
import { drawTable, hasCards, moreRows, sortChoice } from "./table.js";
import { zoneText } from "./zone.js";

const TYPING_MS = 150;
// A table of so few rows shows one creator or post.
const LOW = 2;

/** The view of a panel. `host`: {page, state(), change(patch), link(subject, value), marks(filters), nameOf(subject, value)} of the page that it is on. */
export class PanelView {
  constructor(panel, host) {
    this.panel = panel;
    this.host = host;
    // The rows, and the {state, span} for which they were asked: labels, marks and files are of these.
    this.data = null;
    this.asked = null;
    this.chart = null;
    this.body = h("div", { class: "panel-body" }, h("div", { class: "skeleton", "aria-hidden": "true" }));
    this.foot = h("div", { class: "panel-foot" });
    const title = `panel-${panel.id}`;
    this.csv = h("a", { class: "icon-button", hidden: true, download: true, "aria-label": `${panel.title} as CSV`, title: "Download as CSV" }, icon("csv"));
    this.toggle = this.isChart() ? iconButton("table", `Show as table: ${panel.title}`, () => this.switchView(), { hidden: true }) : null;
    this.finder = this.namesSomebody() ? this.rowFilter() : null;
    this.sorter = panel.kind === "table" && hasCards(panel) ? sortChoice(panel, (sort) => this.sortBy(sort)) : null;
    // Cards that show all their values; they stay so when the figures are loaded anew.
    this.opened = new Set();
    this.element = h("section", { class: `panel ${panel.kind} w-${panel.width} h-${panel.height}`, "aria-labelledby": title, "data-panel": panel.id, "aria-busy": "true" },
      h("div", { class: "panel-head" }, h("h2", { id: title }, panel.title), this.finder, this.sorter, h("div", { class: "panel-actions" }, this.helpButton(), this.toggle, this.csv)),
      this.body, this.foot);
  }

  isChart() {
    return this.panel.kind === "timeseries" || this.panel.kind === "bars";
  }

  /** Whether many rows are about creators or posts, so that some may be looked for. */
  namesSomebody() {
    return this.panel.kind === "table" && this.panel.height > LOW && this.panel.columns.some((column) => column.label);
  }

  /** Leaves the rows of a handle, a hashtag, a tier, a region, or of any other words. */
  rowFilter() {
    const input = h("input", { type: "search", class: "row-filter", placeholder: "handle, #tag, tier \u2026", "aria-label": `Filter the rows: ${this.panel.title}`, autocomplete: "off", spellcheck: "false", maxlength: "100", value: this.host.state().find[this.panel.id] ?? "" });
    input.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => {
        const find = { ...this.host.state().find };
        if (input.value.trim()) find[this.panel.id] = input.value.trim();
        else delete find[this.panel.id];
        this.host.change({ find });
      }, TYPING_MS);
    });
    return input;
  }

  /** How it is looked at: a chart as `table`, a table or such a chart with `all` its rows, or as ever. */
  viewed() {
    return this.host.state().view[this.panel.id];
  }

  asTable() {
    return this.panel.kind === "table" || this.viewed() === "table" || this.viewed() === "all";
  }

  look(how) {
    const view = { ...this.host.state().view };
    if (how) view[this.panel.id] = how;
    else delete view[this.panel.id];
    this.host.change({ view });
  }

  sortBy(sort) {
    const { [this.panel.id]: _, ...others } = this.host.state().sort;
    this.host.change({ sort: sort ? { ...others, [this.panel.id]: sort } : others });
  }

  helpButton() {
    const id = `help-${this.panel.id}`;
    const note = h("div", { id, class: "popover note", popover: "auto" }, h("p", {}, this.panel.help));
    const button = iconButton("help", `What ${this.panel.title} shows`, null, { popovertarget: id });
    note.addEventListener("beforetoggle", (event) => event.newState === "open" && placeBelow(note, button));
    return [button, note];
  }

  /** Draws an answer of the server, {data, state, span}, or the one there is in another way. */
  draw(answer = null) {
    if (answer) {
      this.data = answer.data;
      this.asked = { state: answer.state, span: answer.span };
      this.element.setAttribute("aria-busy", "false");
      this.element.classList.remove("stale");
    }
    if (!this.data) return;
    const data = named(this.data, this.host.nameOf);
    // While other rows are on their way, those that are here keep their name.
    const { filters, compare } = this.asked.state;
    const state = { ...this.host.state(), filters, compare };
    this.csv.href = panelAddress(this.host.page, this.panel, this.asked.span, state, "csv");
    this.csv.hidden = false;
    this.foot.replaceChildren();
    this.tellUnfiltered(state);
    if (!this.drawKind(data, state)) this.drawEmpty();
    if (this.element.classList.contains("stale")) this.age();
  }

  /** What the reader has filtered by, and this panel's query knows nothing of. */
  tellUnfiltered({ filters }) {
    const names = this.host.page.filters.map((item) => item.name).filter((name) => filters[name] && !this.panel.takes.includes(name));
    this.tell(names.length ? `Not filtered by ${names.join(", ")}` : null);
  }

  drawKind(data, state) {
    if (!data.rows.length) return false;
    if (this.panel.kind === "stat") return data.beside ? drawStats(this.body, this.panel, data, this.host.link) : drawStat(this.body, this.panel, data, this.asked.span, state.compare);
    if (this.toggle) this.labelToggle();
    const earlier = earlierName(state.compare, this.asked.span).said;
    if (this.asTable()) {
      this.dropChart();
      const [find, sort, all] = [state.find[this.panel.id], state.sort[this.panel.id], this.viewed() === "all"];
      const shown = drawTable(this.body, this.panel, this.isChart() ? besideEarlier(this.panel, data, earlier, state.compare) : data, {
        sort, find, all, opened: this.opened, link: this.host.link, onsort: (next) => this.sortBy(next), caption: `${this.panel.title}. ${this.panel.help}`,
      });
      if (this.sorter) this.sorter.value = sort ?? "";
      this.tell(find ? `${shown.found} of ${data.rows.length} rows hold \u201c${find}\u201d` : null);
      this.tell(shown.masked ? `Names are masked in ${shown.masked} of ${shown.found} rows: people who were not opted in` : null);
      const closed = this.isChart() ? "table" : null;
      const more = moreRows(this.panel, shown, data, { all, find, show: (open) => this.look(open ? "all" : closed), ask: () => this.host.change({ rows: Math.min(1000, data.limit * 4) }) });
      if (more) this.foot.append(more);
      return true;
    }
    this.chart ??= new Chart(this.body, this.panel, (from, to) => this.host.change({ from, to, range: null }));
    return this.chart.draw(data, this.asked.span, earlier, this.host.marks(state.filters), state.compare);
  }

  tell(text) {
    if (text) this.foot.append(h("p", { class: "told" }, text));
  }

  labelToggle() {
    this.toggle.hidden = false;
    const label = this.asTable() ? "Show as chart" : "Show as table";
    this.toggle.title = label;
    this.toggle.setAttribute("aria-label", `${label}: ${this.panel.title}`);
    this.toggle.querySelector("use").setAttribute("href", `/static/icons.svg#${this.asTable() ? "chart" : "table"}`);
  }

  switchView() {
    this.look(this.asTable() ? null : "table");
  }

  drawEmpty() {
    this.dropChart();
    if (this.toggle) this.toggle.hidden = true;
    this.body.replaceChildren(h("div", { class: "empty" }, icon("empty"), h("p", {}, h("strong", {}, "Nothing in this range. "), this.data.why ?? this.panel.empty)));
  }

  /** Shows what went wrong. While that may pass, figures that are there stay, marked as old. */
  fail(failure) {
    this.element.setAttribute("aria-busy", "false");
    if (this.data && failure.passing) {
      this.age();
      return;
    }
    this.data = null;
    this.element.classList.remove("stale");
    this.foot.replaceChildren();
    this.dropChart();
    this.body.replaceChildren(h("div", { class: "empty error" }, icon("alert"), h("p", {}, h("strong", {}, failure.message), " ", failure.hint)));
  }

  /** Marks the figures that are there as those of an earlier time; `why` before it. */
  age(why = "") {
    if (!this.data) return;
    this.element.classList.add("stale");
    this.foot.querySelector(".old")?.remove();
    this.foot.append(h("p", { class: "old" }, icon("alert"), `${why}as of ${clockText(this.data.as_of_ms)} ${zoneText(this.data.as_of_ms)}`));
  }

  /** The answer has not come for some seconds. */
  wait(seconds) {
    const text = `${seconds < AWAY_S ? "Waiting for an answer" : "No answer"} for ${Math.floor(seconds)} s`;
    if (this.data) this.age(`${text}; `);
    else this.body.replaceChildren(h("div", { class: seconds < AWAY_S ? "empty" : "empty error" }, icon(seconds < AWAY_S ? "clock" : "alert"), h("p", {}, h("strong", {}, `${text}. `), "It is asked again until one comes.")));
  }

  /** The theme has changed: canvases do not notice by themselves. */
  restyle() {
    this.chart?.render();
  }

  dropChart() {
    this.chart?.destroy();
    this.chart = null;
  }
}

/** Puts a popover below its button, within the window. */
export function placeBelow(popover, button) {
  const at = button.getBoundingClientRect();
  requestAnimationFrame(() => {
    const left = Math.min(at.left, document.documentElement.clientWidth - popover.offsetWidth - 8);
    const below = at.bottom + 6 + popover.offsetHeight < window.innerHeight;
    popover.style.left = `${Math.max(8, left)}px`;
    popover.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - 6 - popover.offsetHeight)}px`;
  });
}
