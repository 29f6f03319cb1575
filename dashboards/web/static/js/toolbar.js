// Above the figures: time range, filters, and how fresh all of it is.

import { COMPARISONS } from "./compare.js";
import { h, icon, iconButton } from "./dom.js";
import { clockText, timeText } from "./format.js";
import { placeBelow } from "./panel.js";
import { PRESETS, rangeMs, rangeName, span } from "./state.js";
import { fields, midnight, storeZone, writtenTime, zoneOfRange, zoneText } from "./zone.js";

const WRITTEN = { creator: ": handle, link or id, up to four with commas", post: ": link or id, up to four with commas", hashtag: ", up to four with commas", region: ": two letters" };
const HINTS = { creator: "@handle, id", post: "link or id" };

/** The toolbar of a page. `host`: {page, state(), change(patch), refresh(), suggestions(subject)}. */
export class Toolbar {
  constructor(host) {
    this.host = host;
    this.updated = h("span", { class: "updated" }, "loading");
    this.pause = iconButton("pause", "", () => host.change({ live: !host.state().live }));
    this.rangeLabel = h("span", {});
    this.rangeButton = h("button", { type: "button", class: "button", id: "range-button", popovertarget: "range-menu" }, icon("clock"), this.rangeLabel, icon("down"));
    this.menu = this.rangeMenu();
    this.compare = h("select", { "aria-label": "Compare with an earlier time", onchange: () => host.change({ compare: this.compare.value || null }) },
      h("option", { value: "" }, "not compared"), COMPARISONS.map(([value, text]) => h("option", { value }, `vs ${text}`)));
    this.zone = h("select", { "aria-label": "Time zone", onchange: () => this.chooseZone() },
      h("option", { value: "utc" }, "UTC"), h("option", { value: "local" }, `local, ${zoneText(Date.now(), "local")}`));
    this.inputs = host.page.filters.map((item) => this.filter(item));
    this.element = h("div", { class: "toolbar" },
      h("div", { class: "group", role: "group", "aria-label": "Time range" },
        iconButton("left", "Earlier", () => this.shift(-1)), this.rangeButton, iconButton("right", "Later", () => this.shift(1)), this.zone, this.compare, this.menu),
      this.inputs.length ? h("div", { class: "group", role: "search", "aria-label": "Filters" }, this.inputs.map((one) => one.element)) : null,
      h("div", { class: "group end", role: "group", "aria-label": "Refresh" }, this.updated, this.pause, iconButton("refresh", "Refresh now (r)", () => host.refresh(true))));
    this.show();
  }

  /** What the state says, in all controls. */
  show() {
    const state = this.host.state();
    const shown = state.from === null ? rangeName(state.range ?? this.host.page.default_range) : `${timeText(state.from)} \u2013 ${timeText(state.to)}`;
    this.rangeLabel.textContent = shown[0].toUpperCase() + shown.slice(1);
    this.rangeButton.setAttribute("aria-label", `Time range: ${shown}`);
    this.compare.value = state.compare ?? "";
    this.zone.value = state.tz;
    const inZone = zoneOfRange(span(state, this.host.page));
    for (const [input, label] of this.ends) input.setAttribute("aria-label", `${label} (${inZone})`);
    this.endsTitle.textContent = `From \u2013 to, in ${inZone}`;
    const label = state.live ? "Pause the refresh (p)" : "Go on refreshing (p)";
    this.pause.title = label;
    this.pause.setAttribute("aria-label", label);
    this.pause.querySelector("use").setAttribute("href", `/static/icons.svg#${state.live ? "pause" : "play"}`);
    for (const one of this.inputs) {
      if (document.activeElement !== one.input) one.input.value = state.filters[one.name] ?? "";
      one.clear.hidden = !state.filters[one.name];
    }
    for (const preset of this.menu.querySelectorAll("[data-range]")) preset.setAttribute("aria-pressed", String(state.from === null && preset.dataset.range === (state.range ?? this.host.page.default_range)));
  }

  /** When the figures came: at `ms`, refreshed every `everyS` seconds; `ms` null while there is no answer. `level`: of the source, as in Status. */
  freshness(ms, everyS, level) {
    const state = this.host.state();
    const mode = { waiting: "waiting", away: "trying again" }[level] ?? (state.live ? `every ${everyS} s` : "paused");
    const lamp = { waiting: "warn", away: "bad" }[level] ?? (state.live ? "ok" : "off");
    this.updated.replaceChildren(h("span", { class: `lamp ${lamp}`, "aria-hidden": "true" }),
      ms === null ? "no answer yet" : h("span", {}, "Updated ", h("time", { datetime: new Date(ms).toISOString() }, clockText(ms)), ` ${zoneText(ms)}`), h("span", { class: `mode ${level === "ok" && !state.live ? "chip warn" : "muted"}` }, mode));
  }

