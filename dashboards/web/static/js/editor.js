// The threshold editor: the file as text and as a form, checked at each keystroke, tried on what has been judged, then published.

import { ask, Failure } from "./api.js";
import { announce, h, hidden, icon } from "./dom.js";
import { Confirmation } from "./confirm.js";
import { drawBacktest, drawChanges, drawHistory, drawInForce, drawProblems, drawStates, threeWayTable } from "./editor_parts.js";
import { rangeMs, rangeName } from "./state.js";

const CHECK_AFTER_MS = 250;
const SPANS = ["24h", "7d", "30d"];

/** The page. `app` is not used for a time range: thresholds have versions instead. */
export class EditorView {
  constructor() {
    this.token = takeToken();
    this.round = 0;
    this.text = h("textarea", { class: "code", spellcheck: "false", wrap: "off", rows: "24", "aria-label": "thresholds.yaml", "aria-describedby": "verdict", disabled: true, oninput: () => this.edited() });
    this.numbers = h("div", { class: "numbers", "aria-hidden": "true" });
    this.text.addEventListener("scroll", () => (this.numbers.scrollTop = this.text.scrollTop));
    this.form = h("div", { class: "fields", hidden: true });
    this.verdict = h("p", { id: "verdict", class: "verdict", role: "status" });
    this.problems = h("div", {});
    this.changes = h("div", {});
    this.backtest = h("div", { class: "muted" }, "Which alerts the edited thresholds would have given, and which not. Enter in a field runs it, too.");
    this.history = h("div", {});
    this.inForce = h("div", {});
    this.span = h("select", { "aria-label": "Time range of the backtest" }, SPANS.map((range) => h("option", { value: range, selected: range === "7d" }, rangeName(range))), h("option", { value: "" }, "everything"));
    this.judge = h("button", { type: "button", class: "button", onclick: () => this.runBacktest(), disabled: true }, "Run the backtest");
    this.publish = h("button", { type: "button", class: "button primary", onclick: () => this.preview(), disabled: true }, "Review and publish\u2026");
    this.banner = h("div", { class: "banner", role: "alert", hidden: true });
    this.done = h("div", { class: "done", role: "status", hidden: true });
    this.confirmation = new Confirmation();
    this.views = h("div", { class: "views", role: "group", "aria-label": "Edit as" }, ["Text", "Fields"].map((name) => h("button", { type: "button", class: "button", "aria-pressed": String(name === "Text"), onclick: () => this.show(name) }, name)));
    this.states = h("dl", { class: "states" });
    this.element = h("div", { class: "page editor" },
      h("div", { class: "page-head" }, h("h1", {}, "Thresholds"), h("p", { class: "lead" }, "What counts as trending, by tier of the author's followers, and which gains of followers are alerts.")),
      this.banner, this.done,
      h("div", { class: "grid" },
        card("Edit", "w-7", this.views, this.states, h("div", { class: "code-frame" }, this.numbers, this.text), this.form, this.verdict, this.problems),
        h("div", { class: "column w-5" },
          card("In force", "", null, this.inForce),
          card("What would change", "", null, this.changes, h("div", { class: "actions" }, this.publish)),
          card("Backtest", "", h("div", { class: "group" }, this.span, this.judge), this.backtest)),
        card("Versions", "w-12", null, this.history)),
      this.confirmation.element);
    this.onunload = (event) => this.unsaved() && event.preventDefault();
    window.addEventListener("beforeunload", this.onunload);
  }

  /** Whether there is text that is neither the file's nor published. */
  unsaved() {
    return this.kept !== undefined && this.text.value !== this.kept;
  }

