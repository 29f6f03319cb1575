// Several creators, posts or hashtags side by side: one filter with up to four values.

export const MOST = 4;
const SUBJECTS = ["creator", "post", "hashtag"];

/** The values of a filter. */
export function values(text) {
  return (text ?? "").split(",").map((one) => one.trim()).filter(Boolean);
}

/** The filters with `value` beside what is chosen of the same kind; null where nothing is, or as many as there may be, or it itself. */
export function withBeside(filters, subject, value) {
  const chosen = values(filters[subject]);
  const other = SUBJECTS.some((name) => name !== subject && values(filters[name]).length > 1);
  if (!chosen.length || chosen.length >= MOST || chosen.includes(value) || other) return null;
  return { ...filters, [subject]: [...chosen, value].join(",") };
}

/** An answer of several, each called as `nameOf(subject, id)` says (null where that is not known). */
export function named(data, nameOf) {
  if (!data.beside || data.beside === "hashtag") return data;
  const [first, ...others] = data.columns;
  const name = { ...first, name: "beside_name", title: "Name", unit: data.beside === "creator" ? "handle" : "text", link: null };
  const told = ([id, ...cells]) => [id, nameOf(data.beside, id), ...cells];
  return { ...data, columns: [{ ...first, label: name.name }, name, ...others], rows: data.rows.map(told), previous: data.previous?.map(told) ?? null };
}

/** How a creator, post or hashtag is called. */
export function called(subject, id, name) {
  if (subject === "hashtag") return `#${id}`;
  return name === null ? id : subject === "creator" ? `@${name}` : name;
}
