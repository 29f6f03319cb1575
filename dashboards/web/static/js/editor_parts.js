// What the threshold editor shows besides the text: problems, differences, the backtest, the versions.

import { h, hidden } from "./dom.js";
import { format, timeText } from "./format.js";
import { zoneText } from "./zone.js";

/** Every problem with its line, the words for its key, its reason and what is allowed; a click goes to the line. */
export function drawProblems(place, problems, goTo) {
  place.replaceChildren(h("ul", { class: "problems" }, problems.map((problem) => h("li", {},
    h("button", { type: "button", class: "line", onclick: () => goTo(problem.line) }, `line ${problem.line}`),
    h("span", {}, h("strong", {}, problem.label), `: ${problem.reason}`, problem.allowed ? h("span", { class: "muted" }, ` (${problem.allowed})`) : null)))));
}

/** The keys that differ from version `base`. */
export function drawChanges(place, changes, base, valid) {
  if (!valid) place.replaceChildren(h("p", { class: "muted" }, "The difference shows when the text is valid."));
  else if (!changes.length) place.replaceChildren(h("p", { class: "muted" }, `The same as ${base}.`));
  else place.replaceChildren(table(["", base, "edited"], changes.map((change) => [change.label, h("del", {}, change.old), h("ins", {}, change.new)]), "Changes"));
}

/** The keys that are not alike in the version that the text was made from, in the newest one, and in the text. */
export function threeWayTable(keys, base, newest) {
  const verdict = (key) => (key.lost ? "taken back" : key.newest === key.base ? "changed" : "taken over");
  return table(["", `${base} (its base)`, `${newest} (newest)`, "edited", ""], keys.map((key) => [key.label, key.base, key.newest, key.file, verdict(key)]), "Three-way difference");
}

/** Totals per tier and rule, and the newest alerts that come or go. */
export function drawBacktest(place, result) {
  const totals = ["trending", "momentum", "followers"].flatMap((kind) => result[kind].map((one) => [kind, one]));
  if (!totals.some(([, one]) => one.judged)) {
    place.replaceChildren("ClickHouse holds no rows of that time.");
    return;
  }
  const number = (count) => format(count, "count").exact;
  const moved = (sign, count) => h("span", { class: count ? (sign === "+" ? "up" : "down") : "flat" }, `${count ? sign : ""}${number(count)}`);
  const rows = totals.map(([kind, one]) => [`${kind}: ${one.group}`, number(one.judged), number(one.alerts_stored), number(one.alerts_new), moved("+", one.gained), moved("\u2212", one.lost)]);
  const changes = [
    ...result.trending_changes.map((one) => [mark(one.gained), timeText(one.window_end_ms), `post ${one.aweme_id}`, `${format(one.delta_plays_per_hour, "count").text}/h, ${one.old_tier} ${format(one.old_threshold, "count").exact} \u2192 ${one.new_tier} ${format(one.new_threshold, "count").exact}`]),
    ...result.momentum_changes.map((one) => [mark(one.gained), timeText(one.observed_at_ms), `post ${one.aweme_id}`, `${format(one.plays_per_hour, "count").text}/h in the last hour, ${one.tier}${one.threshold === null ? "" : ` ${format(one.threshold, "count").exact}`}`]),
    ...result.follower_changes.map((one) => [mark(one.gained), timeText(one.t_now_ms), `user ${one.userid}`, `+${format(one.gained_followers, "count").exact} within ${one.within_hours} h`]),
  ];
  place.className = "";
  place.replaceChildren(
    h("p", { class: "totals" }, h("strong", { class: "up" }, `+${number(result.gained)}`), " alerts gained, ", h("strong", { class: "down" }, `\u2212${number(result.lost)}`), " lost"),
    table(["tier or rule", "judged", "alerts", "by these", "gained", "lost"], rows, "Totals", 1),
    changes.length ? table(["", `at (${zoneText(Date.now())})`, "who", "what"], changes, "Newest alerts that come or go") : null,
  );
}

function mark(gained) {
  return h("span", { class: gained ? "up" : "down" }, gained ? "+" : "\u2212", hidden(gained ? " gained" : " lost"));
}