  async call(path, body) {
    const headers = { "X-Tokpulse-Token": this.token, "Content-Type": "application/json" };
    return ask(`/api/thresholds${path}`, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
  }

  /** Reads versions and file anew; what is being edited stays, when `keep`. */
  async refresh(_, keep = false) {
    try {
      this.opened = await this.call("");
    } catch (error) {
      this.fail(error);
      this.element.dataset.ready = "true";
      return;
    }
    this.banner.hidden = true;
    const { file, versions, in_force: inForce } = this.opened;
    // A textarea has line ends of its own, so it is asked what it made of the text.
    if (!keep) {
      this.text.value = file.text || versions.find((one) => one.version === inForce).text;
      this.kept = this.text.value;
    }
    this.text.disabled = false;
    drawInForce(this.inForce, this.opened);
    drawHistory(this.history, this.opened, { edit: (text) => this.take(text), rollback: (version) => this.rollback(version) });
    this.edited(0);
    this.element.dataset.ready = "true";
  }

  take(text) {
    this.text.value = text;
    this.edited(0);
    this.text.focus();
  }

  edited(afterMs = CHECK_AFTER_MS) {
    const lines = this.text.value.split("\n").length;
    if (this.numbers.childElementCount !== lines) this.numbers.replaceChildren(...Array.from({ length: lines }, (_, index) => h("span", {}, String(index + 1))));
    this.publish.disabled = true;
    if (this.judged !== undefined && this.judged !== this.text.value) this.outdate("The text has changed since the backtest ran: run it again.");
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), afterMs);
  }

  /** What a backtest said is no longer so. */
  outdate(why) {
    this.judged = undefined;
    this.backtest.replaceChildren(h("p", { class: "muted" }, why));
  }

  async check() {
    const round = (this.round += 1);
    try {
      const checked = await this.call("/check", { text: this.text.value, base: this.opened.newest });
      if (round === this.round) this.checked(checked);
    } catch (error) {
      if (round === this.round) this.fail(error);
    }
  }

  checked({ valid, problems, changes, fields }) {
    this.banner.hidden = true;
    const wrong = new Set(problems.map((problem) => problem.line));
    [...this.numbers.children].forEach((line, index) => line.classList.toggle("wrong", wrong.has(index + 1)));
    this.verdict.className = `verdict ${valid ? "ok" : "bad"}`;
    const words = valid ? (changes.length ? `Valid: ${changes.length} ${changes.length === 1 ? "change" : "changes"}` : "Valid: nothing differs") : `${problems.length} ${problems.length === 1 ? "problem" : "problems"}`;
    this.verdict.replaceChildren(h("span", { "aria-hidden": "true" }, valid ? "\u2713 " : "\u2717 "), words);
    drawStates(this.states, this.opened, { onDisk: sameText(this.text.value, this.opened.file.text), problems: problems.length, changes: changes.length });
    drawProblems(this.problems, problems, (line) => this.goTo(line));
    drawChanges(this.changes, changes, this.opened.newest, valid);
    this.drawFields(fields, problems);
    this.publish.disabled = !valid || !changes.length;
    this.judge.disabled = !valid;
  }

  /** One input per value; a change replaces the value in the text and leaves all else, comments too. */
  drawFields(fields, problems) {
    const focused = this.form.contains(document.activeElement) ? document.activeElement.name : null;
    if (focused && fields.some((field) => field.key === focused) && fields.length === this.form.childElementCount) {
      this.fields = fields;
      for (const [at, label] of [...this.form.children].entries()) label.firstChild.textContent = fields[at].label;
      this.markFields(problems);
      return;
    }
    this.fields = fields;
    this.form.replaceChildren(...fields.map((field) => h("label", { class: "field" }, h("span", {}, field.label),
      h("input", { name: field.key, value: field.value, inputmode: /^\d/.test(field.value) ? "decimal" : "text", autocomplete: "off", oninput: (event) => this.put(field.key, event.target.value), onkeydown: (event) => event.key === "Enter" && this.runBacktest() }))));
    this.markFields(problems);
  }

  markFields(problems) {
    for (const input of this.form.querySelectorAll("input")) {
      const problem = problems.find((one) => one.key === input.name);
      input.setAttribute("aria-invalid", String(Boolean(problem)));
      input.title = problem ? `${problem.reason}. ${problem.allowed}` : "";
    }
  }

  put(key, value) {
    const field = this.fields.find((one) => one.key === key);
    const shift = value.length - (field.end - field.start);
    this.text.value = this.text.value.slice(0, field.start) + value + this.text.value.slice(field.end);
    this.fields = this.fields.map((one) => (one.start > field.start ? { ...one, start: one.start + shift, end: one.end + shift } : one === field ? { ...one, end: one.end + shift } : one));
    this.edited();
  }

  show(name) {
    for (const button of this.views.children) button.setAttribute("aria-pressed", String(button.textContent === name));
    this.form.hidden = name !== "Fields";
    this.text.parentElement.hidden = name !== "Text";
  }

  goTo(line) {
    this.show("Text");
    const lines = this.text.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    this.text.focus();
    this.text.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
  }

  async runBacktest() {
    this.judge.disabled = true;
    this.backtest.replaceChildren("Judging again \u2026");
    const range = rangeMs(this.span.value);
    const text = (this.judged = this.text.value);
    try {
      const result = await this.call("/backtest", { text, base: this.opened.newest, from_ms: range ? Date.now() - range : 0 });
      // It was edited, or published, meanwhile.
      if (this.judged !== text) return;
      drawBacktest(this.backtest, result);
      announce(`Backtest: ${result.gained} alerts gained, ${result.lost} lost.`);
    } catch (error) {
      this.backtest.replaceChildren("No answer.");
      this.fail(error);
    } finally {
      this.judge.disabled = false;
    }
  }

  /** `over` names the version whose changes may be taken back. */
  async preview(over = "") {
    const given = { text: this.text.value, base: this.opened.newest, over };
    try {
      const preview = await this.call("/preview", given);
      const chosen = await this.confirmation.open({
        title: "Publish these thresholds?", changes: preview.changes, base: given.base, already: preview.already,
        note: preview.note, previewAt: (fromMs) => this.call("/preview", { ...given, effective_from_ms: fromMs }), file: this.opened.file.path, user: this.opened.user, action: "Publish",
      });
      if (chosen) this.write("/apply", { ...given, effective_from_ms: chosen.fromMs, comment: chosen.comment, file_hash: chosen.save ? this.opened.file.hash : null });
    } catch (error) {
      this.fail(error);
    }
  }

  async rollback(version) {
    const { newest, versions, user } = this.opened;
    const changes = reversed(versions, version);
    const chosen = await this.confirmation.open({ title: `Roll back to ${version}?`, changes, base: newest, already: "", note: "Its content is published again, as a new version that is in force at once.", user, action: "Roll back", plain: true });
    if (chosen) this.write("/rollback", { version, base: newest, comment: chosen.comment });
  }

  async write(path, body) {
    try {
      const { said } = await this.call(path, body);
      this.done.hidden = false;
      this.done.replaceChildren(icon("thresholds"), h("div", {}, said.map((line) => h("p", {}, line))));
      if (path === "/apply") this.kept = body.text;
      if (this.judged !== undefined) this.outdate("Published since the backtest ran: run it again.");
      await this.refresh(null, path === "/apply" ? body.file_hash === null : this.unsaved());
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error) {
    if (!(error instanceof Failure)) throw error;
    this.done.hidden = true;
    this.banner.hidden = false;
    const reload = error.status === 409 ? h("button", { type: "button", class: "button", onclick: () => this.refresh(null, true) }, "Compare with the newest version") : null;
    const { three_way: threeWay, base, newest } = error.more;
    const over = threeWay ? h("button", { type: "button", class: "button", onclick: () => this.preview(newest) }, `Publish over ${newest}`) : null;
    this.banner.replaceChildren(icon("alert"), h("div", {}, h("strong", {}, error.message), h("p", {}, error.hint), threeWay ? threeWayTable(threeWay, base, newest) : null, reload, over));
  }

  update() {}

  restyle() {}

  destroy() {
    window.removeEventListener("beforeunload", this.onunload);
    clearTimeout(this.timer);
    this.round += 1;
  }
}

/** Whether two texts are alike: a textarea has line ends of its own. */
function sameText(left, right) {
  return left.replaceAll("\r\n", "\n") === right.replaceAll("\r\n", "\n");
}

/** What going back changes: all keys that differ between the newest version and that one. */
function reversed(versions, version) {
  const undone = versions.slice(0, versions.findIndex((one) => one.version === version));
  const net = new Map();
  for (const one of undone) {
    for (const { key, label, old, new: later } of one.changes) net.set(key, { key, label, old: net.get(key)?.old ?? later, new: old });
  }
  return [...net.values()].filter((change) => change.old !== change.new);
}

function card(title, width, tools, ...children) {
  const id = `card-${title.replaceAll(/\W/g, "-").toLowerCase()}`;
  return h("section", { class: `panel ${width}`, "aria-labelledby": id }, h("div", { class: "panel-head" }, h("h2", { id }, title), tools ?? hidden("")), ...children);
}

/** The token of the address that the command printed; it stays in this tab only, and leaves the address bar. */
function takeToken() {
  const match = /^#token=([\w-]+)$/.exec(location.hash);
  if (match) {
    sessionStorage.setItem("editor-token", match[1]);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem("editor-token") ?? "";
}
