// What is shown, all of it in the address: a copied link shows the same to somebody else.

import { COMPARISONS } from "./compare.js";
import { storedZone, ZONES } from "./zone.js";

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 };
export const PRESETS = ["15m", "1h", "3h", "6h", "12h", "24h", "2d", "7d", "14d", "30d"];
export const FILTERS = ["creator", "post", "hashtag", "tier", "region"];
export const DEFAULT_ROWS = 50;
const COMPARED = COMPARISONS.map(([name]) => name);
const RANGE = /^([1-9]\d{0,2})([mhd])$/;
// Ends of relative ranges fall on this grid, so that tabs of the same page ask the same question.
const GRID_MS = 5_000;

/** Milliseconds of `24h`; null for what is none. */
export function rangeMs(text) {
  const match = RANGE.exec(text ?? "");
  return match ? Number(match[1]) * UNIT_MS[match[2]] : null;
}

/** `last 24 hours` */
export function rangeName(text) {
  const match = RANGE.exec(text);
  const unit = { m: "minute", h: "hour", d: "day" }[match[2]];
  return Number(match[1]) === 1 ? `last ${unit}` : `last ${match[1]} ${unit}s`;
}

/** The state in an address; what makes no sense there is as if absent. */
export function readState(location) {
  const query = new URLSearchParams(location.search);
  const state = { slug: location.pathname.replace(/^\/+|\/+$/g, ""), range: null, from: null, to: null, filters: {}, compare: null, tz: storedZone(), live: query.get("live") !== "0", rows: DEFAULT_ROWS, sort: {}, view: {}, find: {} };
  if (rangeMs(query.get("range"))) state.range = query.get("range");
  const from = readTime(query.get("from"));
  const to = readTime(query.get("to"));
  if (from !== null && to !== null && from < to) Object.assign(state, { from, to, range: null });
  for (const name of FILTERS) if (query.get(name)) state.filters[name] = query.get(name);
  if (COMPARED.includes(query.get("compare"))) state.compare = query.get("compare");
  if (ZONES.includes(query.get("tz"))) state.tz = query.get("tz");
  const rows = Number(query.get("rows"));
  if (Number.isInteger(rows) && rows >= 1 && rows <= 1000) state.rows = rows;
  for (const [name, value] of query) {
    if (name.startsWith("sort.")) state.sort[name.slice(5)] = value;
    if (name.startsWith("view.")) state.view[name.slice(5)] = value;
    if (name.startsWith("find.") && value.trim()) state.find[name.slice(5)] = value.trim();
  }
  return state;
}

function readTime(text) {
  if (!text) return null;
  if (/^\d{9,15}$/.test(text)) return Number(text);
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(ms) ? null : ms;
}

/** The address of a state. */
export function address(state) {
  const query = new URLSearchParams();
  if (state.from !== null) {
    query.set("from", shortIso(state.from));
    query.set("to", shortIso(state.to));
  } else if (state.range) query.set("range", state.range);
  for (const name of FILTERS) if (state.filters[name]) query.set(name, state.filters[name]);
  if (state.compare) query.set("compare", state.compare);
  if (!state.live) query.set("live", "0");
  if (state.rows !== DEFAULT_ROWS) query.set("rows", state.rows);
  for (const kind of ["sort", "view", "find"]) for (const [panel, value] of Object.entries(state[kind])) query.set(`${kind}.${panel}`, value);
  // With anything chosen also the usual zone: who opens a copied link may have chosen another.
  if (query.size || state.tz !== "utc" || storedZone() !== "utc") query.set("tz", state.tz);
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return `/${state.slug}${text ? `?${text}` : ""}`;
}

function shortIso(ms) {
  return new Date(ms).toISOString().replace(/(:00)?\.000Z$/, "Z");
}

/** {from, to} in milliseconds: as chosen, or up to now. */
export function span(state, page) {
  if (state.from !== null) return { from: state.from, to: state.to };
  const to = Math.ceil(Date.now() / GRID_MS) * GRID_MS;
  return { from: to - (rangeMs(state.range) ?? rangeMs(page.default_range)), to };
}

/** The state for another page: the time range goes along, filters where the page has them, tables begin anew. */
export function onPage(state, page, filters = state.filters) {
  const offered = page.filters?.map((item) => item.name) ?? [];
  const kept = Object.fromEntries(Object.entries(filters).filter(([name]) => offered.includes(name)));
  return { ...state, slug: page.slug, filters: kept, rows: DEFAULT_ROWS, sort: {}, view: {}, find: {} };
}

/** The page that shows one creator, post or hashtag: that of `subjects`, else the first with such a filter. */
export function pageOf({ pages, subjects }, subject) {
  return pages.find((page) => page.slug === subjects[subject]) ?? pages.find((page) => page.filters.some((item) => item.name === subject));
}
