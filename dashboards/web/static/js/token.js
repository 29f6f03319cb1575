// Tokens of this start of the dashboard: who has one may mute alerts, or save views.

const stored = (kind) => `${kind}-token`;

/** Keeps a token of the address for all tabs of this browser: a link in an alert opens one of its own. */
export function takeToken() {
  const match = /^#(mute|views)=([\w-]+)$/.exec(location.hash);
  if (!match) return;
  localStorage.setItem(stored(match[1]), match[2]);
  history.replaceState(null, "", location.pathname + location.search);
}

/** The headers of a request that needs the token of a kind. */
export function tokenHeaders(kind) {
  return { "X-Tokpulse-Token": localStorage.getItem(stored(kind)) ?? "", "Content-Type": "application/json" };
}
