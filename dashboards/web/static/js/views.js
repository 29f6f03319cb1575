// Saved views: what is shown, by a name, in a file of who started the dashboard.

import { ask, Failure } from "./api.js";
import { announce, h, icon, iconButton } from "./dom.js";
import { placeBelow } from "./panel.js";
import { tokenHeaders } from "./token.js";

/** The button of a page. `address` gives that of what is shown now. */
export class ViewsButton {
  constructor(address) {
    this.address = address;
    this.list = h("ul", { class: "views" });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.name = h("input", { type: "text", "aria-label": "Name of this view", placeholder: "name of this view", maxlength: "80", required: true, autocomplete: "off" });
    const form = h("form", { class: "views-form", onsubmit: (event) => (event.preventDefault(), this.save()) }, this.name, h("button", { type: "submit", class: "button primary" }, "Save"));
    this.menu = h("div", { id: "views-menu", class: "popover menu note", popover: "auto", role: "dialog", "aria-label": "Saved views" }, h("div", {}, h("p", { class: "menu-title" }, "Saved views"), this.list, form, this.problem));
    this.button = h("button", { type: "button", class: "button", id: "views-button", popovertarget: "views-menu" }, icon("page"), "Views");
    this.menu.addEventListener("beforetoggle", (event) => event.newState === "open" && this.open());
    this.list.addEventListener("click", (event) => event.target.closest("a") && this.menu.hidePopover());
    this.element = h("div", { class: "group" }, this.button, this.menu);
  }

  open() {
    placeBelow(this.menu, this.button);
    return this.change("", null);
  }

  async save() {
    const name = this.name.value.trim();
    if (await this.change("/save", { name, address: this.address() })) {
      this.name.value = "";
      announce(`Saved as ${name}`);
    }
  }

  /** Shows the views as they are after a request. False when it was refused, which is told. */
  async change(path, body) {
    this.problem.textContent = "";
    try {
      const headers = tokenHeaders("views");
      this.show((await ask(`/api/views${path}`, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers })).views);
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.problem.textContent = `${error.message}. ${error.hint}`;
      return false;
    }
  }

  show(views) {
    this.list.replaceChildren(...views.map(({ name, address }) => h("li", {}, h("a", { href: address }, name),
      iconButton("close", `Remove ${name}`, () => this.change("/remove", { name })))));
    if (!views.length) this.list.replaceChildren(h("li", { class: "muted" }, "None yet."));
  }
}
