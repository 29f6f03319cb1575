// What can be done with the creator or post of a row, beside its name in every table.

import { h, icon } from "./dom.js";

const SITE = "https://www.tiktok.com";
const HANDLE = /^[\p{L}\p{N}_.]{1,40}$/u;
const POST = /^\d{5,25}$/;

/** The page at TikTok of {subject, id, handle}; null where there is none. Of a post, TikTok itself finds the creator. */
export function siteAddress({ subject, id, handle }) {
  const known = handle !== null && HANDLE.test(handle) ? encodeURIComponent(handle) : "";
  if (subject === "post") return POST.test(id) ? `${SITE}/@${known}/video/${id}` : null;
  return subject === "creator" && known ? `${SITE}/@${known}` : null;
}

function openOnSite(item) {
  const href = siteAddress(item);
  const label = `Open ${item.subject} ${item.name ?? item.id} on TikTok`;
  return href ? h("a", { class: "row-action", href, target: "_blank", rel: "noopener noreferrer", "aria-label": label, title: "Open on TikTok" }, icon("out")) : null;
}

/** Each gives an element for {subject, id, name, handle}, or null where it does not apply. */
export const ROW_ACTIONS = [openOnSite];
