// Before anything is published: what it changes, when, why, and whether the file is saved too.

import { Failure } from "./api.js";
import { h } from "./dom.js";
import { drawChanges } from "./editor_parts.js";

/** A dialog that names the difference. `open` gives {fromMs, comment, save}, or null when it was called off. */
export class Confirmation {
  constructor() {
    this.title = h("h2", { id: "confirm-title" });
    this.changes = h("div", {});
    this.note = h("p", { class: "note-line", role: "status" });
    this.when = h("input", { type: "datetime-local", step: "1", "aria-label": "In force from (UTC); empty: now", oninput: () => this.renote() });
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

  /** `previewAt` gives {already, note} for a time in Unix milliseconds, or null for now; it throws Failure for one that cannot be. */
  open({ title, changes, base, already, note, previewAt, file, user, action, plain = false }) {
    this.title.textContent = title;
    drawChanges(this.changes, changes, base, true);
    Object.assign(this, { user, previewAt });
    this.told(already || note, !already);
    this.whenLabel.hidden = this.saveLabel.hidden = plain;
    this.saveLabel.querySelector("span").textContent = `Write the file on disk as well: ${file}`;
    this.save.checked = !plain;
    this.when.value = this.comment.value = "";
    this.go.textContent = action;
    this.element.showModal();
    this.comment.focus();
    return new Promise((resolve) => (this.resolve = resolve));
  }

  told(note, possible) {
    this.note.textContent = possible ? [note, `Published as ${this.user}.`].filter(Boolean).join(" ") : note;
    this.go.disabled = !possible;
  }

  fromMs() {
    return this.when.value ? Date.parse(`${this.when.value}Z`) : null;
  }

  /** Another time comes too late for other hours. */
  async renote() {
    const fromMs = this.fromMs();
    const dialog = this.resolve;
    const current = () => this.resolve === dialog && this.fromMs() === fromMs;
    try {
      const { already, note } = await this.previewAt(fromMs);
      if (current()) this.told(already || note, !already);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (current()) this.told(`${error.message}. ${error.hint}`, false);
    }
  }

  end(confirmed) {
    this.resolve(confirmed ? { fromMs: this.fromMs(), comment: this.comment.value.trim(), save: this.save.checked } : null);
    this.resolve = null;
    this.element.close();
  }
}
