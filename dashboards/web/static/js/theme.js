// Dark and light: the system's, until somebody chooses.

const system = matchMedia("(prefers-color-scheme: dark)");

/** "dark" or "light", as it is shown now. */
export function theme() {
  return document.documentElement.dataset.theme;
}

/** Shows the other theme from now on, here and in later visits. */
export function switchTheme() {
  const next = theme() === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Without storage the choice ends with the page.
  }
  set(next);
}

function set(name) {
  document.documentElement.dataset.theme = name;
  document.dispatchEvent(new Event("themechange"));
}

/** Follows the system's theme while nobody has chosen another. */
export function followSystem() {
  system.addEventListener("change", () => {
    let chosen = null;
    try {
      chosen = localStorage.getItem("theme");
    } catch {
      // As above.
    }
    if (!chosen) set(system.matches ? "dark" : "light");
  });
}
