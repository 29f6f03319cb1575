// Starts the page: reads the definitions, follows the address, draws.

import { ask, Failure } from "./api.js";
import { announce, h, icon, iconButton } from "./dom.js";
import { shortcuts } from "./keys.js";
import { PageView } from "./page.js";
import { address, onPage, readState } from "./state.js";
import { followSystem, switchTheme, theme } from "./theme.js";
import { takeToken } from "./token.js";
import { setZone, zoneText } from "./zone.js";

const EDITOR = { slug: "thresholds", title: "Thresholds", filters: [] };
const RETRY_MS = 3_000;
const main = document.getElementById("main");
takeToken();
let pages = [];
let state = readState(location);
let view = null;

const app = {
  muting: false,
  flink: "",
  views: false,
  causes: false,
  subjects: {},
  get pages() {
    return pages.filter((page) => page !== EDITOR);
  },
  state: () => state,
  address,
  go,
};

/** Shows another state; it gets an entry in the history when it is another page, range or filter. False when the reader stays. */
function go(next) {
  if (!leaves(next)) return false;
  const asked = rowsOf(next) !== rowsOf(state);
  const method = asked ? "pushState" : "replaceState";
  history[method](null, "", address(next));
  show(next, asked);
  return true;
}

/** Whether `next` may be shown: what is being edited on this page is not thrown away without a question. */
function leaves(next) {
  return next.slug === state.slug || !view?.unsaved?.() || confirm("The edited thresholds are not published. Leave this page and drop them?");
}

/** What of a state decides which rows are asked for. */
function rowsOf({ slug, range, from, to, filters, compare, tz, rows, find }) {
  // Words are looked for in as many rows as there may be: which ones does not matter.
  // A day earlier is a matter of the zone's clock.
  return JSON.stringify([slug, range, from, to, filters, compare, compare && tz, rows, Object.keys(find).sort()]);
}

async function show(next, asked) {
  const same = view && next.slug === state.slug;
  state = next;
  setZone(state.tz);
  document.querySelector(".side-note").textContent = state.tz === "utc" ? "All times are UTC" : `Times are your browser's, ${zoneText(Date.now())}`;
  drawPages();
  if (same) {
    view.update(asked);
    return;
  }
  view?.destroy();
  view = null;
  const page = pages.find((one) => one.slug === state.slug);
  if (page === EDITOR) {
    const { EditorView } = await import("./editor.js");
    // Meanwhile another page may have been asked for.
    if (state !== next) return;
    view = new EditorView(app);
  } else view = new PageView(page, app);
  document.title = `${page.title} \u00b7 tokpulse`;
  main.replaceChildren(view.element);
  window.scrollTo(0, 0);
  view.refresh(false);
}

function drawPages() {
  const list = document.getElementById("pages");
  list.replaceChildren(...pages.map((page) => h("li", {}, h("a", { href: page === EDITOR ? "/thresholds" : address(onPage(state, page)), "aria-current": page.slug === state.slug ? "page" : null }, icon(NAMED.has(page.slug) ? page.slug : "page"), h("span", {}, page.title)))));
}
const NAMED = new Set(["overview", "trending", "creator", "post", "comments", "health", "thresholds"]);

/** Links within the dashboard change the state without loading anew. */
function follow(event) {
  const link = event.target.closest("a[href^='/']");
  if (!link || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (link.hasAttribute("download") || !known(url)) return;
  event.preventDefault();
  const next = readState(url);
  if (!next.slug) next.slug = pages[0].slug;
  if (!go(next)) return;
  main.focus({ preventScroll: true });
  announce(`${pages.find((one) => one.slug === next.slug).title} page`);
}

function known(url) {
  const { slug } = readState(url);
  return !slug || pages.some((page) => page.slug === slug);
}

function start(definitions) {
  app.muting = definitions.muting;
  app.flink = definitions.flink;
  app.views = definitions.views;
  app.causes = definitions.causes;
  app.subjects = definitions.subjects;
  pages = definitions.editor ? [...definitions.pages, EDITOR] : definitions.pages;
  if (!pages.some((page) => page.slug === state.slug)) state = { ...state, slug: pages[0].slug };
  const step = (number) => ({ key: String(number + 1), text: `${pages[number].title} page`, run: () => go(onPage(state, pages[number])) });
  const keys = shortcuts([
    ...pages.slice(0, 9).map((page, number) => step(number)),
    { key: "t", text: "Choose the time range", run: () => document.getElementById("range-button")?.click() },
    { key: "s", text: "Search a creator or post", run: () => main.querySelector(".search input")?.focus() },
    { key: "/", text: "Go to the filters", run: () => main.querySelector(".filter input")?.focus() },
    { key: "r", text: "Refresh now", run: () => view?.refresh(true) },
    { key: "p", text: "Pause the refresh, or go on", run: () => go({ ...state, live: !state.live }) },
    { key: "d", text: "Dark or light", run: switchTheme },
  ]);
  const dark = iconButton("moon", "", switchTheme);
  const restyle = () => {
    const label = theme() === "dark" ? "Light theme (d)" : "Dark theme (d)";
    dark.title = label;
    dark.setAttribute("aria-label", label);
    dark.querySelector("use").setAttribute("href", `/static/icons.svg#${theme() === "dark" ? "sun" : "moon"}`);
    view?.restyle();
  };
  restyle();
  document.addEventListener("themechange", restyle);
  document.querySelector(".side").append(h("div", { class: "side-actions" }, dark, iconButton("keys", "Keyboard shortcuts (?)", () => keys.showModal())));
  document.addEventListener("click", follow);
  window.addEventListener("popstate", () => {
    const next = readState(location);
    if (!next.slug) next.slug = pages[0].slug;
    if (leaves(next)) show(next, rowsOf(next) !== rowsOf(state));
    else history.pushState(null, "", address(state));
  });
  followSystem();
  const first = state;
  state = { ...state, slug: "" };
  show(first, true);
}

async function begin() {
  try {
    start(await ask("/api/pages"));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    main.replaceChildren(h("div", { class: "banner", role: "alert" }, icon("alert"), h("div", {}, h("strong", {}, error.message), h("p", {}, error.hint))));
    setTimeout(begin, RETRY_MS);
  }
}

begin();
