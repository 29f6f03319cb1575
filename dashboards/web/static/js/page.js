// A page of panels that stays fresh.

import { askPatiently, Failure, panelAddress, WAITS_S } from "./api.js";
import { called, values, withBeside } from "./beside.js";
import { announce, h, icon } from "./dom.js";
import { clockText } from "./format.js";
import { marksOf } from "./happened.js";
import { MuteButton } from "./mute.js";
import { PanelView } from "./panel.js";
import { Search } from "./search.js";
import { onPage, pageOf, span } from "./state.js";
import { Status } from "./status.js";
import { itemOf } from "./subject.js";
import { Toolbar } from "./toolbar.js";
import { ViewsButton } from "./views.js";
import { zoneText } from "./zone.js";

const RETRY_S = 3;
const RECENT = 200;
// What tables have shown, with its name where that is known: suggestions for the filters.
const seen = { creator: new Map(), post: new Map(), hashtag: new Map(), tier: new Map(), region: new Map() };
// Columns whose values are filters, but lead nowhere.
const PLAIN = { tier: "tier", country: "region" };

/** Shows one page. `app`: {pages, subjects, muting, views, state(), go(state, options)}. */
export class PageView {
  constructor(page, app) {
    this.page = page;
    this.app = app;
    this.asOf = null;
    // Of panels whose newest question failed; those with an open question: they are not asked twice; those of them whose answer is late.
    this.failures = new Map();
    this.asked = new Map();
    this.waiting = new Set();
    this.troubled = false;
    // Of each table whose rows are marked in charts: of which filters, and which kinds.
    this.marks = new Map();
    this.round = 0;
    this.everyS = Math.max(3, page.refresh_s - 2);
    const host = {
      page,
      state: app.state,
      change: (patch) => app.go({ ...app.state(), ...patch }),
      refresh: (told) => this.refresh(told),
      link: (subject, value) => this.link(subject, value),
      beside: (subject, value) => this.beside(subject, value),
      marks: (filters) => [...this.marks.values()].flatMap((one) => (sameFilters(filters, one.filters) ? one.kinds : [])),
      nameOf: (subject, value) => seen[subject].get(value) ?? null,
      suggestions: (name) => [...seen[name]].slice(-RECENT).reverse(),
    };
    this.toolbar = new Toolbar(host);
    this.mute = app.muting ? new MuteButton(() => this.byId()) : null;
    if (this.mute) this.toolbar.element.lastElementChild.before(this.mute.element);
    if (app.views) this.toolbar.element.lastElementChild.before(new ViewsButton(() => app.address(app.state())).element);
    this.search = new Search(host);
    this.status = new Status(app.pages, page.title, { causes: app.causes, span: () => span(app.state(), page), live: () => app.state().live, onsource: () => this.sourceChanged() });
    this.banner = h("div", { class: "banner", role: "alert", hidden: true });
    this.panels = page.panels.map((panel) => new PanelView(panel, host));
    this.grid = h("div", { class: "grid" }, this.panels.map((panel) => panel.element));
    this.chooser = h("div", { class: "chooser", hidden: true });
    this.who = h("span", { class: "who" });
    this.element = h("div", { class: "page" }, h("div", { class: "page-head" }, h("div", {}, h("h1", {}, page.title), this.who, h("p", { class: "lead" }, page.description, page.slug === "health" && app.flink && flinkLink(app.flink)), this.status.element), this.search.element), this.toolbar.element, this.banner, this.chooser, this.grid);
    this.onshow = () => !document.hidden && this.schedule(0);
    document.addEventListener("visibilitychange", this.onshow);
  }

  link(subject, value) {
    const page = pageOf(this.app, subject);
    return page ? this.app.address(onPage(this.app.state(), page, { [subject]: value })) : null;
  }

  /** The address of this page with one more side by side; null where that cannot be. */
  beside(subject, value) {
    const filters = this.page.filters.some((item) => item.name === subject) ? withBeside(this.app.state().filters, subject, value) : null;
    return filters && this.app.address({ ...this.app.state(), filters });
  }

  /** The filters of one value, with the id of a creator whose handle was given, where a table has shown both. */
  byId() {
    const filters = Object.fromEntries(Object.entries(this.app.state().filters).filter(([, text]) => values(text).length === 1));
    const handle = filters.creator?.replace(/^@/, "").toLowerCase();
    const found = [...seen.creator].find(([, name]) => name !== null && name.toLowerCase() === handle);
    return found ? { ...filters, creator: found[0] } : filters;
  }