/** The three texts that there are, each by its name, and how it stands to the one below it. */
export function drawStates(place, { file, in_force: inForce, newest }, { onDisk, problems, changes }) {
  const values = (count) => `${count} ${count === 1 ? "value" : "values"}`;
  const disk = file.problem ? file.problem : file.differs === null ? "holds mistakes" : file.differs ? `differs from what is in force in ${values(file.differs)}` : "says what is in force";
  const against = problems ? `${problems} ${problems === 1 ? "mistake" : "mistakes"}` : changes ? `differs from ${newest} in ${values(changes)}` : `says what ${newest} says`;
  const saved = file.problem ? "there is no file to compare with" : onDisk ? "the same text as on disk" : "not saved";
  place.replaceChildren(...[["On disk", file.path, disk], ["Edited", saved, against], ["In force", inForce, newest === inForce ? "the newest version" : `${newest} is planned`]].map(([name, what, state]) => h("div", {}, h("dt", {}, name), h("dd", {}, what, h("span", { class: "muted" }, ` \u00b7 ${state}`)))));
}

/** The tiers and rules of the version in force. */
export function drawInForce(place, { in_force: inForce, thresholds, versions }) {
  const number = (value) => format(value, "count").exact;
  const momentum = thresholds.momentum;
  const early = Object.fromEntries(momentum ? momentum.plays_per_hour : []);
  const rates = (name, rate) => [`${number(rate)}/h`, ...(momentum ? [`${number(early[name])}/h`] : [])];
  const tiers = thresholds.tiers.map((tier) => [tier.name, tier.below_followers === null ? `${number(tier.from_followers)} and more` : `${number(tier.from_followers)} to below ${number(tier.below_followers)}`, ...rates(tier.name, tier.plays_per_hour)]);
  const rules = thresholds.follower_gains.map((rule) => h("li", {}, `An alert on more than ${number(rule.gained)} new followers within ${rule.within_hours} h`));
  const since = versions.find((one) => one.version === inForce);
  place.replaceChildren(
    h("p", { class: "muted path" }, `${inForce}, since ${since.effective_from}, by ${since.author}`),
    table(["tier", "followers", "trends above", ...(momentum ? ["alerts within the hour from"] : [])], [...tiers, ["unknown", "not known", ...rates("unknown", thresholds.unknown_authors)]], "Tiers in force", 2),
    h("ul", { class: "rules" }, momentum ? h("li", {}, `An alert within the hour needs ${momentum.least_observations} observations in 60 minutes; then the post is quiet for ${momentum.quiet_hours} h`) : null, rules, h("li", {}, `A warning on counters that fall by more than ${number(thresholds.negative_delta_warning)} plays`)),
  );
}

/** Every version, newest first, with what may be done with it. */
export function drawHistory(place, { versions, in_force: inForce }, { edit, rollback }) {
  const rows = versions.map((one, index) => [
    h("span", {}, one.version, " ", one.version === inForce ? h("span", { class: "chip ok" }, "in force") : one.planned ? h("span", { class: "chip warn" }, "planned") : null),
    one.effective_from, one.published_at, one.author, one.comment || "\u2013",
    one.changes.length ? h("details", {}, h("summary", {}, `${one.changes.length} changed`), h("ul", {}, one.changes.map((change) => h("li", {}, `${change.label}: ${change.old} \u2192 ${change.new}`)))) : "\u2013",
    h("span", { class: "group" }, h("button", { type: "button", class: "button", onclick: () => edit(one.text) }, "Edit", hidden(` from ${one.version}`)),
      index ? h("button", { type: "button", class: "button", onclick: () => rollback(one.version) }, "Roll back", hidden(` to ${one.version}`)) : null),
  ]);
  place.replaceChildren(table(["version", "in force from", "published", "by", "comment", "changes", ""], rows, "Versions of the thresholds"));
}

function table(titles, rows, caption, numbersFrom = Infinity) {
  const kind = (index) => (index >= numbersFrom ? "number" : null);
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, h("table", {}, h("caption", { class: "hidden" }, caption),
    h("thead", {}, h("tr", {}, titles.map((title, index) => h(title ? "th" : "td", { scope: title ? "col" : null, class: kind(index) }, title)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, index) => h("td", { class: kind(index) }, cell)))))));
}
