// Keyboard shortcuts, and the dialog that lists them.

import { h, iconButton } from "./dom.js";

/** Listens for the keys of `actions`: [{key, text, run}], and gives the dialog that lists them, opened by `?`. */
export function shortcuts(actions) {
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "keys-title" },
    h("div", { class: "dialog-head" }, h("h2", { id: "keys-title" }, "Keyboard"), iconButton("close", "Close", () => dialog.close())),
    h("dl", { class: "keys" }, [...actions, { key: "?", text: "This list" }, { key: "Esc", text: "Close what is open" }].map(({ key, text }) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, text)))));
  document.body.append(dialog);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const found = event.key === "?" ? { run: () => dialog.showModal() } : actions.find(({ key }) => key === event.key);
    if (!found) return;
    event.preventDefault();
    found.run();
  });
  return dialog;
}