  rangeMenu() {
    const presets = PRESETS.map((range) => h("button", { type: "button", "data-range": range, onclick: () => this.choose({ range, from: null, to: null }) }, rangeName(range)));
    const days = [["today", 0, 1], ["yesterday", -1, 0]].map(([name, first, last]) => h("button", { type: "button", onclick: () => this.choose({ from: midnight(first), to: midnight(last), range: null }) }, name));
    const [from, to] = [0, 1].map(() => h("input", { type: "datetime-local", step: "60", max: "9999-12-31T23:59" }));
    this.ends = [[from, "From"], [to, "To"]];
    this.endsTitle = h("p", { class: "menu-title" });
    const problem = h("p", { class: "problem", role: "alert" });
    const apply = () => {
      const [begin, end] = [writtenTime(from.value), writtenTime(to.value)];
      if (!(begin < end)) problem.textContent = "Give a beginning and a later end.";
      else if (end - begin > rangeMs("400d")) problem.textContent = "At most 400 days.";
      else this.choose({ from: begin, to: end, range: null });
    };
    const form = h("form", { class: "absolute", novalidate: true, onsubmit: (event) => (event.preventDefault(), apply()) },
      this.endsTitle, h("label", {}, "From", from), h("label", {}, "To", to), problem,
      h("button", { type: "submit", class: "button primary" }, "Apply"));
    const menu = h("div", { id: "range-menu", class: "popover menu", popover: "auto", role: "dialog", "aria-label": "Time range" }, h("div", { class: "presets" }, h("p", { class: "menu-title" }, "Up to now"), presets, h("p", { class: "menu-title" }, "Whole days"), days), form);
    menu.addEventListener("beforetoggle", (event) => {
      if (event.newState !== "open") return;
      const now = span(this.host.state(), this.host.page);
      for (const [one, ms] of [[from, now.from], [to, now.to]]) one.value = `${fields(ms).date}T${fields(ms).clock.slice(0, 5)}`;
      problem.textContent = "";
      placeBelow(menu, this.rangeButton);
      // Focused as it opens: an event afterwards would come too late for who types at once.
      menu.querySelector("[autofocus]")?.removeAttribute("autofocus");
      (menu.querySelector("[aria-pressed=true]") ?? from).setAttribute("autofocus", "");
    });
    return menu;
  }

  /** Here and in later visits. */
  chooseZone() {
    storeZone(this.zone.value);
    this.host.change({ tz: this.zone.value });
  }

  choose(patch) {
    this.menu.hidePopover();
    this.host.change(patch);
    this.rangeButton.focus();
  }

  shift(direction) {
    const now = span(this.host.state(), this.host.page);
    const by = (now.to - now.from) * direction;
    this.host.change({ from: Math.round(now.from + by), to: Math.round(now.to + by), range: null });
  }

  filter(item) {
    const name = item.name;
    const list = h("datalist", { id: `known-${name}` });
    const input = h("input", { type: "search", name, placeholder: HINTS[name] ?? "any", "aria-label": `Filter by ${name}${WRITTEN[name] ?? ""}`, list: list.id, autocomplete: "off", spellcheck: "false", maxlength: "200" });
    const apply = () => {
      const chosen = input.value.trim().replace(/^#/, "");
      if (chosen !== (this.host.state().filters[name] ?? "")) this.host.change({ filters: { ...this.host.state().filters, [name]: chosen } });
    };
    input.addEventListener("change", apply);
    input.addEventListener("keydown", (event) => event.key === "Enter" && apply());
    // A creator is written by the handle where it may be seen; of a post the title is only told.
    const option = ([id, called]) => h("option", name === "creator" && called ? { value: `@${called}`, label: id } : { value: id, label: called });
    input.addEventListener("focus", () => list.replaceChildren(...this.host.suggestions(name).map(option)));
    const clear = iconButton("close", `Clear the ${name}`, () => {
      input.value = "";
      apply();
      input.focus();
    }, { class: "icon-button clear" });
    return { name, input, clear, element: h("div", { class: `filter filter-${name}` }, h("span", { class: "filter-name", "aria-hidden": "true" }, name), input, clear, list) };
  }
}
