// Mutes: no alerts about the post, creator or hashtag of a page for a time.

import { ask, Failure } from "./api.js";
import { announce, h, icon } from "./dom.js";
import { timeText } from "./format.js";
import { placeBelow } from "./panel.js";
import { tokenHeaders } from "./token.js";
import { zoneText } from "./zone.js";

const SPANS = [["1 hour", 60], ["24 hours", 24 * 60], ["7 days", 7 * 24 * 60]];
const SUBJECTS = ["post", "creator", "hashtag"];

/** The button of a page. `filters` gives the filters of now. */
export class MuteButton {
  constructor(filters) {
    this.filters = filters;
    this.round = 0;
    this.label = h("span", {});
    this.problem = h("p", { class: "problem", role: "alert" });
    this.choices = h("div", { class: "presets" });
    this.menu = h("div", { id: "mute-menu", class: "popover menu note", popover: "auto", role: "dialog", "aria-label": "Mute alerts" }, h("div", {}, this.choices, this.problem));
    this.button = h("button", { type: "button", class: "button", id: "mute-button", popovertarget: "mute-menu" }, icon("mute"), this.label);
    this.menu.addEventListener("beforetoggle", (event) => event.newState === "open" && placeBelow(this.menu, this.button));
    this.element = h("div", { class: "group", hidden: true }, this.button, this.menu);
    this.show();
  }

  get subject() {
    const what = SUBJECTS.find((name) => this.filters()[name]);
    return what ? { what, value: this.filters()[what] } : null;
  }

  /** The page shows something, or something else now. */
  async show() {
    const round = (this.round += 1);
    const subject = this.subject;
    this.element.hidden = !subject;
    if (!subject) return;
    this.told(null);
    try {
      const { mutes } = await call("");
      const value = subject.what === "hashtag" ? subject.value.toLowerCase() : subject.value;
      const found = mutes.find((mute) => mute.what === subject.what && mute.value === value);
      if (round === this.round) this.told(found?.until_ms ?? null);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // Whoever presses the button is told why it does nothing.
    }
  }

  told(until) {
    const { what } = this.subject ?? { what: "" };
    this.label.textContent = until ? `Muted until ${timeText(until)}` : "Mute alerts";
    this.problem.textContent = "";
    this.choices.replaceChildren(
      h("p", { class: "menu-title" }, `No alerts about this ${what} for`),
      ...SPANS.map(([name, minutes]) => h("button", { type: "button", onclick: () => this.change("/add", { minutes }) }, name)),
      ...(until ? [h("button", { type: "button", onclick: () => this.change("/remove", {}) }, "Send them again")] : []));
  }

  async change(path, more) {
    try {
      const { until_ms: until } = await call(path, { ...this.subject, ...more });
      this.told(until);
      this.menu.hidePopover();
      announce(until ? `Alerts are muted until ${timeText(until)} ${zoneText(until)}.` : "Alerts are sent again.");
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.problem.textContent = `${error.message}. ${error.hint}`;
    }
  }
}

function call(path, body) {
  const headers = tokenHeaders("mute");
  return ask(`/api/mutes${path}`, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
}
