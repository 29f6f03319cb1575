// Before anything is published: what it changes, when, why, and whether the file is saved too.

import { h } from "./dom.js";
import { drawChanges } from "./editor_parts.js";

/** A dialog that names the difference. `open` gives {fromMs, comment, save}, or null when it was called off. */
export class Confirmation {
  constructor() {
    this.title = h("h2", { id: "confirm-title" });
    this.changes = h("div", {});
    this.note = h("p", { class: "note-line" });
    this.when = h("input", { type: "datetime-local", step: "1", "aria-label": "In force from (UTC); empty: now" });
    this.comment = h("input", { type: "text", maxlength: "1000", placeholder: "Why; kept with the version", "aria-label": "Comment" });
    this.save = h("input", { type: "checkbox" });
    this.saveLabel = h("label", { class: "check" }, this.save, h("span", {}));
    this.whenLabel = h("label", { class: "field" }, h("span", {}, "In force from (UTC; empty: now)"), this.when);
    this.go = h("button", { type: "button", class: "button primary", onclick: () => this.end(true) });
    this.element = h("dialog", { class: "dialog confirm", "aria-labelledby": "confirm-title" }, this.title, this.changes, this.note,
      this.whenLabel, h("label", { class: "field" }, h("span", {}, "Comment"), this.comment), this.saveLabel,
      h("div", { class: "actions" }, h("button", { type: "button", class: "button", onclick: () => this.end(false) }, "Cancel"), this.go));
    this.element.addEventListener("close", () => this.resolve?.(null));
  }

  open({ title, changes, base, already, note, file, user, action, plain = false }) {
    this.title.textContent = title;
    drawChanges(this.changes, changes, base, true);
    this.note.textContent = already || [note, `Published as ${user}.`].filter(Boolean).join(" ");
    this.whenLabel.hidden = this.saveLabel.hidden = plain;
    this.saveLabel.querySelector("span").textContent = `Save the file as well: ${file}`;
    this.save.checked = false;
    this.when.value = this.comment.value = "";
    this.go.textContent = action;
    this.go.disabled = Boolean(already);
    this.element.showModal();
    this.comment.focus();
    return new Promise((resolve) => (this.resolve = resolve));
  }

  end(confirmed) {
    const fromMs = this.when.value ? Date.parse(`${this.when.value}Z`) : null;
    this.resolve(confirmed ? { fromMs, comment: this.comment.value.trim(), save: this.save.checked } : null);
    this.resolve = null;
    this.element.close();
  }
}
