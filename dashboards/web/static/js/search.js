// One box that finds a creator or a post by handle, link, words of a title, or id.

import { askPatiently, Failure } from "./api.js";
import { announce, h, hidden, icon } from "./dom.js";
import { format } from "./format.js";
import { isMasked, maskedMark } from "./subject.js";

const TYPING_MS = 180;
const LEAST = 2;

/** The box and what it has found. `host`: {link(subject, value), beside(subject, value)}. */
export class Search {
  constructor(host) {
    this.host = host;
    this.round = 0;
    this.input = h("input", { type: "search", placeholder: "Find @handle, link, words or id", "aria-label": "Find a creator or post: handle, link, words of a title, or id", autocomplete: "off", spellcheck: "false", maxlength: "300" });
    this.found = h("div", { class: "found", hidden: true, role: "region", "aria-label": "What was found" });
    this.element = h("div", { class: "search", role: "search", "aria-label": "Creators and posts" }, icon("search"), this.input, this.found);
    this.input.addEventListener("input", () => this.later());
    this.found.addEventListener("click", () => this.show(false));
    this.element.addEventListener("keydown", (event) => this.key(event));
    // Links are followed first: what is hidden while the mouse is down gets no click.
    this.onpointer = (event) => !this.element.contains(event.target) && this.show(false);
    document.addEventListener("pointerdown", this.onpointer);
    this.input.addEventListener("focus", () => this.found.childElementCount && this.show(true));
    this.element.addEventListener("focusout", (event) => event.relatedTarget && !this.element.contains(event.relatedTarget) && this.show(false));
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), TYPING_MS);
  }

  async ask() {
    const text = this.input.value.trim();
    const round = (this.round += 1);
    this.stop?.abort();
    if (text.replace(/^[@#]/, "").length < LEAST) return this.draw([]);
    const { signal } = (this.stop = new AbortController());
    try {
      const { creators, posts } = await askPatiently(`/api/search?${new URLSearchParams({ text })}`, { signal });
      if (round !== this.round) return;
      const groups = [["Creators", creators.map((one) => [this.creator(one), this.beside("creator", one.creator)])], ["Posts", posts.map((one) => [this.post(one), this.beside("post", one.post)])]].filter(([, items]) => items.length);
      const count = creators.length + posts.length;
      this.draw(groups.length ? groups.map(([title, items]) => h("section", {}, h("h2", {}, title), h("ul", {}, items.map((item) => h("li", {}, item)))))
        : [h("p", { class: "muted" }, `Nothing was observed for \u201c${text}\u201d. People who were not opted in are found by id only.`)]);
      announce(count ? `${count} found` : "Nothing found");
    } catch (error) {
      if (error.name === "AbortError" || round !== this.round) return;
      if (!(error instanceof Failure)) throw error;
      this.draw([h("p", { class: "problem" }, `${error.message}. ${error.hint}`)]);
    }
  }

  creator({ creator, handle, display_name: name, followers, country }) {
    const shown = isMasked(handle) ? [creator, " ", maskedMark(handle)] : [h("strong", {}, `@${handle}`), ` ${name}`];
    const facts = [`${format(followers, "count").text} followers`, country, isMasked(handle) ? null : creator];
    return h("a", { href: this.host.link("creator", creator) }, h("span", { class: "found-name" }, shown), h("span", { class: "found-facts" }, facts.filter(Boolean).join(" \u00b7 ")));
  }

  post({ post, title, handle, play_count: plays }) {
    return h("a", { href: this.host.link("post", post) }, h("span", { class: "found-name" }, title || post),
      h("span", { class: "found-facts" }, isMasked(handle) ? [maskedMark(handle), hidden(" creator")] : `@${handle}`, ` \u00b7 ${format(plays, "plays").text} plays \u00b7 ${post}`));
  }

  /** Shows it together with what the page shows. */
  beside(subject, id) {
    const href = this.host.beside(subject, id);
    return href && h("a", { class: "found-beside", href }, "Add to this page, side by side", hidden(` with ${subject} ${id}`));
  }

  draw(children) {
    this.found.replaceChildren(...children);
    this.show(children.length > 0);
  }

  show(open) {
    this.found.hidden = !open;
  }

  key(event) {
    const links = [...this.found.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "Escape") {
      this.show(false);
      this.input.focus();
    } else if (event.key === "Enter" && event.target === this.input) {
      this.first();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && links.length && !this.found.hidden) {
      event.preventDefault();
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      (links[next] ?? this.input).focus();
    }
  }

  /** Opens what was found first, also where the answer is still to come. */
  async first() {
    clearTimeout(this.timer);
    await this.ask();
    this.found.querySelector("a")?.click();
  }

  destroy() {
    this.round += 1;
    this.stop?.abort();
    clearTimeout(this.timer);
    document.removeEventListener("pointerdown", this.onpointer);
  }
}