  /** The state has changed on the same page. `asked`: other rows are wanted, not only another view of them. */
  update(asked) {
    this.toolbar.show();
    this.report(false);
    this.status.write();
    if (asked) {
      this.mute?.show();
      for (const panel of this.panels) panel.element.setAttribute("aria-busy", "true");
      this.refresh(false);
    } else {
      for (const panel of this.panels) panel.draw();
      this.schedule();
    }
  }

  missing() {
    return this.page.filters.find((item) => item.required && !this.app.state().filters[item.name]);
  }

  /** Asks for all panels' rows. With `anew`, what was asked before is dropped; else panels with an open question go on waiting for its answer. */
  async refresh(told, anew = true) {
    if (anew || !this.stopAsking) {
      this.round += 1;
      this.stopAsking?.abort();
      this.stopAsking = new AbortController();
      this.asked.clear();
      this.waiting.clear();
      this.failures.clear();
    }
    const { round } = this;
    const { signal } = this.stopAsking;
    const missing = this.missing();
    this.grid.hidden = Boolean(missing);
    this.chooser.hidden = !missing;
    if (missing) return this.choose(missing, signal);
    const state = this.app.state();
    const asked = { state, span: span(state, this.page) };
    this.status.ask(anew);
    await Promise.all(this.panels.map((panel) => this.fill(panel, asked, signal, round)));
    if (round !== this.round) return;
    this.name(state);
    this.element.dataset.ready = "true";
    this.report(told);
    this.schedule();
  }

  /** Asks for the rows of a panel, if they are not asked for, and draws them. Resolves with the answer, or when it is late: then the others need not wait. */
  fill(panel, asked, signal, round) {
    if (!this.asked.has(panel)) this.asked.set(panel, this.askFor(panel, asked, signal, round));
    return this.asked.get(panel);
  }

  askFor(panel, asked, signal, round) {
    let goOn;
    const late = new Promise((resolve) => (goOn = resolve));
    const onwait = (seconds) => {
      if (seconds < WAITS_S || round !== this.round) return;
      this.waiting.add(panel);
      panel.wait(seconds);
      goOn();
    };
    const answered = async () => {
      try {
        const data = await askPatiently(panelAddress(this.page, panel.panel, asked.span, asked.state), { signal, onwait });
        if (round !== this.round) return;
        remember(data);
        this.failures.delete(panel);
        panel.draw({ data, ...asked });
        if (panel.panel.marks) this.mark(panel, { filters: asked.state.filters, kinds: marksOf(data, panel.panel.marks) });
        this.asOf = Math.max(this.asOf ?? 0, data.as_of_ms);
      } catch (error) {
        if (signal.aborted || round !== this.round) return;
        if (!(error instanceof Failure)) throw error;
        this.failures.set(panel, error);
        panel.fail(error);
      }
      this.asked.delete(panel);
      if (this.waiting.delete(panel)) {
        this.name(asked.state);
        this.report(false);
      }
    };
    return Promise.race([late, answered()]);
  }

  /** ClickHouse has stopped answering, or answers again. */
  sourceChanged() {
    if (this.status.level === "ok") this.refresh(false, false);
    else for (const panel of this.panels) if (!this.waiting.has(panel)) panel.age();
    this.report(false);
  }

  /** Marks what happened in all charts of the same filters. */
  mark(table, marks) {
    if (JSON.stringify(marks) === JSON.stringify(this.marks.get(table))) return;
    this.marks.set(table, marks);
    for (const panel of this.panels) if (panel.chart) panel.draw();
  }

  /** One panel's rows tell how to call what is side by side in another, and whom the page is about. */
  name(state) {
    this.tellWho(state);
    for (const panel of this.panels) if (panel.data?.beside) panel.draw();
  }

  /** Whom or what a page about one of many shows: by name, where a table has it. */
  tellWho({ filters }) {
    const about = this.page.filters.find((item) => item.required);
    const names = about ? values(filters[about.name]).map((value) => [value, seen[about.name].get(value) ?? null]) : [];
    this.who.textContent = names.length > 1 || names[0]?.[1] ? names.map(([value, name]) => called(about.name, value, name)).join(" \u00b7 ") : "";
  }

