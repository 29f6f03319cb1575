// Questions to the dashboard's own server.

/** What went wrong, in the words of the server: `message`, what to do about it as `hint`, and the HTTP `status` (0: no answer). */
export class Failure extends Error {
  constructor(status, message, hint, more = {}) {
    super(message);
    this.status = status;
    this.hint = hint;
    this.more = more;
  }
}

/** The JSON at `path`. Throws Failure; an AbortError passes through. */
export async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: "no-store", credentials: "omit", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0, "The dashboard's own server does not answer.", "Is `tokpulse dashboard` still running in its terminal? This page goes on by itself when it does.");
  }
  let body;
  try {
    body = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(response.status, `The server answered with status ${response.status} and no JSON.`, "Reload the page.");
  }
  if (response.ok) return body;
  const { message, hint, ...more } = body.error ?? {};
  throw new Failure(response.status, message ?? `status ${response.status}`, hint ?? "", more);
}

/** The address of a panel's rows. */
export function panelAddress(page, panel, span, state, format = "json") {
  const query = new URLSearchParams({ from: span.from, to: span.to });
  for (const item of page.filters) if (state.filters[item.name]) query.set(item.name, state.filters[item.name]);
  if (panel.kind === "table") query.set("limit", state.rows);
  else query.set("limit", 1000);
  if (format !== "json") query.set("format", format);
  return `/api/pages/${page.slug}/panels/${panel.id}?${query}`;
}
