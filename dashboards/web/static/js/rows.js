// Which rows of a table are shown: those that hold what a reader looks for, in the order of a column.

/** The rows that hold every word of `text` in one of their texts: a handle, a title, a hashtag, a tier, a region, an id. */
export function matching(rows, columns, text) {
  const words = (text ?? "").toLowerCase().split(/\s+/).map((word) => word.replace(/^@/, "")).filter(Boolean);
  if (!words.length) return rows;
  const places = columns.flatMap((column, at) => (["text", "handle"].includes(column.unit) && !column.spark ? [at] : []));
  return rows.filter((row) => {
    const told = places.map((at) => String(row[at] ?? "").toLowerCase());
    return words.every((word) => told.some((one) => one.includes(word)));
  });
}

/** The rows by the column `sort`, or from its greatest value with a `-` before it; what is not known comes last either way. */
export function sorted(rows, columns, sort, isUnknown) {
  const name = sort?.replace(/^-/, "");
  const at = columns.findIndex((column) => column.name === name && !column.spark);
  if (at < 0) return rows;
  const direction = sort.startsWith("-") ? -1 : 1;
  const compare = (left, right) => (typeof left === "number" && typeof right === "number" ? left - right : String(left).localeCompare(String(right), "en", { numeric: true }));
  return [...rows].sort((left, right) => {
    const [before, after] = [isUnknown(left[at]), isUnknown(right[at])];
    return before || after ? before - after : direction * compare(left[at], right[at]);
  });
}