  /** Whether somebody is away: what failed and may pass, or how long the source has been silent. */
  get trouble() {
    const failure = [this.status.failure, ...this.failures.values()].find((one) => one?.passing);
    if (failure) return { level: "away", message: failure.message, hint: `${failure.hint} This page tries again every ${RETRY_S} seconds.` };
    const { level, since } = this.status;
    if (level === "ok") return { level };
    const message = level === "waiting" ? "ClickHouse takes long to answer." : "ClickHouse does not answer.";
    return { level, message, hint: `Nothing has come since ${clockText(since)} ${zoneText(since)}. Figures are of the times that they show. The page goes on asking; \`tokpulse status\` shows whether ClickHouse runs.` };
  }

  report(told) {
    const { level, message, hint } = this.trouble;
    const troubled = level !== "ok" || this.failures.size > 0;
    if (this.troubled && !troubled) announce("The figures are up to date again.");
    else if (told && !troubled && this.asOf) announce(`Refreshed at ${clockText(this.asOf)} ${zoneText(this.asOf)}.`);
    this.troubled = troubled;
    this.banner.hidden = level === "ok";
    this.banner.classList.toggle("waiting", level === "waiting");
    // An alert that is written anew each time would be read aloud each time.
    const text = level === "ok" ? "" : `${message} ${hint}`;
    if (this.banner.dataset.text !== text) {
      this.banner.dataset.text = text;
      this.banner.replaceChildren(icon("alert"), h("div", {}, h("strong", {}, message ?? ""), h("p", {}, hint ?? "")));
    }
    this.toolbar.freshness(this.asOf, this.everyS, level);
  }

  /** Sets the time of the next refresh; on a common grid, so that tabs that show the same ask at the same time. */
  schedule(inMs = null) {
    clearTimeout(this.timer);
    const away = this.trouble.level === "away";
    if (document.hidden || (!this.app.state().live && !away)) return;
    // What is refused now will be refused in a moment too.
    const every = (away ? RETRY_S : this.everyS) * 1000;
    this.timer = setTimeout(() => this.refresh(false, false), inMs ?? every - (away ? 0 : Date.now() % every));
  }

  /** A page about one creator, post or hashtag, and none is chosen: offers some that other pages show. */
  async choose(item, signal) {
    this.element.dataset.ready = "true";
    this.status.ask(true);
    this.report(false);
    const offer = (found) => {
      const values = [...new Map([...found, ...seen[item.name]])].slice(0, 12);
      this.chooser.replaceChildren(icon(this.page.slug), h("h2", {}, `Choose a ${item.name}`),
        h("p", {}, `This page shows one ${item.name}: type one into the filter above${values.length ? ", or take one of these." : ", or follow a link in a table of another page."}`),
        values.length ? h("ul", { class: "choices" }, values.map(([id, name]) => h("li", {}, h("a", { class: "button", href: this.link(item.name, id) }, called(item.name, id, name))))) : null);
    };
    offer([]);
    for (const page of this.app.pages) {
      if (page.filters.some((one) => one.required)) continue;
      const panel = page.panels.find((one) => one.kind === "table" && one.columns.some((column) => column.link === item.name));
      if (!panel) continue;
      const state = { ...this.app.state(), filters: {}, compare: null };
      try {
        const data = await askPatiently(panelAddress(page, panel, span(state, this.page), state), { signal });
        offer(known(data).filter(([name]) => name === item.name).map(([, ...entry]) => entry));
        if (this.failures.delete(panel)) this.report(false);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof Failure)) throw error;
        this.failures.set(panel, error);
        this.report(false);
        return;
      }
    }
  }

  restyle() {
    for (const panel of this.panels) panel.restyle();
  }

  destroy() {
    this.round += 1;
    this.stopAsking?.abort();
    this.search.destroy();
    this.status.destroy();
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.onshow);
    for (const panel of this.panels) panel.dropChart();
  }
}

function sameFilters(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Where a person sees which view holds the others up. */
function flinkLink(address) {
  return [" ", h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, "Jobs and back-pressure on Flink\u2019s page")];
}

/** [filter, value, name or null] of everything in the rows that may be filtered by. */
function known(data) {
  const places = new Map(data.columns.map((column, at) => [column.name, at]));
  return data.columns.flatMap((column, at) => {
    const filter = column.link ?? PLAIN[column.name];
    if (!filter) return [];
    const rows = data.rows.filter((row) => row[at] !== null && row[at] !== "");
    return rows.map((row) => [filter, String(row[at]), column.label ? itemOf(column, row, places).name : null]);
  });
}

function remember(data) {
  for (const [filter, value, name] of known(data)) if (name !== null || !seen[filter].has(value)) seen[filter].set(value, name);
}
